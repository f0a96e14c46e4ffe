"""Names and texts of strangers, fit to be shown and to be saved under."""

import re

from pipeline.wording.inert import inert

_SEPARATORS = re.compile(r"[\\/]")
#: Signs that a file system or a shell reads as something else; U+FFFD stands for unseen ones.
_FORBIDDEN = re.compile('[<>:"|?*\ufffd\x00-\x1f\x7f%]')
#: Names that Windows takes for devices, with any ending.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)
_LONGEST = 120
_ENDING = 12
_NAMELESS = "file"


def safe_name(name: str) -> str:
    """Return the name of a file without folders, controls or marks of direction, never empty."""
    last = _SEPARATORS.split(name)[-1][:1_000]
    plain = " ".join(_FORBIDDEN.sub("_", inert(last)).split()).strip(". ")
    if _DEVICE.match(plain):
        plain = f"_{plain}"
    if len(plain) > _LONGEST:
        start, dot, ending = plain.rpartition(".")
        keep = f".{ending}" if dot and len(ending) <= _ENDING else ""
        plain = (start if keep else plain)[: _LONGEST - len(keep)].rstrip(". ") + keep
    return plain or _NAMELESS


def inert_lines(text: str) -> str:
    """Return a text with all that cannot be seen as replacement signs; its lines are kept."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(inert(line.replace("\t", "    ")) for line in lines)
