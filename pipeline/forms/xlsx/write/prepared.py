"""Prepares workbooks to be filled in without openpyxl: one written whole is cut up for patches.

The sample in it has an answer of every look. What stands in the cells comes from :mod:`content` for
both writers, and a test holds that both write the same XML.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import form_texts
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.write.archive import Packed, pack
from pipeline.forms.xlsx.write.content import Content
from pipeline.forms.xlsx.write.document import USUAL_HEIGHT
from pipeline.forms.xlsx.write.form import FORM_PART, build_xlsx
from pipeline.forms.xlsx.write.marks import FIRST_ROW
from pipeline.forms.xlsx.write.package import looks_like_formula
from pipeline.model.form import Filling, FormKind

#: The part of the hidden sheet that keeps the marks; those of the notes at marked answers.
IDENTITY_PART = "xl/worksheets/sheet3.xml"
COMMENTS_PART = "xl/comments1.xml"
SHAPES_PART = "xl/drawings/vmlDrawing1.vml"
_OF_MARKS = frozenset({IDENTITY_PART, COMMENTS_PART, SHAPES_PART})

#: All forms in a few languages, with and without marks: some 100 KB each.
_KEPT = 32

#: One answer of each look, marked and not: what begins like a formula is a text, and says so.
_SAMPLES = ("=x", "x", "=x", "x")
_MARKED_SAMPLES = 2

_ROW = re.compile(r'<row r="(\d+)"([^>]*?)(?:/>|>(.*?)</row>)', re.DOTALL)
_CELL = re.compile(r'<c r="([A-Z]+)\d+"[^>]*?(?:/>|>.*?</c>)', re.DOTALL)
_STYLE = re.compile(r' s="(\d+)"')
_COUNTER = re.compile(r"(<c [^>]*>)<f>.*?</v></c>", re.DOTALL)
_HEIGHT = re.compile(r'(?<= ht=")[^"]*')
_FORMAT = re.compile(r"<conditionalFormatting .*?</conditionalFormatting>", re.DOTALL)
_DXF = re.compile(r' dxfId="(\d+)"')
_BREAKS = re.compile(r"<rowBreaks .*?</rowBreaks>", re.DOTALL)
_COMMENTS = re.compile(r"<comment .*</comment>", re.DOTALL)
_SHAPE = re.compile(r"<(\w+:)?shape .*?</\1shape>", re.DOTALL)
_SHAPES = re.compile(r"<(\w+:)?shape .*</\1shape>", re.DOTALL)
#: Those of ASCII stand for what has to be escaped (line feeds of attributes).
_REFERENCE = re.compile(r"&#(\d{3,7});")
_MARK_ROWS = re.compile(rf'<row r="{FIRST_ROW}".*(?=</sheetData>)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class QuestionFrame:
    """What never changes in the row of a question: all but height, explanation, answer, check.

    ``around_explanation`` is what stands before and after it in the cell of the label.
    """

    name: str
    attributes: tuple[str, str]
    begin: str
    around_explanation: tuple[str, str]
    requirement: str
    end: str
    formula: str


@dataclass(frozen=True, slots=True)
class FormFrame:
    """The form sheet: XML before the note, after it, the rows below, and what follows them.

    ``selection`` is where the cursor stands in ``top``, ``counter`` the cell of the counter between
    ``after_note`` and ``after_counter``, without what it computes. ``heights`` are those of all
    rows; those of questions change. ``settings`` and ``end`` stand before and after the page
    breaks, ``protection`` and ``settings`` around the conditional formats, of which ``last_format``
    is the one that no mark needs.
    """

    top: str
    selection: str
    after_note: str
    counter: str
    after_counter: str
    rows: Mapping[int, "str | QuestionFrame"]
    heights: Mapping[int, float]
    protection: str
    last_format: str
    settings: str
    end: str


@dataclass(frozen=True, slots=True)
class Looks:
    """Numbers in the table of styles.

    ``answers`` are by (marked, looks like a formula), ``checks`` by marked; ``corrected`` are the
    looks of answer and check at a marked answer that was changed, ``kept`` is that of the hidden
    sheet.
    """

    answers: Mapping[tuple[bool, bool], str]
    checks: Mapping[bool, str]
    corrected: tuple[str, ...]
    kept: str


@dataclass(frozen=True, slots=True)
class Package:
    """One form, with or without marks; parts that change are in two halves around the change."""

    order: tuple[str, ...]
    packed: Mapping[str, Packed]
    form: FormFrame
    halves: Mapping[str, tuple[str, str]]
    shape: str
    looks: Looks


@lru_cache(maxsize=_KEPT)
def prepared(kind: FormKind, language: str, address: str, privacy: str, *, marked: bool) -> Package:
    """Return the package of a form with or without marks: slow once, kept in this process."""
    names = tuple(FORMS[kind].questions)[: len(_SAMPLES)]
    filling = Filling(
        answers=tuple(zip(names, _SAMPLES, strict=True)),
        marks=tuple((name, ("x",)) for name in names[:_MARKED_SAMPLES] if marked),
    )
    whole = build_xlsx(kind, language, filling, address=address, privacy=privacy)
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        parts = {name: _plain(opened.read(name).decode()) for name in opened.namelist()}
    content = Content(kind, form_texts(language), filling, address, privacy)
    changing = {FORM_PART, *(_OF_MARKS if marked else ())}
    return Package(
        order=tuple(parts),
        packed={
            name: pack(name, text.encode()) for name, text in parts.items() if name not in changing
        },
        form=_form_frame(content, parts[FORM_PART]),
        halves=_halves(parts) if marked else {},
        shape=_shape(parts[SHAPES_PART]) if marked else "",
        looks=_looks(content, parts, names),
    )


def _plain(xml: str) -> str:
    """Return ``xml`` with the characters that lxml writes as references, and others do not."""
    return _REFERENCE.sub(lambda found: chr(int(found.group(1))), xml)


def _form_frame(content: Content, sheet: str) -> FormFrame:
    top, rest = sheet.split("<sheetData>")
    body, rest = rest.split("</sheetData>")
    rows: dict[int, str | QuestionFrame] = {}
    heights = dict.fromkeys(range(1, content.rows[-1][0] + 1), USUAL_HEIGHT)
    fields = {row: name for row, what, name in content.rows if what == "question"}
    for found in _ROW.finditer(body):
        number, attributes = int(found.group(1)), found.group(2)
        if height := _HEIGHT.search(attributes):
            heights[number] = float(height.group())
        frame = number in fields
        rows[number] = _question(content, fields[number], found) if frame else found.group()
    above = "".join(str(rows.pop(number)) for number in range(1, at.LINE_ROW))
    before, after = str(rows.pop(at.LINE_ROW)).split(escape(content.note))
    counted = _COUNTER.split(str(rows.pop(at.COUNTER_ROW)))
    first = content.first_cell
    formats = _FORMAT.findall(rest)
    protection, settings = rest.split("".join(formats))
    settings, end_of_settings, end = _BREAKS.sub("", settings).partition("</headerFooter>")
    return FormFrame(
        top=f"{top}<sheetData>{above}{before}",
        selection=f'activeCell="{first}" sqref="{first}"',
        after_note=after + counted[0],
        counter=counted[1],
        after_counter=counted[2],
        rows=rows,
        heights=heights,
        protection=f"</sheetData>{protection}",
        last_format=formats[-1],
        settings=settings + end_of_settings,
        end=end,
    )


def _question(content: Content, name: str, row: re.Match[str]) -> QuestionFrame:
    cells = _cells(row.group(3))
    before, after = _HEIGHT.split(row.group(2))
    shown = escape(content.question(name, "").explanation)
    begin, end = cells[at.LABEL].rsplit(shown, 1)
    return QuestionFrame(
        name=name,
        attributes=(before, after),
        begin=cells[at.NUMBER],
        around_explanation=(begin, end),
        requirement=cells[at.REQUIREMENT],
        end=cells[at.KEY],
        formula=content.formula(name),
    )


def _cells(row: str) -> dict[str, str]:
    """Return the cells of a row by their columns."""
    return {cell.group(1): cell.group() for cell in _CELL.finditer(row)}


def _style(cell: str) -> str:
    found = _STYLE.search(cell)
    return found.group(1) if found else "0"


def _halves(parts: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the parts of the marks in front of what changes, and behind it."""
    found = {}
    changing = ((IDENTITY_PART, _MARK_ROWS), (COMMENTS_PART, _COMMENTS), (SHAPES_PART, _SHAPES))
    for name, pattern in changing:
        change = pattern.search(parts[name])
        assert change is not None  # noqa: S101 - the sample is marked
        found[name] = (parts[name][: change.start()], parts[name][change.end() :])
    return found


def _shape(drawing: str) -> str:
    """Return the shape of a note, with the places of ``number``, ``row`` and ``height``."""
    found = _SHAPE.search(drawing)
    assert found is not None  # noqa: S101 - the sample is marked
    shape = found.group()
    for pattern, place in (
        (r"(?<=_x0000_s)\d+", "{number}"),
        (r"(?<=Row>)\d+", "{row}"),
        (r"(?<=height:)\d+", "{height}"),
    ):
        shape = re.sub(pattern, place, shape)
    return shape


def _looks(content: Content, parts: Mapping[str, str], names: Iterable[str]) -> Looks:
    sheet = parts[FORM_PART]
    rows = {int(row.group(1)): _cells(row.group(3) or "") for row in _ROW.finditer(sheet)}
    answers, checks = {}, {}
    for name in names:
        row = rows[int(content.cells[name].removeprefix(at.ANSWER))]
        marked = name in content.marks
        answers[marked, looks_like_formula(content.answer(name))] = _style(row[at.ANSWER])
        checks[marked] = _style(row[at.CHECK])
    # the last format needs no mark; the others come in pairs, of answer and check
    of_marks = _DXF.findall("".join(_FORMAT.findall(sheet)[:-1]))
    kept = _MARK_ROWS.search(parts[IDENTITY_PART])
    return Looks(answers, checks, tuple(of_marks[:2]), _style(kept.group()) if kept else "")
