"""Records as plain JSON values and back, led by their type hints."""

import dataclasses
import operator
import types
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache, partial
from typing import Any, Union

Convert = Callable[[Any], Any]

_AS_IT_IS = frozenset({str, int, float, bool, types.NoneType})


def to_plain(value: object) -> Any:
    """Return ``value`` (dataclasses, tuples, enums, dates, plain values) as JSON can hold it."""
    kind: Any = type(value)
    return value if kind in _AS_IT_IS else _plain_of(kind)(value)


@cache
def _plain_of(kind: type) -> Convert:
    """Return what makes a value of ``kind`` plain; each type is looked at once."""
    if dataclasses.is_dataclass(kind):
        names = _field_names(kind)
        return lambda value: {name: to_plain(getattr(value, name)) for name in names}
    if issubclass(kind, Enum):
        return operator.attrgetter("value")
    if issubclass(kind, datetime):
        return lambda value: value.astimezone(UTC).isoformat()
    if issubclass(kind, date):
        return lambda value: value.isoformat()
    if issubclass(kind, (tuple, list)):
        return lambda value: [to_plain(item) for item in value]
    return _same


def from_plain(kind: Any, value: Any) -> Any:
    """Return the value of type ``kind`` that :func:`to_plain` made ``value`` from."""
    return _converter(kind)(value)


@cache
def _converter(kind: Any) -> Convert:  # noqa: PLR0911 - one return a kind
    """Return what makes a value of ``kind``; each type is looked at once."""
    origin = typing.get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _optional(typing.get_args(kind))
    if origin is tuple:
        return _tuple(typing.get_args(kind))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return partial(_made, kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind is datetime:
        return datetime.fromisoformat
    if kind is date:
        return date.fromisoformat
    return _same


def _same(value: Any) -> Any:
    return value


def _optional(parts: tuple[Any, ...]) -> Convert:
    others = [part for part in parts if part is not types.NoneType]
    inner = _converter(others[0]) if len(others) == 1 else _same
    return lambda value: None if value is None else inner(value)


def _tuple(parts: tuple[Any, ...]) -> Convert:
    if len(parts) == 2 and parts[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        item = _converter(parts[0])
        return tuple if item is _same else lambda values: tuple(map(item, values))
    inner = [_converter(part) for part in parts]
    return lambda values: tuple(
        convert(value) for convert, value in zip(inner, values, strict=True)
    )


def _made(kind: type, values: dict[str, Any]) -> Any:
    """Make a record; in a row written before a field existed the field takes its default."""
    known = _converters_of(kind)
    return kind(**{name: known[name](value) for name, value in values.items()})


@cache
def _converters_of(record: type) -> dict[str, Convert]:
    return {name: _converter(kind) for name, kind in hints_of(record).items()}


@cache
def _field_names(record: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(record))


@cache
def hints_of(record: type) -> dict[str, Any]:
    """Return the resolved type hints of a record."""
    return typing.get_type_hints(record)
