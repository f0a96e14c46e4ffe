"""A patched workbook says the same as one that is written whole, part by part."""

import io
import random
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, time
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.xlsx.write import prepared
from pipeline.forms.xlsx.write.fill import fill_xlsx
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import Filling, FormKind
from pipeline.model.submission import Submission
from pipeline.resources import languages
from tests.programs.outcome import TODAY
from tests.world.crowd import answers
from tests.world.settings import ADDRESS, PRIVACY

_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
#: Where other tests registered the namespace, canonical XML names it at each element.
_STYLE = re.compile(r'(<c(?: xmlns="[^"]*")? r="[A-Z]+\d+") s="(\d+)"')
_ALL = [(kind, language) for kind in FormKind for language in languages()]

#: What customers, and those who play them, have typed into a cell.
_TEXTS = (
    "",
    " ",
    "plain",
    " led and followed by blanks ",
    "=1+1",
    '=HYPERLINK("http://example.com","x")',
    "+81 3-1234-5678",
    "-1",
    "@SUM(A1)",
    "'quoted",
    "007",
    "#N/A",
    "a\r\nb\rc\nd\n",
    "\ttab\t",
    "\x00\x01\x08\x0b\x0c\x1f\x7f\x85\x9f",
    "\ufffe\uffff\ud800x\udfff",
    "_x0041_ _x000D_ _x",
    "<b>&amp;</b> ]]> <!-- \" ' --> <?x?>",
    "</t></is></c></row></sheetData>",
    "{number} {row} {height} {0} %s \\1 \\g<0> $1",
    "\u202eright to left\u202c \u200b\u200d\ufeff",
    "e\u0301 \U0001f600\U0001f1ef\U0001f1f5 \U00020bb7野家 ｶﾅ Ａ１",
    "株式会社山田商店の、とても長い名前。" * 20,
    "x" * 10_000,
    "word " * 2_000,
    "line\n" * 300,
    "_x0041_" * 5_000,
    "あ" * 33_000,
)


def _parts(content: bytes) -> dict[str, str]:
    """Return the parts as canonical XML, with the looks of cells in place of their numbers."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        raw = {name: opened.read(name).decode() for name in opened.namelist()}
    looks = _looks(raw.pop("xl/styles.xml"))
    found = {name: ET.canonicalize(text) for name, text in raw.items()}
    for name in [name for name in found if name.startswith("xl/worksheets/sheet")]:
        found[name] = _STYLE.sub(
            lambda cell: f"{cell.group(1)} s='{looks[int(cell.group(2))]}'", found[name]
        )
    return found


def _looks(styles: str) -> list[str]:
    """Return the cell formats, each with the font, the fill and the border that it names."""
    root = ET.fromstring(styles)

    def rows(name: str) -> list[str]:
        return [ET.tostring(one, "unicode") for one in root.findall(f"{_NAMESPACE}{name}/*")]

    fonts, fills, borders = rows("fonts"), rows("fills"), rows("borders")
    found = []
    for look in root.findall(f"{_NAMESPACE}cellXfs/*"):
        named = [fonts[int(look.attrib.pop("fontId"))], fills[int(look.attrib.pop("fillId"))]]
        named.append(borders[int(look.attrib.pop("borderId"))])
        found.append(
            "".join([ET.tostring(look, "unicode"), *named, *rows("dxfs"), *rows("numFmts")])
        )
    return found


def _both(kind: FormKind, language: str, filling: Filling) -> tuple[bytes, bytes]:
    patched = fill_xlsx(kind, language, filling, address=ADDRESS, privacy=PRIVACY)
    whole = build_xlsx(kind, language, filling, address=ADDRESS, privacy=PRIVACY)
    return patched, whole


def _same(kind: FormKind, language: str, filling: Filling) -> None:
    patched, whole = map(_parts, _both(kind, language, filling))
    assert list(patched) == list(whole)
    for name, part in whole.items():
        assert patched[name] == part, name


def _fields(kind: FormKind) -> list[str]:
    return list(FORMS[kind].questions)


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_usual_answers_with_every_number_of_marks(kind: FormKind, language: str) -> None:
    given = tuple(answers(1, datetime.combine(TODAY, time(), UTC)).items())
    fields = _fields(kind)
    for marked in (fields[2:5], fields):
        marks = tuple((field, ("One sentence.", "Another: é, 例。")) for field in marked)
        _same(kind, language, Filling(given, marks, to_check=len(marked) == 3))


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_any_text_as_answer_and_as_sentence(kind: FormKind, language: str) -> None:
    drawn = random.Random(f"{kind} {language}")
    fields = _fields(kind)
    texts = drawn.sample(_TEXTS, len(_TEXTS))
    pairs = zip([*fields, "unknown_field"] * 3, texts, strict=False)
    given = tuple(dict(pairs).items())
    marked = drawn.sample([*fields, "unknown_field"], min(len(fields), 6))
    marks = tuple(
        (field, tuple(drawn.choice(_TEXTS) for _ in range(drawn.randrange(4)))) for field in marked
    )
    _same(kind, language, Filling(given, marks, to_check=drawn.random() < 0.5))
    _same(kind, language, Filling(given))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_any_texts_anywhere(seed: int) -> None:
    drawn = random.Random(seed)
    kind, language = drawn.choice(_ALL)
    fields = drawn.sample(_fields(kind), len(_fields(kind)))
    given = tuple((field, drawn.choice(_TEXTS)) for field in fields if drawn.random() < 0.7)
    marks = tuple(
        (field, tuple(drawn.choice(_TEXTS) for _ in range(drawn.randrange(3))))
        for field in drawn.sample(fields, drawn.randrange(len(fields)))
    )
    _same(kind, language, Filling(given, marks, to_check=drawn.random() < 0.5))


@pytest.mark.parametrize("kind", FormKind)
def test_openpyxl_and_our_reader_see_the_same(
    kind: FormKind, read: Callable[[bytes], Submission]
) -> None:
    fields = _fields(kind)
    given = tuple(zip(fields, _TEXTS[:18], strict=False))
    marks = ((fields[0], ("Sentence <1>.",)), (fields[3], ("=1", "two")))
    patched, whole = _both(kind, "en", Filling(given, marks))
    assert read(patched).answers == read(whole).answers
    one, other = (load_workbook(io.BytesIO(content)) for content in (patched, whole))
    assert one.sheetnames == other.sheetnames
    assert one.index(one.active) == other.index(other.active)  # type: ignore[arg-type] # a sheet
    for sheet, same in zip(one.worksheets, other.worksheets, strict=True):
        assert sheet.dimensions == same.dimensions
        for row, same_row in zip(sheet.iter_rows(), same.iter_rows(), strict=True):
            for cell, same_cell in zip(row, same_row, strict=True):
                assert cell.value == same_cell.value
                assert cell.has_style == same_cell.has_style
                for look in ("font", "fill", "border", "alignment", "protection", "number_format"):
                    assert repr(getattr(cell, look)) == repr(getattr(same_cell, look))
                assert cell.quotePrefix == same_cell.quotePrefix
                assert str(cell.comment) == str(same_cell.comment)


def test_same_input_gives_the_same_bytes_however_the_package_came_to_be() -> None:
    filling = Filling((("notes", "x"),), (("notes", ("Sentence.",)),))
    first = fill_xlsx(FormKind.QR, "en", filling, address=ADDRESS, privacy=PRIVACY)
    prepared.prepared.cache_clear()
    assert fill_xlsx(FormKind.QR, "en", filling, address=ADDRESS, privacy=PRIVACY) == first


@pytest.mark.parametrize("build", [fill_xlsx, build_xlsx])
def test_notes_of_a_marked_copy_have_the_names_of_excels_parts(
    build: Callable[..., bytes],
) -> None:
    # exceljs finds notes by these names, and cannot open a workbook that has others
    filling = Filling((("contact_name", "Aiko"),), (("contact_name", ("Correct it.",)),))
    content = build(FormKind.QR, "ja", filling, address=ADDRESS, privacy=PRIVACY)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert {"xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"} <= set(opened.namelist())
        types = opened.read("[Content_Types].xml").decode()
        relations = opened.read("xl/worksheets/_rels/sheet2.xml.rels").decode()
    assert 'PartName="/xl/comments1.xml"' in types
    assert 'Target="../comments1.xml"' in relations
    assert 'Target="../drawings/vmlDrawing1.vml"' in relations


def test_texts_of_a_filled_copy_are_written_as_characters() -> None:
    # SheetJS makes other characters of references in the results of formulas
    filling = Filling((("contact_name", "田中"),), (("contact_name", ("ご確認ください。",)),))
    content = fill_xlsx(FormKind.QR, "ja", filling, address=ADDRESS, privacy=PRIVACY)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        parts = {name: opened.read(name).decode() for name in opened.namelist()}
    assert [name for name, text in parts.items() if re.search(r"&#\d{3,}", text)] == []
    assert "田中" in parts["xl/worksheets/sheet2.xml"]
