"""What stands in the boxes of a print: boxes that have grown, characters that are not drawn."""

from functools import cache
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from pipeline.forms.pdf.fonts import REGULAR
from pipeline.forms.pdf.printed.blank import Box
from pipeline.forms.pdf.printed.page import Character
from pipeline.forms.pdf.printed.places import Place
from pipeline.forms.pdf.printed.text import Written, written
from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.forms.pdf.write.form import build_pdf
from pipeline.forms.pdf.write.typesetting.subset import cut
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.model.submission import CellType, Submission, UnreadableFile
from tests.programs.answers import entries
from tests.programs.flatteners import printed
from tests.unit.forms.pdf.additions import changed, filled, in_font, widget

_LONG = {
    "en": "Department for the registration of very long names and for contracts in the north",
    "de": "Abteilung für die Aufnahme sehr langer Namen und für Verträge in nördlichen Bezirken",
    "ja": "北部地区の契約管理および非常に長い名称の登録を担当する部門における主任代理補佐",
}
_ADDRESS = "https://www.example.com/" + "abcdefghij/" * 16


def _read(content: bytes) -> Submission | UnreadableFile:
    (found,) = read_pdf_forms(FormFile("form.pdf", content, FileFormat.PDF, "0" * 64, 0))
    return found


@cache
def _printed(
    kind: FormKind,
    language: str,
    changes: tuple[tuple[str, str], ...] = (),
    *,
    marked: bool = False,
) -> tuple[dict[str, str], bytes]:
    """Return the answers of a copy of ours by their fields, and a print of it."""
    given = {entry.field: entry.text for entry in entries(kind, language, FileFormat.PDF)}
    given |= dict(changes)
    marks = tuple((name, ("Look at this again, please. " * 4,)) for name, _ in changes if marked)
    filling = Filling(tuple(given.items()), marks)
    return given, printed(build_pdf(kind, language, filling, address="a@b.example", privacy="p@b"))


@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_long_answers_are_read_where_their_boxes_have_grown(language: str, *, marked: bool) -> None:
    changes = {
        "contact_name": _LONG[language],
        "genesys_org_name": " ".join([_LONG[language]] * 2),
        "website": _ADDRESS,
        "use_case": "\n".join([_LONG[language]] * 9),
    }
    given, content = _printed(FormKind.ONBOARDING, language, tuple(changes.items()), marked=marked)
    found = _read(content)
    assert isinstance(found, Submission)
    answers = {answer.field: answer.raw for answer in found.answers}
    assert {name: answers[name] for name in changes} == changes
    others = given.keys() - changes.keys() - {"notes"}
    assert {name for name in others if not answers[name]} == set()
    assert [item for item in found.left_over if item.words] == []


def test_answer_that_is_blank_does_not_take_that_of_the_box_below() -> None:
    changes = (("meta_business_verified", ""), ("contact_name", ""), ("website", ""))
    given, content = _printed(FormKind.ONBOARDING, "en", changes)
    found = _read(content)
    assert isinstance(found, Submission)
    answers = {answer.field: answer.raw for answer in found.answers}
    assert {name for name in answers if not answers[name]} == dict(changes).keys()
    assert answers["genesys_org_name"] == given["genesys_org_name"]


def _begun_elsewhere(content: bytes) -> bytes:
    """Return the print with its answers a little further to the left, as programs set them."""

    def move(pdf: Any) -> None:
        for page in pdf.pages:
            for form in page.obj.Resources.get("/XObject", {}).values():
                form.write(b"1 0 0 1 -1 0 cm " + form.read_bytes())

    return changed(content, move)


def test_rare_characters_may_be_gone_from_a_print_and_that_is_said() -> None:
    """What left out the first character of 𠮷野 closed the gap: no place on the page tells."""
    names = {"contact_name", "company_legal_name", "notes"}
    shown = {
        rare: _begun_elsewhere(_printed(FormKind.QR, "ja", (("notes", f"担当は{rare}野です"),))[1])
        for rare in ("𠮷", "")
    }
    doubtful = {}
    for rare, content in shown.items():
        found = _read(content)
        assert isinstance(found, Submission)
        doubtful[rare] = {one.field for one in found.answers if one.damaged}
        notes = found.answer("notes")
        assert notes is not None
        assert notes.raw == f"担当は{rare}野です"
    assert doubtful["𠮷"] == set()
    assert names <= doubtful[""]
    assert not doubtful[""] & {"phone_number", "contact_email", "country", "qr_action"}


def test_print_of_our_own_copy_lacks_nothing() -> None:
    found = _read(_printed(FormKind.QR, "ja", (("notes", "担当は野です"),))[1])
    assert isinstance(found, Submission)
    assert {one.field for one in found.answers if one.damaged} == set()


def _set(
    text: str,
    *,
    cells: dict[str, float] | None = None,
    seen: str = "",
    lost: frozenset[str] = frozenset(),
) -> Written:
    """Return what is read of ``text``, each character an em apart, or as ``cells`` has it.

    Behind those of ``seen``, PDFium sees a space that the file does not have; those of ``lost`` are
    not printed.
    """
    x, index, characters = 0.0, 0, []
    for one in text:
        step = 10 * (cells or {}).get(one, 1.0)
        edges = (x + 0.5, 20.0, x + min(step, 10) - 0.5, 27.2)
        if one not in lost:
            characters.append(Character(one, x, 20.0, edges, index, unmapped=False))
        x, index = x + step, index + (2 if one in seen else 1)
    box = Box("notes", 0, (0.0, 0.0, 500.0, 40.0), "", is_list=False, is_long=False, ink=0)
    return written(box, Place(0, 0, (1.0, 1.0), (0.0, 0.0)), characters, spaced=True)


@pytest.mark.parametrize("stand_in", ["₻", "ஷ", "ꙅ"])
def test_character_that_stands_in_the_cell_of_an_ideograph_is_doubtful(stand_in: str) -> None:
    """A program told the upper or the lower four digits of a code point."""
    assert _set(f"担当{stand_in}野").damaged


@pytest.mark.parametrize("text", ["担当①野", "担当☎野", "担当✓野", "担当ー野", "担当Ω野", "𠮷野屋"])
def test_what_japanese_fonts_have_in_such_cells_is_not(text: str) -> None:
    assert not _set(text).damaged


@pytest.mark.parametrize(("seen", "text"), [("–", "a – b"), ("", "a –b")])
def test_space_that_is_gone_before_another_font_is_read_where_it_was(seen: str, text: str) -> None:
    cells = {"a": 0.6, " ": 0.3, "–": 1.55}
    assert _set("a –b", cells=cells, seen=seen).text == text


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("2027年3月8日 10:00", {"年": 1.0, "月": 1.0, "日": 1.0}),  # between digits
        ("an der Müritz: „große“", {"„": 0.45}),  # behind a space
        ("Harbour☎Books", {"☎": 1.0}),
    ],
)
def test_gap_of_a_character_that_a_font_lacks_is_doubtful(
    text: str, cells: dict[str, float]
) -> None:
    width = dict.fromkeys(text, 0.56) | {" ": 0.28} | cells
    assert not _set(text, cells=width).damaged
    assert _set(text, cells=width, lost=frozenset(cells)).damaged


def test_gaps_that_spaces_fill_are_not_doubtful() -> None:
    for text in ("a  b   c", "1,000.00   EUR", "Miss J. Ångström – 12"):
        assert not _set(text, cells=dict.fromkeys(text, 0.56) | {" ": 0.9}).damaged


def test_letters_that_are_pictures_are_a_print_and_no_scan() -> None:
    def page(boxes: list[tuple[int, int, int, int]]) -> bytes:
        pdf = pikepdf.new()
        picture = pdf.make_stream(b"\x00")
        picture.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1,
            ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8, Length=1,
        )  # fmt: skip
        one = pdf.add_blank_page(page_size=(595, 842))
        one.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=picture))
        drawn = " ".join(f"q {w} 0 0 {h} {x} {y} cm /I Do Q" for x, y, w, h in boxes)
        one.Contents = pdf.make_stream(drawn.encode())
        target = BytesIO()
        pdf.save(target)
        return target.getvalue()

    letters = [(50 + 8 * n, 780 - 20 * line, 5, 8) for n in range(50) for line in range(6)]
    for boxes, code in ((letters, "file_print_unread"), ([(50, 300, 300, 400)], "file_scanned")):
        found = _read(page(boxes))
        assert isinstance(found, UnreadableFile)
        assert found.problem.code == code


def test_flattened_field_is_read_by_the_map_of_its_font() -> None:
    """The font has no map to Unicode (ISO 32000-2, 9.10.2), but its program has one."""
    name = "髙山商店"
    subset = cut(REGULAR, list(name))
    codes = "".join(f"{subset.glyphs[one]:04x}" for one in name)

    def flatten(pdf: Any) -> None:
        page, box = widget(pdf, "contact_name")
        left, bottom = (float(edge) for edge in list(box.Rect)[:2])
        page.obj.Annots = pikepdf.Array([a for a in page.obj.Annots if a.objgen != box.objgen])
        fields = pdf.Root.AcroForm.Fields
        pdf.Root.AcroForm.Fields = pikepdf.Array([f for f in fields if f.objgen != box.objgen])
        font = in_font(pdf, "/Identity-H", subset.program)
        called = page.add_resource(font, pikepdf.Name.Font)
        page.contents_add(b"q", prepend=True)
        page.contents_add(
            f"Q BT {called} 10 Tf {left + 4} {bottom + 6} Td <{codes}> Tj ET".encode()
        )

    found = _read(changed(filled(FormKind.ONBOARDING), flatten))
    assert isinstance(found, Submission)
    answer = found.answer("contact_name")
    assert answer is not None
    assert (answer.raw, answer.cell_type) == (name, CellType.PRINT)
