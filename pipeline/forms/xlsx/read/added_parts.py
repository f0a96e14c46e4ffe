"""Reads what lies over a worksheet: comments and drawings (ECMA-376 Part 1, 18.7 and 20.5)."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from pipeline.forms.xlsx.read.archive import Archive, DamagedFileError, RefusedFileError
from pipeline.forms.xlsx.read.parts import (
    column_number,
    read_relations,
    refuse_document_type,
    unescape,
)
from pipeline.model.submission import LeftOverKind

#: So many things that lie over one sheet are looked at; of the others there is one mark.
_MOST = 500
_LONGEST = 2_000
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ANCHORS = frozenset({"twoCellAnchor", "oneCellAnchor", "absoluteAnchor"})
_SHAPES = frozenset({"sp", "cxnSp"})
_GROUPS = frozenset({"grpSp", "Choice", "Fallback"})
#: Parts of a drawing that have words of their own: charts and diagrams.
_WITH_WORDS = frozenset({"chart", "chartEx", "diagramData"})
#: A note of a cell in the older drawing language; all else there is a control or a box.
_NOTE = "Note"
_VML_KIND = re.compile(r'ObjectType="([A-Za-z]+)"')
_VML_PICTURE = "<v:imagedata"
_VML_ANCHOR = re.compile(r"<x:Anchor>[^,<]*,[^,<]*,\s*([0-9]{1,7})")
_TAG = re.compile("<[^>]{0,2000}>")
_ENTITY = re.compile("&(amp|lt|gt|quot|#[0-9]{1,7});")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}


class Lying(NamedTuple):
    """Something that lies over a sheet: the rows it covers count from 1, column 0 is unknown.

    ``author`` is that of a comment.
    """

    kind: LeftOverKind
    words: str
    row: int
    column: int
    last_row: int
    author: str = ""


def lying_over(archive: Archive, part: str) -> tuple[Lying, ...]:
    """Return what lies over the worksheet ``part``, in the order of the file.

    What cannot be read is there without words.
    """
    try:
        relations = read_relations(archive, part)
    except (DamagedFileError, RefusedFileError):
        return (Lying(LeftOverKind.PICTURE, "", 0, 0, 0),)
    if not relations:
        return ()
    found: list[Lying] = []
    threaded: list[Lying] = []
    for kind, target in relations.values():
        reader, what = _READERS.get(kind, (None, LeftOverKind.PICTURE))
        if reader is None or not archive.has(target):
            continue
        try:
            items = list(reader(archive, target))
        except (DamagedFileError, RefusedFileError):
            items = [Lying(what, "", 0, 0, 0)]
        (threaded if kind == "threadedComment" else found).extend(items)
    told = {(item.row, item.column) for item in threaded}
    notes = (
        item
        for item in found
        if item.kind is not LeftOverKind.COMMENT or (item.row, item.column) not in told
    )
    everything = (*notes, *threaded)
    return everything[:_MOST]


def _tree(archive: Archive, part: str) -> ET.Element:
    content = archive.read(part)
    refuse_document_type(content)
    try:
        return ET.fromstring(content)  # noqa: S314 - document types are refused before
    except (ET.ParseError, UnicodeError, ValueError, LookupError) as error:
        raise DamagedFileError from error


def _name(item: ET.Element) -> str:
    return item.tag.rpartition("}")[2]


def _children(item: ET.Element, name: str) -> Iterator[ET.Element]:
    return (child for child in item if _name(child) == name)


def _texts(item: ET.Element) -> Iterator[str]:
    """Yield the texts of runs within ``item``; readings (furigana) are none."""
    waiting = list(reversed(item))
    while waiting:
        child = waiting.pop()
        name = _name(child)
        if name == "t" and not len(child):  # a diagram has paragraphs in its own
            yield child.text or ""
        elif name != "rPh":
            waiting += reversed(child)


def _notes(archive: Archive, part: str) -> Iterator[Lying]:
    """Yield the notes of cells (18.7.3), without the author's name that programs put before."""
    root = _tree(archive, part)
    authors = ["".join(author.itertext()) for of in _children(root, "authors") for author in of]
    for listed in _children(root, "commentList"):
        for comment in _children(listed, "comment"):
            number = comment.get("authorId", "")
            known = number.isascii() and number.isdecimal() and int(number[:6]) < len(authors)
            author = authors[int(number)] if known else ""
            words = "".join(text for of in _children(comment, "text") for text in _texts(of))
            yield _comment(comment.get("ref", ""), unescape(words), author)


def _threaded(archive: Archive, part: str) -> Iterator[Lying]:
    """Yield the comments of threads ([MS-XLSX] 2.6.205)."""
    for comment in _tree(archive, part).iter():
        if _name(comment) == "threadedComment":
            words = "".join("".join(text.itertext()) for text in _children(comment, "text"))
            yield _comment(comment.get("ref", ""), words, "")


def _comment(reference: str, words: str, author: str) -> Lying:
    first, _, rest = words.partition("\n")
    if author and first.strip().removesuffix(":") == author.strip():
        words = rest
    found = _REFERENCE.match(reference)
    row = int(found.group(2)) if found else 0
    column = column_number(found.group(1)) if found else 0
    return Lying(LeftOverKind.COMMENT, words.strip()[:_LONGEST], row, column, row, author)


def _drawn(archive: Archive, part: str) -> Iterator[Lying]:
    """Yield what is drawn: shapes with or without words, pictures, ink, charts."""
    root = _tree(archive, part)
    relations = read_relations(archive, part)
    for anchor in root:
        if _name(anchor) in _ANCHORS:
            row, column, last = _rows(anchor)
            things = list(_things(anchor, archive, relations))
            if any(words for _, words in things):
                things = [item for item in things if item[1]]  # arrows and frames belong to words
            for kind, words in things:
                yield Lying(kind, words.strip()[:_LONGEST], row, column, last)


def _rows(anchor: ET.Element) -> tuple[int, int, int]:
    """Return the first row, the column and the last row that ``anchor`` covers, from 1."""
    first = _corner(anchor, "from")
    last = _corner(anchor, "to")[0]
    return first[0], first[1], max(last, first[0])


def _corner(anchor: ET.Element, name: str) -> tuple[int, int]:
    numbers = {"row": 0, "col": 0}
    for corner in _children(anchor, name):
        for item in corner:
            text = (item.text or "").strip()
            if _name(item) in numbers and text.isascii() and text.isdecimal() and len(text) < 8:  # noqa: PLR2004 - digits of a row
                numbers[_name(item)] = int(text) + 1
    return numbers["row"], numbers["col"]


def _things(
    anchor: ET.Element, archive: Archive, relations: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[LeftOverKind, str]]:
    """Yield what stands in an anchor and its groups; of alternatives the first counts (part 3)."""
    waiting = list(reversed(anchor))
    while waiting:
        item = waiting.pop()
        name = _name(item)
        if name in _SHAPES:
            yield LeftOverKind.TEXT_BOX, "\n".join((*_paragraphs(item), _description(item))).strip()
        elif name == "pic":
            yield LeftOverKind.PICTURE, _description(item)
        elif name == "contentPart":
            yield LeftOverKind.INK, ""
        elif name == "graphicFrame":
            words = "\n".join(_words_of_parts(item, archive, relations))
            yield (LeftOverKind.TEXT_BOX if words else LeftOverKind.PICTURE), words
        elif name in _GROUPS:
            waiting += reversed(item)
        elif name == "AlternateContent":
            waiting += list(item)[:1]


def _description(drawn: ET.Element) -> str:
    """Return the alternative text of a picture or a shape (20.1.2.2.8)."""
    for item in drawn.iter():
        if _name(item) == "cNvPr":
            return "\n".join(filter(None, (item.get("title", ""), item.get("descr", ""))))
    return ""


def _paragraphs(shape: ET.Element) -> Iterator[str]:
    for body in _children(shape, "txBody"):
        for paragraph in _children(body, "p"):
            yield "".join(_texts(paragraph))


def _words_of_parts(
    frame: ET.Element, archive: Archive, relations: Mapping[str, tuple[str, str]]
) -> Iterator[str]:
    """Yield the texts of the charts and diagrams that ``frame`` points to."""
    for item in frame.iter():
        for value in item.attrib.values():
            kind, target = relations.get(value, ("", ""))
            if kind in _WITH_WORDS and archive.has(target):
                with suppress(DamagedFileError, RefusedFileError):
                    yield from (text for text in _texts(_tree(archive, target)) if text.strip())


def _controls(archive: Archive, part: str) -> Iterator[Lying]:
    """Yield the controls and boxes in the older drawing language, which often is no sound XML."""
    text = archive.read(part).decode("utf-8", "replace")
    if text.count("<v:shape") <= text.count(f'ObjectType="{_NOTE}"') + text.count("<v:shapetype"):
        return  # notes alone: their words are in the part of the comments
    for shape in _between(text, "<v:shape ", "</v:shape>"):
        kind = _VML_KIND.search(shape)
        if kind is None and _VML_PICTURE in shape:
            yield Lying(LeftOverKind.PICTURE, "", 0, 0, 0)  # in a header or footer
        if kind is None or kind.group(1) == _NOTE:
            continue
        boxes = _between(shape, "<v:textbox", "</v:textbox>")
        words = " ".join(_bare(box.partition(">")[2]) for box in boxes).strip()
        anchor = _VML_ANCHOR.search(shape)
        row = int(anchor.group(1)) + 1 if anchor else 0
        yield Lying(LeftOverKind.TEXT_BOX, words[:_LONGEST], row, 0, row)


def _between(text: str, begin: str, end: str) -> Iterator[str]:
    """Yield what stands after each ``begin``, up to the next ``end`` or ``begin``."""
    for piece in text.split(begin)[1:]:
        yield piece.partition(end)[0]


def _bare(markup: str) -> str:
    text = _TAG.sub(" ", markup)
    return " ".join(_ENTITY.sub(_character, text).split())


def _character(found: re.Match[str]) -> str:
    name = found.group(1)
    if name.startswith("#"):
        code = int(name[1:])
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"  # noqa: PLR2004 - Unicode
    return _NAMED[name]


def _objects(_archive: Archive, _part: str) -> Iterable[Lying]:
    """Yield one mark for an embedded object, or for the picture behind a sheet."""
    return (Lying(LeftOverKind.PICTURE, "", 0, 0, 0),)


#: Relations of a worksheet to what lies over it.
_READERS = {
    "comments": (_notes, LeftOverKind.COMMENT),
    "threadedComment": (_threaded, LeftOverKind.COMMENT),
    "drawing": (_drawn, LeftOverKind.PICTURE),
    "vmlDrawing": (_controls, LeftOverKind.TEXT_BOX),
    "oleObject": (_objects, LeftOverKind.PICTURE),
    "package": (_objects, LeftOverKind.PICTURE),
    "image": (_objects, LeftOverKind.PICTURE),
}
