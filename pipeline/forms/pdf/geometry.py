"""Measures annotations: the edges and the size of their rectangle (ISO 32000-2, 7.9.5)."""

from typing import Any

#: Left, bottom, right and top, in points.
Edges = tuple[float, float, float, float]
#: What the arrow of a list takes at the right of its box, in points.
ARROW = 16.0


def edges_of(annotation: Any) -> Edges:
    """Return left, bottom, right and top of an annotation, in points."""
    x0, y0, x1, y1 = (float(edge) for edge in annotation.Rect)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def edges_if_any(annotation: Any) -> Edges | None:
    """Return the edges of an annotation; None when its rectangle is not four numbers."""
    try:
        return edges_of(annotation)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def size_of(annotation: Any) -> tuple[float, float]:
    """Return width and height of an annotation, in points."""
    left, bottom, right, top = edges_of(annotation)
    return right - left, top - bottom
