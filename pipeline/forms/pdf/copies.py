"""Takes copies of a form that are in one file, and are for one number, for one form."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipeline.model.submission import Answer, Submission, UnreadableFile

_NUMBER = "phone_number"
_LONGEST_NUMBER = 200
_EMPTY = "file_empty"

Read = Submission | UnreadableFile


def each_once(read: Iterable[Read]) -> tuple[Read, ...]:
    """Return what was read of several forms: each form once, without blank copies.

    What two copies of one say otherwise is in doubt. Copies that are for different numbers are
    forms of their own.
    """
    found: list[Read] = []
    for item in dict.fromkeys(read):
        for index, other in enumerate(found):
            if _is_copy(item, other):
                found[index] = _together(other, item)
                break
        else:
            found.append(item)
    filled = [item for item in found if isinstance(item, Submission) or not _is_blank(item)]
    return tuple(filled or found)


def _is_blank(item: UnreadableFile) -> bool:
    return item.problem.code == _EMPTY


def _is_copy(one: Read, other: Read) -> bool:
    if not isinstance(one, Submission) or not isinstance(other, Submission):
        return False
    numbers = {_digits(one), _digits(other)}
    return one.form is other.form and ("" in numbers or len(numbers) == 1)


def _digits(submission: Submission) -> str:
    """Return the digits of the number that a form is for, as they were typed; or empty."""
    answer = submission.answer(_NUMBER)
    raw = answer.raw[:_LONGEST_NUMBER] if answer else ""
    return "".join(str(unicodedata.decimal(sign)) for sign in raw if sign.isdecimal())


def _together(one: Read, other: Read) -> Read:
    if not isinstance(one, Submission) or not isinstance(other, Submission):
        return one
    new = tuple(item for item in other.left_over if item not in one.left_over)
    answers = tuple(_both(one, other))
    return replace(one, answers=answers, left_over=(*one.left_over, *new))


def _both(one: Submission, other: Submission) -> Iterator[Answer]:
    """Yield the answers of both copies: where one has none, that of the other."""
    for answer in one.answers:
        again = other.answer(answer.field)
        if again is None or not again.raw.strip() or again.raw == answer.raw:
            yield answer
        elif not answer.raw.strip():
            yield again
        else:
            yield replace(answer, disagrees=answer.disagrees or again.raw)
