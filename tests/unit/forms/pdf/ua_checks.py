"""What a machine can check of PDF/UA-1 (ISO 14289-1), after the Matterhorn Protocol 1.1.

Each finding begins with the number of the failure condition that it stands for, such as
``28-005``. Conditions about things that our forms never have (optional content, embedded files,
JavaScript, multimedia, encryption) are checked by their absence.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pikepdf

#: ISO 32000-1, 14.8.4: the standard structure types.
STANDARD = frozenset(
    f"/{name}"
    for names in (
        ("Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "TOC", "TOCI", "Index"),
        ("NonStruct", "Private", "P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl"),
        ("LBody", "Table", "TR", "TH", "TD", "THead", "TBody", "TFoot", "Span", "Quote", "Note"),
        ("Reference", "BibEntry", "Code", "Link", "Annot", "Ruby", "RB", "RT", "RP", "Warichu"),
        ("WT", "WP", "Figure", "Formula", "Form"),
    )
    for name in names
)
SHOWING = frozenset({"Tj", "TJ", "'", '"'})
PAINTING = SHOWING | {"f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do", "INLINE IMAGE"}
HIDDEN = 1 << 1
#: The fourteen fonts that viewers bring along; PDF/UA wants even these embedded.
WITHOUT_PROGRAM = ("/FontFile", "/FontFile2", "/FontFile3")


@dataclass
class _Document:
    """One file under examination."""

    pdf: Any
    findings: list[str] = field(default_factory=list)
    elements: list[Any] = field(default_factory=list)
    #: (page, MCID) and annotations that the structure tree reaches, with the element over them.
    content: dict[tuple[tuple[int, int], int], Any] = field(default_factory=dict)
    objects: dict[tuple[int, int], Any] = field(default_factory=dict)

    def say(self, condition: str, what: str) -> None:
        self.findings.append(f"{condition} {what}")


def findings(content: bytes) -> list[str]:
    """Return every failure that is found in the PDF ``content``; empty when there is none."""
    with pikepdf.open(BytesIO(content)) as pdf:
        document = _Document(pdf)
        _check_catalogue(document)
        if "/StructTreeRoot" in pdf.Root:
            _walk(document, pdf.Root.StructTreeRoot, [])
        for check in _CHECKS:
            check(document)
        return document.findings


def _check_catalogue(document: _Document) -> None:
    pdf, say = document.pdf, document.say
    root = pdf.Root
    mark_info = root.get("/MarkInfo", pikepdf.Dictionary())
    metadata = root.Metadata.read_bytes().decode() if "/Metadata" in root else ""
    preferences = root.get("/ViewerPreferences", pikepdf.Dictionary())
    wanted = (
        ("06-001", "no metadata", metadata),
        ("06-002", "no pdfuaid:part", 'pdfuaid:part="1"' in metadata or "part>1<" in metadata),
        ("06-003", "no dc:title", "dc:title" in metadata),
        ("07-001", "no DisplayDocTitle", bool(preferences.get("/DisplayDocTitle", False))),
        ("11-006", "no language", str(root.get("/Lang", ""))),
        ("01-000", "not marked", bool(mark_info.get("/Marked", False))),
        ("01-007", "suspects", not bool(mark_info.get("/Suspects", False))),
        ("01-006", "no structure tree", "/StructTreeRoot" in root),
        ("26-001", "encrypted", not pdf.is_encrypted),
        ("20-001", "optional content", "/OCProperties" not in root),
        ("21-001", "embedded files", "/EmbeddedFiles" not in root.get("/Names", {})),
        ("25-001", "XFA", "/XFA" not in root.get("/AcroForm", {})),
        ("29-001", "script", _is_place(root.get("/OpenAction")) and "/AA" not in root),
    )
    for condition, what, holds in wanted:
        if not holds:
            say(condition, what)


def _is_place(action: Any) -> bool:
    """Whether what happens on opening is nothing, or going to a place in the form."""
    return action is None or isinstance(action, pikepdf.Array)


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K", pikepdf.Array())
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _walk(document: _Document, element: Any, parents: list[str]) -> None:
    """Gather what hangs below ``element``, and check each element on the way."""
    for kid in _kids(element):
        if isinstance(kid, int):
            document.content[(element.Pg.objgen, kid)] = element
        elif kid.get("/Type") == "/MCR":
            page = kid.get("/Pg", element.get("/Pg"))
            document.content[(page.objgen, int(kid.MCID))] = element
        elif kid.get("/Type") == "/OBJR":
            document.objects[kid.Obj.objgen] = element
        else:
            document.elements.append(kid)
            if kid.get("/P") is None or kid.P.objgen != element.objgen:
                document.say("01-006", f"{kid.get('/S')} does not know its parent")
            _check_place(document, kid, [*parents, str(element.get("/S", "/StructTreeRoot"))])
            _walk(document, kid, [*parents, str(element.get("/S", "/StructTreeRoot"))])


def _check_place(document: _Document, element: Any, parents: list[str]) -> None:
    """Check the type of one element and that it stands where it may."""
    role_map = document.pdf.Root.StructTreeRoot.get("/RoleMap", pikepdf.Dictionary())
    kind, seen = str(element.S), set()
    while kind in role_map and kind not in seen:
        seen.add(kind)
        kind = str(role_map[kind])
    if kind not in STANDARD:
        document.say("02-001", f"{kind} is no standard type")
    if seen & STANDARD:
        document.say("02-004", f"{seen} is remapped")
    if not _kids(element):
        document.say("01-006", f"{kind} is empty")
    around = [parent for parent in parents if parent != "/NonStruct"]
    above = {"/LI": "/L", "/LBody": "/LI", "/TR": "/T", "/TH": "/TR", "/TD": "/TR"}.get(kind)
    if above and not around[-1].startswith(above):
        document.say("09-004", f"{kind} in {around[-1]}")
    inside = [str(kid.get("/S")) for kid in _kids(element) if isinstance(kid, pikepdf.Dictionary)]
    if kind == "/L" and set(inside) - {"/LI", "/L", "/Caption"}:
        document.say("16-001", f"a list holds {inside}")
    if kind == "/LI" and (set(inside) - {"/Lbl", "/LBody"} or "/LBody" not in inside):
        document.say("16-003", f"a list item holds {inside}")
    if kind in {"/Figure", "/Formula"} and not (element.get("/Alt") or element.get("/ActualText")):
        document.say("13-004", f"{kind} without words")
    attributes = element.get("/A", pikepdf.Dictionary())
    tables = attributes if isinstance(attributes, pikepdf.Array) else [attributes]
    if kind == "/TH" and not any("/Scope" in one for one in tables):
        document.say("15-003", "TH without scope")


def _check_headings(document: _Document) -> None:
    level = 0
    for element in document.elements:
        kind = str(element.S)
        if kind in {"/H1", "/H2", "/H3", "/H4", "/H5", "/H6"}:
            now = int(kind[2])
            if now > level + 1:
                document.say("14-003", f"{kind} follows level {level}")
            level = now
    if not [one for one in document.elements if one.S == "/H1"]:
        document.say("14-002", "no first heading")


def _check_content(document: _Document) -> None:
    """Everything that is painted is an artifact or hangs in the structure tree."""
    on_pages = set()
    for page in document.pdf.pages:
        for operator, stack in _painted(page, page.resources):
            if "artifact" in stack and any(isinstance(mark, int) for mark in stack):
                document.say("01-003", f"artifact and content are nested ({operator})")
            marks = [mark for mark in stack if isinstance(mark, int)]
            if not marks and "artifact" not in stack:
                document.say("01-005", f"{operator} is neither content nor artifact")
            on_pages |= {(page.obj.objgen, mark) for mark in marks}
    for page_mark in sorted(on_pages - set(document.content)):
        document.say("01-006", f"content {page_mark} is not in the structure")
    for page_mark in sorted(set(document.content) - on_pages):
        document.say("01-006", f"structure points to {page_mark}, where nothing is painted")


def _painted(page: Any, resources: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield each painting operator with the marks around it: an MCID, ``artifact`` or ``other``."""
    stack: list[Any] = []
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator in {"BMC", "BDC"}:
            operands = list(instruction.operands)
            known = operands[1] if len(operands) > 1 else pikepdf.Dictionary()
            if isinstance(known, pikepdf.Name):
                known = resources.Properties[known]
            mark = "artifact" if operands[0] == "/Artifact" else known.get("/MCID", "other")
            stack.append(int(mark) if not isinstance(mark, str) else mark)
        elif operator == "EMC":
            stack.pop()
        elif operator in PAINTING:
            yield operator, list(stack)
    assert not stack


def _check_parent_tree(document: _Document) -> None:
    root = document.pdf.Root.StructTreeRoot
    tree = pikepdf.NumberTree(root.ParentTree)
    used = []
    for page in document.pdf.pages:
        number = page.obj.get("/StructParents")
        if number is None:
            document.say("01-006", "a page without StructParents")
            continue
        used.append(int(number))
        parents = list(tree[int(number)])
        for (where, mark), element in document.content.items():
            if where == page.obj.objgen and (
                mark >= len(parents) or parents[mark].objgen != element.objgen
            ):
                document.say("01-006", f"the parent tree does not know {mark}")
        for annotation in page.obj.get("/Annots", []):
            if annotation.objgen in document.objects:
                _check_struct_parent(document, tree, annotation, used)
    if len(used) != len(set(used)):
        document.say("01-006", "a number of the parent tree is used twice")
    if "/ParentTreeNextKey" in root and int(root.ParentTreeNextKey) <= max(used):
        document.say("01-006", "the next key of the parent tree is taken")


def _check_struct_parent(document: _Document, tree: Any, annotation: Any, used: list[int]) -> None:
    number = annotation.get("/StructParent")
    if number is None or int(number) not in tree:
        document.say("28-002", f"{annotation.get('/T', annotation.Subtype)} has no way back")
        return
    used.append(int(number))
    if tree[int(number)].objgen != document.objects[annotation.objgen].objgen:
        document.say("28-002", f"{annotation.get('/T', annotation.Subtype)} leads elsewhere")


def _check_annotations(document: _Document) -> None:
    for page in document.pdf.pages:
        annotations = list(page.obj.get("/Annots", []))
        if annotations and page.obj.get("/Tabs") != "/S":
            document.say("28-008", "the order of tabs is not that of the structure")
        for annotation in annotations:
            name = str(annotation.get("/T", annotation.Subtype))
            if int(annotation.get("/F", 0)) & HIDDEN:
                continue
            element = document.objects.get(annotation.objgen)
            if element is None:
                document.say("28-002", f"{name} is not in the structure")
                continue
            wanted = {"/Widget": "/Form", "/Link": "/Link"}.get(str(annotation.Subtype), "/Annot")
            if str(element.S) != wanted:
                document.say("28-010", f"{name} stands in {element.S}")
            words = annotation.get("/Contents") or element.get("/Alt") or annotation.get("/TU")
            if annotation.Subtype == "/Widget" and not str(annotation.get("/TU", "")):
                document.say("28-005", f"{name} has no name for people")
            elif not str(words or ""):
                document.say("28-004", f"{name} has no words")


def _check_fonts(document: _Document) -> None:
    """Each font that something is written in is embedded and says what its codes mean."""
    for where, stream, resources in _streams(document.pdf):
        for name in _fonts_used(stream):
            font = resources.Font[name]
            inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            descriptor = inner.get("/FontDescriptor", pikepdf.Dictionary())
            if not any(key in descriptor for key in WITHOUT_PROGRAM):
                document.say("31-009", f"{font.BaseFont} is not embedded ({where})")
            if "/ToUnicode" not in font:
                document.say("10-001", f"{font.BaseFont} has no map to text ({where})")
            if font.Subtype == "/Type0" and inner.get("/CIDToGIDMap") is None:
                document.say("31-005", f"{font.BaseFont} has no CIDToGIDMap ({where})")


def _streams(pdf: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield every stream that paints: of pages, and of what annotations look like."""
    for page in pdf.pages:
        yield "page", page, page.resources
        for annotation in page.obj.get("/Annots", []):
            normal = annotation.get("/AP", pikepdf.Dictionary()).get("/N", pikepdf.Dictionary())
            looks = [normal] if isinstance(normal, pikepdf.Stream) else list(normal.values())
            for look in looks:
                name = str(annotation.get("/T", annotation.Subtype))
                yield name, look, look.get("/Resources", pikepdf.Dictionary())


def _fonts_used(stream: Any) -> set[str]:
    used, current = set(), ""
    for instruction in pikepdf.parse_content_stream(stream):
        if str(instruction.operator) == "Tf":
            current = str(next(iter(instruction.operands)))
        elif str(instruction.operator) in SHOWING:
            used.add(current)
    return used


_CHECKS: tuple[Callable[[_Document], None], ...] = (
    _check_headings,
    _check_content,
    _check_parent_tree,
    _check_annotations,
    _check_fonts,
)
