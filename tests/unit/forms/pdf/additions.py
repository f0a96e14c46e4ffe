"""Puts things into a filled form as people and their programs do, beside its fields."""

import warnings
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.model.form import FileFormat, FormKind
from tests.programs.answers import entries

Change = Callable[[Any], Any]
Edges = tuple[float, float, float, float]


def filled(kind: FormKind, language: str = "en", /, **changes: str | None) -> bytes:
    """Return the published form with an answer to every question, as a careful program fills it.

    A change to None leaves the question without an answer.
    """
    given: dict[str, str | None] = {
        entry.field: entry.code or entry.text for entry in entries(kind, language, FileFormat.PDF)
    }
    given |= changes
    content = published(kind, language)
    assert content is not None

    def fill(pdf: Any) -> None:
        for field in pdf.Root.AcroForm.Fields:
            name = str(field.T)
            text = given.get(name)
            if FORMS[kind].questions.get(name) is None or text is None:
                continue
            if FORMS[kind].questions[name].kind is AnswerKind.TICK:
                field.V = field.AS = Name.Yes
            else:
                field.V = String(text)

    return changed(content, fill)


def changed(content: bytes, *changes: Change, **saving: Any) -> bytes:
    """Return the PDF with ``changes`` made to it, saved with the options ``saving``."""
    target = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        for change in changes:
            change(pdf)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pikepdf.PageCopyWarning)  # fields without a list
            pdf.save(target, **saving)
    return target.getvalue()


def in_font(pdf: Any, encoding: str, program: bytes = b"", meaning: bytes = b"") -> Any:
    """Return a composite font of ``encoding``, with its ``program`` and its map to Unicode."""
    descriptor = Dictionary(
        Type=Name("/FontDescriptor"), FontName=Name("/Some"), Flags=4,
        FontBBox=[0, 0, 1000, 1000], ItalicAngle=0, Ascent=880, Descent=0, CapHeight=700, StemV=80,
    )  # fmt: skip
    if program:
        descriptor.FontFile2 = pdf.make_stream(program)
    ordering = "Identity" if encoding.startswith("/Identity") else "Japan1"
    descendant = Dictionary(
        Type=Name("/Font"), Subtype=Name("/CIDFontType2"), DW=1000,
        BaseFont=Name("/Some"), FontDescriptor=pdf.make_indirect(descriptor),
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering=ordering, Supplement=0),
    )  # fmt: skip
    font: Any = Dictionary(
        Type=Name("/Font"), Subtype=Name("/Type0"), BaseFont=Name("/Some"),
        Encoding=Name(encoding), DescendantFonts=[pdf.make_indirect(descendant)],
    )  # fmt: skip
    if meaning:
        font.ToUnicode = pdf.make_stream(meaning)
    return pdf.make_indirect(font)


def widget(pdf: Any, name: str) -> tuple[Any, Any]:
    """Return the page and the widget of a field."""
    return next(
        (page, item)
        for page in pdf.pages
        for item in page.obj.get("/Annots", [])
        if str(item.get("/T", "")) == name
    )


def edges(pdf: Any, name: str, right: float = 0, up: float = 0) -> Edges:
    """Return the edges of a field's box, moved."""
    left, bottom, end, top = (float(edge) for edge in widget(pdf, name)[1].Rect)
    return left + right, bottom + up, end + right, top + up


def note(
    subtype: str,
    name: str,
    words: str | None = None,
    *,
    right: float = 0,
    up: float = 0,
    size: tuple[float, float] | None = None,
    **more: Any,
) -> Change:
    """Return a change that adds an annotation at the box of ``name``, moved and of a size."""

    def add(pdf: Any) -> Any:
        page, _ = widget(pdf, name)
        left, bottom, end, top = edges(pdf, name, right, up)
        if size is not None:
            end, bottom = left + size[0], top - size[1]
        item = Dictionary(
            Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=Array([left, bottom, end, top]),
            F=4, T=String("reader"), M=String("D:20261129090000Z"), P=page.obj,
        )  # fmt: skip
        if words is not None:
            item.Contents = String(words)
        if subtype in {"StrikeOut", "Highlight", "Underline", "Squiggly"}:
            item.QuadPoints = Array([left, top, end, top, left, bottom, end, bottom])
        if subtype == "Ink":
            stroke = [left + 2, bottom + 3, left + 30, bottom + 9, left + 60, bottom + 2]
            item.InkList = Array([Array(stroke)])
        for key, value in more.items():
            item[f"/{key}"] = value
        made = pdf.make_indirect(item)
        page.obj.Annots.append(made)
        return made

    return add


def drawn(page_of: str, content: Callable[[Edges], bytes], resources: Mapping[str, Any]) -> Change:
    """Return a change that draws on the page of the field ``page_of``, as an editor does."""

    def add(pdf: Any) -> None:
        page, _ = widget(pdf, page_of)
        known = page.obj.Resources
        for kind, items in resources.items():
            if kind not in known:
                known[kind] = Dictionary()
            for key, make in items.items():
                known[kind][key] = make(pdf) if callable(make) else make
        page.contents_add(pikepdf.Stream(pdf, b"q"), prepend=True)
        page.contents_add(pikepdf.Stream(pdf, b"Q q " + content(edges(pdf, page_of)) + b" Q"))

    return add


def helvetica(pdf: Any) -> Any:
    """Return a new font that every program has."""
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type1,
            BaseFont=Name.Helvetica,
            Encoding=Name.WinAnsiEncoding,
        )
    )


def typed(name: str, words: str, *, right: float = 0, up: float = 0) -> Change:
    """Return a change that draws words on the page, at the box of ``name``, moved."""

    def content(box: Edges) -> bytes:
        text = words.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(")
        where = b"%.1f %.1f Td" % (box[0] + 3 + right, box[1] + 4 + up)
        return b"BT /AddF 10 Tf 0 0 0.6 rg %s (%s) Tj ET" % (where, text.replace(b")", b"\\)"))

    return drawn(name, content, {"/Font": {"/AddF": helvetica}})


def shown(content: bytes) -> bytes:
    """Return a form whose fields every program draws anew, so that they can be printed."""

    def ask(pdf: Any) -> None:
        pdf.Root.AcroForm.NeedAppearances = True

    return changed(content, ask)


def joined(*contents: bytes) -> bytes:
    """Return the files as one as qpdf joins them: fields renamed where names clash."""
    target = BytesIO()
    with pikepdf.open(BytesIO(contents[0])) as pdf:
        for content in contents[1:]:
            with pikepdf.open(BytesIO(content)) as other:
                pdf.add_pages_from(other)
        pdf.save(target)
    return target.getvalue()


def without_pages(*indexes: int) -> Change:
    """Return a change that takes pages out, as a program that splits files does."""

    def take(pdf: Any) -> None:
        for index in sorted(indexes, reverse=True):
            del pdf.pages[index]
        there = {item.objgen for page in pdf.pages for item in page.obj.get("/Annots", [])}
        kept = [field for field in pdf.Root.AcroForm.Fields if field.objgen in there]
        pdf.Root.AcroForm.Fields = Array(kept)

    return take
