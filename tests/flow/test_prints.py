"""A printed or flattened PDF: what we read of it comes back to be confirmed, in one short mail."""

import hashlib
import re
from io import BytesIO

import pikepdf
import pytest

from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.model.form import FileFormat, FormFile, FormKind
from pipeline.model.request import Status
from pipeline.model.submission import Submission
from tests.programs.flatteners import printed
from tests.world.customers import HANAKO, OLIVER, File, form
from tests.world.outbox import Sent, notices
from tests.world.world import World


def print_of(language: str, **changes: str) -> File:
    name, content = form(FormKind.ONBOARDING, language, "pdf", **changes)
    return name, printed(content)


def items_of(mail: Sent) -> list[str]:
    """Return what the mail lists, item by item: first what is said of the whole form."""
    return re.findall(r"^(?:\d+\. |• |・)(.*(?:\n[ 　]{1,3}.*)*)", mail.text, re.MULTILINE)


def copy_in(mail: Sent) -> tuple[FormFile, Submission]:
    """Return the one form that a mail of ours carries, as a file and as read."""
    ((name, content),) = mail.files.items()
    file = FormFile(name, content, FileFormat.PDF, hashlib.sha256(content).hexdigest(), 0)
    (read,) = read_pdf_forms(file)
    assert isinstance(read, Submission)
    return file, read


@pytest.mark.parametrize(
    ("language", "sender", "sentence"),
    [
        ("en", OLIVER, "Checkeveryanswer.ThePDFisaprintedcopy"),
        (
            "ja",
            HANAKO,
            "読み違いの可能性があります。すべての回答をご確認ください",
        ),
    ],
)
def test_print_is_answered_with_one_request_and_all_that_was_read(
    world: World, language: str, sender: str, sentence: str
) -> None:
    (mail,) = world.mail(sender, print_of(language))
    assert world.request(sender).status is Status.NEEDS_CORRECTION
    assert mail.notice == "needs_correction"
    assert [sentence in "".join(item.split()) for item in items_of(mail)] == [True]
    _, given = form(FormKind.ONBOARDING, language, "pdf")
    _, copy = copy_in(mail)
    (wanted,) = read_pdf_forms(FormFile("form.pdf", given, FileFormat.PDF, "0" * 64, 0))
    assert isinstance(wanted, Submission)
    assert {answer.field: answer.raw for answer in copy.answers} == {
        answer.field: answer.raw for answer in wanted.answers
    }
    assert copy.from_print is False


def test_copy_that_comes_back_as_it_was_confirms_the_print(world: World) -> None:
    (mail,) = world.mail(OLIVER, print_of("en"))
    record = world.request(OLIVER)
    file, _ = copy_in(mail)
    mails = world.reply(record, "All right.", (file.name, file.content))
    assert world.again(record).status is Status.POLICY_REVIEW
    assert notices(mails) == ["revision_received"]


def test_print_again_confirms_nothing(world: World) -> None:
    file = print_of("en")
    world.mail(OLIVER, file)
    record = world.request(OLIVER)
    mails = world.reply(record, "Here it is again.", file)
    assert notices(mails) == ["duplicate"]
    world.reply(record, "I printed it again.", (file[0], _saved_again(file[1])))
    assert world.again(record).status is Status.NEEDS_CORRECTION


def _saved_again(content: bytes) -> bytes:
    target = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        pdf.docinfo["/Title"] = "Printed again"
        pdf.save(target)
    return target.getvalue()


def test_print_with_a_wrong_answer_lists_that_answer_alone(world: World) -> None:
    (mail,) = world.mail(OLIVER, print_of("en", genesys_org_id="8c1d4f70"))
    assert [item.splitlines()[0] for item in items_of(mail)] == [
        "Check every answer. The PDF is a printed copy, so we may have misread",
        "Question 18, Organization ID",
    ]
    assert "8c1d4f70" in mail.text
