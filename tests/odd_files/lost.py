"""Counts what is lost in silence: ``python -m tests.odd_files.lost [PART OF A NAME ...]``.

Every file is made by its program, mailed to a mailbox of its own, and read, judged and answered
like the mail of a customer. What was put in is compared with what the requests hold, what the mail
to the customer says, and what staff must tick off.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.odd_files.case import Case, Outcome
from tests.odd_files.catalogue import CASES
from tests.odd_files.seen import open_desk
from tests.odd_files.verdict import Verdict, run_case

LOST, WRONG = "lost in silence", "wrong"
TOLD = {
    Outcome.ACCEPTED: "accepted whole",
    Outcome.ASKED: "asked",
    Outcome.PRINT: "read from the page, all asked",
    Outcome.STAFF: "told to staff",
    Outcome.REFUSED: "refused with the right sentence",
    Outcome.TWO: "several requests",
}


def run_all(cases: Iterable[Case]) -> Iterator[Verdict]:
    """Yield what became of each of ``cases``."""
    with tempfile.TemporaryDirectory() as folder, open_desk(Path(folder)) as desk:
        for number, case in enumerate(cases):
            own = Path(folder) / f"case_{number}"
            own.mkdir()
            try:
                yield run_case(case, desk, own)
            except Exception as error:  # noqa: BLE001 - the others are counted all the same
                yield Verdict(case, None, (), (f"not made: {type(error).__name__}: {error}",))


def counts(verdicts: Iterable[Verdict]) -> Counter[str]:
    """Return how many files came out in each way."""
    return Counter(_word(verdict) for verdict in verdicts)


def _word(verdict: Verdict) -> str:
    if verdict.lost:
        return LOST
    return WRONG if verdict.wrong or verdict.outcome is None else TOLD[verdict.outcome]


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(parts: list[str]) -> int:
    """Print what is not right, and the counts; return 1 when anything is not."""
    wanted = [case for case in CASES if not parts or any(part in case.name for part in parts)]
    found = []
    for verdict in run_all(wanted):
        found.append(verdict)
        if not verdict.is_right:
            _say(f"- {verdict.case.program}: {verdict.case.name}")
            for words in verdict.lost:
                _say(f"    lost: {words}")
            for what in verdict.wrong:
                _say(f"    wrong: {what}")
    totals = counts(found)
    for word in (*TOLD.values(), LOST, WRONG):
        _say(f"{totals[word]:5} {word}")
    return 0 if all(verdict.is_right for verdict in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
