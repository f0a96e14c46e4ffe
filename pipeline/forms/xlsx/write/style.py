"""Styles our workbooks: fonts, fills, borders, and how tall a row has to be for its text."""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openpyxl.cell.rich_text import CellRichText
    from openpyxl.styles import Alignment, Border, Font, PatternFill

#: On every Windows since 10 (1809) and replaced by Hiragino on macOS; all other languages: Arial.
_FONTS = {"ja": "BIZ UDPゴシック"}
_FONT = "Arial"
_SIZE = 11
#: A line with wide characters is taller: their fonts, and those that stand in for them, are.
_LINE_POINTS = 14.4
_WIDE_LINE_POINTS = 15.3
_PADDING_POINTS = 3.5
#: Widths in digits of the standard font, a little more than measured, so that nothing is clipped.
_WIDE = 1.88
_NARROW = 1.04
#: Thousandths of an em that letters take in Arial, where they differ from what a digit takes.
_DIGIT = 556
_LETTERS = {
    letter: width
    for width, letters in (
        (191, "'"), (222, "ijl"), (278, " !,./:;I[]\\ft"), (333, "()-`r"), (355, '"{}|'),
        (500, "Jckszvxy"), (584, "+<=>~"), (611, "FTZ"), (667, "&ABEKPSVXY"), (722, "CDHNRUw"),
        (389, "*"), (778, "GOQ"), (833, "Mm"), (889, "%"), (944, "W"), (1015, "@"),
    )
    for letter in letters
}  # fmt: skip
#: All forms in all languages, each of some 35 questions with four texts of ours, in two widths.
_KEPT_MEASURES = 4096
#: The tallest row that spreadsheet programs know, in points.
_TALLEST = 409.0
_MOST_LINES = math.ceil(_TALLEST / _LINE_POINTS)

#: A counter that BudouX cuts in two: 1か月.
_COUNTED = re.compile(r"[0-9]か\Z")
#: What no line begins with.
_CLOSING = frozenset("、。，．）」』：；！？ー…")

INK = "1F2933"
MUTED = "4A5560"
ACCENT = "0B4F6C"
_HEADER_FILL = "0B4F6C"
_GROUP_FILL = "DCE9EF"
_ANSWER_FILL = "FFFBE6"
_FACTS_FILL = "F4F8FA"
_MARK_FILL = "FBD5D0"
_MARK_INK = "8A1C0D"
_EMPTY_FILL = "FFECB8"
_LINE = "B4C2CB"
_MARK_LINE = "8A1C0D"


@dataclass(frozen=True)
class Look:
    """Fonts, fills and borders for one language; made once a workbook."""

    language: str

    @property
    def font_name(self) -> str:
        """The font that the language is written in."""
        return _FONTS.get(self.language, _FONT)

    def font(self, *, size: int = _SIZE, bold: bool = False, color: str = INK) -> "Font":
        """Return a font of this language."""
        from openpyxl.styles import Font  # noqa: PLC0415 - slow to import

        return Font(name=self.font_name, size=size, bold=bold, color=color)

    @cached_property
    def plain(self) -> "Font":
        """Running text."""
        return self.font()

    @cached_property
    def strong(self) -> "Font":
        """Labels and headings in running text."""
        return self.font(bold=True)

    @cached_property
    def muted(self) -> "Font":
        """Explanations."""
        return self.font(color=MUTED)

    @cached_property
    def link(self) -> "Font":
        """What leads somewhere."""
        from openpyxl.styles import Font  # noqa: PLC0415 - slow to import

        return Font(name=self.font_name, size=_SIZE, color=ACCENT, underline="single")

    @cached_property
    def title(self) -> "Font":
        """The first cell of a sheet."""
        return self.font(size=16, bold=True, color=ACCENT)

    @cached_property
    def header(self) -> "Font":
        """The table's header."""
        return self.font(bold=True, color="FFFFFF")

    @cached_property
    def warning(self) -> "Font":
        """Sentences at marked answers."""
        return self.font(bold=True, color=_MARK_INK)

    def rich(self, label: str, explanation: str) -> "CellRichText":
        """Return a label with what stands below it."""
        from openpyxl.cell.rich_text import CellRichText, TextBlock  # noqa: PLC0415 - slow
        from openpyxl.cell.text import InlineFont  # noqa: PLC0415 - slow to import
        from openpyxl.styles.colors import Color  # noqa: PLC0415 - slow to import

        def block(text: str, color: str, *, bold: bool) -> TextBlock:
            return TextBlock(
                InlineFont(rFont=self.font_name, sz=_SIZE, color=Color(color), b=bold or None), text
            )

        below = block(f"\n{explanation}", MUTED, bold=False)
        return CellRichText(block(label, INK, bold=True), below)

    @cached_property
    def wrap(self) -> "Alignment":
        """Wrapped, at the top left."""
        from openpyxl.styles import Alignment  # noqa: PLC0415 - slow to import

        return Alignment(horizontal="left", vertical="top", wrap_text=True)

    @cached_property
    def middle(self) -> "Alignment":
        """Wrapped, in the middle of the table's header."""
        from openpyxl.styles import Alignment  # noqa: PLC0415 - slow to import

        return Alignment(horizontal="left", vertical="center", wrap_text=True)

    @cached_property
    def flow(self) -> "Alignment":
        """One line that may run over the empty cells to its right."""
        from openpyxl.styles import Alignment  # noqa: PLC0415 - slow to import

        return Alignment(horizontal="left", vertical="center", wrap_text=False)

    @cached_property
    def header_fill(self) -> "PatternFill":
        """The table's header."""
        return _fill(_HEADER_FILL)

    @cached_property
    def group_fill(self) -> "PatternFill":
        """The heading of a section."""
        return _fill(_GROUP_FILL)

    @cached_property
    def facts_fill(self) -> "PatternFill":
        """What cannot be undone."""
        return _fill(_FACTS_FILL)

    @cached_property
    def answer_fill(self) -> "PatternFill":
        """A cell to write into."""
        return _fill(_ANSWER_FILL)

    @cached_property
    def mark_fill(self) -> "PatternFill":
        """A marked answer."""
        return _fill(_MARK_FILL)

    @cached_property
    def empty_fill(self) -> "PatternFill":
        """A required answer that is still empty (for a conditional format: the background)."""
        from openpyxl.styles import PatternFill  # noqa: PLC0415 - slow to import

        return PatternFill(bgColor=_EMPTY_FILL, fill_type="solid")

    @cached_property
    def corrected_fill(self) -> "PatternFill":
        """A marked answer that was changed (for a conditional format)."""
        from openpyxl.styles import PatternFill  # noqa: PLC0415 - slow to import

        return PatternFill(bgColor=_ANSWER_FILL, fill_type="solid")

    @cached_property
    def corrected_font(self) -> "Font":
        """The check of a marked answer that was changed (for a conditional format)."""
        from openpyxl.styles import Font  # noqa: PLC0415 - slow to import

        return Font(bold=False, color=INK)

    @cached_property
    def box(self) -> "Border":
        """A cell of the table."""
        return _border(_LINE, "thin")

    def frame(self, *, left: bool, right: bool, top: bool, bottom: bool) -> "Border":
        """Return the border of a cell at those edges of a frame where it stands."""
        from openpyxl.styles import Border, Side  # noqa: PLC0415 - slow to import

        def side(there: bool) -> Side:  # noqa: FBT001 - one edge
            return Side(style="medium", color=ACCENT) if there else Side()

        return Border(left=side(left), right=side(right), top=side(top), bottom=side(bottom))

    @cached_property
    def mark_box(self) -> "Border":
        """A marked answer."""
        return _border(_MARK_LINE, "medium")


def _fill(color: str) -> "PatternFill":
    from openpyxl.styles import PatternFill  # noqa: PLC0415 - slow to import

    return PatternFill(start_color=color, fill_type="solid")


def _border(color: str, style: "str") -> "Border":
    from openpyxl.styles import Border, Side  # noqa: PLC0415 - slow to import

    side = Side(style=style, color=color)  # type: ignore[arg-type] # the stubs list literals
    return Border(left=side, right=side, top=side, bottom=side)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def text_width(text: str) -> float:
    """Return the width of ``text`` in digits of the standard font, the unit of column widths."""
    return sum(map(_width, text))


@lru_cache(maxsize=_KEPT_MEASURES)
def _width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if _is_wide(character):
        return _WIDE
    return _NARROW * _LETTERS.get(character, _DIGIT) / _DIGIT


def wrap_lines(text: str, width: float) -> tuple[str, ...]:
    """Return ``text`` broken into lines that are at most ``width`` characters wide.

    Words are kept whole; wide characters and words that are too long break anywhere.
    """
    return tuple(_lines(text, width))


def wrap_phrases(text: str, width: float) -> tuple[str, ...]:
    """Return a Japanese ``text`` of ours broken between phrases (BudouX) at most so wide."""
    return tuple(_lines(text, width, _phrases))


@lru_cache(maxsize=_KEPT_MEASURES)
def _phrases(text: str, _: float) -> tuple[str, ...]:
    found: list[str] = []
    for phrase in _phrase_parser().parse(text):
        if found and (phrase[0] in _CLOSING or _COUNTED.search(found[-1])):
            found[-1] += phrase
        else:
            found.append(phrase)
    return tuple(found)


@cache
def _phrase_parser() -> Any:
    import budoux  # noqa: PLC0415 - only where forms are made

    return budoux.load_default_japanese_parser()


def _lines(
    text: str, width: float, pieces: "Callable[[str, float], Iterable[str]] | None" = None
) -> Iterator[str]:
    for paragraph in text.split("\n"):
        line = ""
        for piece in (pieces or _pieces)(paragraph, width):
            if line and text_width(line + piece.rstrip()) > width:
                yield line.rstrip()
                line = piece.lstrip()
            else:
                line += piece
        yield line.rstrip()


def _pieces(text: str, width: float) -> Iterator[str]:
    """Yield the parts of ``text`` between which a line may break, in order and complete."""
    last = ""
    for character in text:
        wide = _is_wide(character)
        joins = (
            bool(last)
            and (character in _CLOSING or not (wide or _is_wide(last[-1])))
            and not (last[-1] == " " and character != " ")
            and text_width(last + character) <= width
        )
        if joins:
            last += character
        else:
            if last:
                yield last
            last = character
    if last:
        yield last


def measured(text: str, width: float) -> tuple[int, bool]:
    """Return how many lines ``text`` takes in a column, and whether it has wide characters.

    No more lines are counted than the tallest row has, however long the text is.
    """
    lines = sum(1 for _ in islice(_lines(text, width - 1.2), _MOST_LINES))
    return lines, any(map(_is_wide, text))


#: The same for texts of ours, which come again in every workbook.
own_measured = lru_cache(maxsize=_KEPT_MEASURES)(measured)


def row_height(cells: tuple[tuple[str, float], ...], *, at_least: int = 1) -> float:
    """Return the height in points of a row whose cells hold (text, column width)."""
    return height_of((measured(text, width) for text, width in cells), at_least=at_least)


def height_of(sizes: Iterable[tuple[int, bool]], *, at_least: int = 1) -> float:
    """Return the height in points of a row whose cells have the ``sizes`` that were measured."""
    found = tuple(sizes)
    lines = max((lines for lines, _ in found), default=1)
    line = _WIDE_LINE_POINTS if any(wide for _, wide in found) else _LINE_POINTS
    return min(_TALLEST, max(lines, at_least) * line + _PADDING_POINTS)
