"""Draws what a field shows: appearance streams in our own font (ISO 32000-2, 12.7.4.3).

A viewer that edits a field draws it anew with its own fonts; until then, and in viewers that only
show, this is what is seen, Japanese included. Only the glyphs that are used are embedded.
"""

from dataclasses import dataclass

from pipeline.forms.pdf.fonts import drawable
from pipeline.forms.pdf.write.typesetting.faces import MORE, Faces
from pipeline.forms.pdf.write.typesetting.lines import units, wrapped

#: Nothing is smaller than the last of them.
_SIZES = (10.0, 9.5, 9.0)
_LEADING = 1.3
#: Of two lines in a box of one, which has no room for more.
_TIGHT = 1.08
_ASCENT, _DESCENT = 0.88, 0.2  # of the size
_BASELINE = 0.24  # of the size, below the middle of a single line
_PADDING = 2.5
_TICK = "0.12 0.36 0.42 rg {x0:.2f} {y1:.2f} m {x1:.2f} {y0:.2f} l {x2:.2f} {y2:.2f} l S"
#: In its smallest size a box that grows shows its text, with room for one line more.
_SMALLEST = _SIZES[-1]
_MOST_LINES = 100
#: Em of the narrowest character: of a long text no more is looked at than a box could show.
_NARROWEST = 0.2


@dataclass(frozen=True, slots=True)
class _Set:
    """A text in its box: the size, the distance of its lines, the lines; whether all is shown."""

    size: float
    leading: float
    lines: list[str]
    fits: bool


class Painter:
    """Draws texts into fields with the characters of ``faces``."""

    def __init__(self, faces: Faces) -> None:
        self._faces = faces

    def height(self, text: str, width: float) -> float:
        """Return the height of a box of ``width`` points that shows all of ``text``."""
        lines = self._wrapped(_plain(text), (width - 2 * _PADDING) / _SMALLEST, _MOST_LINES)
        return (len(lines) + 1) * _SMALLEST * _LEADING

    def fits(self, text: str, width: float, height: float, *, lines: bool) -> bool:
        """Return whether a box of this size shows all of ``text``."""
        return self._set(_plain(text), width, height, lines=lines).fits

    def text(self, text: str, width: float, height: float, *, lines: bool) -> bytes:
        """Return the appearance of a text field of ``width`` by ``height`` points.

        The text is made smaller, down to 9 points, where it would not fit, and then cut. A box with
        ``lines`` wraps it; one without shows what is too long for it in two lines.
        """
        placed = self._set(_plain(text), width, height, lines=lines)
        size, step = placed.size, placed.size * placed.leading
        if lines:
            top = height - _PADDING - size
        elif len(placed.lines) == 1:
            top = height / 2 - (0.5 - _BASELINE) * size
        else:
            top = (height + step - (_ASCENT - _DESCENT) * size) / 2
        drawn = [
            f"1 0 0 1 {_PADDING} {top - index * step:.2f} Tm " + self._faces.shown(line, size)
            for index, line in enumerate(placed.lines)
        ]
        clip = f"1 1 {width - 2:.2f} {height - 2:.2f} re W n"
        return f"/Tx BMC q {clip} BT 0 g {' '.join(drawn)} ET Q EMC".encode("ascii")

    def _set(self, text: str, width: float, height: float, *, lines: bool) -> _Set:
        """Return how ``text`` stands in its box; what does not fit is cut."""
        room = width - 2 * _PADDING
        if lines:
            for size in _SIZES:
                most = int((height - _PADDING) / size / _LEADING)
                broken = self._wrapped(text, room / size, most)
                if len(broken) <= most:
                    return _Set(size, _LEADING, broken, fits=True)
            return _Set(size, _LEADING, self._cut(broken, room / size, most), fits=False)
        text = text.replace("\n", " ")
        needed = self._faces.width(text)
        for size in _SIZES:
            if needed * size <= room:
                return _Set(size, _LEADING, [text], fits=True)
        most = min(int(height / size / _TIGHT), 2)
        broken = self._wrapped(text, room / size, most)
        shown = self._cut(broken, room / size, most)
        return _Set(size, _TIGHT, shown, fits=len(broken) <= most)

    def _cut(self, broken: list[str], room: float, most: int) -> list[str]:
        """Return what a box of ``most`` lines shows of more; "…" says that there is more.

        ``room`` is the width of the box in em.
        """
        shown = broken[: max(1, most)]
        last = shown[-1]
        if len(shown) < len(broken) or self._faces.width(last) > room:
            shown[-1] = last[: self._prefix(last, room - 1)] + MORE
        return shown

    def _wrapped(self, text: str, room: float, most: int) -> list[str]:
        """Return the lines of ``text`` for a box ``room`` em wide.

        Of more than ``most`` lines only one more is returned.
        """
        found: list[str] = []
        for paragraph in text.split("\n"):
            left = most + 1 - len(found)
            if left <= 0:
                break
            shown = paragraph[: int(left * room / _NARROWEST) + 1]
            found += wrapped(units(shown, ""), self._faces.width, room)[:left]
        return found

    def _prefix(self, text: str, room: float) -> int:
        """Return how many characters of ``text`` fit into ``room`` em."""
        used = 0.0
        for index, character in enumerate(text):
            used += self._faces.width_of(character)
            if used > room:
                return index
        return len(text)


def _plain(text: str) -> str:
    return drawable(text).replace("\t", " ")


def tick_drawing(width: float, height: float) -> str:
    """Return the drawing of a tick in a box of ``width`` by ``height`` points."""
    points = _TICK.format(
        x0=width * 0.2, y1=height * 0.5, x1=width * 0.42, y0=height * 0.22, x2=width * 0.82,
        y2=height * 0.8,
    )  # fmt: skip
    return f"q 1.6 w 1 J 1 j {points.replace(' rg', ' RG')} Q"
