"""What the operator wrote, and where: TOML on one line, with every unseen sign as an escape."""

import json
import re
from collections.abc import Callable
from typing import Any

#: Returns the file, variable or option that sets a key.
Origin = Callable[[str], str]

_SHOWN = 60
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


def as_toml(value: Any) -> str:
    """Return a text, number, switch, list or table as TOML on one line."""
    if isinstance(value, dict):
        pairs = (f"{_key(str(key))} = {as_toml(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(as_toml(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return "".join(_seen(sign) for sign in json.dumps(str(value), ensure_ascii=False))


def quoted(value: object) -> str:
    """Return a value as it may be shown: as TOML, and not all of a long one."""
    text = as_toml(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _key(text: str) -> str:
    return text if _PLAIN_KEY.fullmatch(text) else as_toml(text)


def _seen(sign: str) -> str:
    """Return an escape in the place of a control or bidi character."""
    if sign.isprintable():
        return sign
    number = ord(sign)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004
