"""The answers of a form in the terminal: as typed, as read, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.cli.output import print_table
from pipeline.wording import console as words


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One question: ``told`` are the sentences about its answer, each with whom it is for."""

    name: str
    raw: str
    value: str
    verdict: str
    notes: tuple[str, ...]
    told: tuple[str, ...] = ()


class _LeftOver(Protocol):
    """What stands in a file beside the answers."""

    @property
    def kind(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def where(self) -> str: ...


def left_over_line(item: _LeftOver) -> str:
    """Return the line that shows what stands beside the answers, and where."""
    kind = words.named("left_over", item.kind)
    key = "left_over" if item.words else "left_over_mark"
    return words.word(key, kind=kind, words=item.words, where=item.where)


def print_answers(heading: str, lines: Sequence[AnswerLine]) -> None:
    """Print a row for each line, and below it why it was read so; ``heading`` names the lines."""
    print_table(
        [words.word(key) for key in (heading, "typed", "read_as", "verdict", "why")],
        [
            [
                line.name,
                line.raw,
                line.value,
                words.status_word(line.verdict),
                words.listed(words.named("repair", note) for note in line.notes),
            ]
            for line in lines
        ],
        keep=(3,),
        wrapped=range(5),
        below=[line.told for line in lines],
    )
