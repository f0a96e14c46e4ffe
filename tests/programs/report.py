"""Writes docs/forms.md: ``python -m tests.programs.report`` runs every program on every blank."""

import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from pipeline.forms.texts import form_texts
from pipeline.model.form import FileFormat, FormKind
from tests.odd_files.page import with_section
from tests.programs.answers import matrix
from tests.programs.every_program import PROGRAMS, REASONS, STANDS_FOR
from tests.programs.flattened import (
    FILLERS,
    OUTCOMES,
    FlattenedRow,
    fill_all,
    flatten_all,
    rows_of,
)
from tests.programs.flatteners import FLATTENERS
from tests.programs.kept_rows import rows_kept
from tests.programs.matrix import run_program
from tests.programs.outcome import Row

PAGE = Path(__file__).parents[2] / "docs" / "forms.md"

HEAD = """\
# Forms and the programs that fill them

Made by `python -m tests.programs.report`; `make test` fails when a program no longer does with
three of the blanks what stands here, `make test-long` with any.

Each program fills every blank: all three forms, in every language, all questions, with the answers
of one person of that language (`tests/programs/answers.py`). It saves in its own way, and what it
saved is read and judged like the attachment of a mail.

- **right**: read exactly as it was given, and accepted without a question.
- **asked**: the customer is asked about the answer; nothing is taken for granted.
- **wrong**: something else than the answer was accepted, or the answer was lost and nobody asked.
  There must be none.
"""


FLATTENED = """\
## Flattened and printed copies

A copy without fields is read by position, and the customer is asked to check all of it: none of
these answers is taken for granted. Each program of the first column filled the forms, each of
the second flattened or printed what it had saved (`python -m tests.programs.report flattened` makes
this part alone). Counted are the answers:

- **right**: proposed as it was given, and asked about.
- **marked**: the customer is told that it is damaged: characters are missing or cannot be read.
- **asked**: asked for without a proposal, or the whole file is answered with what to do instead.
- **lost**: read as blank, and nobody asked. **wrong**: proposed as something else.
  **accepted**: taken without a question.

These do not keep the text, whatever is read. Ghostscript drops the map of a font that pdf-lib cut,
and shapes have none (`-dNoOutputFonts`): the customer is told that the print cannot be read
(`file_print_unread`); by way of PostScript letters are pictures (`file_scanned`). qpdf leaves
out what Evince saved, since it has no looks: the form is told to be blank (`file_empty`).
Of the two longer forms, whose buttons these pairs keep, every word is marked instead.
Chrome, pdf.js, pypdf and pdftk draw Japanese in fonts that are not in the file, and others draw
gaps, signs or nothing there: such answers are marked.
Some programs leave out characters that a font lacks (﨑, 𠮷) without a gap, which no page tells:
so words of a Japanese print are marked, unless one is beyond U+FFFF or our own writer set them.
The figures of Japanese are those of a machine with a Japanese font. Without one the programs draw
less of it, and most of its words are marked; nothing is lost, wrong or accepted on either.
"""
_BEGIN, _END = "## Flattened and printed copies", "\n## "


def page(rows: Sequence[Row], flattened: Sequence[FlattenedRow] = ()) -> str:
    """Return the whole page for the outcomes ``rows`` and what was read of ``flattened`` forms."""
    parts = [HEAD, _programs(rows)]
    for file_format, title in ((FileFormat.XLSX, "Workbooks"), (FileFormat.PDF, "PDF forms")):
        found = [row for row in rows if row.file_format is file_format]
        if found:
            parts.append(f"## {title}\n\n{matrix_table(found)}\n")
    parts.append(f"## Exceptions\n\n{_exceptions(rows)}\n")
    if flattened:
        parts.append(_flattened_table(flattened))
    return "\n".join(parts).rstrip("\n") + "\n"


def flattened_line(row: FlattenedRow) -> str:
    """Return the line of the table that says what was read of the forms of one language."""
    language = form_texts(row.language).language_name
    counts = (row.counts[outcome] for outcome in OUTCOMES)
    return table_line((row.filler, row.flattener, language, str(row.answers), *map(str, counts)))


def exception_of(row: FlattenedRow) -> str:
    """Return the line that names what was neither right nor marked; empty when there is none."""
    language = form_texts(row.language).language_name
    parts = [
        f"the file is answered with `{code}`" if code else "the program stops at such a file"
        for code in row.refused
    ]
    for outcome in OUTCOMES:
        names = dict.fromkeys(f"`{name}`" for _, name, found in row.told if found == outcome)
        if names:
            parts.append(f"{outcome}: {', '.join(names)}")
    pair = f"filled by {row.filler}, flattened by {row.flattener}"
    return f"- {pair} ({language}): {'; '.join(parts)}" if parts else ""


def _flattened_table(rows: Sequence[FlattenedRow]) -> str:
    heads = ("filled by", "flattened by", "language", "answers", *OUTCOMES)
    marks = ("---", "---", "---", *("--:" for _ in heads[3:]))
    total = sum(row.answers for row in rows)
    kept = sum(row.counts["right"] + row.counts["marked"] for row in rows)
    told = f"Of {total:,} answers, {kept:,} are proposed or marked. The others:"
    others = [line for line in map(exception_of, rows) if line]
    lines = [
        table_line(heads),
        table_line(marks),
        *(flattened_line(row) for row in rows if row.answers),
    ]
    what = _which_forms(rows[0].forms) if rows else ""
    return "\n".join((FLATTENED, what, "", *lines, "", told, "", *others))


def _which_forms(forms: Sequence[str]) -> str:
    if set(forms) == {kind.value for kind in FormKind}:
        return "The table is of all forms."
    named = " and ".join(f"`{form}` form" for form in dict.fromkeys(forms))
    return f"The table is of the {named}."


def flattened_rows(folder: Path, kinds: Sequence[FormKind] = tuple(FormKind)) -> list[FlattenedRow]:
    """Let all fillers and flatteners work in ``folder``, where what is there is kept.

    So are the rows: a run that was stopped goes on where it was.
    """
    forms = [(kind, language) for kind, language in matrix() if kind in kinds]
    rows: list[FlattenedRow] = []
    for filler in FILLERS:
        if missing := filler.missing():
            sys.exit(f"{missing} is not installed")
        own = folder / _slug(filler.name)
        jobs = fill_all(filler, own, forms)
        for flattener in FLATTENERS:
            if flattener.of_own and filler is not FILLERS[0]:
                continue
            if missing := flattener.missing():
                sys.exit(f"{missing} is not installed")
            out = own / _slug(flattener.name)
            flatten_all(flattener, jobs, out)
            read = partial(rows_of, filler.name, flattener.name, jobs, out)
            rows += rows_kept(out, "_".join(kinds), read)
            print(*map(flattened_line, rows[-3:]), sep="\n", flush=True)  # noqa: T201 - it is long
    return rows


def _slug(name: str) -> str:
    return "".join(item if item.isalnum() else "_" for item in name)


def _with_flattened(text: str, rows: Sequence[FlattenedRow]) -> str:
    """Return the page ``text`` with the part about flattened forms written anew."""
    before, _, after = text.partition(_BEGIN)
    _, mark, rest = after.partition(_END)
    return f"{before}{_flattened_table(rows)}\n{mark}{rest}"


def line(row: Row) -> str:
    """Return the line of the table that says what became of one form."""
    language = form_texts(row.language).language_name
    counts = (row.cells, row.right, len(row.asked), len(row.wrong))
    return table_line((row.program, row.kind.value, language, *map(str, counts)))


def matrix_table(rows: Iterable[Row]) -> str:
    """Return program × form × language as a table."""
    heads = ("program", "form", "language", "answers", "right", "asked", "wrong")
    marks = ("---", "---", "---", "--:", "--:", "--:", "--:")
    return "\n".join((table_line(heads), table_line(marks), *map(line, rows)))


def exception_line(row: Row, field: str, code: str) -> str:
    """Return the line that names one answer that is asked about, and why; each has its reason."""
    reason = REASONS[row.program, code]
    return f"- {row.program}, {row.kind.value} ({row.language}), `{field}`: {reason} (`{code}`)"


def table_line(cells: Iterable[str]) -> str:
    """Return one line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def _programs(rows: Sequence[Row]) -> str:
    names = tuple(dict.fromkeys(row.program for row in rows))
    lines = [table_line(("program", "stands for")), table_line(("---", "---"))]
    lines += [table_line((name, STANDS_FOR[name])) for name in names]
    return "\n".join(lines) + "\n"


def _exceptions(rows: Sequence[Row]) -> str:
    lines = [exception_line(row, *pair) for row in rows for pair in row.asked]
    cells = sum(row.cells for row in rows)
    told = f"Of {cells:,} answers, {len(lines)} are asked about"
    return "\n".join((f"{told}:\n", *lines)) if lines else f"{told}."


def main() -> None:
    """Run all programs and write the page; a program that is missing stops it.

    With the argument ``flattened`` only that part is made; a folder after it keeps what was made
    and what was read, and names of forms after that leave the others out.
    """
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as room:
        folder = Path(wanted[1]) if len(wanted) > 1 else Path(room)
        if wanted[:1] == ["flattened"]:
            kinds = [FormKind(word) for word in wanted[2:]] or list(FormKind)
            text = PAGE.read_text(encoding="utf-8")
            text = _with_flattened(text, flattened_rows(folder, kinds))
            PAGE.write_text(text, encoding="utf-8")
            return
        rows: list[Row] = []
        for program in PROGRAMS:
            if missing := program.missing():
                sys.exit(f"{missing} is not installed")
            with tempfile.TemporaryDirectory() as own:
                rows += run_program(program, Path(own))
        whole = page(rows, flattened_rows(folder))
        PAGE.write_text(with_section(whole), encoding="utf-8")


if __name__ == "__main__":
    main()
