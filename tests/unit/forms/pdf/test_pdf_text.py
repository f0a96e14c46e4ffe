"""The printed text of a page, whatever program printed it."""

from io import BytesIO
from typing import Any

import pikepdf

from pipeline.forms.pdf.page_text import printed_text

RANGES = b"""1 begincodespacerange <0000> <FFFF> endcodespacerange
2 beginbfrange
<0001> <001A> <0041>
<0030> <0032> [<7533> <8ACB> <66F8>]
endbfrange
1 beginbfchar
<0040> <D842DFB7>
endbfchar
"""


def page_with(content: bytes, font: Any, inside: bytes = b"") -> str:
    target = BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        table = pdf.make_stream(RANGES)
        page.obj.Contents = pdf.make_stream(content)
        fonts = pikepdf.Dictionary(F1=font(table))
        form = pdf.make_stream(inside, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
        page.obj.Resources = pikepdf.Dictionary(Font=fonts, XObject=pikepdf.Dictionary(X1=form))
        form.Resources = page.obj.Resources
        pdf.save(target)
    with pikepdf.open(BytesIO(target.getvalue())) as pdf:
        return " ".join(printed_text(pdf).split())


def composite(table: Any) -> Any:
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type0, ToUnicode=table
    )  # fmt: skip


def composite_without_map(_: Any) -> Any:
    return pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type0)


def simple(_: Any) -> Any:
    return pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.TrueType)


def test_codes_are_read_through_ranges_lists_and_single_entries() -> None:
    shown = page_with(b"BT /F1 9 Tf <000100020003> Tj <00300031003200400099> Tj ET", composite)
    assert shown == "ABC申請書𠮷"


def test_simple_font_is_read_as_latin_and_wide_gaps_as_blanks() -> None:
    assert page_with(b"BT /F1 9 Tf [(WA-)-20(FORM)-400(qr)] TJ ET", simple) == "WA-FORM qr"


def test_text_inside_a_form_object_is_read_and_one_that_shows_itself_ends() -> None:
    shown = page_with(b"/X1 Do", simple, inside=b"BT /F1 9 Tf (inner) Tj ET /X1 Do")
    assert shown == "inner"


def test_font_without_a_map_stays_unread() -> None:
    assert page_with(b"BT /F1 9 Tf <00010002> Tj ET", composite_without_map) == ""
