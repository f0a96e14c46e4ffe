"""Draws what a field shows: appearance streams in our own font (ISO 32000-2, 12.7.4.3).

A viewer that edits a field draws it anew with its own fonts; until then, and in viewers that only
show, this is what is seen, Japanese included. Only the glyphs that are used are embedded.
"""

from pipeline.forms.pdf.fonts import drawable
from pipeline.forms.pdf.write.faces import MORE, Faces

_SIZES = (10.0, 9.0, 8.0, 7.0, 6.0)
_LEADING = 1.3
_BASELINE = 0.24  # of the size, below the middle of a single line
_PADDING = 2.5
_TICK = "0.12 0.36 0.42 rg {x0:.2f} {y1:.2f} m {x1:.2f} {y0:.2f} l {x2:.2f} {y2:.2f} l S"
#: In this size a box that grows shows its text; below it there is room for one line more.
_GROWN_SIZE = 9.0
_MOST_LINES = 100


class Painter:
    """Draws texts into fields with the characters of ``faces``."""

    def __init__(self, faces: Faces) -> None:
        self._faces = faces

    def height(self, text: str, width: float) -> float:
        """Return the height of a box of ``width`` points that shows all of ``text``."""
        lines = self._wrapped(_plain(text), (width - 2 * _PADDING) / _GROWN_SIZE, _MOST_LINES)
        return (len(lines) + 1) * _GROWN_SIZE * _LEADING

    def text(self, text: str, width: float, height: float, *, lines: bool) -> bytes:
        """Return the appearance of a text field of ``width`` by ``height`` points.

        The text is made smaller, down to 6 points, where it would not fit, and then cut; ``lines``
        wraps it.
        """
        text = _plain(text)
        room = width - 2 * _PADDING
        size, wrapped = _SIZES[-1], [text.replace("\n", " ")]
        for size in _SIZES:
            if lines:
                most = int((height - _PADDING) / size / _LEADING)
                wrapped = self._wrapped(text, room / size, most)
                fits = len(wrapped) <= most
            else:
                fits = self._faces.width(wrapped[0]) * size <= room
            if fits:
                break
        else:
            wrapped = self._cut(wrapped, room / size, (height - _PADDING) / size if lines else 1.3)
        top = height - _PADDING - size if lines else height / 2 - (0.5 - _BASELINE) * size
        drawn = [
            f"1 0 0 1 {_PADDING} {top - index * size * _LEADING:.2f} Tm "
            + self._faces.shown(line, size)
            for index, line in enumerate(wrapped)
        ]
        clip = f"1 1 {width - 2:.2f} {height - 2:.2f} re W n"
        return f"/Tx BMC q {clip} BT 0 g {' '.join(drawn)} ET Q EMC".encode("ascii")

    def _cut(self, wrapped: list[str], room: float, height: float) -> list[str]:
        """Return what a box shows of lines that do not fit; "…" says that there is more.

        ``room`` and ``height`` are those of the box in em.
        """
        shown = wrapped[: max(1, int(height / _LEADING))]
        last = shown[-1]
        if len(shown) < len(wrapped) or self._faces.width(last) > room:
            shown[-1] = last[: self._prefix(last, room - 1)] + MORE
        return shown

    def _wrapped(self, text: str, room: float, most: int) -> list[str]:
        """Return the lines of ``text`` for a box ``room`` em wide, broken at blanks if possible.

        Of more than ``most`` lines only one more is returned.
        """
        found: list[str] = []
        for paragraph in text.split("\n"):
            rest = paragraph
            while len(found) <= most and (end := self._prefix(rest, room)) < len(rest):
                blank = rest.rfind(" ", 0, end + 1)
                cut = blank + 1 if blank > 0 else max(end, 1)
                found.append(rest[:cut].rstrip())
                rest = rest[cut:]
            if len(found) > most:
                break
            found.append(rest)
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


def dash_drawing(height: float) -> str:
    """Return the drawing of the dash of a list where nothing is chosen yet, without a font."""
    return f"/Tx BMC q 0 g {_PADDING} {height / 2 - 0.4:.2f} 10 0.8 re f Q EMC"
