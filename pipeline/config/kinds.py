"""What a written value becomes by the type of its setting, and which values are refused.

TOML knows numbers, switches and texts apart; the environment has texts alone, so a text that says
a number or a switch is taken for one.
"""

import builtins
import typing
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Protocol, get_args, get_origin

#: What a switch may be written as, beside true and false (case does not matter).
_SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "y", "t", "1"), True),
    **dict.fromkeys(("false", "no", "off", "n", "f", "0"), False),
}
#: Controls, line and paragraph separators: no path that somebody means has one.
_UNSEEN = frozenset({"Cc", "Zl", "Zp"})


class RefusedValueError(ValueError):
    """A value that a setting cannot have: the code of the error, the value, and more for its words.

    Of a list or a table it is the item that is wrong; ``below`` is its key in a table.
    """

    below: tuple[str, ...] = ()

    def __init__(self, code: str, value: object, **params: object) -> None:
        super().__init__(code, params)  # never the value: it may be a secret
        self.code = code
        self.value = value
        self.params = params


class Rule(Protocol):
    """What else the value of an annotated type has to be."""

    def check(self, value: Any) -> None:
        """Refuse what breaks the rule."""


@dataclass(frozen=True, slots=True)
class Between:
    """A number from ``least`` to ``most``."""

    least: int
    most: int

    def check(self, value: Any) -> None:
        """Refuse a number beyond the ends."""
        if not value >= self.least:
            raise RefusedValueError("config_too_small", value, least=self.least)
        if value > self.most:
            raise RefusedValueError("config_too_big", value, most=self.most)


@dataclass(frozen=True, slots=True)
class Positive:
    """A number above nothing, up to ``most``."""

    most: int

    def check(self, value: Any) -> None:
        """Refuse zero, and a number beyond the end."""
        if not value > 0:
            raise RefusedValueError("config_value", value)
        Between(0, self.most).check(value)


@dataclass(frozen=True, slots=True)
class FileName:
    """The name of a file, or nothing."""

    def check(self, value: Any) -> None:
        """Refuse control characters."""
        check_path(str(value), blank=True)


def check_path(text: str, *, blank: bool = False) -> None:
    """Refuse a path with control characters and, unless it may be ``blank``, an empty one."""
    if not blank and not text.strip():
        raise RefusedValueError("setting_path_blank", text)
    if any(unicodedata.category(sign) in _UNSEEN for sign in text):
        raise RefusedValueError("setting_path_control", text)


def bare(kind: Any) -> Any:
    """Return a type without its rules."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def read(kind: Any, value: Any, *, strip: bool) -> Any:
    """Return ``value`` as the type ``kind``; ``strip``: texts lose the blanks at their ends.

    Raises RefusedValueError.
    """
    if get_origin(kind) is Annotated:
        inner, *rules = get_args(kind)
        found = read(inner, value, strip=strip)
        for rule in rules:
            rule.check(found)
        return found
    if get_origin(kind) is not None:
        return _compound(kind, value, strip=strip)
    if kind is str:
        return _text(value, strip=strip)
    if kind is Path:
        return _path(value, strip=strip)
    if issubclass(kind, Enum):
        return _choice({choice.value: choice for choice in kind}, value)
    return _READERS[kind](value)


def _compound(kind: Any, value: Any, *, strip: bool) -> Any:
    """Return ``value`` as one of several choices, a list, a table, or as a type or None."""
    arguments = get_args(kind)
    match get_origin(kind):
        case typing.Literal:
            return _choice({choice: choice for choice in arguments}, value)
        case builtins.tuple:
            return _list(arguments[0], value, strip=strip)
        case builtins.dict:
            return _table(arguments[1], value, strip=strip)
    return value if value is None else read(arguments[0], value, strip=strip)


def _choice(choices: Mapping[str, Any], value: Any) -> Any:
    if not isinstance(value, str) or value not in choices:
        raise RefusedValueError("config_choice", value, allowed=", ".join(choices))
    return choices[value]


def _list(kind: Any, value: Any, *, strip: bool) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise RefusedValueError("config_list", value)
    return tuple(read(kind, item, strip=strip) for item in value)


def _table(kind: Any, value: Any, *, strip: bool) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedValueError("config_table", value)
    found: dict[str, Any] = {}
    for key, item in value.items():
        try:
            found[_text(key, strip=strip)] = read(kind, item, strip=strip)
        except RefusedValueError as error:
            error.below = (key, *error.below)
            raise
    return found


def _text(value: Any, *, strip: bool) -> str:
    if not isinstance(value, str):
        raise RefusedValueError("config_text", value)
    return value.strip() if strip else value


def _switch(value: Any) -> bool:
    found = value if isinstance(value, bool) else _SWITCHES.get(str(value).lower())
    if found is None:
        raise RefusedValueError("config_switch", value)
    return found


def _whole(value: Any) -> int:
    if isinstance(value, str):
        with suppress(ValueError):
            return int(value)
    number = _number(value)
    if not number.is_integer():
        raise RefusedValueError("config_number", value)
    return value if isinstance(value, int) else int(number)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise RefusedValueError("config_number", value)  # else true would be the number 1
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise RefusedValueError("config_number", value) from None


def _path(value: Any, *, strip: bool) -> Path:
    text = _text(str(value) if isinstance(value, Path) else value, strip=strip)
    check_path(text)
    return Path(text)


_READERS: Mapping[type, Callable[[Any], Any]] = {bool: _switch, int: _whole, float: _number}
