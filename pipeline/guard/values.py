"""Values on the pipe of the guard: JSON with the bytes beside it, rebuilt from the expected type.

Nothing of what the child says is believed: a value that does not fit the annotated type is refused.
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Literal

_TAG = "$"
_BLOB = "$blob"


def flatten(value: object, blobs: list[bytes]) -> Any:  # noqa: PLR0911 - one return a kind
    """Turn a value into what JSON can hold; bytes go beside it."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, bytes):
        blobs.append(value)
        return {_BLOB: len(blobs) - 1}
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        flat = {item.name: flatten(getattr(value, item.name), blobs) for item in fields(value)}
        return {_TAG: type(value).__name__, **flat}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [flatten(item, blobs) for item in value]
    if isinstance(value, Mapping):
        return [[str(key), flatten(item, blobs)] for key, item in value.items()]
    raise TypeError(f"{type(value).__name__} cannot cross the pipe")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def rebuild(expected: Any, data: Any, blobs: list[bytes]) -> Any:  # noqa: PLR0911 - one a kind
    """Build a value of the ``expected`` type from ``data``; anything else is a TypeError."""
    origin, parts = typing.get_origin(expected), typing.get_args(expected)
    if origin in (typing.Union, types.UnionType):
        return _rebuild_union(parts, data, blobs)
    if origin is typing.Annotated:
        return rebuild(parts[0], data, blobs)
    if origin is Literal:
        return _must(data, data in parts)
    if origin is tuple and not (len(parts) == 2 and parts[1] is Ellipsis):  # noqa: PLR2004 - (X, ...)
        pairs = zip(parts, _must(data, isinstance(data, list)), strict=True)
        return tuple(rebuild(part, item, blobs) for part, item in pairs)
    if origin in (tuple, list, set, frozenset):
        items = _must(data, isinstance(data, list))
        return origin(rebuild(parts[0], item, blobs) for item in items)
    if origin is not None and issubclass(origin, Mapping):
        items = _must(data, isinstance(data, list))
        return {rebuild(parts[0], k, blobs): rebuild(parts[1], v, blobs) for k, v in items}
    return _rebuild_plain(expected, data, blobs)


def _rebuild_union(parts: tuple[Any, ...], data: Any, blobs: list[bytes]) -> Any:
    for part in parts:
        try:
            return rebuild(part, data, blobs)
        except (TypeError, ValueError):
            continue
    raise TypeError("no arm of the union fits")


def _rebuild_plain(expected: Any, data: Any, blobs: list[bytes]) -> Any:  # noqa: PLR0911 - one a kind
    if expected in (None, types.NoneType):
        return _must(data, data is None)
    if not isinstance(expected, type):
        raise TypeError(f"{expected} cannot cross the pipe")
    if is_dataclass(expected):
        flat = dict(_must(data, isinstance(data, dict) and data.get(_TAG) == expected.__name__))
        del flat[_TAG]
        hints = _hints(expected)
        return expected(**{name: rebuild(hints[name], item, blobs) for name, item in flat.items()})
    if issubclass(expected, Enum):
        return expected(data)
    if expected is bytes:
        return blobs[_must(data, isinstance(data, dict))[_BLOB]]
    if issubclass(expected, (datetime, date)):
        return expected.fromisoformat(_must(data, isinstance(data, str)))
    if expected is float:
        return float(_must(data, type(data) in (int, float)))
    return _must(data, expected in (str, int, bool) and type(data) is expected)


def _must(data: Any, fits: bool) -> Any:  # noqa: FBT001 - the condition of an assertion
    if not fits:
        raise TypeError("another shape")
    return data
