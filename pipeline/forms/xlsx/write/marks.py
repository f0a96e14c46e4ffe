"""Marks answers: a colour, a box, a note and a sentence, until the answer is changed.

What a marked answer was is kept on the hidden sheet; a formula compares, so that the check column
stops asking for a correction once there is one.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.write.package import clean_text
from pipeline.forms.xlsx.write.style import Look, wrap_lines

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

#: Rows of the hidden sheet that hold the marks: below the identity, in columns A to C.
FIRST_ROW = 8
NOTE_PIXELS = 340
_NOTE_LINE_PIXELS = 20
_NOTE_LINE_WIDTH = 38.0


def marked_text(word: str, sentences: tuple[str, ...]) -> str:
    """Return what the check column shows at a marked answer: ``word``, then what to change."""
    return clean_text("\n".join((word, *sentences)))


def mark_formula(position: int, cell: str, check: str) -> str:
    """Return the formula that shows the mark ``position`` (from 0) or, corrected, ``check``.

    ``cell`` is the answer, ``check`` the formula of an answer that is not marked.
    """
    row = FIRST_ROW + position
    sheet = f"'{at.IDENTITY_SHEET}'!"
    unchanged = f"EXACT({cell},{sheet}$B${row})"
    return f"=IF({unchanged},{sheet}$C${row},{check.removeprefix('=')})"


def keep_marks(book: "Workbook", marks: Mapping[str, tuple[str, str]]) -> None:
    """Write the marks on the hidden sheet: by field, the answer as it was and the text to show."""
    sheet = book[at.IDENTITY_SHEET]
    for row, (name, (answer, text)) in enumerate(marks.items(), FIRST_ROW):
        for column, content in enumerate((name, answer, text), 1):
            cell = sheet.cell(row, column)
            cell.number_format = "@"
            if content:
                cell.value = content
                cell.data_type = "s"


def note_text(sentences: tuple[str, ...]) -> str:
    """Return what the note at a marked answer says."""
    return clean_text("\n".join(sentences))


def note_pixels(text: str) -> int:
    """Return how tall a note has to be for its ``text``."""
    return _NOTE_LINE_PIXELS * (len(wrap_lines(text, _NOTE_LINE_WIDTH)) + 1)


def corrected_formula(row: int, word: str) -> str:
    """Return the condition that the check of ``row`` no longer begins with ``word``."""
    quoted = word.replace('"', '""')
    return f'LEFT(${at.CHECK}{row},{len(word)})<>"{quoted}"'


def mark_cell(cell: "Cell", sentences: tuple[str, ...], author: str, look: Look) -> None:
    """Give an answer the colour and the box of a mark, and a note that shows all its text."""
    from openpyxl.comments import Comment  # noqa: PLC0415 - slow to import

    text = note_text(sentences)
    comment = Comment(text, author)
    comment.width = NOTE_PIXELS
    comment.height = note_pixels(text)
    cell.comment = comment
    cell.fill, cell.border = look.mark_fill, look.mark_box


def unmark_when_corrected(sheet: "Worksheet", row: int, word: str, look: Look) -> None:
    """Take the colour from a marked answer when its check no longer begins with ``word``."""
    from openpyxl.formatting.rule import FormulaRule  # noqa: PLC0415 - slow to import

    corrected = corrected_formula(row, word)
    answer = FormulaRule(formula=[corrected], fill=look.corrected_fill)  # type: ignore[no-untyped-call] # the stubs say no more
    check = FormulaRule(formula=[corrected], font=look.corrected_font)  # type: ignore[no-untyped-call] # the stubs say no more
    sheet.conditional_formatting.add(f"{at.ANSWER}{row}", answer)
    sheet.conditional_formatting.add(f"{at.CHECK}{row}", check)
