"""Pages, boxes, grids and pictures of real and of hostile files, in the guarded child."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pytest
from PIL import Image

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.printed.answers import read_print
from pipeline.forms.shown.boxes import AnswerBox, answer_boxes
from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.forms.shown.pages import PdfPages, Picture, page_png, pdf_pages
from pipeline.forms.shown.picture import picture_png
from pipeline.forms.shown.sheet import GridCell, SheetGrid, sheet_grid
from pipeline.guard import Guard, GuardError, GuardLimits
from pipeline.model.form import FormKind
from pipeline.model.submission import CellType
from tests.hostile.documents import DOCUMENTS
from tests.hostile.workbooks import WORKBOOKS

SAMPLES = Path(__file__).parents[4] / "samples" / "forms"
JAPANESE = SAMPLES / "mihon-kanko-migration_ja.pdf"
ENGLISH = SAMPLES / "merlion-onboarding_en.pdf"
_PLACES = {name: name for name in FORMS[FormKind.MIGRATION].questions}
#: Hostile files of the catalogue, each of another kind.
_DOCUMENTS = (
    "pages in a circle",
    "20,000 pages",
    "JBIG2 of 4 billion points",
    pytest.param("picture in itself", marks=pytest.mark.long),
    pytest.param("page of a million points", marks=pytest.mark.long),
    pytest.param("stream 1:1000", marks=pytest.mark.long),
)
_BOOKS = ("billion laughs", "a million cells", "cells in all corners", "cell with WEBSERVICE")


@pytest.fixture(scope="module")
def child() -> Iterator[Guard]:
    with Guard(GuardLimits(cpu_seconds=4)) as guard:
        yield guard


def _opened(picture: Picture | NotShown) -> Image.Image:
    assert isinstance(picture, Picture)
    found = Image.open(BytesIO(picture.png))
    assert found.format == "PNG"
    assert found.size == (picture.width, picture.height)
    return found


def _ink(picture: Image.Image, box: AnswerBox, arrow: int = 40) -> int:
    """Return how many dark points are in a box, without its frame and the arrow of a list."""
    wide, high = picture.size
    left, top = box.x * wide + 4, box.y * high + 4
    right, bottom = (box.x + box.width) * wide - arrow, (box.y + box.height) * high - 4
    part = picture.convert("L").crop((int(left), int(top), int(right), int(bottom)))
    return sum(part.histogram()[:100])


def _boxes(child: Guard, raw: bytes) -> dict[str, AnswerBox]:
    found = child.call(answer_boxes, raw, _PLACES)
    assert not isinstance(found, NotShown)
    return {box.field: box for box in found}


def test_pages_and_sizes(child: Guard) -> None:
    pages = child.call(pdf_pages, ENGLISH.read_bytes())
    assert isinstance(pages, PdfPages)
    assert pages.count == 4
    assert round(pages.sizes[0].width) == 595


def test_answers_in_japanese_without_a_look_are_drawn(child: Guard) -> None:
    """The child sees no font of the machine: a blank box would be untrue."""
    raw = JAPANESE.read_bytes()
    boxes = _boxes(child, raw)
    page = _opened(child.call(page_png, raw, 0, 1000))
    assert set(boxes) == set(_PLACES)
    for name in ("phone_number", "is_m2m", "contact_name", "contact_department"):
        assert _ink(page, boxes[name]) > 60, name


def test_boxes_follow_a_page_that_is_turned(child: Guard) -> None:
    before = _boxes(child, JAPANESE.read_bytes())["contact_name"]
    target = BytesIO()
    with pikepdf.open(JAPANESE) as pdf:
        pdf.pages[0].rotate(90, relative=False)
        pdf.save(target)
    after = _boxes(child, target.getvalue())["contact_name"]
    assert after.width < after.height
    assert after.height == pytest.approx(before.width, abs=0.001)
    assert _ink(_opened(child.call(page_png, target.getvalue(), 0, 1400)), after, 4) > 60


def test_what_is_drawn_leaves_the_readers_of_prints_as_they_were() -> None:
    print_of = BytesIO()
    with pikepdf.open(ENGLISH) as pdf:
        pdf.flatten_annotations("all")
        for page in pdf.pages:
            if "/Annots" in page.obj:
                del page.obj["/Annots"]
        pdf.save(print_of)
    before = read_print(print_of.getvalue())
    page_png(JAPANESE.read_bytes(), 0, 600)
    after = read_print(print_of.getvalue())
    assert before is not None
    assert after is not None
    assert before.answers == after.answers
    boxes = answer_boxes(print_of.getvalue(), {"phone_number": "phone_number"})
    assert not isinstance(boxes, NotShown)
    widget = {box.field: box for box in answer_boxes(ENGLISH.read_bytes(), _PLACES) or ()}  # type: ignore[union-attr]
    (found,) = boxes
    assert found.page == widget["phone_number"].page
    assert found.y == pytest.approx(widget["phone_number"].y, abs=0.005)


@pytest.mark.parametrize(
    ("page", "why"), [(-1, WhyNot.NO_PAGE), (4, WhyNot.NO_PAGE), (10**9, WhyNot.NO_PAGE)]
)
def test_pages_that_are_not_there(child: Guard, page: int, why: WhyNot) -> None:
    assert child.call(page_png, ENGLISH.read_bytes(), page, 800) == NotShown(why)


def test_pdf_with_a_password(child: Guard) -> None:
    target = BytesIO()
    with pikepdf.open(ENGLISH) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(user="secret", owner="owner"))
    assert child.call(pdf_pages, target.getvalue()) == NotShown(WhyNot.ENCRYPTED)
    assert child.call(page_png, target.getvalue(), 0, 800) == NotShown(WhyNot.ENCRYPTED)
    assert child.call(answer_boxes, target.getvalue(), _PLACES) == NotShown(WhyNot.ENCRYPTED)


@pytest.mark.parametrize("width", [-5, 10**9])
def test_no_width_makes_a_picture_too_large(child: Guard, width: int) -> None:
    found = _opened(child.call(page_png, ENGLISH.read_bytes(), 0, width))
    assert 50 <= found.width <= 2400
    assert found.width * found.height < 8_100_000


def _tall_page() -> bytes:
    target = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(100, 14_400))
        pdf.save(target)
    return target.getvalue()


def test_a_page_like_a_ribbon_is_drawn_smaller(child: Guard) -> None:
    found = _opened(child.call(page_png, _tall_page(), 0, 2400))
    assert found.width * found.height < 8_100_000


def _tried(child: Guard, function: Any, *args: Any) -> Any:
    try:
        return child.call(function, *args)
    except GuardError as error:
        return error.reason


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_hostile_pdf_ends_within_the_limits_and_the_next_one_is_shown(
    child: Guard, name: str
) -> None:
    raw = next(item for item in DOCUMENTS if item.name == name).make()
    shown = _tried(child, page_png, raw, 0, 800)
    if isinstance(shown, Picture):
        assert shown.width * shown.height < 8_100_000
    else:
        assert isinstance(shown, NotShown) or shown in {"memory", "cpu", "time", "crash"}
    pages = _tried(child, pdf_pages, raw)
    assert not isinstance(pages, PdfPages) or len(pages.sizes) <= 40
    assert isinstance(child.call(page_png, ENGLISH.read_bytes(), 0, 200), Picture)


# workbooks


def _book(change: Any) -> bytes:
    book = openpyxl.Workbook()
    change(book, book.active)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _cells(child: Guard, raw: bytes, places: dict[str, str]) -> dict[tuple[int, int], GridCell]:
    grid = child.call(sheet_grid, raw, places)
    assert isinstance(grid, SheetGrid)
    return {(row.number, cell.column): cell for row in grid.sheets[0].rows for cell in row.cells}


def test_grid_has_texts_spans_marks_and_answers(child: Guard) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.title = "My Form"
        sheet["A1"] = "Titel über zwei"
        sheet.merge_cells("A1:B2")
        sheet["A4"] = '=HYPERLINK("http://evil.example","click")'
        sheet["B4"] = "電話番号"
        sheet["C4"] = 0.25
        sheet.row_dimensions[4].hidden = True
        sheet.column_dimensions["C"].hidden = True
        sheet.column_dimensions["B"].width = 42
        book.create_sheet("secret").sheet_state = "veryHidden"

    raw = _book(fill)
    grid = child.call(sheet_grid, raw, {"phone_number": "my form!B4", "notes": "My Form!D9"})
    assert isinstance(grid, SheetGrid)
    first, second = grid.sheets
    assert (first.hidden, second.hidden) == (False, True)
    assert [row.number for row in first.rows] == [1, 4, 9]
    assert [row.hidden for row in first.rows] == [False, True, False]
    assert [(c.width > 40, c.hidden) for c in first.columns[1:3]] == [(True, False), (False, True)]
    cells = {(row.number, cell.column): cell for row in first.rows for cell in row.cells}
    assert (cells[1, 1].rows, cells[1, 1].columns) == (2, 2)
    assert cells[4, 1].formula.startswith("=HYPERLINK(")
    assert cells[4, 1].kind is CellType.FORMULA
    assert cells[4, 2].fields == ("phone_number",)
    assert cells[4, 2].text == "電話番号"
    assert cells[4, 3].text == "0.25"
    assert (cells[9, 4].text, cells[9, 4].fields) == ("", ("notes",))


@pytest.mark.parametrize("name", ["hidamari-onboarding_ja.xlsx", "lindenhof-migration_en.xlsx"])
def test_grid_of_our_form(child: Guard, name: str) -> None:
    grid = child.call(sheet_grid, (SAMPLES / name).read_bytes(), {})
    assert isinstance(grid, SheetGrid)
    assert [sheet.hidden for sheet in grid.sheets] == [False, False, True, True]
    assert all(sheet.rows and sheet.why is None for sheet in grid.sheets)


def test_grid_is_cut_and_says_so(child: Guard) -> None:
    def fill(_: Any, sheet: Any) -> None:
        for row in range(1, 1_500):
            sheet.cell(row, 1, "x" * 500)
        sheet.cell(1, 16_384, "far")
        sheet.cell(1_048_576, 1, "deep")

    grid = child.call(sheet_grid, _book(fill), {})
    assert isinstance(grid, SheetGrid)
    (sheet,) = grid.sheets
    assert sheet.cut
    assert len(sheet.rows) <= 1_000
    assert len(sheet.columns) <= 80
    assert sum(len(cell.text) for row in sheet.rows for cell in row.cells) <= 400_000


@pytest.mark.parametrize("name", _BOOKS)
def test_hostile_workbook_ends_within_the_limits(child: Guard, name: str) -> None:
    raw = next(item for item in WORKBOOKS if item.name == name).make()
    grid = child.call(sheet_grid, raw, {"a": "Form!D12"})
    assert isinstance(grid, SheetGrid)
    if name in {"billion laughs", "a million cells"}:
        by_name = {sheet.name: sheet for sheet in grid.sheets}
        assert by_name["Form"].why is WhyNot.TOO_LARGE
        assert by_name["Start here"].rows  # one that fails does not speak for all


def test_what_is_no_workbook(child: Guard) -> None:
    assert child.call(sheet_grid, b"PK\x03\x04 broken", {}) == NotShown(WhyNot.DAMAGED)
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    assert child.call(sheet_grid, locked, {}) == NotShown(WhyNot.ENCRYPTED)


# pictures


def _picture(kind: str, size: tuple[int, int], mode: str = "RGB", **options: Any) -> bytes:
    target = BytesIO()
    Image.new(mode, size).save(target, kind, **options)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_picture_is_made_anew(child: Guard, kind: str) -> None:
    found = _opened(child.call(picture_png, _picture(kind, (3_000, 1_000)), 600))
    assert found.size == (600, 200)


def test_picture_is_turned_and_loses_what_it_tells_of_itself(child: Guard) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "Taken at home, secret-place"
    raw = _picture("JPEG", (400, 200), exif=exif, comment=b"secret-comment")
    found = child.call(picture_png, raw)
    assert isinstance(found, Picture)
    assert (found.width, found.height) == (200, 400)
    assert b"secret" not in found.png
    assert b"eXIf" not in found.png


def test_picture_of_900_million_points_is_too_large(child: Guard) -> None:
    ends = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + ends
    raw = b"\x89PNG\r\n\x1a\n\0\0\0\r" + chunk + struct.pack(">I", zlib.crc32(chunk))
    packed = b"IDAT" + zlib.compress(bytes(1_000_000))
    raw += struct.pack(">I", len(packed) - 4) + packed + struct.pack(">I", zlib.crc32(packed))
    assert child.call(picture_png, raw) == NotShown(WhyNot.TOO_LARGE)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF",
    ],
)
def test_what_is_no_picture(child: Guard, raw: bytes) -> None:
    assert child.call(picture_png, raw) == NotShown(WhyNot.DAMAGED)


def test_half_a_picture(child: Guard) -> None:
    raw = _picture("JPEG", (800, 800))
    assert child.call(picture_png, raw[: len(raw) // 2]) == NotShown(WhyNot.DAMAGED)
