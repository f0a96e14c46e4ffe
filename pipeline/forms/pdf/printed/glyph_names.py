"""Reads which characters the glyphs of an embedded CFF font stand for, by their names (AGL).

A map to Unicode that a program writes beside the font may be wrong; the names go with what is
drawn. Only names that say a character are taken, and only of a font whose glyphs have names
(Adobe Technical Note 5176, section 13).
"""

from io import BytesIO

_CFF = (b"\x01\x00",)
_LARGEST = 1_000_000


def characters_by_name(font: bytes) -> dict[int, int]:
    """Return the code point of each named glyph of the CFF ``font``; nothing of a broken one."""
    if font[:2] not in _CFF or len(font) > _LARGEST:
        return {}
    from fontTools.agl import AGL2UV  # noqa: PLC0415 - slow to import
    from fontTools.cffLib import CFFFontSet  # noqa: PLC0415 - slow to import

    fonts = CFFFontSet()
    try:
        fonts.decompile(BytesIO(font), None)
        top = fonts.topDictIndex[0]
        names = [] if hasattr(top, "ROS") else list(top.charset)
    except Exception:  # noqa: BLE001 - the library raises what it likes on a broken font
        return {}
    return {glyph: AGL2UV[name] for glyph, name in enumerate(names) if name in AGL2UV}
