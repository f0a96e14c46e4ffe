"""Workbooks as programs save them that cannot run here: imitations, written by us from scratch.

They show what is known of the files of Excel, Numbers and Google Sheets: which parts are there, how
texts are stored, what is lost. They prove nothing about those programs themselves.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.forms.xlsx import layout as at
from pipeline.model.form import FileFormat
from tests.programs.job import Job

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

Texts = Literal["shared", "rich", "readings", "inline", "formula text"]
#: A sheet as the writer takes it: title, whether it is hidden, and its cells by place.
Grid = tuple[str, bool, Mapping[tuple[int, int], "str | int"]]


@dataclass
class Imitation:
    """How one program writes a workbook.

    ``texts`` is how a text is stored: as a shared string, plain, in pieces with formats (``rich``)
    or with furigana (``readings``), in the cell, or as the text of a formula. ``hidden`` is what
    becomes of the hidden sheet, ``keys`` whether the hidden column stays, ``names`` whether the
    names of cells do, ``properties`` whether the document properties do. ``absolute`` writes the
    names of parts from the root; ``summary`` puts a sheet of the program's own before all others.
    """

    name: str
    texts: Texts
    hidden: Literal["hidden", "shown", "gone"] = "hidden"
    keys: bool = True
    names: bool = True
    properties: bool = False
    absolute: bool = False
    summary: str = ""
    file_format: FileFormat = FileFormat.XLSX

    def missing(self) -> str:
        """Return what is not installed: nothing, it is no program."""
        return ""

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        """Write each form with its answers in this manner."""
        for job in jobs:
            book = load_workbook(job.blank, data_only=True)
            for entry in job.entries:
                for sheet, cell in book.defined_names[at.FIELD_PREFIX + entry.field].destinations:
                    book[sheet][cell.replace("$", "")].value = entry.text
            names = {name: found.attr_text or "" for name, found in book.defined_names.items()}
            job.target.write_bytes(self.write(tuple(self._grids(book)), names, _properties(book)))

    def write(
        self,
        grids: Sequence[Grid],
        names: Mapping[str, str],
        properties: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return the workbook of ``grids``; ``names`` maps names of cells to what they refer to."""
        return _Package(self, grids, names, properties or {}).write()

    def _grids(self, book: Workbook) -> Iterator[Grid]:
        if self.summary:
            yield self.summary, False, _listed([sheet.title for sheet in book.worksheets])
        for sheet in book.worksheets:
            secret = sheet.title in {at.IDENTITY_SHEET, at.LISTS_SHEET}
            if not secret or self.hidden != "gone":
                yield sheet.title, secret and self.hidden == "hidden", dict(self._cells(sheet))

    def _cells(self, sheet: Worksheet) -> Iterator[tuple[tuple[int, int], "str | int"]]:
        for row, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            for column, value in enumerate(cells, 1):
                letters = get_column_letter(column)
                seen = self.keys or not sheet.column_dimensions[letters].hidden
                if seen and isinstance(value, str | int):
                    yield (row, column), value


def _listed(titles: Sequence[str]) -> dict[tuple[int, int], str | int]:
    """Return the sheet that Numbers puts before all others: what became of its tables."""
    found: dict[tuple[int, int], str | int] = {
        (1, 1): "This document was exported from Numbers. Each table became a worksheet.",
        (3, 1): "Numbers Sheet Name",
        (3, 2): "Numbers Table Name",
        (3, 3): "Excel Worksheet Name",
    }
    for number, title in enumerate(titles):
        found |= {(4 + 2 * number, 1): title}
        found |= {(5 + 2 * number, 2): "Table 1", (5 + 2 * number, 3): title}
    return found


def _properties(book: Workbook) -> dict[str, str]:
    found = book.custom_doc_props.props  # type: ignore[attr-defined] # newer than the stubs
    return {item.name: str(item.value) for item in found}


IMITATIONS = (
    Imitation("Excel (imitated)", "readings", properties=True),
    Imitation("Google Sheets (imitated)", "shared"),
    Imitation(
        "Numbers (imitated)",
        "rich",
        hidden="shown",
        names=False,
        absolute=True,
        summary="Export Summary",
    ),
    Imitation("Phone apps (imitated)", "inline", hidden="gone", keys=False, names=False),
    Imitation("Report tools (imitated)", "formula text", hidden="gone", names=False),
)


class _Package:
    """The writing of one workbook."""

    def __init__(
        self,
        manner: Imitation,
        grids: Sequence[Grid],
        names: Mapping[str, str],
        properties: Mapping[str, str],
    ) -> None:
        self.manner = manner
        self.grids = grids
        self.names = names
        self.properties = properties
        self.strings: dict[str, int] = {}

    def write(self) -> bytes:
        """Return the bytes of all parts."""
        parts = {f"xl/worksheets/sheet{n}.xml": self._sheet(g) for n, g in enumerate(self.grids, 1)}
        parts["xl/workbook.xml"] = self._workbook()
        parts["xl/styles.xml"] = (
            f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1">'
            '<fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/>'
            '</borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
            '<cellXfs count="1"><xf/></cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
            "</styleSheet>"
        )
        parts["xl/sharedStrings.xml"] = self._shared()
        parts["xl/_rels/workbook.xml.rels"] = self._relations(len(self.grids))
        links = [("rId1", f"{_LINKS}/officeDocument", "xl/workbook.xml")]
        if self.manner.properties:
            parts["docProps/custom.xml"] = self._properties()
            links.append(("rId2", f"{_LINKS}/custom-properties", "docProps/custom.xml"))
        parts["_rels/.rels"] = _link_part(links, "/" if self.manner.absolute else "")
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", _types(parts))
            for name, content in parts.items():
                archive.writestr(name, content)
        return out.getvalue()

    def _sheet(self, grid: Grid) -> str:
        rows: dict[int, list[str]] = {}
        for (row, column), value in sorted(grid[2].items()):
            rows.setdefault(row, []).append(self._cell(f"{get_column_letter(column)}{row}", value))
        lines = "".join(f'<row r="{row}">{"".join(cells)}</row>' for row, cells in rows.items())
        return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'

    def _cell(self, where: str, value: str | int) -> str:
        if isinstance(value, int):
            return f'<c r="{where}"><v>{value}</v></c>'
        text = escape(value)
        if self.manner.texts == "inline":
            return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        if self.manner.texts == "formula text":
            return f'<c r="{where}" t="str"><v>{text}</v></c>'
        index = self.strings.setdefault(value, len(self.strings))
        return f'<c r="{where}" t="s"><v>{index}</v></c>'

    def _shared(self) -> str:
        items = "".join(map(self._string, self.strings))
        return f'{_HEAD}<sst xmlns="{_MAIN}">{items}</sst>'

    def _string(self, value: str) -> str:
        text = escape(value)
        if self.manner.texts == "rich":
            middle = len(value) // 2
            pieces = "".join(
                f'<r><rPr><b val="{bold}"/></rPr><t xml:space="preserve">{escape(piece)}</t></r>'
                for bold, piece in enumerate((value[:middle], value[middle:]))
                if piece
            )
            return f"<si>{pieces}</si>"
        reading = ""
        if self.manner.texts == "readings" and not value.isascii():
            reading = '<rPh sb="0" eb="1"><t>ヨミガナ</t></rPh><phoneticPr fontId="1"/>'
        return f'<si><t xml:space="preserve">{text}</t>{reading}</si>'

    def _workbook(self) -> str:
        sheets = "".join(
            f'<sheet name={quoteattr(title)} sheetId="{number}" r:id="rId{number}"'
            f' state="{"hidden" if hidden else "visible"}"/>'
            for number, (title, hidden, _) in enumerate(self.grids, 1)
        )
        names = "".join(
            f"<definedName name={quoteattr(name)}>{escape(target)}</definedName>"
            for name, target in sorted(self.names.items())
        )
        kept = f"<definedNames>{names}</definedNames>" if self.manner.names else ""
        return (
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets>{kept}'
            "</workbook>"
        )

    def _relations(self, sheets: int) -> str:
        before = "/xl/" if self.manner.absolute else ""
        links = [
            (f"rId{number}", f"{_LINKS}/worksheet", f"worksheets/sheet{number}.xml")
            for number in range(1, sheets + 1)
        ]
        links.append((f"rId{sheets + 1}", f"{_LINKS}/styles", "styles.xml"))
        links.append((f"rId{sheets + 2}", f"{_LINKS}/sharedStrings", "sharedStrings.xml"))
        return _link_part(links, before)

    def _properties(self) -> str:
        texts = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
        items = "".join(
            f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{number}"'
            f" name={quoteattr(name)}><vt:lpwstr>{escape(value)}</vt:lpwstr></property>"
            for number, (name, value) in enumerate(self.properties.items(), 2)
        )
        return f'{_HEAD}<Properties xmlns="{kind}" xmlns:vt="{texts}">{items}</Properties>'


def _link_part(links: Sequence[tuple[str, str, str]], before: str) -> str:
    items = "".join(
        f'<Relationship Id="{name}" Type="{kind}" Target="{before}{target}"/>'
        for name, kind, target in links
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'


def _types(parts: Mapping[str, str]) -> str:
    sheet = f"{_TYPE}worksheet+xml"
    kinds = {
        "workbook": f"{_TYPE}sheet.main+xml",
        "styles": f"{_TYPE}styles+xml",
        "sharedStrings": f"{_TYPE}sharedStrings+xml",
    }
    custom = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
    kinds |= {"custom": custom}
    items = "".join(
        f'<Override PartName="/{name}" ContentType="{kinds.get(Path(name).stem, sheet)}"/>'
        for name in parts
        if not name.endswith(".rels")
    )
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{items}</Types>'
    )
