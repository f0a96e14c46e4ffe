"""Writes the list of odd files into docs/forms.md: ``python -m tests.odd_files.page``.

What is listed is what the set declares; ``python -m tests.odd_files.lost`` and the tests prove it.
"""

from collections import Counter
from pathlib import Path

from pipeline.forms.texts import form_texts
from tests.odd_files.case import Case, Outcome
from tests.odd_files.catalogue import CASES

PAGE = Path(__file__).parents[2] / "docs" / "forms.md"
TITLE = "## Files by other programs and habits"

_TEXT = """\
Each of these {n} files is a well filled form to which a person or a program did something more. The
program that is named made the file; a habit of a program that does not run here is done by another.
`python -m tests.odd_files.lost` makes all of them, mails each to a mailbox of its own and compares
what was put in with what the request holds, what the customer reads and what staff must tick off.
Nothing may be lost in silence, and nothing may be wrong:

{counts}
"""
_HEADS = ("file", "made by", "habit", "form", "put in", "becomes")
_COUNTED = {
    Outcome.ACCEPTED: "**accepted**: whole, and nobody is asked or told anything",
    Outcome.ASKED: "**asked**: the customer reads the words at their question",
    Outcome.STAFF: "**staff**: the words wait for staff to tick them off",
    Outcome.PRINT: "**print**: read from the page, and all of it is asked about",
    Outcome.TWO: "**two**: each form in the file becomes a request",
    Outcome.REFUSED: "**refused**: the answer says what to do, by the sentence that is named",
}


def section() -> str:
    """Return the part of the page, which ends with an empty line."""
    found = Counter(case.expected for case in CASES)
    counts = "\n".join(f"- {found[way]} {words}" for way, words in _COUNTED.items())
    marks = ("---",) * len(_HEADS)
    lines = [_line(_HEADS), _line(marks), *map(row, CASES)]
    return "\n".join((TITLE, "", _TEXT.format(n=len(CASES), counts=counts), *lines)) + "\n"


def row(case: Case) -> str:
    """Return the line of the table for ``case``."""
    language = form_texts(case.language).language_name
    form = f"{case.kind.value}, {language}, {case.suffix}"
    put = "; ".join(f"“{words}”" for words in case.words) or ("a mark" if case.marked else "—")
    return _line((case.name, case.program, case.habit, form, put, _becomes(case)))


def _becomes(case: Case) -> str:
    where = ", ".join(f"`{name}`" for name in case.at)
    if case.expected is Outcome.REFUSED:
        return f"refused: {where}"
    return f"{case.expected.value} at {where}" if where else case.expected.value


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def with_section(page: str) -> str:
    """Return ``page`` with the list in place of the one that it has, or at its end."""
    before, found, after = page.partition(f"{TITLE}\n")
    rest = after.partition("\n## ")[2] if found else ""
    following = f"\n## {rest}" if rest else ""
    return f"{before.rstrip()}\n\n{section()}{following}"


if __name__ == "__main__":
    PAGE.write_text(with_section(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
