"""Takes a finished form apart, once in a process, into what its copies are put together from."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from pipeline.forms.pdf.geometry import Edges, edges_of
from pipeline.forms.pdf.write.objects import Stock, make_stock, stream
from pipeline.forms.pdf.write.serial import Generation, Serial

#: Stands for the number of the page of a part in its elements.
PAGE = b"@page@"
_MARK = re.compile(rb"<<\s*/MCID\s+(\d+)\s*>>")
#: What a copy says of a field itself.
_OF_A_COPY = ("/Rect", "/P", "/TU", "/Ff", "/V", "/AS", "/AP", "/StructParent")
#: Elements without a meaning of their own, and the keys that each element has.
_BOXES = frozenset({"/Span", "/NonStruct"})
_OF_EVERY_ELEMENT = frozenset({"/Type", "/S", "/P", "/Pg", "/K"})
#: Parts that do not stand in the section of a group.
WITHOUT_GROUP = ("header", "intro", "send")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form; ``entries`` are those that no copy changes.

    ``value`` and ``look`` are what it holds and shows when it is blank, ``title`` is its name for
    people, ``flags`` its flags, ``place`` its number in the parent tree (None of a hidden field).
    """

    name: str
    number: int
    edges: Edges
    entries: bytes
    title: str
    flags: int
    value: bytes
    look: bytes
    place: int | None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        left, bottom, right, top = self.edges
        return right - left, top - bottom


@dataclass(frozen=True, slots=True)
class Whole:
    """A form of which a copy changes the fields alone; ``pages`` are those on which they stand."""

    stock: Stock
    fields: tuple[Field, ...]
    pages: tuple[int, ...]
    root: int
    information: int


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the structure that copies add kids to; ``entries`` are all but ``kids``."""

    number: int
    entries: bytes
    kids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LinkPart:
    """A link on a part: ``target`` is the sheet that it leads to; None of one out of the form.

    ``form`` is its element in the structure, ``place`` its number in the parent tree.
    """

    number: int
    edges: Edges
    entries: bytes
    target: int | None
    form: int
    place: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One part of a form.

    ``content`` draws it between ``top`` and ``bottom``. ``bodies`` are its elements, but for the
    topmost and the ``holder`` of its box, which may be the same; ``form`` is that of the box.
    ``row`` are the elements of its marked content, which is numbered from ``first_mark`` on, before
    ``next_mark``.
    """

    index: int
    name: str
    top: float
    bottom: float
    content: int
    first_mark: int
    next_mark: int
    row: bytes
    bodies: tuple[tuple[int, bytes], ...]
    topmost: Element
    holder: Element
    field: Field | None
    form: int
    links: tuple[LinkPart, ...]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline: where it leads to on its part, and what else it has."""

    number: int
    entries: bytes
    sheet: int
    x: bytes
    y: float


@dataclass(frozen=True, slots=True)
class Parts:
    """A form in parts; a copy says itself what else its catalogue and its pages have."""

    stock: Stock
    sheets: tuple[Sheet, ...]
    hidden: tuple[Field, ...]
    bookmarks: tuple[Bookmark, ...]
    outlines: tuple[int, bytes]
    fonts: bytes
    resources: bytes
    acro_form: bytes
    catalogue: bytes
    information: int


def whole(content: bytes) -> Whole:
    """Return the finished form ``content``, ready to be filled in."""
    import pikepdf  # noqa: PLC0415 - slow to import

    with pikepdf.open(BytesIO(content)) as pdf:
        widgets = list(pdf.Root.AcroForm.Fields)
        serial = Serial(widgets)
        return Whole(
            root=serial.number_of(pdf.Root),
            information=serial.number_of(pdf.trailer.Info),
            fields=tuple(_field(serial, widget) for widget in widgets),
            pages=tuple(serial.number_of(widget.P) for widget in widgets),
            stock=make_stock(serial.first, serial.objects, serial.streams),
        )


def parts(content: bytes, ends: Sequence[tuple[str, float]], top: float) -> Parts:
    """Return the parts of the finished form ``content``, each of which has a page of its own.

    ``ends`` are the names and lower edges of the parts, ``top`` is the upper edge of them all.
    """
    import pikepdf  # noqa: PLC0415 - slow to import

    with pikepdf.open(BytesIO(content)) as pdf:
        root = pdf.Root
        trees = [
            _tree(_topmost(fragment, name))
            for fragment, (name, _) in zip(root.StructTreeRoot.K[0].K, ends, strict=True)
        ]
        marks = list(_bookmarks(root.Outlines))
        widgets = list(root.AcroForm.Fields)
        elements = [element for tree in trees for element, _ in tree]
        links = [one for page in pdf.pages for one in page.obj.get("/Annots", []) if _is_link(one)]
        serial = Serial([*widgets, *elements, *marks, root.Outlines, *links])
        pages = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
        sheets: list[Sheet] = []
        for page, tree, (name, bottom) in zip(pdf.pages, trees, ends, strict=True):
            first = sheets[-1].next_mark if sheets else 0
            known = _Edges(len(sheets), name, top, bottom, first)
            sheet = _sheet(serial, page.obj, tree, known)
            sheets.append(replace(sheet, links=tuple(_links(serial, tree, pages))))
        shared = pdf.pages[0].obj.Resources
        left_out = ("/OpenAction", "/Pages", "/AcroForm", "/StructTreeRoot", "/Names")
        return Parts(
            sheets=tuple(sheets),
            hidden=tuple(_field(serial, one) for one in widgets if "/StructParent" not in one),
            bookmarks=tuple(
                Bookmark(
                    number=serial.number_of(mark),
                    entries=serial.entries(mark, ("/Dest",)),
                    sheet=pages[mark.Dest[0].objgen],
                    x=serial.body(mark.Dest[2]),
                    y=float(mark.Dest[3]) - top,
                )
                for mark in marks
            ),
            outlines=(serial.number_of(root.Outlines), serial.entries(root.Outlines)),
            fonts=serial.entries(shared.Font),
            resources=serial.entries(shared, ("/Font",)),
            acro_form=serial.entries(root.AcroForm, ("/Fields",)),
            catalogue=serial.entries(root, left_out),
            information=serial.number_of(pdf.trailer.Info),
            stock=make_stock(serial.first, serial.objects, serial.streams),
        )


@dataclass(frozen=True, slots=True)
class _Edges:
    """What is known of a part: its name, its edges, and the number of its first marked content."""

    index: int
    name: str
    top: float
    bottom: float
    first_mark: int


def _sheet(serial: Serial, page: Any, tree: Sequence[tuple[Any, Any]], known: _Edges) -> Sheet:
    """Return the part on ``page`` with the elements ``tree``, the topmost first."""
    marked: dict[int, int] = {}
    elements: list[tuple[Any, Element]] = []
    for element, above in tree:
        number = serial.number_of(element)
        kids = _flat(element)
        marked |= {kid: number for kid in kids if isinstance(kid, int)}
        entries = serial.entries(element, ("/K", "/Pg", "/P")) + b"/Pg %s 0 R" % PAGE
        if above is not None:
            entries += b"/P %d 0 R" % serial.number_of(above)
        written = tuple(_kid(serial, kid, known.first_mark) for kid in kids)
        elements.append((element, Element(number, entries, written)))
    (_, topmost), *below = elements
    form = next((element.number for item, element in below if item.S == "/Form"), 0)
    holder = next((element for _, element in elements if b"%d 0 R" % form in element.kids), topmost)
    count = max(marked, default=-1) + 1
    widgets = [one for one in page.get("/Annots", []) if not _is_link(one)]
    field = _field(serial, widgets[0]) if form else None
    return Sheet(
        index=known.index,
        name=known.name,
        top=known.top,
        bottom=known.bottom,
        content=_content(serial, page.Contents.read_bytes(), known.first_mark),
        first_mark=known.first_mark,
        next_mark=known.first_mark + count,
        row=b" ".join(b"%d 0 R" % marked[at] if at in marked else b"null" for at in range(count)),
        bodies=tuple(
            (element.number, body_of(element)) for _, element in below if element is not holder
        ),
        topmost=topmost,
        holder=holder,
        field=field,
        form=form,
        links=(),
    )


def _is_link(annotation: Any) -> bool:
    return bool(annotation.Subtype == "/Link")


def _links(
    serial: Serial, tree: Sequence[tuple[Any, Any]], pages: Mapping[Generation, int]
) -> Iterator[LinkPart]:
    """Yield the links within the elements ``tree``; ``pages`` are the sheets by their pages."""
    for element, _ in tree:
        for kid in _flat(element) if element.S == "/Link" else ():
            if not isinstance(kid, int) and "/Obj" in kid:
                link = kid.Obj
                yield LinkPart(
                    number=serial.number_of(link),
                    edges=edges_of(link),
                    entries=serial.entries(link, ("/Rect", "/P", "/StructParent", "/Dest")),
                    target=pages[link.Dest[0].objgen] if "/Dest" in link else None,
                    form=serial.number_of(element),
                    place=int(link.StructParent),
                )


def body_of(element: Element, entries: bytes = b"") -> bytes:
    """Return the object of an element, with further ``entries``."""
    return b"<<%s%s/K[%s]>>" % (element.entries, entries, b" ".join(element.kids))


def _content(serial: Serial, content: bytes, first_mark: int) -> int:
    """Write what draws a part; its marked content has numbers that no other part has."""
    number = serial.reserve()
    numbered = _MARK.sub(lambda found: b"<</MCID %d>>" % (first_mark + int(found[1])), content)
    serial.streams[number] = stream(numbered, pack=True)
    return number


def _kid(serial: Serial, kid: Any, first_mark: int) -> bytes:
    if isinstance(kid, int):
        return b"%d" % (first_mark + kid)
    if "/S" in kid:
        return b"%d 0 R" % serial.number_of(kid)
    return b"<</Type/OBJR/Obj %d 0 R/Pg %s 0 R>>" % (serial.number_of(kid.Obj), PAGE)


def _kids(element: Any) -> list[Any]:
    import pikepdf  # noqa: PLC0415 - slow to import

    kids = element.get("/K", pikepdf.Array())
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _topmost(fragment: Any, name: str) -> Any:
    """Return the element of the part ``name`` in what its page has of the form and its group."""
    (inner,) = _kids(fragment)
    if name in WITHOUT_GROUP:
        return inner
    (inner,) = _kids(inner)
    return inner


def _tree(element: Any, above: Any = None) -> list[tuple[Any, Any]]:
    """Return ``element`` and all elements below it with their parents, in the order of reading."""
    inner = [kid for kid in _flat(element) if _is_element(kid)]
    return [(element, above), *(one for kid in inner for one in _tree(kid, element))]


def _flat(element: Any) -> list[Any]:
    """Return the kids of ``element``, and in place of one that says nothing the kids of that."""
    found: list[Any] = []
    for kid in _kids(element):
        found += _flat(kid) if _is_element(kid) and _says_nothing(kid) else [kid]
    return found


def _is_element(kid: Any) -> bool:
    return not isinstance(kid, int) and "/S" in kid


def _says_nothing(element: Any) -> bool:
    """Return whether ``element`` is nothing but a box of the layout engine: a phrase, a line."""
    return str(element.S) in _BOXES and not set(element.keys()) - _OF_EVERY_ELEMENT


def _bookmarks(above: Any) -> Iterator[Any]:
    """Yield all entries of the outline below ``above``."""
    entry = above.get("/First")
    while entry is not None:
        yield entry
        yield from _bookmarks(entry)
        entry = entry.get("/Next")


def _field(serial: Serial, widget: Any) -> Field:
    entries: Mapping[str, Any] = dict(widget.items())
    held = [(key, entries[key]) for key in ("/V", "/AS") if key in entries]
    looks, place = entries.get("/AP"), entries.get("/StructParent")
    return Field(
        name=str(widget.T),
        number=serial.number_of(widget),
        edges=edges_of(widget),
        entries=serial.entries(widget, _OF_A_COPY),
        title=str(widget.TU),
        flags=int(widget.Ff),
        value=b"".join(b"%s %s" % (key.encode(), serial.body(value)) for key, value in held),
        look=b"" if looks is None else b"/AP %s" % serial.body(looks),
        place=None if place is None else int(place),
    )
