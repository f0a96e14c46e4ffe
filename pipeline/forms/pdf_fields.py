"""The fields of a PDF form, however a program left them (ISO 32000-2, 12.7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.forms.pdf_values import read_text

_MAXIMUM_FIELDS = 5_000
_MAXIMUM_DEPTH = 20
_MAXIMUM_PAGES = 200
_OFF = "Off"


@dataclass(frozen=True, slots=True)
class PdfField:
    """One field: its full name, its type (``Tx``, ``Ch``, ``Btn``, ``Sig`` or empty), its text.

    ``text`` of a button is the name of its state, empty when it is off.
    """

    name: str
    type: str
    text: str
    damaged: bool

    @property
    def short_name(self) -> str:
        """The last part of the name: some programs put the whole form below a parent."""
        return self.name.rpartition(".")[2]


def read_fields(pdf: Any) -> tuple[PdfField, ...]:
    """Return the fields of the open ``pdf``, from its form or, when that is gone, its widgets.

    Raises whatever pikepdf raises on a broken file.
    """
    form = pdf.Root.get("/AcroForm")
    roots: Any = form.get("/Fields") if _is_dictionary(form) else None
    found = _walk(list(roots) if _is_array(roots) else [])
    if not found:
        found = _walk(list(_widgets(pdf)))
    return tuple(found.values())


def has_xfa(pdf: Any) -> bool:
    """Return whether the file carries an XFA form (Adobe's own; its fields are no PDF fields)."""
    form = pdf.Root.get("/AcroForm")
    return _is_dictionary(form) and "/XFA" in form


def _walk(roots: list[Any]) -> dict[str, PdfField]:
    """Return the terminal fields below ``roots`` by name; of two with a name, one with text."""
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
        kids = [kid for kid in _kids(node) if _is_dictionary(kid)]
        children = [kid for kid in kids if "/T" in kid]
        if children:
            pending.extend((kid, name, depth + 1) for kid in reversed(children))
        elif name:
            field = _read_field(name, node, kids)
            if name not in found or not found[name].text:
                found[name] = field
    return found


def _read_field(name: str, node: Any, kids: list[Any]) -> PdfField:
    """Read one terminal field with its widgets."""
    kind = str(_inherited(node, "/FT") or "").removeprefix("/")
    if kind != "Btn":
        text, damaged = read_text(_inherited(node, "/V"))
        return PdfField(name, kind, text, damaged)
    states = [read_text(_inherited(node, "/V"))]
    # Some viewers save the choice on the widget and leave the field off.
    states += [read_text(widget.get("/AS")) for widget in (node, *kids)]
    text, damaged = next((state for state in states if state[0] not in {"", _OFF}), ("", False))
    return PdfField(name, kind, _option(node, text), damaged)


def _option(node: Any, state: str) -> str:
    """Return the export value of a button's numbered state, else the state itself."""
    options = _inherited(node, "/Opt")
    if state.isascii() and state.isdigit() and _is_array(options) and int(state) < len(options):
        return read_text(options[int(state)])[0]
    return state


def _widgets(pdf: Any) -> Iterator[Any]:
    """Yield the topmost field of each widget on the pages."""
    for page in list(pdf.pages)[:_MAXIMUM_PAGES]:
        annotations = page.obj.get("/Annots")
        for annotation in list(annotations) if _is_array(annotations) else []:
            if _is_dictionary(annotation) and str(annotation.get("/Subtype")) == "/Widget":
                yield _topmost(annotation)


def _topmost(node: Any) -> Any:
    for _ in range(_MAXIMUM_DEPTH):
        parent = node.get("/Parent")
        if not _is_dictionary(parent):
            break
        node = parent
    return node


def _inherited(node: Any, key: str) -> Any:
    """Return ``key`` of the field or of the nearest field above it, or None."""
    for _ in range(_MAXIMUM_DEPTH):
        value = node.get(key)
        if value is not None:
            return value
        node = node.get("/Parent")
        if not _is_dictionary(node):
            return None
    return None


def _joined(prefix: str, node: Any) -> str:
    own = read_text(node.get("/T"))[0] if "/T" in node else ""
    return ".".join(part for part in (prefix, own) if part)


def _kids(node: Any) -> list[Any]:
    kids = node.get("/Kids")
    return list(kids) if _is_array(kids) else []


def _is_dictionary(item: Any) -> bool:
    import pikepdf  # noqa: PLC0415 - slow to import

    return isinstance(item, pikepdf.Dictionary)


def _is_array(item: Any) -> bool:
    import pikepdf  # noqa: PLC0415 - slow to import

    return isinstance(item, pikepdf.Array)
