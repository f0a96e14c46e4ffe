"""Words that a workbook has where no cell shows them are told; our own are known."""

import xml.etree.ElementTree as ET

import pytest

from pipeline.forms.xlsx.read.asides import Aside, asides_of
from pipeline.forms.xlsx.read.cells import RawCell
from pipeline.forms.xlsx.read.formats import format_words, worded_styles
from pipeline.forms.xlsx.read.unseen import in_own_properties
from pipeline.model.submission import LeftOverKind

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_NEWER = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_FORMULAS = "http://schemas.microsoft.com/office/excel/2006/main"


def _number(value: str) -> RawCell:
    return "n", "1", value, None


def _text(value: str = "x") -> RawCell:
    return "inlineStr", "1", value, None


@pytest.mark.parametrize(
    ("code", "cell", "words"),
    [
        ('"pending"', _number("1"), "pending"),
        ('"pending"', _text(), ""),
        ('0" (old)"', _number("7"), "(old)"),
        ('"yes";"no";"none"', _number("-1"), "no"),
        ('"yes";"no";"none"', _number("0"), "none"),
        ('"yes";"no"', _number("0"), "yes"),
        ('[>10]"big";"small"', _number("3"), "big small"),
        ('0;-0;0;@" (draft)"', _text(), "(draft)"),
        ('0;-0;0;@" (draft)"', _number("3"), ""),
        (r"\n\o\t\ \y\e\t", _number("3"), "not yet"),
        ('"+"0', _number("49"), ""),
        ('#,##0.00\\ "€"', _number("4"), ""),
        ('yyyy"年"m"月"d"日"', _number("46000"), ""),
        ('"ngày" dd "tháng" mm', _number("46000"), ""),
        ('"spätestens "dd.mm.yyyy', _number("46000"), "spätestens"),
        ("[$-409]d mmm yyyy", _number("46000"), ""),
        ('"pending"', ("b", "1", "1", None), ""),
        ('"open', _number("1"), "open"),
    ],
)
def test_words_of_a_format_are_those_of_the_section_that_applies(
    code: str, cell: RawCell, words: str
) -> None:
    found = format_words(code)
    assert (found.beside(cell) if found else "") == words


@pytest.mark.parametrize(
    "code", ["General", "0", "@", "", ";;;", "dd/mm/yyyy", "0%", "_-* #,##0_-"]
)
def test_usual_formats_have_no_words(code: str) -> None:
    assert format_words(code) is None


def test_styles_are_told_by_the_index_of_their_cells() -> None:
    content = (
        f'<styleSheet xmlns="{_MAIN}"><numFmts>'
        '<numFmt numFmtId="164" formatCode="&quot;pending&quot;"/>'
        '</numFmts><cellStyleXfs><xf numFmtId="164"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="164"/></cellXfs></styleSheet>'
    ).encode()
    assert list(worded_styles(content)) == ["1"]
    assert worded_styles(content.replace(b"&quot;", b"")) == {}


def test_texts_of_rules_and_links_are_found_with_their_rows() -> None:
    sheet = (
        f'<worksheet xmlns="{_MAIN}"><sheetData/><dataValidations>'
        '<dataValidation sqref="D6 $D$8:D9" promptTitle="Old" prompt="new in May" error="no"/>'
        "</dataValidations><hyperlinks>"
        '<hyperlink ref="B2" tooltip="moves"/></hyperlinks><extLst><ext><x:dataValidations'
        f' xmlns:x="{_NEWER}"><x:dataValidation prompt="newer"><xm:sqref xmlns:xm="{_FORMULAS}">E7'
        "</xm:sqref></x:dataValidation></x:dataValidations></ext></extLst></worksheet>"
    )
    rule, link = LeftOverKind.RULE, LeftOverKind.LINK
    assert asides_of(ET.fromstring(sheet)) == (
        Aside(rule, "Old", ((6, 6), (8, 9))),
        Aside(rule, "new in May", ((6, 6), (8, 9))),
        Aside(rule, "no", ((6, 6), (8, 9))),
        Aside(link, "moves", ((2, 2),)),
        Aside(rule, "newer", ((7, 7),)),
    )


def test_format_that_a_condition_sets_has_its_place_and_its_words() -> None:
    sheet = (
        f'<worksheet xmlns="{_MAIN}"><conditionalFormatting sqref="D6"><cfRule dxfId="1"/>'
        '<cfRule dxfId="1"/></conditionalFormatting></worksheet>'
    )
    assert asides_of(ET.fromstring(sheet)) == (Aside(LeftOverKind.FORMAT, "dxf 1", ((6, 6),)),)
    styles = (
        f'<styleSheet xmlns="{_MAIN}"><dxfs><dxf><font/></dxf><dxf>'
        '<numFmt numFmtId="190" formatCode="&quot;pending&quot;;&quot;owed&quot;"/></dxf></dxfs>'
        "</styleSheet>"
    ).encode()
    found = worded_styles(styles)
    assert {key: words.all for key, words in found.items()} == {"dxf 1": "pending owed"}


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ('"SMS,Telex at night"', ["SMS", "Telex at night"]),
        ('" a , b"', ["a", "b"]),
        ("lists!$A$1:$A$4", []),
        ("", []),
    ],
)
def test_options_of_a_rule_that_has_them_itself_are_found(formula: str, words: list[str]) -> None:
    sheet = (
        f'<worksheet xmlns="{_MAIN}"><dataValidations><dataValidation type="list" sqref="D6">'
        f"<formula1>{formula}</formula1></dataValidation></dataValidations></worksheet>"
    )
    found = asides_of(ET.fromstring(sheet))
    assert [(item.kind, item.words) for item in found] == [
        (LeftOverKind.OPTION, word) for word in words
    ]


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("Bemerkung", "eilt", True),
        ("Checked by", "Kim", True),
        ("状態", "確認中", True),
        ("MSIP_Label_4d1f_Name", "Confidential - Legal", True),
        ("MSIP_Label_4d1f_Enabled", "true", False),
        ("ContentTypeId", "0x0101007A", False),
        ("KSOProductBuildVer", "1033-12.2.0", False),
        ("ICV", "A1B2C3D4", False),
        ("_form", "qr", False),
        ("Order", "12900.0", False),
        ("lpwstr", "Kim and Tom", False),
        ("Checked", "true", False),
    ],
)
def test_property_that_a_person_added_is_told(name: str, words: str, told: bool) -> None:
    found = [item.words for item in in_own_properties({name: words})]
    assert found == ([f"{name}: {words}"] if told else [])
