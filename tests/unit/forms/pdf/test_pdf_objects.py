"""Objects of a PDF, written as bytes."""

from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms.pdf.fonts import BOLD, REGULAR
from pipeline.forms.pdf.values import decode_string
from pipeline.forms.pdf.write.kerning import kerning
from pipeline.forms.pdf.write.objects import Copy, make_stock, number, stream, string


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x1b")))
def test_string_is_read_as_it_was_written(text: str) -> None:
    read = pikepdf.Object.parse(string(text))
    assert decode_string(bytes(read))[0] == text


@pytest.mark.parametrize("text", ["a\rb", "(", ")", "((", "\\", "\\)", "þÿ", "\xef\xbb\xbf", "é"])
def test_string_that_could_be_taken_for_another_keeps_its_characters(text: str) -> None:
    read = decode_string(bytes(pikepdf.Object.parse(string(text))))[0]
    assert read == text.replace("\r", "\n")


@given(st.floats(min_value=-2000, max_value=2000))
def test_number_has_two_decimal_places(value: float) -> None:
    written = number(value)
    assert float(written) == pytest.approx(value, abs=0.00501)
    assert b"e" not in written


@given(
    common=st.lists(st.binary(max_size=50), max_size=5),
    own=st.lists(st.binary(max_size=50), max_size=300),
    free=st.integers(min_value=0, max_value=3),
)
def test_copy_holds_what_its_stock_and_itself_have(
    common: list[bytes], own: list[bytes], free: int
) -> None:
    first = 4 + free
    streams = {first + 1 + place: stream(each, pack=True) for place, each in enumerate(common)}
    pages = {first: b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 9 9]>>"}
    copy = Copy(make_stock(first, pages, streams))
    copy.put(1, b"<</Type/Catalog/Pages %d 0 R>>" % first)
    copy.put(3, b"<</Type/Page/Parent %d 0 R>>" % first)
    copy.put(2, b"<</Title(x)>>")
    numbers = [copy.add_stream(each) for each in own]
    packed = copy.add(b"[%s]" % b" ".join(b"%d 0 R" % each for each in numbers))
    content = copy.finished(1, 2)
    with pikepdf.open(BytesIO(content)) as pdf:
        assert pdf.get_warnings() == []
        assert str(pdf.docinfo.Title) == "x"
        assert [pdf.get_object(each, 0).read_bytes() for each in streams] == common
        assert [each.read_bytes() for each in pdf.get_object(packed, 0)] == own


@pytest.mark.parametrize("font", [REGULAR, BOLD])
def test_letters_that_leave_room_are_set_nearer(font: Path) -> None:
    pairs = kerning(font)
    assert pairs["T", "o"] < -50
    assert pairs["A", "V"] < 0
    assert (pairs["n", "n"], pairs["漢", "字"], pairs["T", "\ue000"]) == (0, 0, 0)


@pytest.mark.parametrize("font", [REGULAR, BOLD])
def test_kerning_is_what_another_reader_of_fonts_finds(font: Path) -> None:
    with TTFont(font, lazy=True) as opened:
        letters = {name: chr(code) for code, name in opened.getBestCmap().items() if code < 0x250}
        (lookup,) = opened["GPOS"].table.LookupList.Lookup
        singles, classes = lookup.SubTable
        wanted = {}
        for first, row in zip(singles.Coverage.glyphs, singles.PairSet, strict=True):
            for record in row.PairValueRecord:
                wanted[first, record.SecondGlyph] = record.Value1.XAdvance
        ones, others = classes.ClassDef1.classDefs, classes.ClassDef2.classDefs
        for first in set(classes.Coverage.glyphs) & set(letters):
            row = classes.Class1Record[ones.get(first, 0)].Class2Record
            for second in letters:
                value = row[others.get(second, 0)].Value1
                wanted.setdefault((first, second), value.XAdvance if value else 0)
    pairs = kerning(font)
    compared = {
        (letters[one], letters[other]): value
        for (one, other), value in wanted.items()
        if one in letters and other in letters
    }
    assert len(compared) > 10_000
    assert {pair: pairs[pair] for pair in compared} == compared
