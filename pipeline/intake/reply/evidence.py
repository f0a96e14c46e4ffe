"""What speaks against a sentence that would act: in its paragraph, and in the others."""

from collections.abc import Iterator, Sequence

from pipeline.intake.reply.doubts import Doubt, asks, doubts, is_quoted, signs, takes_back
from pipeline.intake.reply.folding import fold
from pipeline.intake.reply.paragraphs import (
    COURTESY,
    Block,
    Place,
    Sentence,
    ends_sentence,
)

#: A question as short as "Is it?" or "Right?" asks about what was said before it.
_SHORT = 10
#: What a mention of the same thing in another paragraph must have, to speak against a command.
_TAKES_UP = frozenset(Doubt) - {Doubt.TAKEN_BACK, Doubt.QUOTED, Doubt.REPORTED}


def in_paragraph(block: Block, sentence: Sentence) -> tuple[Doubt, ...]:
    """Return what the signs and the other words of a paragraph say against its ``sentence``."""
    found = list(signs(block.text))
    if is_quoted(block.text, sentence.text):
        found.append(Doubt.QUOTED)
    for folded in _other_words(block):
        found += doubts(folded)
        found += [Doubt.TAKEN_BACK] if takes_back(folded) else []
    return tuple(dict.fromkeys(found))


def elsewhere(
    blocks: Sequence[Block], acting: Block, topics: Sequence[str] = ()
) -> tuple[Doubt, ...]:
    """Return what another paragraph takes back, or takes up again of ``topics`` in doubt."""
    found: list[Doubt] = list(_runs_into(blocks, acting))
    for block in blocks:
        if block is acting or block.place in {Place.FOOTER, Place.QUOTE}:
            continue
        for sentence in block.sentences:
            for piece in sentence.pieces:
                folded = "" if piece.label == COURTESY else fold(piece.text)
                if takes_back(folded):
                    found.append(Doubt.TAKEN_BACK)
            found += _taken_up(sentence, topics)
            if len(fold(sentence.text)) <= _SHORT and Doubt.QUESTION in sentence.signs:
                found.append(Doubt.QUESTION)
    return tuple(dict.fromkeys(found))


def _runs_into(blocks: Sequence[Block], acting: Block) -> tuple[Doubt, ...]:
    """Return the doubts of a sentence that goes on below a blank line ("not", blank, "active")."""
    before = [block for block in blocks[: blocks.index(acting)] if not block.aside]
    if not before or not before[-1].sentences:
        return ()
    last = before[-1].sentences[-1]
    if last.empty or last.labels or ends_sentence(last.text):
        return ()
    return doubts(fold(last.text))


def speaks_of(blocks: Sequence[Block], doubt: Doubt) -> bool:
    """Tell whether the words of any sentence, footers aside, have this doubt."""
    return any(
        doubt in doubts(fold(sentence.text))
        for block in blocks
        if not block.aside
        for sentence in block.sentences
        if not sentence.labels and not sentence.empty
    )


def _taken_up(sentence: Sentence, topics: Sequence[str]) -> Iterator[Doubt]:
    folded = fold(sentence.text)
    if any(topic in f" {folded} " for topic in topics):
        asked = (Doubt.QUESTION,) if asks(folded) else ()
        for doubt in (*asked, *signs(sentence.text), *doubts(folded)):
            if doubt in _TAKES_UP:
                yield doubt


def _other_words(block: Block) -> Iterator[str]:
    for sentence in block.sentences:
        if not sentence.labels and not sentence.empty:
            for piece in sentence.pieces:
                if piece.label != COURTESY:
                    yield fold(piece.text)
