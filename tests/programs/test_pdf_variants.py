"""Filled PDF forms that went through other hands: protected, rewritten, merged, cut, scanned."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from itertools import product
from pathlib import Path
from shutil import which
from typing import Any

import pikepdf
import pypdf
import pytest

from pipeline.flow.views.form_check import read_forms_of
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.submission import Submission, UnreadableFile
from tests.programs.answers import entries
from tests.programs.chromium import Chromium
from tests.programs.job import Job, Program
from tests.programs.matrix import blank_form
from tests.programs.outcome import Row, judge
from tests.programs.pdf_programs import PDF_PROGRAMS
from tests.programs.running import run
from tests.thinned import thinned

#: Chromium's files are those of its engine, which is here as PDFium.
FILLERS = tuple(program for program in PDF_PROGRAMS if not isinstance(program, Chromium))

#: Command lines that rewrite IN as OUT (COVER is a letter) and leave all fields in it.
KEEPING = {
    "owner password": "qpdf --encrypt  owner 256 -- IN OUT",
    "owner password of old": "qpdf --allow-weak-crypto --encrypt  owner 128 -- IN OUT",
    "linearised": "qpdf --linearize IN OUT",
    "object streams": "qpdf --object-streams=generate IN OUT",
    "no object streams": "qpdf --qdf --object-streams=disable IN OUT",
    "behind a cover letter": "qpdf --empty --pages COVER IN -- OUT",
    "before a cover letter": "qpdf --empty --pages IN COVER -- OUT",
    "pages in another order": "qpdf IN --pages IN z-1 -- OUT",
    "behind a cover letter by pdftk": "pdftk COVER IN cat output OUT",
    "pages in another order by pdftk": "pdftk IN cat end-1 output OUT",
    "cleaned by MuPDF": "mutool clean -ggg -z IN OUT",
}
#: Command lines that make the form useless, and what the sender is told.
BREAKING = {
    "user password": ("qpdf --encrypt user owner 256 -- IN OUT", "file_password"),
    "a page left out": ("qpdf IN --pages IN 1-2 -- OUT", "file_pages_missing"),
    "merged by MuPDF, which drops all fields": ("mutool merge -o OUT COVER IN", "file_empty"),
    "pictures of the pages": ("gs -q -sDEVICE=pdfimage8 -r40 -o OUT IN", "file_scanned"),
    # The table of contents that pdfunite writes ends before most of the fields.
    "united by poppler": ("pdfunite COVER IN OUT", "file_joined"),
}

#: Emoji, kanji and letters beyond the basic plane, and a kanji with the variant of a name.
RARE = {
    "contact_name": "𠮷野　花子",
    "contact_department": "𠮷",
    "company_legal_name": "𥔎 Ltd",
    "company_trading_name": "喜び 😀",
    "genesys_org_name": "𩸽 🤝",
    "profile_about": "葛󠄀城市のお店です",
    "profile_description": "👨‍👩‍👧 の店 🥳",
    "use_case": "𠀋夫さんのお店のお客様からのお問い合わせに回答します。",
    "opt_in_method": "𝐀𝐜𝐦𝐞",
    "notes": "か゚㋿ﾊﾟ ① \N{ORANGE HEART}",
}
CUTTING = {"Chromium", "PDFium"}


def fill(program: Program, folder: Path, language: str, rare: dict[str, str] | None = None) -> Job:
    """Return the onboarding form that ``program`` has filled, with ``rare`` answers in it."""
    if missing := program.missing():
        pytest.skip(f"{missing} is not installed")
    blank, own = folder / "blank.pdf", folder / "own"
    own.mkdir()
    blank.write_bytes(blank_form(FormKind.ONBOARDING, language, FileFormat.PDF))
    answers = tuple(
        replace(entry, text=(rare or {}).get(entry.field, entry.text))
        for entry in entries(FormKind.ONBOARDING, language, FileFormat.PDF)
    )
    job = Job(FormKind.ONBOARDING, language, blank, answers, folder / "filled.pdf")
    program.fill([job], own)
    return job


@pytest.fixture(scope="module", params=FILLERS, ids=lambda program: program.name)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Job:
    return fill(request.param, tmp_path_factory.mktemp("filled"), "ja")


@pytest.fixture(scope="module")
def cover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cover") / "cover.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(path)
    return path


def rewritten(command: str, filled: Job, cover: Path, folder: Path) -> Job:
    """Return ``filled`` as it is after ``command``."""
    target = folder / "out.pdf"
    places = {"IN": filled.target, "OUT": target, "COVER": cover}
    call = command.split(" ")
    if which(call[0]) is None:
        pytest.skip(f"{call[0]} is not installed")
    run(*(places.get(part, part) for part in call), folder=folder)
    return replace(filled, target=target)


def changed(filled: Job, folder: Path, change: Callable[[Any], None]) -> Job:
    """Return ``filled`` after ``change`` by pikepdf."""
    target = folder / "out.pdf"
    with pikepdf.open(filled.target) as pdf, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the library sees what is broken here
        change(pdf)
        pdf.save(target)
    return replace(filled, target=target)


def accepted_and_asked(row: Row) -> tuple[int, tuple[tuple[str, str], ...], str]:
    """Return what is compared, once it is clear that nothing wrong was accepted."""
    assert row.wrong == ()
    return row.right, row.asked, row.verdict


def problem_of(path: Path) -> str:
    found = read_forms_of(path.name, path.read_bytes())[0]
    assert isinstance(found, UnreadableFile)
    return found.problem.code


def _named(one: Program | str) -> str:
    return one if isinstance(one, str) else one.name


@pytest.mark.parametrize(
    ("filled", "how"), thinned(product(FILLERS, KEEPING), 3), indirect=["filled"], ids=_named
)
def test_rewritten_file_is_read_like_the_file_itself(
    filled: Job, cover: Path, tmp_path: Path, how: str
) -> None:
    later = rewritten(KEEPING[how], filled, cover, tmp_path)
    assert accepted_and_asked(judge(later)) == accepted_and_asked(judge(filled))


@pytest.mark.parametrize(
    ("filled", "how"), thinned(product(FILLERS, BREAKING), 3), indirect=["filled"], ids=_named
)
def test_file_that_lost_its_fields_is_never_read_in_part(
    filled: Job, cover: Path, tmp_path: Path, how: str
) -> None:
    command, code = BREAKING[how]
    assert problem_of(rewritten(command, filled, cover, tmp_path).target) == code


def test_fields_are_found_when_the_form_of_the_file_is_gone(filled: Job, tmp_path: Path) -> None:
    def drop(pdf: Any) -> None:
        del pdf.Root.AcroForm

    later = changed(filled, tmp_path, drop)
    assert accepted_and_asked(judge(later)) == accepted_and_asked(judge(filled))


def test_signed_file_is_read(filled: Job, tmp_path: Path) -> None:
    target = tmp_path / "signed.pdf"
    target.write_bytes(signed(filled.target.read_bytes()))
    assert target.read_bytes().startswith(filled.target.read_bytes())
    later = replace(filled, target=target)
    assert accepted_and_asked(judge(later)) == accepted_and_asked(judge(filled))


def signed(content: bytes) -> bytes:
    """Return ``content`` with an update that adds a field with a signature of zeros."""
    writer = pypdf.PdfWriter(BytesIO(content), incremental=True)
    name, text = pypdf.generic.NameObject, pypdf.generic.TextStringObject
    dictionary, number = pypdf.generic.DictionaryObject, pypdf.generic.NumberObject
    signature = dictionary(
        {
            name("/Type"): name("/Sig"),
            name("/Filter"): name("/Adobe.PPKLite"),
            name("/SubFilter"): name("/adbe.pkcs7.detached"),
            name("/Contents"): pypdf.generic.ByteStringObject(bytes(64)),
        }
    )
    field = dictionary(
        {
            name("/FT"): name("/Sig"),
            name("/T"): text("Signature1"),
            name("/V"): writer._add_object(signature),
        }
    )
    form = writer.root_object["/AcroForm"].get_object()
    assert isinstance(form, dictionary)
    fields = form["/Fields"].get_object()
    assert isinstance(fields, pypdf.generic.ArrayObject)
    fields.append(writer._add_object(field))
    form[name("/SigFlags")] = number(3)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def test_two_forms_in_one_file_are_never_mixed(filled: Job, cover: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pdf"
    with pikepdf.open(filled.target) as pdf:
        number = next(one for one in pdf.Root.AcroForm.Fields if str(one.T) == "phone_number")
        number.V = pikepdf.String("+81 3-8765-4321")
        pdf.save(other)
    for command in (
        f"qpdf --empty --pages IN {other} -- OUT",
        f"pdftk IN {other} cat output OUT",
    ):
        joined = rewritten(command, filled, cover, tmp_path).target
        forms = read_forms_of(joined.name, joined.read_bytes())
        numbers = [form.answer("phone_number") for form in forms if isinstance(form, Submission)]
        first = next(entry.text for entry in filled.entries if entry.field == "phone_number")
        assert [number and number.raw for number in numbers] == [first, "+81 3-8765-4321"]


def test_file_of_adobes_own_kind_of_form_is_not_ours(tmp_path: Path) -> None:
    target = tmp_path / "xfa.pdf"
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.obj.Contents = pdf.make_stream(b"BT /F1 12 Tf 72 700 Td (Please wait...) Tj ET")
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        pdf.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array(), XFA=pdf.make_stream(b"<xdp:xdp/>")
        )
        pdf.save(target)
    assert problem_of(target) == "file_template"


@pytest.mark.parametrize("program", PDF_PROGRAMS, ids=lambda program: program.name)
def test_rare_characters_are_read_right_or_asked_about(program: Program, tmp_path: Path) -> None:
    row = judge(fill(program, tmp_path, "ja", RARE))
    asked = tuple((name, "damaged_chars") for name in RARE) if program.name in CUTTING else ()
    assert (row.wrong, row.asked) == ((), asked)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_form_can_be_filled_with_the_keyboard_alone(tmp_path: Path, language: str) -> None:
    row = judge(fill(Chromium(keyboard_only=True), tmp_path, language))
    asked = (("notes", "damaged_chars"),) if language == "ja" else ()  # it has a rare kanji
    assert (row.wrong, row.asked) == ((), asked)
