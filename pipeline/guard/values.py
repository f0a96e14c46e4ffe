"""Values on the pipe of the guard: JSON with the bytes beside it, rebuilt from the expected type.

Nothing of what the child says is believed: a value that does not fit the annotated type is refused.
How a type is taken apart and put together is worked out once for each type.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, Literal

_BLOB = "$blob"
_PLAIN = frozenset({type(None), str, bool, int, float})
_EXACT = frozenset({str, bool, int})

Flatten = Callable[[Any, list[bytes]], Any]
Rebuild = Callable[[Any, list[bytes]], Any]


def flatten(value: object, blobs: list[bytes]) -> Any:
    """Turn a value into what JSON can hold; bytes go beside it. Raises TypeError."""
    return value if type(value) in _PLAIN else _flattener(type(value))(value, blobs)


@cache
def _flattener(kind: type) -> Flatten:  # noqa: PLR0911 - one a kind
    """Return what flattens values of ``kind``."""
    if issubclass(kind, Enum):
        return lambda value, _: value.value
    if issubclass(kind, (str, int, float)):
        return lambda value, _: value
    if issubclass(kind, bytes):
        return _put_beside
    if issubclass(kind, date):
        return lambda value, _: value.isoformat()
    if is_dataclass(kind):
        return _of_dataclass(kind)
    if issubclass(kind, (tuple, list, set, frozenset)):
        return lambda value, blobs: [flatten(item, blobs) for item in value]
    if issubclass(kind, Mapping):
        return lambda value, blobs: [[str(key), flatten(value[key], blobs)] for key in value]
    raise TypeError(f"{kind.__name__} cannot cross the pipe")


def _put_beside(value: bytes, blobs: list[bytes]) -> dict[str, int]:
    blobs.append(value)
    return {_BLOB: len(blobs) - 1}


def _of_dataclass(kind: type) -> Flatten:
    """Return what flattens a dataclass: to its name, then its fields in their order."""
    name, names = kind.__name__, tuple(item.name for item in fields(kind))

    def flat(value: object, blobs: list[bytes]) -> list[Any]:
        return [name, *[flatten(getattr(value, each), blobs) for each in names]]

    return flat


def rebuild(expected: Any, data: Any, blobs: list[bytes]) -> Any:
    """Build a value of the ``expected`` type from ``data``; anything else is a TypeError.

    Other errors of a wrong shape: ValueError, KeyError, IndexError and RecursionError.
    """
    return _rebuilder(expected)(data, blobs)


@cache
def _rebuilder(expected: Any) -> Rebuild:  # noqa: PLR0911 - one a kind
    """Return what rebuilds values of the ``expected`` type."""
    origin, parts = typing.get_origin(expected), typing.get_args(expected)
    if origin is None:
        return _of_plain(expected)
    if origin in (typing.Union, types.UnionType):
        return _of_union(parts)
    if origin is typing.Annotated:
        return _rebuilder(parts[0])
    if origin is Literal:
        return lambda data, _: _must(data, data in parts)
    if origin is tuple and not (len(parts) == 2 and parts[1] is Ellipsis):  # noqa: PLR2004 - (X, ...)
        return _of_pieces(parts)
    if origin in (tuple, list, set, frozenset):
        return _of_items(origin, parts[0])
    if issubclass(origin, Mapping):
        return _of_mapping(*parts)
    raise TypeError(f"{expected} cannot cross the pipe")


def _of_union(parts: tuple[Any, ...]) -> Rebuild:
    optional = types.NoneType in parts
    arms = [_rebuilder(part) for part in parts if part is not types.NoneType]

    def build(data: Any, blobs: list[bytes]) -> Any:
        if data is None and optional:
            return None
        for arm in arms:
            try:
                return arm(data, blobs)
            except (TypeError, ValueError):
                continue
        raise TypeError("no arm of the union fits")

    return build


def _of_pieces(parts: tuple[Any, ...]) -> Rebuild:
    pieces = [_rebuilder(part) for part in parts]

    def build(data: Any, blobs: list[bytes]) -> tuple[Any, ...]:
        pairs = zip(pieces, _must(data, isinstance(data, list)), strict=True)
        return tuple([piece(item, blobs) for piece, item in pairs])

    return build


def _of_items(kind: Any, part: Any) -> Rebuild:
    one = _rebuilder(part)

    def build(data: Any, blobs: list[bytes]) -> Any:
        return kind([one(item, blobs) for item in _must(data, isinstance(data, list))])

    return build


def _of_mapping(key: Any, value: Any) -> Rebuild:
    keys, values = _rebuilder(key), _rebuilder(value)

    def build(data: Any, blobs: list[bytes]) -> dict[Any, Any]:
        items = _must(data, isinstance(data, list))
        return {keys(name, blobs): values(item, blobs) for name, item in items}

    return build


def _of_plain(expected: Any) -> Rebuild:  # noqa: PLR0911 - one a kind
    if expected in (None, types.NoneType):
        return lambda data, _: _must(data, data is None)
    if not isinstance(expected, type):
        raise TypeError(f"{expected} cannot cross the pipe")
    if is_dataclass(expected):
        return _of_fields(expected)
    if issubclass(expected, Enum):
        return lambda data, _: expected(data)
    if expected is bytes:
        return lambda data, blobs: blobs[_must(data, isinstance(data, dict))[_BLOB]]
    if issubclass(expected, date):
        return lambda data, _: expected.fromisoformat(_must(data, isinstance(data, str)))
    if expected is float:
        return lambda data, _: float(_must(data, type(data) in (int, float)))
    if expected in _EXACT:
        return lambda data, _: _must(data, type(data) is expected)
    raise TypeError(f"{expected} cannot cross the pipe")


def _of_fields(expected: type) -> Rebuild:
    """Return what rebuilds a dataclass; its fields are looked at when the first one comes.

    So a type may hold values of itself.
    """
    name = expected.__name__

    def build(data: Any, blobs: list[bytes]) -> Any:
        if not isinstance(data, list) or not data or data[0] != name:
            raise TypeError("another shape")
        values = []
        for (exact, one), item in zip(_fields_of(expected), data[1:], strict=True):
            values.append(item if type(item) is exact else one(item, blobs))
        return expected(*values)

    return build


@cache
def _fields_of(kind: type) -> tuple[tuple[type | None, Rebuild], ...]:
    """Return each field's type where nothing but exactly that fits, and what rebuilds it."""
    hints = typing.get_type_hints(kind)
    of = [hints[item.name] for item in fields(kind)]
    return tuple((hint if hint in _EXACT else None, _rebuilder(hint)) for hint in of)


def _must(data: Any, fits: bool) -> Any:  # noqa: FBT001 - the condition of an assertion
    if not fits:
        raise TypeError("another shape")
    return data
