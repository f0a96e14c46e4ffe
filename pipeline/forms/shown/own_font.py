"""Lets PDFium draw with our own fonts what a file brings no font for.

Programs save answers without a look of their own, and the guarded child sees no font of the
machine: Japanese answers would be drawn as blank boxes. The readers of prints judge what is drawn,
so afterwards everything is as before.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from pipeline.forms.pdf.fonts import LATIN, REGULAR

#: Character sets of fpdf_sysfontinfo.h: those of East Asia, and all but plain Latin and symbols.
_EAST_ASIAN = frozenset({128, 129, 134, 136})
_WESTERN = frozenset({161, 162, 163, 186, 204, 238})
_FACES = {1: REGULAR, 2: LATIN}
_WHOLE_FILE = 0


@contextmanager
def own_font() -> Iterator[None]:
    """Draw with our fonts where a font is missing, until the block is left."""
    import pypdfium2  # noqa: PLC0415, F401 - slow to import; it starts PDFium
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

    pdfium.FPDF_SetSystemFontInfo(_information())
    try:
        yield
    finally:
        pdfium.FPDF_SetSystemFontInfo(pdfium.FPDF_GetDefaultSystemFontInfo())


@cache
def _content(handle: int) -> bytes:
    return _FACES[handle].read_bytes()


@cache
def _information() -> Any:
    """Return the table of functions by which PDFium asks for fonts; it is never freed."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

    def map_font(*asked: Any) -> int | None:
        charset = asked[3]
        if charset in _EAST_ASIAN:
            return 1
        return 2 if charset in _WESTERN else None

    def font_data(_: Any, handle: int, table: int, target: Any, room: int) -> int:
        if table != _WHOLE_FILE or handle not in _FACES:
            return 0
        content = _content(handle)
        if target and room >= len(content):
            ctypes.memmove(target, content, len(content))
        return len(content)

    functions: dict[str, Callable[..., Any]] = {
        "Release": lambda _: None,
        "EnumFonts": lambda *_: None,
        "MapFont": map_font,
        "GetFont": lambda *_: None,
        "GetFontData": font_data,
        "GetFaceName": lambda *_: 0,
        "GetFontCharset": lambda *_: 0,
        "DeleteFont": lambda *_: None,
    }
    kinds = dict(pdfium.FPDF_SYSFONTINFO._fields_)
    made = {name: kinds[name](function) for name, function in functions.items()}
    return pdfium.FPDF_SYSFONTINFO(version=1, **made)
