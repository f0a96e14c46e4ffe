"""Reads the fields of a PDF form, whichever program saved it (ISO 32000-2, 12.7)."""

import itertools
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

import pikepdf

from pipeline.forms.pdf.faults import DamagedPdfError
from pipeline.forms.pdf.own import is_own_note
from pipeline.forms.pdf.page_text import shown_text
from pipeline.forms.pdf.read.cut import may_be_cut
from pipeline.forms.pdf.rich_text import is_same_text, plain
from pipeline.forms.pdf.values import decode_string, read_text

_MAXIMUM_FIELDS = 5_000
_MAXIMUM_DEPTH = 20
_MAXIMUM_PAGES = 200
_OFF = "Off"
_JOINED = re.compile(r"\+[0-9]+\Z")
_DIRECT = (0, 0)
_DICTIONARY = pikepdf.Dictionary
#: Keys as objects: looking one up takes half as long as with its name as text.
_KIDS, _PARENT = pikepdf.Name("/Kids"), pikepdf.Name("/Parent")
_TITLE, _TYPE, _VALUE = pikepdf.Name("/T"), pikepdf.Name("/FT"), pikepdf.Name("/V")
_RICH, _HINT = pikepdf.Name("/RV"), pikepdf.Name("/TU")
_STATE, _OPTIONS = pikepdf.Name("/AS"), pikepdf.Name("/Opt")
_FORM, _FIELDS, _XFA = (pikepdf.Name(name) for name in ("/AcroForm", "/Fields", "/XFA"))
_ANNOTATIONS, _SUBTYPE = pikepdf.Name("/Annots"), pikepdf.Name("/Subtype")
_WIDGET, _POPUP, _LINK = (pikepdf.Name(f"/{name}") for name in ("Widget", "Popup", "Link"))
_CONTENTS, _LOOKS, _SHOWN = (pikepdf.Name(f"/{name}") for name in ("Contents", "AP", "N"))
#: Packed bytes of a look that may be worth more than a glance.
_SHORTEST_LOOK = 64
_MARKS = pikepdf.Name("/MK")
_LONGEST_NAME = 100
_ACTION, _SUBJECT = pikepdf.Name("/A"), pikepdf.Name("/Subj")
#: What a viewer writes on a button: at rest, under the mouse, pressed (12.5.6.19).
_CAPTIONS = tuple(pikepdf.Name(f"/{name}") for name in ("CA", "RC", "AC"))


class PdfField(NamedTuple):
    """One field: its full name, its type (``Tx``, ``Ch``, ``Btn``, ``Sig`` or empty), its text.

    ``text`` of a button is the name of its state, empty when it is off. ``disagrees`` is another
    answer that the file has for the same field, which other programs may show. ``hint`` is what
    viewers show when a person points at it, as it stands in the file; ``captions`` is what stands
    on its boxes. ``options`` is the list of a drop-down, as the object that it is in the file.
    """

    name: str
    type: str
    text: str
    damaged: bool
    disagrees: str | None = None
    hint: bytes = b""
    captions: tuple[bytes, ...] = ()
    options: Any = None

    @property
    def short_name(self) -> str:
        """The last part of the name: see ``short_name_of``."""
        return short_name_of(self.name)


def short_name_of(name: str) -> str:
    """Return the last part of the ``name`` of a field: some programs put a form below a parent.

    Without what programs add where two files that they join have the same name: ``+1`` (qpdf).
    """
    name = name.rpartition(".")[2]
    return _JOINED.sub("", name) if "+" in name else name


class PdfForm(NamedTuple):
    """The fields of a file, and whether notes that are not ours are on its pages."""

    fields: tuple[PdfField, ...]
    has_notes: bool


def read_form(pdf: Any, *, by_pdfium: bool = False) -> PdfForm:
    """Return the fields of the open ``pdf``, from its form and from the widgets on its pages.

    In a file that was saved ``by_pdfium`` a text that may have been cut is damaged. Raises whatever
    pikepdf raises on a broken file.
    """
    form = entry(pdf.Root, _FORM)
    roots: Any = entry(form, _FIELDS) if _is_dictionary(form) else None
    tree = _Tree()
    tree.walk(list(roots) if _is_array(roots) else ())
    loose, has_notes = _loose(pdf, tree.seen)
    tree.walk(loose)
    fields = tree.found.values()
    return PdfForm(tuple(map(_cut, fields) if by_pdfium else fields), has_notes)


def by_short_name(fields: Iterable[PdfField]) -> dict[str, PdfField]:
    """Return ``fields`` by the last part of their names; of two the one with an answer."""
    found: dict[str, PdfField] = {}
    for field in fields:
        name = field.name
        if "." in name or "+" in name:
            name = field.short_name
        found[name] = _merged(found[name], field) if name in found else field
    return found


def has_xfa(pdf: Any) -> bool:
    """Return whether the file carries an XFA form (Adobe's own; its fields are no PDF fields)."""
    form = entry(pdf.Root, _FORM)
    return _is_dictionary(form) and _XFA in form


def _cut(field: PdfField) -> PdfField:
    cut = field.type == "Tx" and may_be_cut(field.text)
    return field._replace(damaged=True) if cut else field


class _Tree:
    """The terminal fields by name, and the indirect objects that they were read from."""

    def __init__(self) -> None:
        self.found: dict[str, PdfField] = {}
        self.seen: set[tuple[int, int]] = set()

    def walk(self, nodes: Iterable[Any], prefix: str = "", depth: int = 0) -> None:
        """Add the terminal fields from ``nodes`` on; of two with a name, the one with text.

        A field that is reached twice (from the form and from a page) is read once.
        """
        seen = self.seen
        for node in nodes:
            if not isinstance(node, _DICTIONARY):
                continue
            number = node.objgen
            if number in seen:
                continue
            if number != _DIRECT:
                seen.add(number)
            title = node.get_bytes(_TITLE)
            short = title is not None and len(title) <= _LONGEST_NAME
            own = _name_once(title) if short else _text(node, _TITLE)[0]
            name = f"{prefix}.{own}" if prefix and own else prefix or own
            if _KIDS in node:
                self._walk_kids(node, name, depth)
            elif name:
                self._add(_read_field(name, node))

    def _walk_kids(self, node: Any, name: str, depth: int) -> None:
        """Go on to the fields below ``node``; kids without a name are its own widgets."""
        kids = _kids(node)
        children = [kid for kid in kids if _TITLE in kid]
        if not children and name:
            self._add(_read_field(name, node, kids))
        elif depth < _MAXIMUM_DEPTH:
            self.walk(children, name, depth + 1)

    def _add(self, field: PdfField) -> None:
        known = self.found.get(field.name)
        if known is not None:
            self.found[field.name] = _merged(known, field)
        elif len(self.found) < _MAXIMUM_FIELDS:
            self.found[field.name] = field


@lru_cache(maxsize=1_024)
def _name_once(title: bytes) -> str:
    """Return a part of a field's name; those of our fields come back in every file."""
    return decode_string(title)[0]


def _merged(first: PdfField, second: PdfField) -> PdfField:
    """Return of two fields with one name the one with text; of two texts neither is believed."""
    if not first.text or not second.text:
        return first if first.text else second
    if first.text == second.text:
        return first
    return first._replace(disagrees=second.text)


def _read_field(name: str, node: Any, kids: Sequence[Any] = ()) -> PdfField:
    """Read one terminal field with its widgets."""
    kind = str(node[_TYPE] if _TYPE in node else inherited(node, _TYPE) or "")[1:]
    text, damaged = _text(node, _VALUE) if _VALUE in node else read_text(inherited(node, _VALUE))
    hint = node.get_bytes(_HINT) or b""
    said = tuple(_captions(node, kids))
    if kind == "Btn":
        read = _read_button(name, node, kids, (text, damaged))
        return read._replace(hint=hint, captions=said)
    other = _disagreeing(kids, text) if kids else None
    if _RICH in node and other is None:
        other = _shown_otherwise(node, text)
    if not text and other is None and _LOOKS in node:
        other = _only_drawn(node)
    options = inherited(node, _OPTIONS) if kind == "Ch" else None
    return PdfField(name, kind, text, damaged, other, hint, said, options)


def _captions(node: Any, kids: Sequence[Any]) -> Iterator[bytes]:
    """Yield what stands on the boxes of a field, and what their notes say (12.5.2)."""
    for widget in (node, *kids) if kids else (node,):
        if _MARKS in widget:
            marks = widget[_MARKS]
            for key in _CAPTIONS if _is_dictionary(marks) else ():
                if key in marks:
                    yield marks.get_bytes(key) or b""
        if _CONTENTS in widget:
            yield widget.get_bytes(_CONTENTS) or b""


def _shown_otherwise(node: Any, text: str) -> str | None:
    """Return the rich text of a field when it says something else than ``text`` (12.7.5.3).

    Viewers show either. What is struck out in it is none of the answer.
    """
    rich = read_text(node[_RICH])[0]
    shown = plain(rich, with_struck=False)
    return None if is_same_text(shown, text) or not plain(rich) else shown


def _only_drawn(node: Any) -> str | None:
    """Return what a field without a value shows: some programs keep the look alone."""
    look = entry(node[_LOOKS], _SHOWN)
    if not isinstance(look, pikepdf.Stream):
        return None
    if _draws_nothing(bytes(look.get_raw_stream_buffer())):
        return None
    return shown_text(look).strip() or None


@lru_cache(maxsize=64)
def _draws_nothing(packed: bytes) -> bool:
    """Return whether a look is as short as that of an empty box, and shows no text."""
    if len(packed) > _SHORTEST_LOOK:
        return False
    with suppress(zlib.error):
        packed = zlib.decompress(packed)
    return not any(operator in packed for operator in (b"Tj", b"TJ", b"Do", b"'", b'"'))


def _disagreeing(widgets: Sequence[Any], text: str) -> str | None:
    """Return what one of ``widgets`` has as the field's text, other than ``text``."""
    own = (read_text(entry(widget, _VALUE))[0] for widget in widgets)
    return next((words for words in own if words not in {"", text}), None)


def _read_button(name: str, node: Any, kids: Sequence[Any], value: tuple[str, bool]) -> PdfField:
    """Read a button: some viewers save the choice on the widget and leave the field off.

    A button that is drawn otherwise than its value says is doubtful (12.7.5.2.3).
    """
    states = [value, *(read_text(entry(widget, _STATE)) for widget in (node, *kids))]
    chosen = [state for state in states if state[0] not in {"", _OFF}]
    text, damaged = chosen[0] if chosen else ("", False)
    other = next((_option(node, words) for words, _ in chosen if words != text), None)
    if chosen and not kids and other is None and not _is_drawn_so(node, value[0]):
        other = ""
    return PdfField(name, "Btn", _option(node, text), damaged, other)


def _is_drawn_so(widget: Any, value: str) -> bool:
    """Return whether a button shows the state ``value``, as far as it says what it shows."""
    state = read_text(entry(widget, _STATE))[0]
    if not state or not value:
        return True
    looks = entry(widget, _LOOKS)
    shown = entry(looks, _SHOWN) if isinstance(looks, _DICTIONARY) else None
    if isinstance(shown, _DICTIONARY) and pikepdf.Name(f"/{state}") not in shown:
        state = _OFF
    return state == value


def _option(node: Any, state: str) -> str:
    """Return the export value of a button's numbered state, else the state itself."""
    if state.isascii() and state.isdigit():
        options = inherited(node, _OPTIONS)
        if _is_array(options) and int(state) < len(options):
            return read_text(options[int(state)])[0]
    return state


def _loose(pdf: Any, seen: set[tuple[int, int]]) -> tuple[list[Any], bool]:
    """Return the widgets on the pages that were not ``seen``, and whether others left notes.

    Of each widget its topmost field, and itself: pdftk joins files so that some fields name a
    parent that does not name them.
    """
    widgets: list[Any] = []
    has_notes = False
    listed = [item for page in _first_pages(pdf) for item in _annotations(page)]
    if not all(isinstance(item, pikepdf.Object) for item in listed):
        raise DamagedPdfError("annotations")  # null, where there was one
    for annotation in [item for item in listed if item.objgen not in seen]:
        if not _is_dictionary(annotation):
            continue
        subtype = entry(annotation, _SUBTYPE)
        if subtype == _WIDGET:
            top = _topmost(annotation)
            widgets += [top] if top is annotation else [top, annotation]
        elif subtype not in {_POPUP, _LINK} or _says_something(annotation, subtype):
            has_notes = has_notes or not is_own_note(annotation)
    return widgets, has_notes


def _says_something(annotation: Any, subtype: Any) -> bool:
    """Return whether a link has words or leads out, or a window has no note that says them."""
    if subtype == _LINK:
        return _CONTENTS in annotation or _ACTION in annotation or _SUBJECT in annotation
    return _CONTENTS in annotation and _PARENT not in annotation


def _first_pages(pdf: Any) -> Iterator[Any]:
    return itertools.islice(pdf.pages, _MAXIMUM_PAGES)


def _annotations(page: Any) -> Any:
    listed = entry(page.obj, _ANNOTATIONS)
    return listed if _is_array(listed) else ()


def _topmost(node: Any) -> Any:
    for _ in range(_MAXIMUM_DEPTH):
        parent = entry(node, _PARENT)
        if not _is_dictionary(parent):
            break
        node = parent
    return node


def inherited(node: Any, key: Any) -> Any:
    """Return ``key`` of the field or of the nearest field above it, or None."""
    for _ in range(_MAXIMUM_DEPTH):
        if key in node:
            return node[key]
        node = entry(node, _PARENT)
        if not _is_dictionary(node):
            return None
    return None


def _text(node: Any, key: Any) -> tuple[str, bool]:
    """Return the text of an entry, and whether it was damaged."""
    content = node.get_bytes(key)  # of a string alone, and faster than by way of its object
    return read_text(entry(node, key)) if content is None else decode_string(content)


def _kids(node: Any) -> list[Any]:
    kids = entry(node, _KIDS)
    return [kid for kid in kids if _is_dictionary(kid)] if _is_array(kids) else []


def entry(node: Any, key: Any) -> Any:
    """Return the entry ``key`` of a dictionary, or None (``get`` is slow when there is none)."""
    return node[key] if key in node else None  # noqa: SIM401 - measured


def _is_dictionary(item: Any) -> bool:
    return isinstance(item, _DICTIONARY)


def _is_array(item: Any) -> bool:
    return isinstance(item, pikepdf.Array)
