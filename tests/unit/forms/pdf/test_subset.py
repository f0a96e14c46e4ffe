"""A font that is cut has the outlines and widths of the whole one, and nothing else."""

import io
from pathlib import Path

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from pipeline.forms.pdf.fonts import LATIN, REGULAR, covered
from pipeline.forms.pdf.write.typesetting.subset import cut


def _drawn(font: TTFont, glyph: str) -> list[object]:
    glyphs = font.getGlyphSet()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[glyph].draw(pen)
    return list(pen.value)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (REGULAR, "Shrub Co., Ltd. ÄÖÜßéñ 株式会社さくら電機 ｶﾅＡ１ 髙﨑𠮷濵邉神 …□"),
        (LATIN, "ạẵǻộ Łódź Ăğ κόσμε Привет"),
        (REGULAR, " "),
    ],
)
def test_outlines_and_widths_are_those_of_the_whole_font(path: Path, text: str) -> None:
    characters = {one for one in text if ord(one) in covered(path)}
    found = cut(path, characters)
    font, whole = TTFont(io.BytesIO(found.program), checkChecksums=2), TTFont(path)
    names, units = whole.getBestCmap(), whole["head"].unitsPerEm
    assert set(found.glyphs) == characters
    for one, number in found.glyphs.items():
        name, known = font.getGlyphName(number), names[ord(one)]
        assert _drawn(font, name) == _drawn(whole, known)
        assert font["hmtx"][name] == whole["hmtx"][known]
        assert found.widths[one] == round(whole["hmtx"][known][0] * 1000 / units)
    head = whole["head"]
    assert found.box == [
        round(edge * 1000 / units) for edge in (head.xMin, head.yMin, head.xMax, head.yMax)
    ]


def test_every_character_can_be_cut_at_once() -> None:
    characters = {chr(code) for code in covered(LATIN)}
    font = TTFont(io.BytesIO(cut(LATIN, characters).program), checkChecksums=2)
    assert font["maxp"].numGlyphs > len(set(covered(LATIN))) / 2


def test_same_characters_give_the_same_bytes() -> None:
    assert cut(REGULAR, "abc電") == cut(REGULAR, "電cba")
