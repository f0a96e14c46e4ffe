"""Habits of people who know their workbooks: answers in odd cells, words in odd corners."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from openpyxl import load_workbook
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation

from pipeline.model.form import FormKind
from tests.odd_files.case import Outcome
from tests.odd_files.making import Writer
from tests.unit.forms.xlsx.adding import (
    FORM,
    Change,
    Ops,
    anchored,
    at_place,
    both,
    by,
    cell,
    drawn,
    edit,
    emptied,
    part,
    put,
    related,
    shape,
    sheet,
    with_parts,
)

HANDS = Writer("openpyxl", "xlsx")
_MOVE = FormKind.MIGRATION
_QR = FormKind.QR
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _sheet_of(book: Any) -> Any:
    return cell(book, "phone_number").parent


# answers where they do not belong

HANDS.asked(
    "answer in the place of the label",
    "typed over the question",
    put("contact_department", -2, "Night desk"),
    "contact_department",
    words="Night desk",
    given={"contact_department": ""},
)
HANDS.asked(
    "answer in the place of the requirement",
    "typed one cell too far left",
    put("contact_department", -1, "総務部"),
    "contact_department",
    words="総務部",
    language="ja",
    given={"contact_department": ""},
)


def _merged(field: str, left: int, right: int) -> Ops:
    def ops(book: Any) -> None:
        page = _sheet_of(book)
        page.protection.sheet = False
        found = cell(book, field)
        words = found.value
        first, last = found.offset(0, left), found.offset(0, right)
        page.merge_cells(f"{first.coordinate}:{last.coordinate}")
        page[first.coordinate].value = f"{first.value} {words}"

    return ops


HANDS.asked(
    "label and answer merged",
    "Merge & Center",
    by(_merged("contact_department", -2, 0)),
    "contact_department",
    words="Customer care",
)
HANDS.staff(
    "words far to the right",
    "a calculation of one's own",
    at_place("AZ200", "Rückruf nur über die Zentrale"),
    words="Rückruf nur über die Zentrale",
    language="de",
)
HANDS.staff(
    "words far below",
    "a note for the archive",
    at_place("C4000", "filed under 88/2026"),
    words="filed under 88/2026",
)


def linked(book: Any) -> None:
    cell(book, "website").value = '=HYPERLINK("https://harbour.example/new","our shop")'


HANDS.asked(
    "address behind a formula",
    "=HYPERLINK()",
    by(linked),
    "website",
    words="https://harbour.example/new",
)


def _wingdings(book: Any) -> None:
    found = cell(book, "ack_charges")
    found.value, found.font = "ü", Font(name="Wingdings")


HANDS.asked(
    "tick of the font Wingdings",
    "Insert > Symbol",
    by(_wingdings),
    "ack_charges",
    words="ü",
)


def _cross_of_wingdings(book: Any) -> None:
    found = cell(book, "ack_policies")
    found.value, found.font = "û", Font(name="Wingdings")


HANDS.asked(
    "cross of the font Wingdings",
    "Insert > Symbol",
    by(_cross_of_wingdings),
    "ack_policies",
    words="û",
)


def _collapsed(book: Any) -> None:
    page = _sheet_of(book)
    page.protection.sheet = False
    first = cell(book, "contact_name").row
    page.row_dimensions.group(first, first + 4, outline_level=1, hidden=True)
    page.column_dimensions["B"].width = 0


HANDS.add("rows grouped and closed", "Data > Group", by(_collapsed), language="ja")

# rules and lists


def own_list(field: str, words: str) -> Change:
    """Give an answer a list of its own."""

    def ops(book: Any) -> None:
        page = _sheet_of(book)
        found = cell(book, field).coordinate
        rules = page.data_validations.dataValidation
        for rule in rules:
            rule.sqref.ranges = {one for one in rule.sqref.ranges if found not in str(one)}
        page.data_validations.dataValidation = [rule for rule in rules if rule.sqref.ranges]
        new = DataValidation(type="list", formula1=f'"{words}"')
        new.add(found)
        page.add_data_validation(new)

    return by(ops)


HANDS.staff(
    "list of a rule changed",
    "Data > Validation > List",
    own_list("verification_method", "SMS,Voice,Telex after six"),
    words="Telex after six",
)


def _condition(field: str, words: str) -> Callable[[bytes], bytes]:
    """Show words in the place of an answer by a conditional format (18.8.30)."""

    def make(content: bytes) -> bytes:
        place = cell(load_workbook(BytesIO(content)), field).coordinate
        look = f'<dxf><numFmt numFmtId="190" formatCode="&quot;{words}&quot;"/></dxf>'

        def change(parts: dict[str, bytes]) -> None:
            styles = parts["xl/styles.xml"]
            old = re.search(rb'<dxfs count="(\d+)"', styles)
            count = int(old[1]) if old else 0
            if old and b"</dxfs>" in styles:
                styles = styles.replace(b"</dxfs>", look.encode() + b"</dxfs>")
            else:
                dxfs = f'<dxfs count="1">{look}</dxfs>'.encode()
                styles = re.sub(rb"<dxfs[^>]*/>", dxfs, styles)
            parts["xl/styles.xml"] = styles
            rule = (
                f'<conditionalFormatting sqref="{place}"><cfRule type="expression" dxfId="{count}"'
                ' priority="99"><formula>TRUE</formula></cfRule></conditionalFormatting>'
            ).encode()
            parts[FORM] = re.sub(
                rb"(<dataValidations|<pageMargins)", rule + rb"\1", parts[FORM], count=1
            )

        return with_parts(edit(content, lambda _: None), change)

    return make


HANDS.asked(
    "answer shown as other words by a condition",
    "Conditional Formatting > Number",
    _condition("meta_business_id", "not yet known"),
    "meta_business_id",
    words="not yet known",
)

# corners of the file


def own_property(words: str) -> Change:
    """Add a property of one's own (22.3)."""
    types = "http://schemas.openxmlformats.org/officeDocument/2006"

    def change(parts: dict[str, bytes]) -> None:
        parts["docProps/custom.xml"] = (
            f'<Properties xmlns="{types}/custom-properties" xmlns:vt="{types}/docPropsVTypes">'
            '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="Bemerkung">'
            f"<vt:lpwstr>{words}</vt:lpwstr></property></Properties>"
        ).encode()
        rels = parts["_rels/.rels"]
        item = (
            f'<Relationship Id="rIdC" Type="{_LINKS}/custom-properties"'
            ' Target="docProps/custom.xml"/></Relationships>'
        )
        parts["_rels/.rels"] = rels.replace(b"</Relationships>", item.encode())
        kind = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
        named = f'<Override PartName="/docProps/custom.xml" ContentType="{kind}"/></Types>'
        found = parts["[Content_Types].xml"]
        parts["[Content_Types].xml"] = found.replace(b"</Types>", named.encode())

    return lambda content: with_parts(edit(content, lambda _: None), change)


HANDS.staff(
    "property of one's own",
    "File > Info > Advanced Properties > Custom",
    own_property("erst nach der Inventur"),
    words="erst nach der Inventur",
    language="de",
)


def _diagram(content: bytes) -> bytes:
    """Add SmartArt, whose words stand in a part of its own (21.4)."""
    frame = (
        '<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="7" name="Diagram 1"/>'
        "<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm/><a:graphic><a:graphicData"
        ' uri="http://schemas.openxmlformats.org/drawingml/2006/diagram"><dgm:relIds r:dm="rId1"'
        ' xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"/>'
        "</a:graphicData></a:graphic>"
        "</xdr:graphicFrame>"
    )
    data = (
        '<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
        ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dgm:ptLst><dgm:pt>'
        "<dgm:t><a:p><a:r><a:t>Pilot in Leeds, then all</a:t></a:r></a:p></dgm:t></dgm:pt>"
        "</dgm:ptLst></dgm:dataModel>"
    )
    made = drawn(lambda row: anchored(frame, row, 4), "use_case")(content)

    def change(parts: dict[str, bytes]) -> None:
        parts["xl/diagrams/data1.xml"] = data.encode()
        space = "http://schemas.openxmlformats.org/package/2006/relationships"
        parts["xl/drawings/_rels/drawing9.xml.rels"] = (
            f'<Relationships xmlns="{space}"><Relationship Id="rId1"'
            f' Type="{_LINKS}/diagramData" Target="../diagrams/data1.xml"/></Relationships>'
        ).encode()

    return with_parts(made, change)


HANDS.asked(
    "SmartArt beside an answer",
    "Insert > SmartArt",
    _diagram,
    "use_case",
    words="Pilot in Leeds, then all",
)
HANDS.asked(
    "shapes in a group",
    "Format > Group",
    drawn(
        lambda row: anchored(
            f"<xdr:grpSp><xdr:nvGrpSpPr/><xdr:grpSpPr/>{shape('旧番号です')}</xdr:grpSp>", row, 4
        ),
        "phone_number",
    ),
    "phone_number",
    words="旧番号です",
    language="ja",
)


def _view(content: bytes) -> bytes:
    """Keep a view of the workbook with a name (18.2.3)."""
    views = (
        b'<customWorkbookViews><customWorkbookView name="Legal must sign first"'
        b' guid="{4D1F77A0-0000-4000-8000-000000000001}" windowWidth="1" windowHeight="1"'
        b' activeSheetId="1"/></customWorkbookViews></workbook>'
    )
    return part("xl/workbook.xml", lambda old: old.replace(b"</workbook>", views))(content)


HANDS.staff("name of a view", "View > Custom Views", _view, words="Legal must sign first")


def _range_title(content: bytes) -> bytes:
    """Name a range that may be edited (18.3.1.71)."""
    ranges = (
        '<protectedRanges><protectedRange name="nur_Frau_Becker" sqref="D9"/></protectedRanges>'
    )

    def change(old: bytes) -> bytes:
        return re.sub(rb"(<sheetProtection[^>]*/>)", rb"\1" + ranges.encode(), old, count=1)

    return part(FORM, change)(content)


HANDS.add("range that some may edit", "Review > Allow Edit Ranges", _range_title, language="de")


def _picture_header(content: bytes) -> bytes:
    """Put a picture into the header, as a watermark (18.3.1.36)."""
    vml = (
        b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:'
        b'office"><v:shape id="CH" type="#_x0000_t75"><v:imagedata o:relid="rId1" o:title="DRAFT"/>'
        b"</v:shape></xml>"
    )
    tag = f'<legacyDrawingHF xmlns:r="{_LINKS}" r:id="rIdAdded"/>'
    kind = f"{_LINKS}/vmlDrawing"
    saved = edit(content, lambda _: None)
    return related(saved, kind, "../drawings/vmlDrawingHF1.vml", vml, tag=tag)


HANDS.staff("picture in the header", "Page Layout > Header > Picture", _picture_header, marked=True)


def _done_thread(content: bytes) -> bytes:
    """Add a thread of two comments that is resolved; older programs have no note of it."""
    place = cell(load_workbook(BytesIO(content)), "website").coordinate
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    xml = (
        f'<ThreadedComments xmlns="{space}"><threadedComment ref="{place}" id="{{1}}" done="1"'
        ' personId="{9}"><text>Which site?</text></threadedComment>'
        f'<threadedComment ref="{place}" id="{{2}}" parentId="{{1}}" personId="{{9}}">'
        "<text>The Leeds one</text></threadedComment></ThreadedComments>"
    )
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    saved = edit(content, lambda _: None)
    return related(saved, kind, "../threadedComments/threadedComment1.xml", xml.encode())


HANDS.asked(
    "thread that is resolved",
    "Resolve thread (365)",
    _done_thread,
    "website",
    words=("Which site?", "The Leeds one"),
)


def _cell_picture(content: bytes) -> bytes:
    """Place a picture in a cell: the cell is an error with a value of its own (365)."""
    place = cell(load_workbook(BytesIO(content)), "contact_department").coordinate
    tag = rf'<c r="{place}"[^>]*?(?:/>|>.*?</c>)'

    def change(old: bytes) -> bytes:
        new = f'<c r="{place}" t="e" vm="1"><v>#VALUE!</v></c>'.encode()
        return re.sub(tag.encode(), new, old, count=1, flags=re.DOTALL)

    return part(FORM, change)(content)


HANDS.asked(
    "picture placed in a cell",
    "Insert > Picture > Place in Cell",
    _cell_picture,
    "contact_department",
    words="#VALUE!",
)

# other sheets

HANDS.staff(
    "sheet of branches before the form",
    "a cover sheet",
    sheet("Zweigstellen", [["Röbel", "039931 1234"], ["Klink", "geschlossen"]], index=0),
    words=("Zweigstellen", "Röbel", "geschlossen"),
    language="de",
    kind=_MOVE,
)


def _print_title(book: Any) -> None:
    _sheet_of(book).print_title_rows = "1:2"
    _sheet_of(book).print_area = "A1:F40"


HANDS.add("print area set", "Page Layout > Print Area", by(_print_title), kind=_QR, language="ja")
HANDS.asked(
    "answer cleared and written into a note",
    "Review > New Note",
    both(emptied("website"), put("website", 3, "see our letter of May")),
    "website",
    words="see our letter of May",
)


def _shared_formula(book: Any) -> None:
    page = book.create_sheet("Stammdaten")
    page["A1"] = "Harbour Books Ltd"
    cell(book, "company_legal_name").value = "=Stammdaten!A1"


HANDS.add(
    "answer by a formula that was never calculated",
    "a script links cells",
    by(_shared_formula),
    at=("company_legal_name",),
    words=("=Stammdaten!A1", "Harbour Books Ltd", "Stammdaten"),
    expected=Outcome.ASKED,
)
