"""The right reader for the file, through the guard as in a batch."""

import hashlib
from collections.abc import Iterator
from email.message import EmailMessage
from io import BytesIO

import pikepdf
import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.guard import Guard
from pipeline.intake.find import FoundForms, find_forms
from pipeline.intake.read import ReadForms, read_file, read_forms
from pipeline.mailbox.parse import parse_message
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import Submission, UnreadableFile
from tests.hostile.making import good_pdf
from tests.unit.intake.conftest import PDF, XLSX, attached, message

ANSWERS = (("contact_name", "山田 太郎"), ("phone_number", "+81 3-1234-5678"))


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard(preload=("pipeline.mailbox.parse", "pipeline.intake.find")) as opened:
        yield opened


def file(content: bytes, kind: FileFormat) -> FormFile:
    return FormFile("form", content, kind, hashlib.sha256(content).hexdigest(), 0)


@pytest.mark.parametrize("kind", list(FormKind))
def test_read_form_from_a_mail_gives_its_answers(guard: Guard, kind: FormKind) -> None:
    content = build_xlsx(
        kind, "ja", Filling(ANSWERS), address="r@example.com", privacy="p@example.com"
    )
    mail = EmailMessage()
    mail["From"] = "taro@example.co.jp"
    mail.set_content("申請書を送ります。")
    mail.add_attachment(
        content, maintype="application", subtype="octet-stream", filename="申請書.xlsx"
    )
    message = guard.call(parse_message, mail.as_bytes())
    (found,) = guard.call(find_forms, message).forms
    (read,) = guard.call(read_file, found)
    assert isinstance(read, Submission)
    assert (read.form, read.language, read.format) == (kind, "ja", FileFormat.XLSX)
    assert (read.file_name, read.sha256) == ("申請書.xlsx", hashlib.sha256(content).hexdigest())
    assert read.version == FORMS[kind].version
    given = {answer.field: answer.raw for answer in read.answers if answer.raw}
    assert given == dict(ANSWERS)


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (XLSX, FileFormat.XLSX, "file_template"),
        (PDF, FileFormat.PDF, "file_damaged"),
    ],
    ids=["xlsx", "pdf"],
)
def test_read_form_file_without_a_form_is_told(
    guard: Guard, content: bytes, kind: FileFormat, code: str
) -> None:
    told = UnreadableFile("form", Problem(code, Severity.ERROR))
    assert guard.call(read_file, file(content, kind)) == (told,)


def test_read_forms_passes_over_a_workbook_beside_a_form() -> None:
    content = build_xlsx(
        FormKind.QR, "en", Filling(ANSWERS), address="r@example.com", privacy="p@example.com"
    )
    form, other = file(content, FileFormat.XLSX), file(XLSX, FileFormat.XLSX)
    locked = UnreadableFile("locked.zip", Problem("file_password", Severity.ERROR))
    (submission,) = read_file(form)
    assert isinstance(submission, Submission)
    both = read_forms(FoundForms((form, other), (locked,), ("card.vcf",)))
    assert both == ReadForms((submission,), (locked,), ("card.vcf", "form"))
    alone = read_forms(FoundForms((other,), (), ()))
    told = UnreadableFile("form", Problem("file_template", Severity.ERROR))
    assert alone == ReadForms((), (told,), ())


def test_read_forms_damaged_form_beside_a_good_one_is_told() -> None:
    content = build_xlsx(
        FormKind.QR, "en", Filling(ANSWERS), address="r@example.com", privacy="p@example.com"
    )
    form, damaged = file(content, FileFormat.XLSX), file(PDF, FileFormat.PDF)
    told = UnreadableFile("form", Problem("file_damaged", Severity.ERROR))
    assert read_forms(FoundForms((form, damaged), (), ())).unreadable == (told,)


def test_read_form_that_has_its_original_attached_counts_once() -> None:
    content, other = good_pdf(), good_pdf(FormKind.QR)
    whole = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        pdf.attachments["form.pdf"] = content
        pdf.attachments["other.pdf"] = other
        pdf.save(whole)
    read = read_forms(find_forms(message(attached("form.pdf", whole.getvalue()))))
    assert [item.file_name for item in read.submissions] == ["form.pdf", "other.pdf"]
