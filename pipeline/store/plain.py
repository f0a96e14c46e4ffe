"""Records as plain JSON values and back, led by their type hints."""

import dataclasses
import types
import typing
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any, Union


def to_plain(value: object) -> Any:
    """Return ``value`` (dataclasses, tuples, enums, dates, plain values) as JSON can hold it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    return value


def from_plain(kind: Any, value: Any) -> Any:  # noqa: PLR0911 - one return a kind
    """Return the value of type ``kind`` that :func:`to_plain` made ``value`` from."""
    origin = typing.get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _from_union(typing.get_args(kind), value)
    if origin is tuple:
        parts = typing.get_args(kind)
        if len(parts) == 2 and parts[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
            return tuple(from_plain(parts[0], item) for item in value)
        return tuple(from_plain(part, item) for part, item in zip(parts, value, strict=True))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = hints_of(kind)
        # a row written before a field existed takes the field's default
        return kind(**{name: from_plain(hints[name], item) for name, item in value.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    return value


def _from_union(parts: tuple[Any, ...], value: Any) -> Any:
    if value is None:
        return None
    others = [part for part in parts if part is not types.NoneType]
    return from_plain(others[0], value) if len(others) == 1 else value


@cache
def hints_of(record: type) -> dict[str, Any]:
    """Return the resolved type hints of a record."""
    return typing.get_type_hints(record)
