"""A correction by staff: answers replaced, then everything checked again."""

from pipeline.model.checked import CheckedForm
from pipeline.model.submission import Answer, CellType, Submission
from pipeline.validation.check import CheckContext, check, with_answers


def recheck(
    submission: Submission, edits: tuple[tuple[str, str], ...], context: CheckContext
) -> CheckedForm:
    """Return the check of ``submission`` with ``edits`` (field, text) entered by staff.

    What staff enter needs no confirmation: a doubtful reading with one proposal, or an odd name,
    stands as they wrote it. What cannot be read is refused as from anybody.
    """
    answers = tuple(
        Answer(field, text, where="", cell_type=CellType.STAFF) for field, text in edits
    )
    return check(with_answers(submission, answers), context)
