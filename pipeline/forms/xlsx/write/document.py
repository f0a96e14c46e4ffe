"""Sets the properties of a workbook and how its sheets are printed."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.write.package import FIXED_DATE
from pipeline.forms.xlsx.write.style import Look

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_A4 = 9
_FOOTER_POINTS = 10
#: The height in points of a row that names none.
USUAL_HEIGHT = 15.0
#: What heights of rows one page holds: A4 without margins, at the scale that fits our columns.
_PAGE_POINTS = (900.0, 920.0, 940.0, 960.0, 980.0)


def standard_font(book: "Workbook", look: Look) -> None:
    """Make the widths of columns count in the characters of our font."""
    normal = book._named_styles["Normal"]  # type: ignore[attr-defined] # no public way
    normal.font = look.plain


def describe(book: "Workbook", stamp: Stamp, texts: FormTexts) -> None:
    """Write the document properties, where programs and people look for what a file is."""
    from openpyxl.packaging.custom import StringProperty  # noqa: PLC0415 - slow to import

    made = datetime.fromisoformat(FIXED_DATE).replace(tzinfo=None)
    book.properties.title = texts.form(stamp.kind).title
    book.properties.subject = texts.words("subject")
    book.properties.creator = texts.words("company")
    book.properties.language = stamp.language
    book.properties.identifier = stamp.text
    book.properties.version = stamp.version
    book.properties.created = made
    book.properties.modified = made
    properties = book.custom_doc_props  # type: ignore[attr-defined] # newer than the stubs
    for name, value in stamp.entries:
        properties.append(StringProperty(name=name, value=value))
    book.calculation.fullCalcOnLoad = True


def set_up_page(sheet: "Worksheet", stamp: Stamp, texts: FormTexts, look: Look) -> None:
    """Print on A4 portrait, one page wide, with the identity in the footer."""
    from openpyxl.worksheet.header_footer import HeaderFooterItem  # noqa: PLC0415 - slow
    from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415 - slow

    sheet.page_setup.orientation = "portrait"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for side, inches in (
        ("left", 0.25),
        ("right", 0.25),
        ("top", 0.35),
        ("bottom", 0.5),
        ("footer", 0.25),
    ):
        setattr(sheet.page_margins, side, inches)
    sheet.print_options.horizontalCentered = True
    sheet.HeaderFooter.scaleWithDoc = False
    footer = HeaderFooterItem()
    footer.left.text = texts.form(stamp.kind).footer
    footer.center.text = stamp.text
    footer.right.text = texts.words("page").format(page="&P", pages="&N")
    for part in (footer.left, footer.center, footer.right):
        part.size = _FOOTER_POINTS
        part.font = f"{look.font_name},Regular"
    sheet.oddFooter = footer
    sheet.sheet_view.showGridLines = False


def break_pages(sheet: "Worksheet", starts: Mapping[int, int], last: int) -> None:
    """Break pages where :func:`page_breaks` says so; the rows have their heights by then."""
    from openpyxl.worksheet.pagebreak import Break  # noqa: PLC0415 - slow to import

    heights = {row: sheet.row_dimensions[row].height or USUAL_HEIGHT for row in range(1, last + 1)}
    for row in page_breaks(heights, starts, last):
        sheet.row_breaks.append(Break(id=row))


def page_breaks(heights: Mapping[int, float], starts: Mapping[int, int], last: int) -> list[int]:
    """Return the rows after which a page ends, so that no heading stands alone at the foot.

    ``starts`` are the rows of headings and frames with the last row that belongs to each, ``last``
    is the last row. How much goes onto a page differs a little between programs and fonts, so a
    heading must stand alone in none of several counts.
    """
    found = []
    used = [0.0] * len(_PAGE_POINTS)
    for row in range(1, last + 1):
        rooms = [room - there for room, there in zip(_PAGE_POINTS, used, strict=True)]
        whole = sum(heights[one] for one in range(row, starts.get(row, row) + 1))
        broken = row in starts and any(heights[row] <= room < whole for room in rooms)
        if broken:
            found.append(row - 1)
        for index, room in enumerate(rooms):
            if broken or heights[row] > room:  # rows are not cut: the next page begins here
                used[index] = heights[at.HEADER_ROW]
            used[index] += heights[row]
    return found
