"""Reads the subject of a note: words of a person, or the name of the tool that made it."""

from functools import cache
from pathlib import Path
from typing import Any

import pikepdf

from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.values import read_text
from pipeline.resources import parsed_toml

_SUBJECT, _KIND, _NAME = (pikepdf.Name(f"/{name}") for name in ("Subj", "Subtype", "Name"))
_TOOLS = Path(__file__).with_name("tools.toml")


def subject_of(annotation: Any) -> str:
    """Return the subject of a note (12.5.6.2); empty when a program wrote it by itself."""
    if _SUBJECT not in annotation:
        return ""
    subject = read_text(annotation[_SUBJECT])[0].strip()
    kinds = {folded(read_text(annotation.get(key))[0]) for key in (_KIND, _NAME)}
    return "" if folded(subject) in kinds | _tools() else subject


@cache
def _tools() -> frozenset[str]:
    names = parsed_toml(_TOOLS.read_text(encoding="utf-8"))
    return frozenset(folded(name) for words in names.values() for name in words)
