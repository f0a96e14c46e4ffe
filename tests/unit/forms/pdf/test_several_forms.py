"""Several forms that a program joined into one PDF are read one by one, and not mixed."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from pipeline.config import FormSettings, MailboxSettings
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.forms.publish import build_form
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.model.submission import Submission, UnreadableFile
from pipeline.wording.problems import sentence
from tests.programs.flatteners import printed
from tests.unit.forms.pdf.additions import (
    changed,
    filled,
    helvetica,
    joined,
    note,
    shown,
    without_pages,
)

Join = Callable[[Sequence[Path], Path], None]

_NAMES = FORMS[FormKind.ONBOARDING].questions
_FIRST = {"phone_number": "+44 7400 123456", "phone_number_again": "+44 7400 123456"}
_SECOND = {"phone_number": "+44 7400 654321", "phone_number_again": "+44 7400 654321"}


def _read(content: bytes) -> tuple[Submission | UnreadableFile, ...]:
    return read_pdf_forms(FormFile("forms.pdf", content, FileFormat.PDF, "0" * 64, 0))


def _answers(read: Submission | UnreadableFile) -> dict[str, str]:
    assert isinstance(read, Submission), read
    return {answer.field: answer.raw for answer in read.answers}


def _by(*command: str) -> Join:
    def join(sources: Sequence[Path], target: Path) -> None:
        places = {"OUT": [str(target)], "IN": [str(source) for source in sources]}
        whole = [part for word in command for part in places.get(word, [word])]
        subprocess.run(whole, check=True, capture_output=True)

    return join


def _pypdf(*, grouped: bool) -> Join:
    def join(sources: Sequence[Path], target: Path) -> None:
        writer = pypdf.PdfWriter()
        for number, source in enumerate(sources, 1):
            reader = pypdf.PdfReader(source)
            if grouped:
                reader.add_form_topname(f"form{number}")
            writer.append(reader)
        writer.write(target)

    return join


def _pikepdf(sources: Sequence[Path], target: Path) -> None:
    target.write_bytes(joined(*(source.read_bytes() for source in sources)))


def _without_list(sources: Sequence[Path], target: Path) -> None:
    """Join the pages alone, as programs do that know nothing of forms."""

    def drop(pdf: Any) -> None:
        del pdf.Root.AcroForm

    target.write_bytes(changed(joined(*(source.read_bytes() for source in sources)), drop))


_PROGRAMS: dict[str, tuple[str, Join]] = {
    "qpdf": ("qpdf", _by("qpdf", "--empty", "--pages", "IN", "--", "OUT")),
    "qpdf, page by page": (
        "qpdf",
        _by("qpdf", "--collate", "--empty", "--pages", "IN", "--", "OUT"),
    ),
    "pdftk": ("pdftk", _by("pdftk", "IN", "cat", "output", "OUT")),
    "pypdf": ("", _pypdf(grouped=False)),
    "pypdf, in groups": ("", _pypdf(grouped=True)),
    "pikepdf": ("", _pikepdf),
    "pages alone": ("", _without_list),
}


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("forms")
    contents = {
        "first": filled(FormKind.QR, **_FIRST),
        "second": filled(FormKind.QR, **_SECOND, integration_name="Night desk"),
        "other": filled(FormKind.ONBOARDING, "ja"),
        "german": filled(FormKind.QR, "de"),
    }
    for name, content in contents.items():
        (folder / f"{name}.pdf").write_bytes(content)
    return {name: folder / f"{name}.pdf" for name in contents}


@pytest.mark.parametrize("program", _PROGRAMS)
@pytest.mark.parametrize(
    "names", [("first", "second"), ("other", "first"), ("german", "second", "other")]
)
def test_each_form_of_a_joined_file_is_read_by_itself(
    forms: dict[str, Path], tmp_path: Path, program: str, names: tuple[str, ...]
) -> None:
    needed, join = _PROGRAMS[program]
    if needed and shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed")
    sources = [forms[name] for name in names]
    join(sources, tmp_path / "joined.pdf")
    found = _read((tmp_path / "joined.pdf").read_bytes())
    wanted = [_answers(*_read(source.read_bytes())) for source in sources]
    assert [_answers(read) for read in found] == wanted
    assert [read.left_over for read in found if isinstance(read, Submission)] == [()] * len(names)


def _marked(kind: FormKind, number: str, *names: str, said: str = "Look at this, please.") -> bytes:
    """Return a copy of ours that asks about ``names``, as it came back with a number."""
    marks = tuple((name, (said,)) for name in names or ("contact_name", "contact_email"))
    answers = (("phone_number", number), ("phone_number_again", number))
    return build_form(
        kind, "en", FileFormat.PDF, Filling(answers, marks),
        address=MailboxSettings().address, privacy=FormSettings().privacy,
    )  # fmt: skip


@pytest.mark.parametrize("program", ["qpdf, page by page", "pdftk", "pypdf", "pages alone"])
@pytest.mark.parametrize("kind", [FormKind.ONBOARDING, FormKind.MIGRATION])
def test_marked_copies_whose_answers_moved_to_other_pages_are_told_apart(
    tmp_path: Path, kind: FormKind, program: str
) -> None:
    needed, join = _PROGRAMS[program]
    if needed and shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed")
    sources: list[Path] = []
    for number in (_FIRST["phone_number"], _SECOND["phone_number"]):
        sources.append(tmp_path / f"{len(sources)}.pdf")
        sources[-1].write_bytes(_marked(kind, number))
    join(sources, tmp_path / "joined.pdf")
    found = _read((tmp_path / "joined.pdf").read_bytes())
    wanted = [_answers(*_read(source.read_bytes())) for source in sources]
    assert [_answers(read) for read in found] == wanted
    assert [read.left_over for read in found if isinstance(read, Submission)] == [(), ()]


def test_marked_copy_of_five_pages_is_one_form() -> None:
    content = _marked(
        FormKind.ONBOARDING, _FIRST["phone_number"], *_NAMES, said="Look at this, please. " * 5
    )
    with pikepdf.open(BytesIO(content)) as pdf:
        assert len(pdf.pages) > 4  # more than any blank has
    (found,) = _read(content)
    assert _answers(found)["phone_number"] == _FIRST["phone_number"]


def test_pages_that_a_program_numbered_when_it_joined_them_are_told_apart() -> None:
    both = joined(
        _marked(FormKind.ONBOARDING, _FIRST["phone_number"]),
        _marked(FormKind.ONBOARDING, _SECOND["phone_number"]),
    )

    def number(pdf: Any) -> None:
        count = len(pdf.pages)
        for index, page in enumerate(pdf.pages, 1):
            name = page.add_resource(helvetica(pdf), Name.Font)
            words = f"q BT {name} 8 Tf 300 820 Td (Page {index} of {count}) Tj ET Q"
            page.contents_add(words.encode())

    found = _read(changed(both, number))
    numbers = [_answers(one)["phone_number"] for one in found]
    assert numbers == [_FIRST["phone_number"], _SECOND["phone_number"]]


def _in_order(*numbers: int) -> Callable[[Any], None]:
    def order(pdf: Any) -> None:
        pages = [pdf.pages[number] for number in numbers]
        for page in pages:
            pdf.pages.append(page)
        del pdf.pages[: len(numbers)]

    return order


@pytest.mark.parametrize(
    "order", [(3, 4, 5, 0, 1, 2), (2, 1, 0, 5, 4, 3), (0, 3, 1, 4, 2, 5), (0, 3, 4, 5, 1, 2)]
)
def test_pages_of_two_forms_may_stand_in_any_order(order: tuple[int, ...]) -> None:
    first, second = filled(FormKind.QR, **_FIRST), filled(FormKind.QR, **_SECOND)
    found = _read(changed(joined(first, second), _in_order(*order)))
    numbers = [(_answers(one)["phone_number"], _answers(one)["opt_in_wording"]) for one in found]
    wanted = [(_FIRST["phone_number"], _answers(*_read(first))["opt_in_wording"])]
    wanted.append((_SECOND["phone_number"], wanted[0][1]))
    assert sorted(numbers) == sorted(wanted)


def test_pages_that_cannot_be_told_apart_are_not_mixed() -> None:
    first, second = filled(FormKind.QR, **_FIRST), filled(FormKind.QR, **_SECOND)

    def take_names(pdf: Any) -> None:
        for page in pdf.pages:
            for item in page.obj.Annots:
                if "/T" not in item:
                    continue
                item.T = String(str(item.T).partition("+")[0])

    (found,) = _read(changed(joined(first, second), take_names, _in_order(0, 3, 1, 4, 2, 5)))
    assert isinstance(found, UnreadableFile)
    assert found.problem.code == "file_two_forms"


def test_blank_copy_beside_a_filled_form_is_passed_over() -> None:
    blank = filled(FormKind.ONBOARDING, **dict.fromkeys(_NAMES))
    (found,) = _read(joined(filled(FormKind.QR), blank))
    assert isinstance(found, Submission)
    assert found.form is FormKind.QR


def test_print_beside_a_form_with_fields_is_read_too() -> None:
    found = _read(joined(filled(FormKind.QR, **_FIRST), printed(shown(filled(FormKind.QR, "de")))))
    assert [(one.language, one.from_print) for one in found if isinstance(one, Submission)] == [
        ("en", False),
        ("de", True),
    ]


def test_what_was_added_stays_with_its_form() -> None:
    second = changed(filled(FormKind.QR, "de"), note("FreeText", "contact_email", "neu: a@b.de"))
    first, other = _read(joined(filled(FormKind.QR), second))
    assert isinstance(first, Submission)
    assert isinstance(other, Submission)
    assert first.left_over == ()
    assert [(item.words, item.field) for item in other.left_over] == [
        ("neu: a@b.de", "contact_email")
    ]


def test_value_that_a_program_gave_to_both_forms_is_asked_about() -> None:
    """One field made of two keeps one value; the other is only seen (PDFsam does so)."""
    first = filled(FormKind.QR, **_FIRST, notes="First remark")
    second = filled(FormKind.QR, **_SECOND, notes="Second remark")

    def share(pdf: Any) -> None:
        kids = [page for page in pdf.pages if "/Annots" in page]
        widgets = [item for page in kids for item in page.obj.Annots if "/T" in item]
        one, two = (next(w for w in widgets if str(w.T) == name) for name in ("notes", "notes+1"))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        two.AP = Dictionary(
            N=pdf.make_stream(
                b"BT /F1 9 Tf 2 2 Td (Second remark) Tj ET", Type=Name.XObject, Subtype=Name.Form,
                BBox=Array([0, 0, 300, 40]), Resources=Dictionary(Font=Dictionary(F1=font)),
            )
        )  # fmt: skip
        parent = pdf.make_indirect(
            Dictionary(T=String("notes"), FT=Name.Tx, V=one.V, Kids=Array([one, two]))
        )
        for widget in (one, two):
            del widget["/T"], widget["/V"]
            widget.Parent = parent
        listed = [item for item in pdf.Root.AcroForm.Fields if "/T" in item]
        pdf.Root.AcroForm.Fields = Array([*listed, parent])

    _, found = _read(changed(joined(first, second), share))
    assert isinstance(found, Submission)
    answer = found.answer("notes")
    assert answer is not None
    assert {answer.raw, answer.disagrees} == {"First remark", "Second remark"}


@pytest.mark.parametrize(("gone", "told"), [((0,), "1"), ((1, 3), "2, 4"), ((2, 3), "3, 4")])
def test_pages_that_are_missing_are_named(gone: tuple[int, ...], told: str) -> None:
    (found,) = _read(changed(filled(FormKind.ONBOARDING), without_pages(*gone)))
    assert isinstance(found, UnreadableFile)
    assert (found.problem.code, found.problem.param("pages")) == ("file_pages_missing", told)
    assert told in sentence(found.problem, "ja", None)


def test_questions_that_are_missing_on_pages_that_are_there_are_no_missing_pages() -> None:
    def drop(pdf: Any) -> None:
        pdf.pages[1].obj.Annots = Array([])
        kept = [field for field in pdf.Root.AcroForm.Fields if str(field.T) != "website"]
        pdf.Root.AcroForm.Fields = Array(kept[:9] + kept[-10:])

    (found,) = _read(changed(filled(FormKind.ONBOARDING), drop))
    assert isinstance(found, UnreadableFile)
    assert found.problem.code == "file_incomplete"
