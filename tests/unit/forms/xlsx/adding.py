"""Workbooks with something added beside the answers, as people and programs add it."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName

from pipeline.forms.xlsx import layout as at

_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWING = (
    '<?xml version="1.0" encoding="UTF-8"?><xdr:wsDr'
    ' xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    f' xmlns:r="{_LINKS}">%s</xdr:wsDr>'
)
#: The part of the form sheet as openpyxl saves it: the second of the workbook.
FORM = "xl/worksheets/sheet2.xml"

Change = Callable[[bytes], bytes]
Ops = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Added:
    """A case: what is done, the words that must be told, and the question where they stand.

    ``field`` None: any place is right. ``blank`` is a question that is emptied before.
    """

    name: str
    change: Change
    words: str
    field: str | None = None
    kind: str = ""
    blank: str = ""


def cell(book: Any, field: str) -> Any:
    """Return the answer cell of ``field``."""
    ((sheet, place),) = book.defined_names[at.FIELD_PREFIX + field].destinations
    return book[sheet][place.replace("$", "")]


def edit(content: bytes, ops: Ops) -> bytes:
    """Return the workbook changed by openpyxl, rich texts kept."""
    book = load_workbook(io.BytesIO(content), rich_text=True)
    ops(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by(ops: Ops) -> Change:
    """Return the change that openpyxl makes with ``ops``."""
    return lambda content: edit(content, ops)


def put(field: str, offset: int, value: Any, *, down: int = 0) -> Change:
    """Write beside an answer."""

    def ops(book: Any) -> None:
        cell(book, field).offset(down, offset).value = value

    return by(ops)


def append(field: str, offset: int, words: str, *, before: bool = False) -> Change:
    """Write into a cell of ours, behind or before what stands there."""

    def ops(book: Any) -> None:
        found = cell(book, field).offset(0, offset)
        old = str(found.value or "")
        found.value = f"{words}{old}" if before else f"{old}{words}"

    return by(ops)


def at_place(place: str, value: Any) -> Change:
    """Write at a place of the form sheet."""

    def ops(book: Any) -> None:
        cell(book, "phone_number").parent[place].value = value

    return by(ops)


def note(field: str, words: str, offset: int = 0, author: str = "reader") -> Change:
    """Add a comment."""

    def ops(book: Any) -> None:
        cell(book, field).offset(0, offset).comment = Comment(words, author)

    return by(ops)


def sheet(title: str, rows: list[list[Any]], state: str = "visible", index: int = 99) -> Change:
    """Add a sheet."""

    def ops(book: Any) -> None:
        new = book.create_sheet(title, index)
        for row in rows:
            new.append(row)
        new.sheet_state = state

    return by(ops)


def rich(field: str, pieces: list[tuple[str, bool]], offset: int = 0) -> Change:
    """Write a text in pieces, some of them struck out."""

    def ops(book: Any) -> None:
        cell(book, field).offset(0, offset).value = CellRichText(
            *[
                TextBlock(InlineFont(strike=True), text) if struck else text
                for text, struck in pieces
            ]
        )

    return by(ops)


def strike(field: str, offset: int = 0) -> Change:
    """Strike out a whole cell."""

    def ops(book: Any) -> None:
        found = cell(book, field).offset(0, offset)
        found.font = Font(name=found.font.name, size=found.font.sz, strike=True)

    return by(ops)


def with_parts(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """Return the package with its parts changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return out.getvalue()


def part(name: str, change: Change) -> Change:
    """Return the change of one part, after openpyxl has saved the workbook."""

    def whole(content: bytes) -> bytes:
        def change_it(parts: dict[str, bytes]) -> None:
            parts[name] = change(parts[name])

        return with_parts(edit(content, lambda _: None), change_it)

    return whole


def related(content: bytes, kind: str, target: str, data: bytes, *, tag: str = "") -> bytes:
    """Add a part that the form sheet points to, and ``tag`` at the end of the sheet."""

    def change(parts: dict[str, bytes]) -> None:
        rels = "xl/worksheets/_rels/sheet2.xml.rels"
        head = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
        item = f'<Relationship Id="rIdAdded" Type="{kind}" Target="{target}"/></Relationships>'
        old = parts.get(rels, head)
        parts[rels] = old.replace(b"</Relationships>", item.encode())
        parts["xl/worksheets/" + target if "/" not in target else f"xl/{target[3:]}"] = data
        if tag:
            parts[FORM] = parts[FORM].replace(b"</worksheet>", tag.encode() + b"</worksheet>")

    return with_parts(content, change)


def row_of(content: bytes, field: str) -> int:
    """Return the row of an answer."""
    return int(cell(load_workbook(io.BytesIO(content)), field).row)


def anchored(inner: str, row: int, column: int, *, to: tuple[int, int] | None = None) -> str:
    """Return an anchor in which ``inner`` stands; rows and columns count from 1."""
    last_row, last_column = to or (row + 1, column + 1)
    return (
        f"<xdr:twoCellAnchor><xdr:from><xdr:col>{column - 1}</xdr:col><xdr:colOff>0</xdr:colOff>"
        f"<xdr:row>{row - 1}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>"
        f"{last_column - 1}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{last_row - 1}</xdr:row>"
        f"<xdr:rowOff>0</xdr:rowOff></xdr:to>{inner}<xdr:clientData/></xdr:twoCellAnchor>"
    )


def shape(text: str) -> str:
    """Return a shape with ``text`` in it, or without any."""
    body = (
        f"<xdr:txBody><a:bodyPr/><a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p></xdr:txBody>"
        if text
        else ""
    )
    return (
        '<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="2" name="Box"/><xdr:cNvSpPr/>'
        f"</xdr:nvSpPr><xdr:spPr/>{body}</xdr:sp>"
    )


def drawn(inner: Callable[[int], str], field: str) -> Change:
    """Draw on the form sheet at the row of ``field``."""

    def change(content: bytes) -> bytes:
        saved = edit(content, lambda _: None)
        drawing = _DRAWING % inner(row_of(content, field))
        tag = f'<drawing xmlns:r="{_LINKS}" r:id="rIdAdded"/>'
        kind = f"{_LINKS}/drawing"
        return related(saved, kind, "../drawings/drawing9.xml", drawing.encode(), tag=tag)

    return change


def thread(field: str, words: str) -> Change:
    """Add a threaded comment as Excel 365 saves it, with the note for older programs."""
    legacy = (
        "[Threaded comment]\n\nYour version of Excel allows you to read this threaded comment; "
        "however, any edits to it will get removed if the file is opened in a newer version of "
        f"Excel.\n\nComment:\n    {words}"
    )

    def change(content: bytes) -> bytes:
        saved = note(field, legacy, author="tc={4D1F}")(content)
        place = cell(load_workbook(io.BytesIO(content)), field).coordinate
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><ThreadedComments xmlns="http://schemas.'
            'microsoft.com/office/spreadsheetml/2018/threadedcomments"><threadedComment'
            f' ref="{place}" dT="2026-11-20T09:00:00.00" personId="{{1}}" id="{{4D1F}}"><text>'
            f"{escape(words)}</text></threadedComment></ThreadedComments>"
        )
        kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
        return related(saved, kind, "../threadedComments/threadedComment1.xml", xml.encode())

    return change


def footer(words: str, tag: str = "oddFooter") -> Change:
    """Add words to the printed footer, or put them into a header."""

    def change(old: bytes) -> bytes:
        if f"<{tag}>".encode() in old:
            return old.replace(f"</{tag}>".encode(), f" {words}</{tag}>".encode())
        return old.replace(b"<headerFooter>", f"<headerFooter><{tag}>{words}</{tag}>".encode())

    return part(FORM, change)


def copied_below(kind_bytes: Callable[[], bytes], gap: int = 3) -> Change:
    """Paste another form below the first one, on the same sheet."""

    def change(content: bytes) -> bytes:
        other = load_workbook(io.BytesIO(kind_bytes()))
        source = cell(other, "phone_number").parent

        def ops(book: Any) -> None:
            target = cell(book, "phone_number").parent
            first = target.max_row + gap
            for row in source.iter_rows():
                for item in row:
                    if item.value is not None:
                        target.cell(first + item.row, item.column).value = item.value

        return edit(content, ops)

    return change


def copied_sheet(kind_bytes: Callable[[], bytes], title: str = "Form (2)") -> Change:
    """Bring the form sheet of another workbook along, as Move or Copy does: with its names."""

    def change(content: bytes) -> bytes:
        other = load_workbook(io.BytesIO(kind_bytes()))
        source = cell(other, "phone_number").parent

        def ops(book: Any) -> None:
            target = book.create_sheet(title)
            for row in source.iter_rows():
                for item in row:
                    if item.value is not None:
                        target[item.coordinate].value = item.value
            for name in other.defined_names:
                if name.startswith(at.FIELD_PREFIX):
                    place = cell(other, name.removeprefix(at.FIELD_PREFIX)).coordinate
                    letters, row = re.fullmatch(r"([A-Z]+)([0-9]+)", place).groups()  # type: ignore[union-attr]
                    target.defined_names.add(
                        DefinedName(name, attr_text=f"'{title}'!${letters}${row}")
                    )

        return edit(content, ops)

    return change


def both(*changes: Change) -> Change:
    """Return the changes one after the other."""

    def change(content: bytes) -> bytes:
        for item in changes:
            content = item(content)
        return content

    return change


def emptied(field: str) -> Change:
    """Take an answer away."""

    def ops(book: Any) -> None:
        cell(book, field).value = None

    return by(ops)


#: A moment in a cell of dates.
MOMENT = datetime(2026, 12, 24, 0, 0)  # noqa: DTZ001 - a cell has no zone
