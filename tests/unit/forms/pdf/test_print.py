"""Prints of our form, turned, moved, merged and damaged: read by position, or not at all."""

from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.printed import blank as geometry_of_blanks
from pipeline.forms.pdf.printed.blank import blank_form
from pipeline.forms.pdf.write.form import build_pdf
from pipeline.forms.stamp import Stamp
from pipeline.model.form import FileFormat, Filling, FormKind
from pipeline.model.submission import CellType, Submission, UnreadableFile
from pipeline.resources import languages
from tests.programs.answers import entries, matrix
from tests.programs.flatteners import printed

Read = Callable[[bytes], Submission | UnreadableFile]
Change = Callable[[Any], None]

_A4 = (595.28, 841.89)


def made(kind: FormKind, language: str, filling: Filling | None = None) -> bytes:
    return build_pdf(kind, language, filling, address="a@example.com", privacy="p@example.com")


@pytest.fixture(autouse=True)
def fresh_blanks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Measure the blanks as they are written now; a gate compares the published ones with them."""

    def fresh(kind: FormKind, language: str, version: str) -> bytes | None:
        is_present = version == FORMS[kind].version
        return made(kind, language) if is_present else published(kind, language, version=version)

    monkeypatch.setattr(geometry_of_blanks, "published", fresh)
    blank_form.cache_clear()
    yield
    blank_form.cache_clear()


def given(kind: FormKind = FormKind.QR, language: str = "en") -> dict[str, str]:
    return {entry.field: entry.text for entry in entries(kind, language, FileFormat.PDF)}


@cache
def print_of(
    kind: FormKind = FormKind.QR,
    language: str = "en",
    without: frozenset[str] = frozenset(),
    marks: tuple[tuple[str, tuple[str, ...]], ...] = (),
    **changes: str,
) -> bytes:
    answers = tuple(
        (entry.field, changes.get(entry.field, entry.text))
        for entry in entries(kind, language, FileFormat.PDF)
        if entry.field not in without
    )
    return printed(made(kind, language, Filling(answers, marks)))


def changed(content: bytes, change: Change) -> bytes:
    target = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        change(pdf)
        pdf.save(target)
    return target.getvalue()


def drawn_by(matrix_of_page: str, size: tuple[float, float]) -> Change:
    """Return what draws each page through a matrix, onto paper of ``size`` points."""

    def change(pdf: Any) -> None:
        for page in pdf.pages:
            page.contents_add(f"q {matrix_of_page} cm".encode(), prepend=True)
            page.contents_add(b"Q")
            for box in ("/CropBox", "/TrimBox"):
                if box in page.obj:
                    del page.obj[box]
            page.obj.MediaBox = [0, 0, *size]

    return change


def answers_in(outcome: Submission | UnreadableFile) -> dict[str, str]:
    assert isinstance(outcome, Submission), outcome
    assert {answer.cell_type for answer in outcome.answers} == {CellType.PRINT}
    assert outcome.from_print
    return {answer.field: answer.raw for answer in outcome.answers}


def doubtful(outcome: Submission | UnreadableFile) -> set[str]:
    assert isinstance(outcome, Submission), outcome
    return {answer.field for answer in outcome.answers if answer.damaged}


def code_of(outcome: Submission | UnreadableFile) -> str:
    assert isinstance(outcome, UnreadableFile), outcome
    return outcome.problem.code


@pytest.mark.parametrize(("kind", "language"), matrix())
def test_boxes_and_labels_of_every_published_blank_are_known(
    kind: FormKind, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geometry_of_blanks, "published", published)
    blank = blank_form(Stamp(kind, FORMS[kind].version, language))
    assert blank is not None
    fields = set(FORMS[kind].questions)
    assert {box.field for box in blank.boxes} == fields
    assert {anchor.field for anchor in blank.anchors} - {""} == fields


@pytest.mark.parametrize("language", languages())
def test_print_is_read_with_all_its_answers(read: Read, language: str) -> None:
    found = answers_in(read(print_of(FormKind.QR, language)))
    wanted = given(FormKind.QR, language)
    assert {name: raw.split() for name, raw in found.items()} == {
        name: text.split() for name, text in wanted.items()
    }


@pytest.mark.parametrize(
    ("matrix_of_page", "size"),
    [
        ("1 0 0 1 20 -15", _A4),
        ("0.91 0 0 0.91 35 12", (612, 792)),
        ("0.71 0 0 0.71 0 0", (420, 595)),
        ("1.41 0 0 1.41 0 0", (842, 1191)),
        ("0 1 -1 0 841.89 0", (841.89, 595.28)),
        ("-1 0 0 -1 595.28 841.89", _A4),
        ("0 -1 1 0 0 595.28", (841.89, 595.28)),
        ("0.97 0 0 0.94 9 25", (612, 792)),
    ],
    ids=["moved", "letter", "a5", "a3", "left", "upside down", "right", "stretched"],
)
def test_print_on_other_paper_is_read(
    read: Read, matrix_of_page: str, size: tuple[float, float]
) -> None:
    plain = print_of(FormKind.ONBOARDING, "en")
    turned = changed(plain, drawn_by(matrix_of_page, size))
    assert answers_in(read(turned)) == answers_in(read(plain))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_print_whose_pages_are_shown_turned_is_read(read: Read, turn: int) -> None:
    def rotate(pdf: Any) -> None:
        for page in pdf.pages:
            page.rotate(turn, relative=False)

    plain = print_of(FormKind.ONBOARDING, "en")
    assert answers_in(read(changed(plain, rotate))) == answers_in(read(plain))


def test_print_behind_a_cover_in_another_order_is_read(read: Read) -> None:
    def shuffle(pdf: Any) -> None:
        pdf.pages.reverse()
        pdf.add_blank_page()
        pdf.pages.insert(0, pdf.pages[-1])

    plain = print_of()
    assert answers_in(read(changed(plain, shuffle))) == answers_in(read(plain))


def test_print_without_one_of_its_pages_is_incomplete(read: Read) -> None:
    def drop(pdf: Any) -> None:
        del pdf.pages[1]

    outcome = read(changed(print_of(), drop))
    assert code_of(outcome) == "file_pages_missing"
    assert isinstance(outcome, UnreadableFile)
    assert outcome.problem.param("pages") == "2"


def test_page_that_is_there_twice_and_differs_is_told(read: Read) -> None:
    def merge(pdf: Any) -> None:
        with pikepdf.open(BytesIO(print_of(integration_name="Another name"))) as other:
            pdf.pages.append(other.pages[0])

    outcome = read(changed(print_of(), merge))
    assert isinstance(outcome, Submission)
    differing = {a.field: (a.raw, a.disagrees) for a in outcome.answers if a.disagrees is not None}
    assert differing == {"integration_name": ("O'Neill's WhatsApp", "Another name")}


def test_print_of_a_marked_copy_is_read_where_its_rows_stand(read: Read) -> None:
    sentence = "This answer has to be looked at again, and it says so here at great length. " * 3
    marks = tuple((name, (sentence,)) for name in ("contact_name", "country", "genesys_org_id"))
    marked = print_of(FormKind.ONBOARDING, "en", marks=marks)
    assert answers_in(read(marked)) == answers_in(read(print_of(FormKind.ONBOARDING, "en")))


def test_boxes_that_are_empty_are_blank(read: Read) -> None:
    empty = frozenset({"contact_phone", "genesys_region", "ack_charges", "use_case"})
    outcome = read(print_of(FormKind.ONBOARDING, "en", empty))
    found = answers_in(outcome)
    assert {name for name, raw in found.items() if not raw} == empty
    assert doubtful(outcome) == set()


def test_print_of_a_blank_is_empty(read: Read) -> None:
    assert code_of(read(printed(made(FormKind.QR, "en")))) == "file_empty"


def test_print_of_a_version_that_is_not_published_asks_for_the_form_file(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = print_of()
    monkeypatch.setattr(geometry_of_blanks, "published", lambda *_, **__: None)
    assert code_of(read(content)) == "file_print_unread"


def box_of(field: str) -> geometry_of_blanks.Box:
    blank = blank_form(Stamp(FormKind.QR, FORMS[FormKind.QR].version, "en"))
    assert blank is not None
    return next(box for box in blank.boxes if box.field == field)


def test_writing_without_characters_is_asked_about_and_not_blank(read: Read) -> None:
    box = box_of("contact_phone")

    def scribble(pdf: Any) -> None:
        x, y = box.edges[0] + 10, box.edges[1] + 6
        strokes = " ".join(f"{x + 6 * n} {y} m {x + 6 * n + 3} {y + 8} l S" for n in range(9))
        pdf.pages[box.page].contents_add(f"q 1 w {strokes} Q".encode())

    outcome = read(changed(print_of(without=frozenset({"contact_phone"})), scribble))
    assert answers_in(outcome)["contact_phone"] == ""
    assert doubtful(outcome) == {"contact_phone"}


def test_characters_that_are_lost_beside_others_are_doubtful(read: Read) -> None:
    box = box_of("contact_phone")

    def scribble(pdf: Any) -> None:
        x, y = box.edges[2] - 60, box.edges[1] + 6
        pdf.pages[box.page].contents_add(f"q 1 w {x} {y} 8 8 re {x + 12} {y} 8 8 re S Q".encode())

    outcome = read(changed(print_of(), scribble))
    assert doubtful(outcome) == {"contact_phone"}


def free_text(pdf: Any, page: int, edges: tuple[float, ...], text: str) -> None:
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Rect=pikepdf.Array(list(edges)),
        Contents=pikepdf.String(text), DA=pikepdf.String("/Helv 10 Tf 0 g"), F=4,
    )  # fmt: skip
    target = pdf.pages[page].obj
    target.Annots = pikepdf.Array([*target.get("/Annots", []), pdf.make_indirect(note)])


def test_text_typed_over_a_box_of_a_print_is_its_answer(read: Read) -> None:
    box = box_of("contact_phone")

    def type_over(pdf: Any) -> None:
        free_text(pdf, box.page, box.edges, "+44 7400 123456")
        free_text(pdf, box.page, (20, 20, 200, 30), "Call after nine")

    content = changed(print_of(without=frozenset({"contact_phone", "notes"})), type_over)
    found = answers_in(read(content))
    assert (found["contact_phone"], found["notes"]) == ("+44 7400 123456", "Call after nine")


def test_text_typed_over_a_blank_field_is_asked_about(read: Read) -> None:
    box = box_of("contact_phone")
    filling = Filling((("contact_name", "Aiko"),))

    def type_over(pdf: Any) -> None:
        free_text(pdf, box.page, box.edges, "+44 7400 123456")

    outcome = read(changed(made(FormKind.QR, "en", filling), type_over))
    assert isinstance(outcome, Submission)
    assert outcome.from_print is False
    typed = {(a.field, a.raw) for a in outcome.answers if a.cell_type is CellType.PRINT}
    assert typed == {("contact_phone", "+44 7400 123456")}


def test_scan_with_text_behind_it_asks_for_the_form_file(read: Read) -> None:
    def cover(pdf: Any) -> None:
        image = pdf.make_stream(b"\xff" * 3)
        image.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1,
            ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8, Length=3,
        )  # fmt: skip
        for page in pdf.pages:
            name = page.add_resource(image, pikepdf.Name.XObject)
            page.contents_add(f"q {_A4[0]} 0 0 {_A4[1]} 0 0 cm {name} Do Q".encode())

    assert code_of(read(changed(print_of(), cover))) == "file_scanned"


def test_blanks_are_doubtful_where_writing_seems_to_be_lost(read: Read) -> None:
    lost = frozenset(
        {"contact_name", "company_legal_name", "genesys_org_name", "integration_name", "notes"}
    )
    assert doubtful(read(print_of(without=lost))) == lost
    few = frozenset({"contact_name", "notes"})
    assert doubtful(read(print_of(without=few))) == set()


def test_pages_behind_the_thirtieth_are_not_looked_at(read: Read) -> None:
    def bury(pdf: Any) -> None:
        for _ in range(31):
            pdf.add_blank_page()
        pdf.pages.reverse()

    assert code_of(read(changed(print_of(), bury))) == "file_template"
