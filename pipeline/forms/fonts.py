"""The fonts of the PDF forms: shipped with the package, so that no font of the machine is used.

How the files of ``fonts/`` were cut (fontTools ``subset``; hinting, glyph names and vertical
metrics dropped, of the layout features only ``ccmp``, ``kern``, ``mark`` and ``mkmk`` kept):

- ``NotoSansJP-Regular``: Latin, Greek, Cyrillic, punctuation, symbols, kana, half- and full-width
  forms, and every kanji of JIS X 0208, JIS X 0213 and code page 932.
- ``NotoSansJP-Bold``: the same without the kanji that only JIS X 0213 has.
- ``NotoSans-Regular``: Latin, Greek and Cyrillic with all accents, for names in other languages.
- ``FormInput-Regular``: a blank only. The layout engine embeds the font of an input box whole, so
  the boxes are laid out in this one (renamed), and it is dropped again when the form is finished.

Their licence (SIL OFL 1.1, ``OFL.txt``) reserves the name "Source" only, which none of them bears.
"""

import os
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "fonts"
REGULAR = FOLDER / "NotoSansJP-Regular.ttf"
BOLD = FOLDER / "NotoSansJP-Bold.ttf"
LATIN = FOLDER / "NotoSans-Regular.ttf"
CONFIGURATION = FOLDER / "fonts.conf"
#: How the layout engine writes the name of the font of the input boxes.
INPUT_FONT_NAME = "Form-Input"


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
