"""Names the fonts of the PDF forms, which the package ships; no font of the machine is used.

How the files of ``fonts/`` were cut (fontTools ``subset``; hinting, glyph names and vertical
metrics dropped, of the layout features only ``ccmp``, ``kern``, ``mark`` and ``mkmk`` kept):

- ``NotoSansJP-Regular``: Latin, Greek, Cyrillic, punctuation, symbols, kana, half- and full-width
  forms, and every ideograph of Noto Sans JP: JIS X 0208, 0212 and 0213, code page 932, the old
  and variant forms of names (髙 﨑 𠮷 濵 邉 神) that have a code point of their own.
- ``NotoSansJP-Bold``: the same with the kanji of JIS X 0208 only: none but our own words are bold.
- ``NotoSans-Regular``: Latin, Greek and Cyrillic with all accents, for names in other languages.
- ``FormInput-Regular``: a blank only. The layout engine embeds the font of an input box whole, so
  the boxes are laid out in this one (renamed), and it is dropped again when the form is finished.

Their licence (SIL OFL 1.1, ``OFL.txt``) reserves the name "Source" only, which none of them bears.
"""

import os
import re
import unicodedata
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fonts"
REGULAR = FOLDER / "NotoSansJP-Regular.ttf"
BOLD = FOLDER / "NotoSansJP-Bold.ttf"
LATIN = FOLDER / "NotoSans-Regular.ttf"
CONFIGURATION = FOLDER / "fonts.conf"
#: How the layout engine writes the name of the font of the input boxes.
INPUT_FONT_NAME = "Form-Input"
#: What stands for a character that no font of ours has.
UNKNOWN = "□"

# Letters and kana with their marks; composing more would turn variant forms of kanji into others.
_COMBINED = re.compile(
    "[A-Za-z\u00c0-\u024f\u0370-\u052f\u3041-\u30ff][\u0300-\u036f\u3099\u309a]+"
)
_KEPT = "\n\t"


def use_own_fonts() -> None:
    """Make Pango use the fonts of this package and no other; call it before weasyprint is imported.

    The variable is read once, when the first text is laid out in this process.
    """
    os.environ["FONTCONFIG_FILE"] = str(CONFIGURATION)


@cache
def covered(path: Path) -> frozenset[int]:
    """Return the code points that the font file ``path`` has a glyph for."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - slow to import

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def drawable(text: str) -> str:
    """Return ``text`` as our regular fonts can draw it, with ``UNKNOWN`` for what they lack.

    Marks are composed with their letters where that is one character; characters that show nothing
    by themselves (controls, direction marks, joiners, variation selectors) are left out.
    """
    if text.isascii() and text.isprintable():
        return text
    composed = _COMBINED.sub(lambda found: unicodedata.normalize("NFC", found.group()), text)
    known = _drawn()
    if known.issuperset(composed):
        return composed
    return "".join(
        one if one in known else UNKNOWN
        for one in composed
        if one in _KEPT or not _shows_nothing(one)
    )


@cache
def _drawn() -> frozenset[str]:
    """Return the characters that our regular fonts can draw, and those that are kept."""
    known = map(chr, covered(REGULAR) | covered(LATIN))
    return frozenset(one for one in known if not _shows_nothing(one)) | frozenset(_KEPT)


def shows_all(text: str) -> bool:
    """Return whether every character of ``text`` that shows something can be drawn."""
    return text.count(UNKNOWN) == drawable(text).count(UNKNOWN)


def _shows_nothing(character: str) -> bool:
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return selector or unicodedata.category(character) in {"Cc", "Cf"}
