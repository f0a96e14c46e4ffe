"""The files that a PDF has attached (ISO 32000-2, 7.11.4): portfolios, annotations, the catalogue.

Only taken out, within caps; what they are is for others to tell.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

from pipeline.forms.pdf.faults import blamed_on, is_of_file
from pipeline.forms.pdf.open import opened
from pipeline.forms.pdf.values import read_text
from pipeline.logs import event

_FORM_NAME = re.compile(r"\.(?:pdf|xlsx)\Z", re.IGNORECASE)
_MOST_FILES = 50
_MOST_NODES = 500
_MOST_PAGES = 300
_MOST_ANNOTATIONS = 1_000


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file that was attached to a PDF."""

    name: str
    content: bytes


def embedded_files(content: bytes, most: int) -> tuple[EmbeddedFile, ...]:
    """Return the files attached to the PDF ``content``, ``most`` bytes in all.

    A file that cannot be opened, or needs a password, has none: an exception is a fault of ours.
    """
    found: list[EmbeddedFile] = []
    try:
        with opened(content) as pdf, blamed_on(pdf):
            for file in _files(pdf):
                most -= len(file.content)
                if most < 0 or len(found) >= _MOST_FILES:
                    break
                found.append(file)
    except Exception as error:
        if not is_of_file(error):
            raise
        event("forms", "pdf_files_damaged", error=type(error).__name__)
    return tuple(found)


def holds_locked_form(pdf: Any) -> bool:
    """Return whether the open ``pdf`` has a PDF or workbook inside that cannot be taken out.

    The library's warnings up to here are lost.
    """
    pdf.get_warnings()
    for name, stream in itertools.islice(_streams(pdf), _MOST_FILES):
        if not _FORM_NAME.search(name):
            continue
        try:
            stream.read_bytes()
        except pikepdf.PdfError:
            return True
        if pdf.get_warnings():
            return True
    return False


def embedded_descriptions(pdf: Any) -> Iterator[str]:
    """Yield what is said of the files that the open ``pdf`` has attached (7.11.3)."""
    names = pdf.Root.get("/Names")
    listed = names.get("/EmbeddedFiles") if isinstance(names, pikepdf.Dictionary) else None
    for specification in _leaves(listed) if listed is not None else ():
        if isinstance(specification, pikepdf.Dictionary):
            words = read_text(specification.get("/Desc"))[0].strip()
            if words:
                yield words


def _files(pdf: Any) -> Iterator[EmbeddedFile]:
    for name, stream in _streams(pdf):
        yield EmbeddedFile(name, bytes(stream.read_bytes()))


def _streams(pdf: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the stream of each attached file, each stream once."""
    seen = set()
    for specification in _specifications(pdf):
        if not isinstance(specification, pikepdf.Dictionary):
            continue
        streams = specification.get("/EF")
        if not isinstance(streams, pikepdf.Dictionary):
            continue
        stream = streams.get("/UF") or streams.get("/F")
        if not isinstance(stream, pikepdf.Stream) or stream.objgen in seen:
            continue
        seen.add(stream.objgen)
        name = specification.get("/UF") or specification.get("/F") or ""
        yield str(name), stream


def _specifications(pdf: Any) -> Iterator[Any]:
    """Yield the file specifications of the name tree, the catalogue, and of annotations."""
    names = pdf.Root.get("/Names")
    if isinstance(names, pikepdf.Dictionary):
        yield from _leaves(names.get("/EmbeddedFiles"))
    associated = pdf.Root.get("/AF")
    if isinstance(associated, pikepdf.Array):
        yield from list(associated)[:_MOST_FILES]
    left = _MOST_ANNOTATIONS
    for page in pdf.pages[:_MOST_PAGES]:
        annotations = page.obj.get("/Annots")
        if not isinstance(annotations, pikepdf.Array):
            continue
        for annotation in annotations:
            left -= 1
            if left < 0:
                return
            if isinstance(annotation, pikepdf.Dictionary) and (
                annotation.get("/Subtype") == "/FileAttachment"
            ):
                yield annotation.get("/FS")


def _leaves(tree: Any) -> Iterator[Any]:
    """Yield the values of a name tree (7.9.6), each node once."""
    nodes = [tree]
    seen: set[tuple[int, int]] = set()
    while nodes and len(seen) < _MOST_NODES:
        node = nodes.pop()
        if not isinstance(node, pikepdf.Dictionary) or (node.objgen in seen and node.objgen[0]):
            continue
        seen.add(node.objgen if node.objgen[0] else (-len(seen), 0))
        pairs = node.get("/Names")
        if isinstance(pairs, pikepdf.Array):
            yield from list(pairs)[1 : 2 * _MOST_FILES : 2]
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            nodes += list(kids)[:_MOST_NODES]
