"""Whether a reply to our receipt says "yes, from us" or "no, not from me"."""

from enum import StrEnum

from pipeline.intake.reply.doubts import Doubt
from pipeline.intake.reply.evidence import elsewhere, in_paragraph
from pipeline.intake.reply.paragraphs import Block, Sentence, phrases_of, read_blocks
from pipeline.intake.reply.vocabulary import CONFIRMATION


class Confirmation(StrEnum):
    """What the answer to "did you send us this form?" is."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


def confirmation(text: str) -> Confirmation:
    """Return what the new text of a reply to our receipt says.

    YES when a sentence is a phrase of ``confirmation.yes`` and nothing speaks against it, NO when
    the whole text, but for greeting and closing, is a phrase of ``confirmation.no``. Everything
    else, and both at once, is UNCLEAR.
    """
    blocks = read_blocks(text, phrases_of(CONFIRMATION))
    if blocks is None:
        return Confirmation.UNCLEAR
    said = [(block, item) for block in blocks for item in block.sentences if not block.aside]
    answers = {label for _, item in said for label in item.labels}
    if len(answers) != 1 or any(_against(blocks, block, item) for block, item in said):
        return Confirmation.UNCLEAR
    answer = Confirmation(answers.pop())
    alone = all(item.labels or item.empty for _, item in said)
    return answer if answer is Confirmation.YES or alone else Confirmation.UNCLEAR


def _against(blocks: tuple[Block, ...], block: Block, sentence: Sentence) -> tuple[Doubt, ...]:
    if not sentence.labels:
        return ()
    return (*in_paragraph(block, sentence), *elsewhere(blocks, block))
