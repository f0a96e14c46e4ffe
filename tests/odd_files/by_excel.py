"""What Excel alone writes, put into the package by hand: its program does not run here."""

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from xml.sax.saxutils import escape

from openpyxl import load_workbook

from pipeline.model.form import FormKind
from tests.odd_files.case import Outcome
from tests.odd_files.making import Writer
from tests.unit.forms.xlsx.adding import (
    FORM,
    anchored,
    cell,
    drawn,
    edit,
    footer,
    part,
    related,
    row_of,
    shape,
    thread,
    with_parts,
)

EXCEL = Writer("Excel (its parts, written by hand)", "xlsx")
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml"
_QR = FormKind.QR
_MOVE = FormKind.MIGRATION


def _saved(content: bytes) -> bytes:
    return edit(content, lambda _: None)


def _replaced(name: str, old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[name], name
        parts[name] = parts[name].replace(old, new)

    return lambda content: with_parts(_saved(content), change)


EXCEL.asked(
    "thread of comments",
    "Review > New Comment (365)",
    thread("phone_number", "Bitte die andere Nummer"),
    "phone_number",
    words="Bitte die andere Nummer",
    language="de",
)
EXCEL.asked(
    "text box beside an answer",
    "Insert > Text Box",
    drawn(lambda row: anchored(shape("正しくは03-5550-0199です"), row, 6), "phone_number"),
    "phone_number",
    words="正しくは03-5550-0199です",
    language="ja",
)
EXCEL.staff(
    "text box below the table",
    "Insert > Text Box",
    drawn(lambda row: anchored(shape("call me before 5 pm"), row + 90, 2), "notes"),
    words="call me before 5 pm",
)
EXCEL.asked(
    "arrow at an answer",
    "Insert > Shapes",
    drawn(lambda row: anchored(shape(""), row, 4), "website"),
    "website",
    marked=True,
)
EXCEL.asked(
    "ink over an answer",
    "Draw > Pen",
    drawn(
        lambda row: anchored(
            '<xdr:contentPart xmlns:xdr14="http://schemas.microsoft.com/office/excel/2010/spreadsheet'
            'Drawing" r:id="rId1"><xdr14:nvContentPartPr/></xdr:contentPart>',
            row,
            4,
        ),
        "display_name",
    ),
    "display_name",
    marked=True,
)
_PICTURE = (
    '<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="3" name="Picture 1" descr="{words}"/><xdr:cNvPicPr/>'
    '</xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId1"/></xdr:blipFill><xdr:spPr/></xdr:pic>'
)
EXCEL.asked(
    "picture with a description",
    "Format Picture > Alt Text",
    drawn(
        lambda row: anchored(_PICTURE.format(words="our new number 0121 234 5699"), row, 4),
        "contact_phone",
    ),
    "contact_phone",
    words="our new number 0121 234 5699",
)
EXCEL.staff(
    "header on the first page only",
    "Different first page",
    footer("VERTRAULICH – Vorstand", "firstHeader"),
    words="VERTRAULICH – Vorstand",
    language="de",
)
EXCEL.staff(
    "date and file name in the footer",
    "Insert > Header & Footer",
    footer("&amp;L&amp;D &amp;F geprüft Kr."),
    words="geprüft Kr.",
    language="de",
)


def _control(content: bytes) -> bytes:
    row = row_of(content, "notes")
    vml = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'  # noqa: E501 - markup
        ' xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s1025" type="#_x0000_t201">'  # noqa: E501 - markup
        '<v:textbox><div><font face="Tahoma">I agree, with reserve</font></div></v:textbox>'
        f'<x:ClientData ObjectType="Checkbox"><x:Anchor>3, 0, {row - 1}, 0, 4, 0, {row}, 0</x:Anchor>'  # noqa: E501 - markup
        "<x:Checked>1</x:Checked></x:ClientData></v:shape></xml>"
    )
    tag = f'<legacyDrawing xmlns:r="{_LINKS}" r:id="rIdAdded"/>'
    kind = f"{_LINKS}/vmlDrawing"
    return related(_saved(content), kind, "../drawings/vmlDrawing9.vml", vml.encode(), tag=tag)


EXCEL.asked(
    "check box of Developer > Insert",
    "a control of one's own",
    _control,
    "notes",
    words="I agree, with reserve",
)


def _embedded(content: bytes) -> bytes:
    kind = f"{_LINKS}/oleObject"
    return related(
        _saved(content), kind, "../embeddings/oleObject1.bin", b"\xd0\xcf\x11\xe0" + bytes(512)
    )


EXCEL.staff("document embedded as an object", "Insert > Object", _embedded, marked=True)


def _diagram(content: bytes) -> bytes:
    """Put words in WordArt, which is a shape with its letters bent."""
    body = shape("DRAFT").replace(
        "<a:bodyPr/>", '<a:bodyPr><a:prstTxWarp prst="textArchUp"/></a:bodyPr>'
    )
    return drawn(lambda row: anchored(body, 2, 2), "contact_name")(content)


EXCEL.staff("WordArt over the title", "Insert > WordArt", _diagram, words="DRAFT", kind=_MOVE)


def _chart_sheet(content: bytes) -> bytes:
    """Add a sheet that is a chart; its title has the words (18.3.1.12)."""

    def change(parts: dict[str, bytes]) -> None:
        parts["xl/chartsheets/sheet1.xml"] = (
            f'<chartsheet xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheetViews><sheetView workbookViewId="0"/>'  # noqa: E501 - markup
            '</sheetViews><drawing r:id="rId1"/></chartsheet>'
        ).encode()
        parts["xl/chartsheets/_rels/sheet1.xml.rels"] = _rels(
            ("rId1", "drawing", "../drawings/drawing7.xml")
        )
        parts["xl/drawings/drawing7.xml"] = (
            '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
            ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:absoluteAnchor>'
            f"{shape('Only from spring on')}<xdr:clientData/></xdr:absoluteAnchor></xdr:wsDr>"
        ).encode()
        book = parts["xl/workbook.xml"]
        parts["xl/workbook.xml"] = book.replace(
            b"</sheets>",
            f'<sheet xmlns:r="{_LINKS}" name="Chart1" sheetId="99" r:id="rIdChart"/></sheets>'.encode(),  # noqa: E501 - markup
        )
        rels = "xl/_rels/workbook.xml.rels"
        item = f'<Relationship Id="rIdChart" Type="{_LINKS}/chartsheet" Target="chartsheets/sheet1.xml"/>'  # noqa: E501 - markup
        parts[rels] = parts[rels].replace(b"</Relationships>", item.encode() + b"</Relationships>")

    return with_parts(_saved(content), change)


def _rels(*items: tuple[str, str, str]) -> bytes:
    lines = "".join(
        f'<Relationship Id="{name}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for name, kind, target in items
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{lines}</Relationships>'.encode()


EXCEL.staff(
    "sheet that is a chart", "Move Chart > New sheet", _chart_sheet, words="Only from spring on"
)


def _phonetic(content: bytes) -> bytes:
    """Add furigana to a name, which the program does while one types."""
    name = "山田　花子"
    olds = (f"{name}</t>".encode(), "".join(f"&#{ord(sign)};" for sign in name).encode() + b"</t>")
    reading = '<rPh sb="0" eb="2"><t>ヤマダ</t></rPh><phoneticPr fontId="1"/>'.encode()

    def change(parts: dict[str, bytes]) -> None:
        before = dict(parts)
        for part_name, data in before.items():
            first, second = (old + reading for old in olds)
            parts[part_name] = data.replace(olds[0], first).replace(olds[1], second)
        assert parts != before

    return with_parts(content, change)


EXCEL.add("readings over a name", "typed with a Japanese keyboard", _phonetic, language="ja")


def _revisions(content: bytes) -> bytes:
    """Add the log of a shared workbook with an old value (18.11)."""

    def change(parts: dict[str, bytes]) -> None:
        log = (
            f'<revisions xmlns="{_MAIN}"><rcc rId="1" sId="2"><oc r="D8" t="inlineStr"><is><t>Olaf</t></is></oc>'  # noqa: E501 - markup
            '<nc r="D8" t="inlineStr"><is><t>Oliver Whitcombe</t></is></nc></rcc></revisions>'
        )
        parts["xl/revisions/revisionLog1.xml"] = log.encode()

    return with_parts(_saved(content), change)


EXCEL.add("log of changes", "Track Changes (legacy)", _revisions)
EXCEL.add(
    "template",
    "saved as .xltx",
    lambda content, _: (
        "onboarding.xltx",
        _replaced("[Content_Types].xml", b"sheet.main+xml", b"template.main+xml")(content),
    ),
)
EXCEL.add(
    "co-authoring and custom parts",
    "SharePoint adds parts of its own",
    lambda content: with_parts(
        _saved(content),
        lambda parts: parts.update({"customXml/item1.xml": b"<p:properties xmlns:p='x'/>"}),
    ),
    kind=_QR,
    language="ja",
)


def _strict(content: bytes) -> bytes:
    """Return the workbook in the strict dialect (ISO/IEC 29500-1 without part 4)."""

    def change(parts: dict[str, bytes]) -> None:
        for name, data in tuple(parts.items()):
            if name.endswith((".xml", ".rels")):
                main = data.replace(_MAIN.encode(), f"{_STRICT}/spreadsheetml/main".encode())
                links = f"{_STRICT}/officeDocument/relationships"
                parts[name] = main.replace(_LINKS.encode(), links.encode())

    return with_parts(_saved(content), change)


EXCEL.add("strict Open XML", "Save As > Strict Open XML Spreadsheet", _strict, language="de")


def _macros(content: bytes) -> bytes:
    return with_parts(
        _saved(content), lambda parts: parts.update({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})
    )


EXCEL.refused(
    "workbook with macros",
    "Save As > .xlsm",
    lambda content, _: ("form.xlsm", _macros(content)),
    "file_macro",
)
EXCEL.refused(
    "workbook with a password",
    "File > Protect > Encrypt",
    lambda content, _: ("form.xlsx", _encrypted()),
    "file_password",
)


def _encrypted() -> bytes:
    from tests.world.bad_files import encrypted_workbook  # noqa: PLC0415

    return encrypted_workbook()


EXCEL.refused(
    "page saved as .xls",
    "a report tool's Excel file",
    lambda content, _: ("form.xls", _page(content)),
    "file_other",
    language="de",
)


def _page(content: bytes) -> bytes:
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(item.value or ''))}</td>" for item in row) + "</tr>"
        for row in cell(load_workbook(BytesIO(content)), "notes").parent.iter_rows()
    )
    return (
        f"<html><head><meta charset=utf-8></head><body><table>{rows}</table></body></html>".encode()
    )


EXCEL.refused(
    "link to a sheet in the cloud",
    "Google Drive for desktop",
    lambda content, _: (
        "form.gsheet",
        b'{"url":"https://docs.google.com/open?id=1a","doc_id":"1a","email":"o@x.example"}',
    ),
    "file_link",
)
EXCEL.refused(
    "half of the file",
    "an interrupted upload",
    lambda content: content[: len(content) // 2],
    "file_damaged",
    language="ja",
)


def _zip(*files: tuple[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return target.getvalue()


EXCEL.add(
    "packed in a folder",
    "Send to > Compressed folder",
    lambda content, _: (
        "forms.zip",
        _zip(("Formulare/antrag.xlsx", content), ("Formulare/Thumbs.db", b"x")),
    ),
    language="de",
)
EXCEL.add(
    "two forms packed",
    "Send to > Compressed folder",
    lambda content, _: ("forms.zip", _zip(("a.xlsx", content), ("b.xlsx", _other()))),
    expected=Outcome.TWO,
)


def _other() -> bytes:
    from tests.world.customers import form  # noqa: PLC0415

    return form(_MOVE, "en", phone_number="+44 7400 654321", phone_number_again="07400 654321")[1]


def _dialog(content: bytes) -> bytes:
    """Change the title of the rule's error window at an answer (18.3.1.32)."""
    saved = _saved(content)
    place = cell(load_workbook(BytesIO(content)), "contact_department").coordinate
    rule = (
        f'<dataValidation type="textLength" allowBlank="1" showErrorMessage="1" errorTitle="Nein"'
        f' error="Abteilung gibt es nicht mehr" sqref="{place}"><formula1>1</formula1></dataValidation>'  # noqa: E501 - markup
    ).encode()

    def change(old: bytes) -> bytes:
        if b"</dataValidations>" in old:
            return old.replace(b"</dataValidations>", rule + b"</dataValidations>")
        return re.sub(
            rb"(<conditionalFormatting|<pageMargins)",
            b"<dataValidations>" + rule + rb"</dataValidations>\1",
            old,
            count=1,
        )

    return part(FORM, change)(saved)


EXCEL.asked(
    "error message of a rule",
    "Data > Validation > Error Alert",
    _dialog,
    "contact_department",
    words="Abteilung gibt es nicht mehr",
    language="de",
)


def _scenario(content: bytes) -> bytes:
    """Keep other values for a cell (18.3.1.76), as Scenario Manager does."""
    place = cell(load_workbook(BytesIO(content)), "phone_number").coordinate
    scenarios = (
        '<scenarios current="0"><scenario name="Plan B" count="1" user="Tom"'
        f' comment="if the merger comes"><inputCells r="{place}" val="+44 113 496 0001"/>'
        "</scenario></scenarios>"
    ).encode()

    def change(old: bytes) -> bytes:
        before = list(re.finditer(rb"<sheetProtection[^>]*/>|</sheetData>", old))[-1].end()
        return old[:before] + scenarios + old[before:]

    return part(FORM, change)(content)


EXCEL.asked(
    "scenario",
    "Data > What-If Analysis > Scenario Manager",
    _scenario,
    "phone_number",
    words=("Plan B", "if the merger comes", "+44 113 496 0001"),
)
EXCEL.asked(
    "shape with a description",
    "Format Shape > Alt Text",
    drawn(
        lambda row: anchored(
            shape("").replace('name="Box"', 'name="Box" descr="wrong since June"'), row, 4
        ),
        "website",
    ),
    "website",
    words="wrong since June",
)
EXCEL.staff(
    "picture behind the sheet",
    "Page Layout > Background",
    lambda content: related(
        _saved(content),
        f"{_LINKS}/image",
        "../media/image9.png",
        b"\x89PNG\r\n\x1a\n",
        tag=f'<picture xmlns:r="{_LINKS}" r:id="rIdAdded"/>',
    ),
    marked=True,
)
