"""Assembles the file of a marked copy: its pages, its structure, and the ways between them.

The tree is that of the blank (ISO 32000-2, 14.7): a section for each group of questions, and in it
a division for each question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.forms.pdf.signs import PAGE_DIGEST
from pipeline.forms.pdf.write.annotations import Marked, annotate
from pipeline.forms.pdf.write.objects import Copy, number, rectangle, references, string
from pipeline.forms.pdf.write.prepared import (
    PAGE,
    WITHOUT_GROUP,
    Element,
    Field,
    LinkPart,
    Parts,
    Sheet,
    body_of,
)
from pipeline.forms.pdf.write.printing import PAGE_HEIGHT, PAGE_WIDTH


@dataclass(slots=True)
class Page:
    """A page in the making.

    ``rows`` are the elements of its marked content: number of the first, one behind the last, and
    references.
    """

    number: int
    contents: list[int] = field(default_factory=list)
    operators: bytearray = field(default_factory=bytearray)
    marks: list[int] = field(default_factory=list)
    widgets: list[int] = field(default_factory=list)
    rows: list[tuple[int, int, bytes]] = field(default_factory=list)


class Assembly:
    """One marked ``copy`` of the form in ``parts``, put together from the first page on."""

    def __init__(self, copy: Copy, parts: Parts) -> None:
        self._copy, self._parts = copy, parts
        self.pages: list[Page] = []
        self._page_tree, self._resources = copy.reserve(), copy.reserve()
        self._tree, self._document = copy.reserve(), copy.reserve()
        self._kids: list[int] = []
        self._groups: list[tuple[int, list[int]]] = []
        self._awaits_title = False
        self._places: dict[int, int] = {}
        self._links: list[tuple[LinkPart, Page, float]] = []
        self._tops: dict[int, tuple[Page, float]] = {}
        places = [sheet.field.place or 0 for sheet in parts.sheets if sheet.field]
        places += [link.place for sheet in parts.sheets for link in sheet.links]
        self._next_place = max(places, default=-1) + 1
        self._next_mark = max(sheet.next_mark for sheet in parts.sheets)
        self._bookmarks: dict[int, bytes] = {}

    def page(self, index: int) -> Page:
        """Return the page ``index``; it is begun when it is the next one."""
        if index == len(self.pages):
            self.pages.append(Page(self._copy.reserve()))
        return self.pages[index]

    def add_content(self, page: Page, sheet: Sheet, shift: float) -> None:
        """Draw the part ``sheet`` on ``page``, ``shift`` points above where it is on its own."""
        page.operators += b"q 1 0 0 1 0 %s cm\n" % number(shift)
        self._flush(page)
        page.contents.append(sheet.content)
        page.operators += b"Q\n"
        if sheet.next_mark > sheet.first_mark:
            page.rows.append((sheet.first_mark, sheet.next_mark, sheet.row))

    def new_mark(self, page: Page, element: int) -> int:
        """Return the number of new marked content on ``page``, which belongs to ``element``."""
        mark = self._next_mark
        self._next_mark += 1
        page.rows.append((mark, mark + 1, b"%d 0 R" % element))
        return mark

    def add_paragraph(
        self, element: int, marks: Sequence[tuple[Page, int]], above: int = 0
    ) -> None:
        """Write the paragraph ``element`` of the marked contents ``marks``.

        It stands in the element ``above``, or in the document.
        """
        first = marks[0][0]
        kids = b" ".join(
            b"%d" % mark
            if page is first
            else b"<</Type/MCR/Pg %d 0 R/MCID %d>>" % (page.number, mark)
            for page, mark in marks
        )
        parent = above or self._document
        body = b"<</Type/StructElem/S/P/P %d 0 R/Pg %d 0 R/K[%s]>>" % (parent, first.number, kids)
        self._copy.put(element, body)
        if not above:
            self._kids.append(element)

    def add_elements(
        self, sheet: Sheet, page: Page, marked: Sequence[int] = (), paragraph: int | None = None
    ) -> None:
        """Write the elements of ``sheet``, and those of its frame, note and ``paragraph``."""
        for each, body in sheet.bodies:
            self._put(each, body, page)
        if sheet.field and sheet.field.place is not None:
            self._places[sheet.field.place] = sheet.form
        held, top = _with_kids(sheet.holder, sheet.form, marked), sheet.topmost
        if sheet.holder is not top:
            self._put(held.number, body_of(held), page)
            held = top
        own = () if paragraph is None else (b"%d 0 R" % paragraph,)
        whole = Element(top.number, top.entries, (*held.kids, *own))
        self._put(top.number, body_of(whole, b"/P %d 0 R" % self._parent(sheet)), page)

    def _put(self, each: int, body: bytes, page: Page) -> None:
        self._copy.put(each, body.replace(PAGE, b"%d" % page.number))

    def _parent(self, sheet: Sheet) -> int:
        """Put the topmost element of ``sheet`` into its group; return the number of that."""
        kind = sheet.name.partition("-")[0]
        if kind in WITHOUT_GROUP:
            self._kids.append(sheet.topmost.number)
            return self._document
        begins = kind == "facts" or (kind == "title" and not self._awaits_title)
        self._awaits_title = kind == "facts"
        if begins:
            section = self._copy.reserve()
            self._kids.append(section)
            self._groups.append((section, []))
        section, kids = self._groups[-1]
        kids.append(sheet.topmost.number)
        return section

    def add_marked(self, marked: Marked, page: Page, holder: int) -> list[int]:
        """Write frame and note of a marked answer; return their elements, kids of ``holder``."""
        first = self._next_place
        self._next_place += 2
        found = []
        annotated = annotate(self._copy, marked, first)
        for place, (annotation, words) in enumerate(
            zip(annotated, (marked.meaning, marked.sentences), strict=True), first
        ):
            element = self._copy.add(
                b"<</Type/StructElem/S/Annot/P %d 0 R/Pg %d 0 R/Alt%s"
                b"/K[<</Type/OBJR/Obj %d 0 R/Pg %d 0 R>>]>>"
                % (holder, page.number, string(words), annotation, page.number)
            )
            self._places[place] = element
            found.append(element)
        page.marks += annotated
        return found

    def add_links(self, sheet: Sheet, page: Page, shift: float) -> None:
        """Take the links of ``sheet``, ``shift`` points above where they are on their own."""
        for link in sheet.links:
            self._links.append((link, page, shift))
            page.widgets.append(link.number)
            self._places[link.place] = link.form

    def add_bookmarks(self, index: int, page: Page, top: float) -> None:
        """Write the entries of the outline that lead to the sheet ``index``, whose top is given."""
        self._tops[index] = page, top
        for mark in self._parts.bookmarks:
            if mark.sheet == index:
                place = number(top + mark.y)
                dest = b"/Dest[%d 0 R/XYZ %s %s 0]" % (page.number, mark.x, place)
                self._copy.put(mark.number, b"<<%s%s>>" % (mark.entries, dest))

    def finished(self, fonts: bytes, fields: Sequence[Field]) -> bytes:
        """Return the file; ``fonts`` are those of the pages, ``fields`` all of the form."""
        copy, parts = self._copy, self._parts
        resources = b"<<%s/Font<<%s %s>>>>" % (parts.resources, parts.fonts, fonts)
        copy.put(self._resources, resources)
        rows = [b"%d %d 0 R" % each for each in sorted(self._places.items())]
        for each in self._links:
            self._write_link(*each)
        for place, page in enumerate(self.pages, self._next_place):
            self._write(page, place)
            rows.append(b"%d[%s]" % (place, _row(page)))
        copy.put(
            self._page_tree,
            b"<</Type/Pages/Count %d/Kids%s>>"
            % (len(self.pages), references(page.number for page in self.pages)),
        )
        self._write_tree(b" ".join(rows), self._next_place + len(self.pages))
        copy.put(parts.outlines[0], b"<<%s>>" % parts.outlines[1])
        form = b"<<%s/Fields%s>>" % (parts.acro_form, references(one.number for one in fields))
        beginning = b"[%d 0 R/XYZ 0 %s 0]" % (self.pages[0].number, number(PAGE_HEIGHT))
        catalogue = b"<<%s/OpenAction%s/Pages %d 0 R/StructTreeRoot %d 0 R/AcroForm%s>>" % (
            *(parts.catalogue, beginning, self._page_tree, self._tree, form),
        )
        return copy.finished(copy.add(catalogue), parts.information)

    def _write_link(self, link: LinkPart, page: Page, shift: float) -> None:
        left, bottom, right, top = link.edges
        dest = b""
        if link.target in self._tops:
            where, height = self._tops[link.target]
            dest = b"/Dest[%d 0 R/XYZ 0 %s 0]" % (where.number, number(height))
        edges = rectangle((left, bottom + shift, right, top + shift))
        body = b"<<%s/Rect%s/P %d 0 R/StructParent %d%s>>"
        self._copy.put(link.number, body % (link.entries, edges, page.number, link.place, dest))

    def _write(self, page: Page, place: int) -> None:
        self._flush(page)
        annotations = [*page.marks, *page.widgets]
        self._copy.put(
            page.number,
            b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %s %s]/Contents%s/Resources %d 0 R"
            b"/StructParents %d/Tabs/S/%s(%s)/Annots%s>>"
            % (
                *(self._page_tree, number(PAGE_WIDTH), number(PAGE_HEIGHT)),
                *(references(page.contents), self._resources, place),
                *(PAGE_DIGEST.encode(), self._copy.page_digests(page.contents)),
                references(annotations),
            ),
        )

    def _flush(self, page: Page) -> None:
        """Write what was drawn since the last part."""
        if page.operators:
            page.contents.append(self._copy.add_stream(bytes(page.operators)))
            page.operators = bytearray()

    def _write_tree(self, rows: bytes, next_place: int) -> None:
        copy = self._copy
        for section, kids in self._groups:
            body = b"<</Type/StructElem/S/Sect/P %d 0 R/K%s>>"
            copy.put(section, body % (self._document, references(kids)))
        body = b"<</Type/StructElem/S/Document/P %d 0 R/K%s>>"
        copy.put(self._document, body % (self._tree, references(self._kids)))
        ways = copy.add(b"<</Nums[%s]>>" % rows)
        copy.put(
            self._tree,
            b"<</Type/StructTreeRoot/K[%d 0 R]/ParentTree %d 0 R/ParentTreeNextKey %d>>"
            % (self._document, ways, next_place),
        )


def _row(page: Page) -> bytes:
    """Return the elements of the marked content of ``page``, by its numbers from 0 on."""
    found, at = [], 0
    for first, behind, elements in sorted(page.rows):
        found += [b"null"] * (first - at)
        found.append(elements)
        at = behind
    return b" ".join(found)


def _with_kids(element: Element, before: int, kids: Sequence[int]) -> Element:
    """Return ``element`` with ``kids`` behind the kid ``before``."""
    if not kids:
        return element
    at = element.kids.index(b"%d 0 R" % before) + 1
    added = tuple(b"%d 0 R" % each for each in kids)
    return Element(element.number, element.entries, element.kids[:at] + added + element.kids[at:])
