"""Completes the structure tree, which screen readers follow (ISO 32000-1, 14.7; ISO 14289-1).

The layout engine leaves the running footer between content and artifact, keeps elements that hold
nothing, and puts a box before the label that names it; here that is set right.
"""

import re
from collections.abc import Iterator
from typing import Any

#: Texts are hexadecimal strings in these streams: nothing of them looks like a mark.
_MARK = re.compile(rb"/\w+\s*<<\s*/MCID\s+(\d+)\s*>>\s*BDC")
_BLANK = re.compile(rb"/\w+\s*<<\s*/MCID\s+(\d+)\s*>>\s*BDC\s*(?:[\d. ]+rg\s+)?BT\s*ET\s*EMC")
_FOOTER = b"/Artifact <</Type /Pagination /Subtype /Footer>> BDC"
_LABEL_AND_HINT = 2


def tidy_tags(pdf: Any) -> None:
    """Make the tree of the laid-out ``pdf`` say what is there, in the order of reading."""
    root = pdf.Root.StructTreeRoot
    _prune(root, _blanks(pdf))
    for _, element in list(_elements(root)):
        _label_first(element)
    _mark_footers(pdf, root)
    _rebuild_parent_tree(pdf, root)


def _kids(element: Any) -> list[Any]:
    import pikepdf  # noqa: PLC0415 - slow to import

    kids = element.get("/K", pikepdf.Array())
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _is_reference(kid: Any) -> bool:
    return not isinstance(kid, int) and bool(kid.get("/Type") == "/OBJR")


def _is_element(kid: Any) -> bool:
    return not isinstance(kid, int) and "/S" in kid


def _elements(element: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every element below ``element`` with its parent, in the order of reading."""
    for kid in _kids(element):
        if _is_element(kid):
            yield element, kid
            yield from _elements(kid)


def _blanks(pdf: Any) -> set[tuple[tuple[int, int], int]]:
    """Return (page, MCID) of marked content in which nothing is shown: blanks at ends of lines."""
    found = set()
    for page in pdf.pages:
        page.contents_coalesce()
        marks = _BLANK.findall(page.obj.Contents.read_bytes())
        found |= {(page.obj.objgen, int(mark)) for mark in marks}
    return found


def _prune(element: Any, blanks: set[tuple[tuple[int, int], int]]) -> None:
    """Drop what holds nothing, below ``element``."""
    import pikepdf  # noqa: PLC0415 - slow to import

    kept = []
    for kid in _kids(element):
        if isinstance(kid, int) and (element.Pg.objgen, kid) in blanks:
            continue
        if _is_element(kid):
            _prune(kid, blanks)
            if not _kids(kid):
                continue
        kept.append(kid)
    element.K = pikepdf.Array(kept)


def _label_first(question: Any) -> None:
    """Move the box of a question behind its label and hint: it floats, so it is laid out first."""
    import pikepdf  # noqa: PLC0415 - slow to import

    kids = _kids(question)
    if question.S != "/Div" or len(kids) <= _LABEL_AND_HINT or not _is_element(kids[0]):
        return
    if kids[0].S == "/Div" and any(inner.S == "/Form" for _, inner in _elements(kids[0])):
        box, rest = kids[0], kids[1:]
        ordered = [*rest[:_LABEL_AND_HINT], box, *rest[_LABEL_AND_HINT:]]
        question.K = pikepdf.Array(ordered)


def _mark_footers(pdf: Any, root: Any) -> None:
    """Make an artifact of all marked content that the tree does not hold: the running footers."""
    held = {
        (element.Pg.objgen, kid)
        for _, element in _elements(root)
        for kid in _kids(element)
        if isinstance(kid, int)
    }
    for page in pdf.pages:
        where = page.obj.objgen
        content = page.obj.Contents.read_bytes()

        def marked(found: re.Match[bytes], where: tuple[int, int] = where) -> bytes:
            return found.group() if (where, int(found.group(1))) in held else _FOOTER

        page.obj.Contents.write(_MARK.sub(marked, content))


def _rebuild_parent_tree(pdf: Any, root: Any) -> None:
    """Write the way back from content and annotations to their elements, from what the tree holds.

    Pages have the numbers from 0, annotations the ones behind.
    """
    import pikepdf  # noqa: PLC0415 - slow to import

    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    of_pages: list[dict[int, Any]] = [{} for _ in numbers]
    of_annotations: list[Any] = []
    for _, element in _elements(root):
        for kid in _kids(element):
            if isinstance(kid, int):
                of_pages[numbers[element.Pg.objgen]][kid] = element
            elif _is_reference(kid):
                kid.Obj.StructParent = len(numbers) + len(of_annotations)
                of_annotations.append(element)
    nums: list[Any] = []
    for number, (page, held) in enumerate(zip(pdf.pages, of_pages, strict=True)):
        page.obj.StructParents = number
        row = [held.get(mark) for mark in range(max(held, default=-1) + 1)]
        nums += [number, pdf.make_indirect(pikepdf.Array(row))]
    for number, element in enumerate(of_annotations, len(numbers)):
        nums += [number, element]
    tree = pikepdf.Dictionary(Nums=pikepdf.Array(nums))
    root.ParentTree = pdf.make_indirect(tree)
    root.ParentTreeNextKey = len(numbers) + len(of_annotations)
