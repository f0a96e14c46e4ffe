"""Damage by a seeded fuzzer: a damaged file is read right, asked about, or sent back."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO

import pikepdf
import pytest

from pipeline.flow.views.form_check import read_forms_of
from pipeline.guard import Guard
from pipeline.model.form import FormKind
from pipeline.model.submission import Answer, Submission, UnreadableFile
from tests.hostile.damage import damaged_pdf, damaged_workbook
from tests.hostile.documents import plain_pdf
from tests.hostile.making import good, good_pdf, shared
from tests.world.customers import good_answers

_FEW, _MANY = 100, 1_700
Make = Callable[[int], bytes]
_WAYS: dict[str, tuple[str, Callable[[], bytes], Make]] = {
    "xlsx": ("form.xlsx", good, damaged_workbook),
    "pdf": ("form.pdf", good_pdf, partial(damaged_pdf, packed=True)),
    "plain pdf": ("form.pdf", plain_pdf, partial(damaged_pdf, packed=False)),
}


def wrong_answers(read: Submission, truth: Sequence[Answer]) -> list[tuple[Answer, str]]:
    """Return the answers that are neither right nor asked about, each with the right one."""
    return [
        (answer, right.raw)
        for right in truth
        if (answer := read.answer(right.field)) is not None
        and answer.raw != right.raw
        and not answer.damaged
        and answer.disagrees is None
    ]


def _hunt(guard: Guard, way: str, seeds: range) -> tuple[int, int]:
    """Read damaged files; return how many were accepted and how many refused."""
    name, base, make = _WAYS[way]
    sound = guard.call(read_forms_of, name, base())[0]
    assert isinstance(sound, Submission)
    accepted = 0
    for seed in seeds:
        read = guard.call(read_forms_of, name, make(seed))[0]
        if isinstance(read, UnreadableFile):
            continue
        assert (seed, wrong_answers(read, sound.answers)) == (seed, [])
        accepted += 1
    return accepted, len(seeds) - accepted


@pytest.mark.parametrize("way", list(_WAYS))
def test_damaged_file_is_never_accepted_with_a_wrong_answer(guard: Guard, way: str) -> None:
    accepted, refused = _hunt(guard, way, range(_FEW))
    assert accepted + refused == _FEW
    assert refused > _FEW // 4


def test_packed_objects_with_another_checksum_are_damaged(guard: Guard) -> None:
    content = good_pdf()
    with pikepdf.open(BytesIO(content)) as pdf:
        places = re.finditer(rb"(\d+) 0 obj\s*<<[^>]*/ObjStm", content)
        packed = [pdf.get_object(int(place[1]), 0).read_raw_bytes() for place in places]
    assert packed != []
    for stream in packed:
        changed = content.replace(stream, stream[:-1] + bytes([stream[-1] ^ 1]))
        assert changed != content
        read = guard.call(read_forms_of, "form.pdf", changed)[0]
        assert isinstance(read, UnreadableFile)
        assert read.problem.code == "file_damaged"


@pytest.mark.long
@pytest.mark.parametrize("way", list(_WAYS))
def test_damaged_file_is_never_accepted_with_a_wrong_answer_in_a_long_run(
    guard: Guard, way: str
) -> None:
    accepted, refused = _hunt(guard, way, range(_FEW, _FEW + _MANY))
    assert refused > accepted // 4


@pytest.mark.parametrize("make", [good, shared, good_pdf, plain_pdf])
def test_files_that_are_damaged_read_as_what_was_filled_in(
    guard: Guard, make: Callable[[], bytes]
) -> None:
    read = guard.call(read_forms_of, "form", make())[0]
    assert isinstance(read, Submission)
    typed = good_answers(FormKind.ONBOARDING, "en")
    names = ("contact_name", "company_legal_name", "use_case", "genesys_org_id", "website")
    answers = {name: read.answer(name) for name in names}
    assert {name: answer and answer.raw for name, answer in answers.items()} == {
        name: typed[name] for name in names
    }
