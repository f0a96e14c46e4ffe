"""The parts of a workbook as ECMA-376 has them: order of elements, and where relations lead."""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from pipeline.forms.xlsx.write.fill import fill_xlsx
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import Filling, FormKind
from pipeline.resources import languages

#: ECMA-376 part 1: CT_Font (18.8.22) and CT_RPrElt (18.4.7), as Office writes and checks them.
_FONT = [
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color",
    "name", "rFont", "family", "charset", "scheme",
]  # fmt: skip
#: CT_Worksheet (18.3.1.99).
_SHEET = [
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr",
    "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState",
    "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting",
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter",
    "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls",
    "webPublishItems", "tableParts", "extLst",
]  # fmt: skip
_FILLING = Filling(
    (("phone_number", "+81 3-1234-5678"), ("notes", "=x")), (("notes", ("Shorter",)),)
)
_WORDS = {"address": "requests@example.com", "privacy": "privacy@example.com"}


def _books() -> Iterator[tuple[str, bytes]]:
    for kind in FormKind:
        for language in languages():
            yield f"{kind} {language}", build_xlsx(kind, language, None, **_WORDS)
        yield f"{kind} marked", fill_xlsx(kind, "ja", _FILLING, **_WORDS)
        yield f"{kind} filled", fill_xlsx(kind, "de", Filling(_FILLING.answers), **_WORDS)


@pytest.fixture(scope="module")
def books() -> dict[str, dict[str, bytes]]:
    found = {}
    for name, content in _books():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found[name] = {part: archive.read(part) for part in archive.namelist()}
    return found


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _in_order(elements: ET.Element, order: list[str]) -> bool:
    places = [order.index(_name(item)) for item in elements]
    return places == sorted(places)


def test_properties_of_fonts_are_in_the_order_of_the_schema(
    books: dict[str, dict[str, bytes]],
) -> None:
    seen = 0
    for name, parts in books.items():
        for part in (one for one in parts if one.startswith("xl/") and one.endswith(".xml")):
            for element in ET.fromstring(parts[part]).iter():
                if _name(element) in {"font", "rPr"}:
                    seen += 1
                    assert _in_order(element, _FONT), (name, part)
    assert seen > 100


def test_parts_of_a_sheet_are_in_the_order_of_the_schema(
    books: dict[str, dict[str, bytes]],
) -> None:
    for name, parts in books.items():
        sheets = [part for part in parts if part.startswith("xl/worksheets/sheet")]
        assert len(sheets) == 4
        for part in sheets:
            assert _in_order(ET.fromstring(parts[part]), _SHEET), (name, part)


def test_relations_lead_to_parts_by_relative_targets(books: dict[str, dict[str, bytes]]) -> None:
    for name, parts in books.items():
        for part in (one for one in parts if one.endswith(".rels")):
            folder = posixpath.dirname(posixpath.dirname(part))
            for relation in ET.fromstring(parts[part]):
                target = relation.get("Target", "")
                if relation.get("TargetMode") == "External":
                    assert target.startswith("mailto:")
                    continue
                assert not target.startswith("/"), (name, part, target)
                assert posixpath.normpath(posixpath.join(folder, target)) in parts


def test_relations_of_sheets_are_those_that_they_name(books: dict[str, dict[str, bytes]]) -> None:
    for parts in books.values():
        for part in (one for one in parts if re.match(r"xl/worksheets/sheet\d", one)):
            named = set(re.findall(rb'r:id="([^"]+)"|(?<= id=")(rId\d+)', parts[part]))
            relations = parts.get(part.replace("worksheets/", "worksheets/_rels/") + ".rels", b"")
            known = set(re.findall(rb'Id="([^"]+)"', relations))
            assert {one or other for one, other in named} <= known
