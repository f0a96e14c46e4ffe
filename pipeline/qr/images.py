"""QR codes of a link as images (ISO/IEC 18004); the same link gives the same bytes."""

import io
import math
from typing import Any

from pipeline.errors import RefusedError

#: ISO/IEC 18004: four light modules on every side, or readers do not find the code.
_QUIET_ZONE = 4
#: Below it cameras of phones lose modules. Measured: prints of 300 dpi, two decoders; all codes of
#: 0.30 mm were read, half of those of 0.25 mm.
_LEAST_MODULE_MM = 0.3
_LEAST_PRINT_MM = 20
_DARK = "#000000"
_LIGHT = "#ffffff"


def qr_svg(link: str) -> bytes:
    """Return the code of ``link`` as SVG for print: 1 mm a module, to be scaled at will.

    The background is white and part of the picture, so that the code works on coloured paper.
    """
    picture = io.BytesIO()
    _code(link).save(
        picture, kind="svg", border=_QUIET_ZONE, unit="mm", dark=_DARK, light=_LIGHT, nl=True
    )
    return picture.getvalue()


def qr_png(link: str, minimum_side: int = 1024) -> bytes:
    """Return the code of ``link`` as PNG, at least ``minimum_side`` pixels wide and high."""
    code = _code(link)
    width, _ = code.symbol_size(scale=1, border=_QUIET_ZONE)
    picture = io.BytesIO()
    code.save(
        picture,
        kind="png",
        scale=max(1, math.ceil(minimum_side / width)),
        border=_QUIET_ZONE,
        dark=_DARK,
        light=_LIGHT,
    )
    return picture.getvalue()


def print_side(link: str) -> int:
    """Return how many millimetres wide the code of ``link`` has to be on paper, border included.

    That is 2 cm for a short one; the more a code holds, the smaller its modules are.
    """
    modules = int(_code(link).symbol_size(scale=1, border=_QUIET_ZONE)[0])
    return max(_LEAST_PRINT_MM, math.ceil(modules * _LEAST_MODULE_MM))


def _code(link: str) -> Any:
    """Return the code of ``link``, correcting at least 15 % (level M, higher where it is free)."""
    import segno  # noqa: PLC0415 - used only when a code is made

    try:
        return segno.make(link, error="m", micro=False, boost_error=True)
    except segno.DataOverflowError as error:
        raise RefusedError("qr_text_too_long", characters=len(link)) from error
