"""Fills a form in as a workbook: patches a prepared package with answers and marks."""

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from pipeline.forms.texts import form_texts
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.write.archive import archive, pack
from pipeline.forms.xlsx.write.content import Content, QuestionRow
from pipeline.forms.xlsx.write.document import page_breaks
from pipeline.forms.xlsx.write.form import FORM_PART
from pipeline.forms.xlsx.write.marks import FIRST_ROW, corrected_formula, note_pixels, note_text
from pipeline.forms.xlsx.write.package import looks_like_formula
from pipeline.forms.xlsx.write.prepared import (
    COMMENTS_PART,
    IDENTITY_PART,
    SHAPES_PART,
    Package,
    QuestionFrame,
    prepared,
)
from pipeline.model.form import Filling, FormKind

#: The most characters that openpyxl puts into a cell.
_CELL_ROOM = 32_767
_FIRST_SHAPE = 1026
#: Blanks at the ends of a text are a part of it (XML 1.0, 2.10).
_SPACE = ' xml:space="preserve"'
_PRIORITY = re.compile(r'(?<= priority=")\d+')
_DIMENSION = re.compile(r'(?<=<dimension ref="A1:C)\d+')


def fill_xlsx(
    kind: FormKind, language: str, filling: Filling, *, address: str, privacy: str
) -> bytes:
    """Return the form ``kind`` with ``filling`` in it, the same as :func:`build_xlsx` makes.

    Same input, same bytes. The first copy of a form in a language is slow.
    """
    content = Content(kind, form_texts(language), filling, address, privacy)
    package = prepared(kind, language, address, privacy, marked=bool(content.marks))
    parts = {FORM_PART: _form_sheet(package, content)}
    if content.marks:
        parts[IDENTITY_PART] = _identity_sheet(package, content)
        parts[COMMENTS_PART] = _around(package, COMMENTS_PART, _comments(content))
        parts[SHAPES_PART] = _around(package, SHAPES_PART, _shapes(package, content))
    return archive(
        package.packed.get(name) or pack(name, parts[name].encode()) for name in package.order
    )


def _around(package: Package, part: str, change: Iterator[str]) -> str:
    before, after = package.halves[part]
    return "".join((before, *change, after))


def _form_sheet(package: Package, content: Content) -> str:
    form = package.form
    heights = dict(form.heights)
    first = content.first_cell
    selection = f'activeCell="{first}" sqref="{first}"'
    counter = escape(content.counter.formula.removeprefix("="))
    pieces = [
        form.top.replace(form.selection, selection),
        escape(content.note),
        form.after_note,
        f"{form.counter}<f>{counter}</f><v>{escape(content.left)}</v></c>",
        form.after_counter,
    ]
    for number, row in form.rows.items():
        if isinstance(row, str):
            pieces.append(row)
        else:
            found = content.question(row.name, row.formula)
            heights[number] = found.height
            pieces += _question(package, row, number, found, marked=row.name in content.marks)
    last = content.rows[-1][0]
    breaks = _breaks(page_breaks(heights, content.starts, last))
    pieces += [form.protection, *_formats(package, content), form.settings, breaks, form.end]
    return "".join(pieces)


def _question(
    package: Package, frame: QuestionFrame, number: int, row: QuestionRow, *, marked: bool
) -> Iterator[str]:
    """Yield the XML of the row of one question."""
    before, after = frame.attributes
    answer, looks = row.texts[at.ANSWER], package.looks
    look = looks.answers[marked, looks_like_formula(answer)]
    yield f'<row r="{number}"{before}{row.height:.16g}{after}>{frame.begin}'
    yield escape(row.explanation).join(frame.around_explanation)
    yield frame.requirement
    yield _cell(f"{at.ANSWER}{number}", look, answer)
    yield f'<c r="{at.CHECK}{number}" s="{looks.checks[marked]}" t="str">'
    yield f"<f>{escape(row.check.removeprefix('='))}</f>"
    yield f"<v>{escape(row.texts[at.CHECK])}</v></c>{frame.end}</row>"


def _cell(where: str, look: str, text: str) -> str:
    """Return a cell that holds ``text`` as a string, whatever it begins with."""
    if not text:
        return f'<c r="{where}" s="{look}" t="n"/>'
    text = text[:_CELL_ROOM]
    space = _SPACE if text != text.strip() else ""
    return f'<c r="{where}" s="{look}" t="inlineStr"><is><t{space}>{escape(text)}</t></is></c>'


def _formats(package: Package, content: Content) -> Iterator[str]:
    """Yield the conditional formats: those of the marks in the order of rows, then that of all."""
    priority = 1
    for _, where in _marked_cells(content):
        row = int(where.removeprefix(at.ANSWER))
        formula = escape(corrected_formula(row, content.mark_word))
        for column, look in zip((at.ANSWER, at.CHECK), package.looks.corrected, strict=True):
            yield (
                f'<conditionalFormatting sqref="{column}{row}"><cfRule type="expression"'
                f' priority="{priority}" dxfId="{look}"><formula>{formula}</formula></cfRule>'
                "</conditionalFormatting>"
            )
            priority += 1
    yield _PRIORITY.sub(str(priority), package.form.last_format)


def _breaks(rows: Sequence[int]) -> str:
    if not rows:
        return ""
    breaks = "".join(f'<brk id="{row}" min="0" max="16383" man="1"/>' for row in rows)
    count = f'count="{len(rows)}" manualBreakCount="{len(rows)}"'
    return f"<rowBreaks {count}>{breaks}</rowBreaks>"


def _identity_sheet(package: Package, content: Content) -> str:
    rows = []
    for number, name in enumerate(content.marks, FIRST_ROW):
        texts = zip("ABC", (name, *content.mark(name)), strict=True)
        cells = (_cell(f"{column}{number}", package.looks.kept, text) for column, text in texts)
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    sheet = _around(package, IDENTITY_PART, iter(rows))
    return _DIMENSION.sub(str(FIRST_ROW + len(rows) - 1), sheet, count=1)


def _comments(content: Content) -> Iterator[str]:
    for where, text in _notes(content):
        space = _SPACE if text.strip() not in {"", text} else ""
        yield f'<comment ref="{where}" authorId="0" shapeId="0">'
        yield f"<text><t{space}>{escape(text)}</t></text></comment>"


def _shapes(package: Package, content: Content) -> Iterator[str]:
    for number, (where, text) in enumerate(_notes(content), _FIRST_SHAPE):
        row = int(where.removeprefix(at.ANSWER)) - 1
        yield package.shape.format(number=number, row=row, height=note_pixels(text))


def _notes(content: Content) -> Iterator[tuple[str, str]]:
    """Yield the notes at marked answers: cell and text."""
    for name, where in _marked_cells(content):
        yield where, note_text(content.marks[name])


def _marked_cells(content: Content) -> Iterator[tuple[str, str]]:
    """Yield the marked fields and their cells, in the order of rows."""
    yield from ((name, cell) for name, cell in content.cells.items() if name in content.marks)
