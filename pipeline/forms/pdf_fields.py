"""The fields of a PDF form, however a program left them (ISO 32000-2, 12.7)."""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pikepdf

from pipeline.forms.pdf_cut import may_be_cut
from pipeline.forms.pdf_values import read_text

_MAXIMUM_FIELDS = 5_000
_MAXIMUM_DEPTH = 20
_MAXIMUM_PAGES = 200
_OFF = "Off"
_JOINED = re.compile(r"\+[0-9]+\Z")


class PdfField(NamedTuple):
    """One field: its full name, its type (``Tx``, ``Ch``, ``Btn``, ``Sig`` or empty), its text.

    ``text`` of a button is the name of its state, empty when it is off. ``disagrees`` is another
    answer that the file has for the same field, which other programs may show.
    """

    name: str
    type: str
    text: str
    damaged: bool
    disagrees: str | None = None

    @property
    def short_name(self) -> str:
        """The last part of the name: some programs put the whole form below a parent.

        Without the number that qpdf adds where two files that it joins have the same name.
        """
        name = self.name.rpartition(".")[2]
        return _JOINED.sub("", name) if "+" in name else name


def read_fields(pdf: Any, *, by_pdfium: bool = False) -> tuple[PdfField, ...]:
    """Return the fields of the open ``pdf``, from its form and from the widgets on its pages.

    In a file that was saved ``by_pdfium`` a text that may have been cut is damaged. Raises whatever
    pikepdf raises on a broken file.
    """
    form = pdf.Root.get("/AcroForm")
    roots: Any = form.get("/Fields") if _is_dictionary(form) else None
    found = _walk([*(roots if _is_array(roots) else []), *_widgets(pdf)])
    return tuple(_cut(field) if by_pdfium else field for field in found.values())


def by_short_name(fields: Iterable[PdfField]) -> dict[str, PdfField]:
    """Return ``fields`` by the last part of their names; of two the one with an answer."""
    found: dict[str, PdfField] = {}
    for field in fields:
        known = found.get(field.short_name)
        found[field.short_name] = field if known is None else _merged(known, field)
    return found


def has_xfa(pdf: Any) -> bool:
    """Return whether the file carries an XFA form (Adobe's own; its fields are no PDF fields)."""
    form = pdf.Root.get("/AcroForm")
    return _is_dictionary(form) and "/XFA" in form


def _cut(field: PdfField) -> PdfField:
    cut = field.type == "Tx" and may_be_cut(field.text)
    return field._replace(damaged=True) if cut else field


def _walk(roots: list[Any]) -> dict[str, PdfField]:
    """Return the terminal fields below ``roots`` by name; of two with a name, one with text.

    A field that is reached twice (from the form and from a page) is read once.
    """
    found: dict[str, PdfField] = {}
    seen: set[tuple[int, int]] = set()
    pending = [(node, "", 0) for node in reversed(roots)]
    while pending and len(found) < _MAXIMUM_FIELDS:
        node, prefix, depth = pending.pop()
        if not _is_dictionary(node) or depth > _MAXIMUM_DEPTH:
            continue
        if node.is_indirect:
            if node.objgen in seen:
                continue
            seen.add(node.objgen)
        name = _joined(prefix, node)
        kids = _kids(node) if "/Kids" in node else []
        children = [kid for kid in kids if "/T" in kid]
        if children:
            pending.extend((kid, name, depth + 1) for kid in reversed(children))
        elif name:
            field = _read_field(name, node, kids)
            found[name] = _merged(found[name], field) if name in found else field
    return found


def _merged(first: PdfField, second: PdfField) -> PdfField:
    """Return of two fields with one name the one with text; of two texts neither is believed."""
    if not first.text or not second.text:
        return first if first.text else second
    if first.text == second.text:
        return first
    return first._replace(disagrees=second.text)


def _read_field(name: str, node: Any, kids: list[Any]) -> PdfField:
    """Read one terminal field with its widgets."""
    kind = str(_inherited(node, "/FT") or "")[1:]
    if kind != "Btn":
        text, damaged = read_text(_inherited(node, "/V"))
        own = [read_text(entry(widget, "/V"))[0] for widget in kids]
        other = next((words for words in own if words not in {"", text}), None)
        return PdfField(name, kind, text, damaged, other)
    states = [read_text(_inherited(node, "/V"))]
    # Some viewers save the choice on the widget and leave the field off.
    states += [read_text(entry(widget, "/AS")) for widget in (node, *kids)]
    chosen = [state for state in states if state[0] not in {"", _OFF}]
    text, damaged = chosen[0] if chosen else ("", False)
    other = next((_option(node, words) for words, _ in chosen if words != text), None)
    return PdfField(name, kind, _option(node, text), damaged, other)


def _option(node: Any, state: str) -> str:
    """Return the export value of a button's numbered state, else the state itself."""
    options = _inherited(node, "/Opt")
    if state.isascii() and state.isdigit() and _is_array(options) and int(state) < len(options):
        return read_text(options[int(state)])[0]
    return state


def _widgets(pdf: Any) -> Iterator[Any]:
    """Yield the topmost field of each widget on the pages, and the widget for itself.

    pdftk joins files so that some fields name a parent that does not name them.
    """
    for page in itertools.islice(pdf.pages, _MAXIMUM_PAGES):
        annotations = page.obj.get("/Annots")
        for annotation in list(annotations) if _is_array(annotations) else []:
            if _is_dictionary(annotation) and str(annotation.get("/Subtype")) == "/Widget":
                top = _topmost(annotation)
                yield top
                if top is not annotation:
                    yield annotation


def _topmost(node: Any) -> Any:
    for _ in range(_MAXIMUM_DEPTH):
        parent = entry(node, "/Parent")
        if not _is_dictionary(parent):
            break
        node = parent
    return node


def _inherited(node: Any, key: str) -> Any:
    """Return ``key`` of the field or of the nearest field above it, or None."""
    for _ in range(_MAXIMUM_DEPTH):
        value = entry(node, key)
        if value is not None:
            return value
        node = entry(node, "/Parent")
        if not _is_dictionary(node):
            return None
    return None


def _joined(prefix: str, node: Any) -> str:
    title = entry(node, "/T")
    if title is None:
        return prefix
    own = read_text(title)[0]
    return f"{prefix}.{own}" if prefix and own else prefix or own


def _kids(node: Any) -> list[Any]:
    kids = entry(node, "/Kids")
    if not _is_array(kids):
        return []
    return [kid for kid in kids if _is_dictionary(kid)]


def entry(node: Any, key: str) -> Any:
    """Return the entry ``key`` of a dictionary, or None (``get`` is slow when there is none)."""
    return node[key] if key in node else None  # noqa: SIM401 - measured


def _is_dictionary(item: Any) -> bool:
    return isinstance(item, pikepdf.Dictionary)


def _is_array(item: Any) -> bool:
    return isinstance(item, pikepdf.Array)
