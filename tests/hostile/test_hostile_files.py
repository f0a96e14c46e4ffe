"""Every file of the catalogue, as an attachment, through the guarded child with its limits."""

from collections import Counter
from functools import cache

import pytest

from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.child import read_message
from pipeline.guard import Guard, GuardLimits
from pipeline.model.form import FileFormat
from pipeline.model.submission import Answer, Submission, UnreadableFile
from tests.hostile.catalogue import CATALOGUE
from tests.hostile.making import ASKED, GOOD, NOTHING, Hostile, good, good_pdf
from tests.hostile.measuring import limits_of_the_child, peak_of, read_measured
from tests.thinned import thinned
from tests.world.mails import mail_of
from tests.world.pace import soon

_SECONDS = 10.0
_BYTES = 500 << 20


def _raw(hostile: Hostile) -> bytes:
    content = hostile.make()
    return content if hostile.is_mail else mail_of(hostile.file_name, content)


@cache
def _truth(file_format: FileFormat) -> tuple[Answer, ...]:
    content = good() if file_format is FileFormat.XLSX else good_pdf()
    (sound,) = read_message(mail_of("form", content)).submissions
    return sound.answers


def _told(file: UnreadableFile) -> str:
    kind = file.problem.param("type")
    return f"{file.problem.code}:{kind}" if kind else file.problem.code


def _values(submission: Submission) -> list[tuple[str, str, bool, str | None]]:
    answers = submission.answers
    return [(item.field, item.raw, item.damaged, item.disagrees) for item in answers]


def _answer(read: ReadMessage) -> str:
    """Return in one word what the sender is answered."""
    if not read.submissions:
        return ",".join(_told(file) for file in read.unreadable) or NOTHING
    (submission,) = read.submissions
    truth = _truth(submission.format)
    right = [(item.field, item.raw, item.damaged, item.disagrees) for item in truth]
    found = _values(submission)
    assert submission.missing == ()
    assert [field for field, *_ in found] == [field for field, *_ in right]
    if found == right:
        return GOOD
    doubted = [(one[0], one[2] or one[3] is not None) for one in found if one not in right]
    assert doubted == [(field, True) for field, _ in doubted]
    return ASKED


@pytest.mark.parametrize("hostile", thinned(CATALOGUE, 2), ids=lambda hostile: hostile.name)
def test_hostile_file_gets_its_answer_within_the_limits(guard: Guard, hostile: Hostile) -> None:
    raw = _raw(hostile)
    measured = guard.call(read_measured, raw)
    assert _answer(measured.read) == hostile.answer
    assert soon(measured.processor, _SECONDS)
    assert peak_of(guard) < _BYTES


def test_catalogue_has_over_a_hundred_files_each_with_its_own_name() -> None:
    times = Counter(one.name for one in CATALOGUE)
    assert [name for name, count in times.items() if count > 1] == []
    assert len(CATALOGUE) > 300


def test_child_has_limits_of_memory_and_of_file_size(guard: Guard) -> None:
    limits = GuardLimits()
    memory, file_size, core = guard.call(limits_of_the_child)
    assert memory == (limits.memory_bytes,) * 2
    assert file_size == (limits.file_bytes,) * 2
    assert core == (0, 0)
