"""Puts characters that stand beside each other together: the words of one thing that was drawn."""

from collections.abc import Iterable, Sequence

from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.printed.fold import as_typed
from pipeline.forms.pdf.printed.page import Character

_TALL = 0.72  # of an em: the height of a capital letter
_SIZES = (4.0, 40.0)
_GAP = 0.32  # em, between what is black: room for a space
_FAR = 2.5  # em: further away is another thing
_LEADING = 2.0  # em
_SAME_LINE = 0.35  # em
_ASLANT = 1.3  # em, from letter to letter across and up together

Run = list[Character]


def runs(characters: Iterable[Character]) -> list[Run]:
    """Return the characters, in the order of the file, as runs of such as stand together."""
    found: list[Run] = []
    last: Character | None = None
    for item in characters:
        if item.is_blank:
            if found:
                found[-1].append(item)
            continue
        if last is not None and _goes_on(last, item):
            found[-1].append(item)
        else:
            found.append([item])
        last = item
    return found


def words_of(run: Sequence[Character]) -> str:
    """Return the text of a run; a new line of it is a space."""
    text, last = "", None
    for item in run:
        if last is not None and not item.is_blank and text[-1:] != " ":
            text += " " if _is_apart(last, item) else ""
        text += " " if item.is_blank else item.text
        last = last if item.is_blank else item
    return as_typed(
        " ".join(text.split()).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    )


def edges_of_run(run: Sequence[Character]) -> Edges:
    """Return the edges around the characters of a run."""
    shown = [item.edges for item in run if not item.is_blank]
    return (
        min(edges[0] for edges in shown), min(edges[1] for edges in shown),
        max(edges[2] for edges in shown), max(edges[3] for edges in shown),
    )  # fmt: skip


def _size(item: Character) -> float:
    return min(max((item.edges[3] - item.edges[1]) / _TALL, _SIZES[0]), _SIZES[1])


def _goes_on(last: Character, item: Character) -> bool:
    size = max(_size(last), _size(item))
    if abs(last.y - item.y) < _SAME_LINE * size:
        return -size < item.edges[0] - last.edges[2] < _FAR * size
    is_below = 0 < last.y - item.y < _LEADING * size and item.x < last.x
    return is_below or abs(item.x - last.x) + abs(item.y - last.y) < _FAR * size


def _is_apart(last: Character, item: Character) -> bool:
    size = max(_size(last), _size(item))
    if abs(last.y - item.y) < _SAME_LINE * size:
        return item.edges[0] - last.edges[2] > _GAP * size
    is_next = item.x >= last.x - _SAME_LINE * size  # written aslant, or downwards
    return not is_next or abs(item.x - last.x) + abs(item.y - last.y) > _ASLANT * size
