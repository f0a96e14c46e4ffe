"""The way of a correction with real files: our marked copy goes out, a real program corrects it."""

from pathlib import Path

import pytest

from pipeline.forms.texts import form_texts
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.request import Status
from tests.programs.job import Entry, Job, Program, Way
from tests.programs.libreoffice import LibreOffice
from tests.programs.pdf_js import PdfJs
from tests.programs.pdf_lib import PdfLib
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices

_PDF_PROGRAMS: tuple[Program, ...] = (PdfJs(), PdfLib())
_WRONG = {
    "genesys_org_id": "3f2a9c1e-7b4d",
    "phone_number_again": "090-1234-5679",
    "use_case": "",
    "ack_charges": "",
}
_CORRECTED = (
    Entry("genesys_org_id", "3f2a9c1e-7b4d-4e8a-9c60-5d1f8a2b7e3b", "", "text"),
    Entry("phone_number_again", "+81 90-1234-5678", "", "text"),
    Entry("use_case", "ご注文の確認と、お客様からのお問い合わせへの回答に使用します。", "", "text"),
)


def _correct(program: Program, sent: bytes, name: str, language: str, folder: Path) -> bytes:
    """Let ``program`` correct the marked copy that we mailed, and return the saved file."""
    if program.missing():
        pytest.skip(f"{program.missing()} is not installed")
    marked, target = folder / name, folder / "corrected" / name
    target.parent.mkdir()
    marked.write_bytes(sent)
    ((_, word),) = form_texts(language).choices("ack_charges")
    tick = Entry("ack_charges", word, "yes", _way(program))
    work = folder / "program"
    work.mkdir()
    job = Job(FormKind.ONBOARDING, language, marked, (*_CORRECTED, tick), target)
    program.fill((job,), work)
    return target.read_bytes()


def _way(program: Program) -> Way:
    return "list" if program.file_format is FileFormat.XLSX else "tick"


@pytest.mark.libreoffice
def test_marked_workbook_corrected_in_libreoffice_advances_the_request(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    world = make_world()
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", "xlsx", **_WRONG))
    record = world.request()
    assert record.status is Status.NEEDS_CORRECTION
    (ours,) = world.all_mails()
    ((name, marked),) = ours.files.items()
    corrected = _correct(LibreOffice(), marked, name, "ja", tmp_path)
    answer = world.reply(record, "修正しました。", (name, corrected))
    assert notices(answer) == ["revision_received"]
    assert world.again(record).status is Status.POLICY_REVIEW
    assert "変更前：3f2a9c1e-7b4d" in answer[0].text
    assert len(world.revisions(record)) == 2


@pytest.mark.parametrize("program", _PDF_PROGRAMS, ids=lambda program: str(program.name))
def test_marked_pdf_corrected_in_a_real_program_advances_the_request(
    make_world: MakeWorld, tmp_path: Path, program: Program
) -> None:
    world = make_world()
    wrong = {**_WRONG, "phone_number": "090-1234-5678", "country": "JP"}
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", "pdf", **wrong))
    record = world.request(OLIVER)
    (ours,) = world.all_mails()
    ((name, marked),) = ours.files.items()
    corrected = _correct(program, marked, name, "en", tmp_path)
    answer = world.reply(record, "Here it is.", (name, corrected))
    assert notices(answer) == ["revision_received"]
    assert world.again(record).status is Status.POLICY_REVIEW
    assert len(world.revisions(record)) == 2
