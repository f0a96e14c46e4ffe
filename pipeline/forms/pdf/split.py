"""Takes forms apart that were joined into one PDF, so that each is read by itself.

Programs that join files rename fields that clash (``phone_number+1``, ``form1.phone_number``,
``1-phone_number``), make one field of two, or leave the list of fields out. So it is the pages that
are told apart: by what is printed on them, and in which order they are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

import pikepdf

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.own import is_signed, packed_contents
from pipeline.forms.pdf.page_text import printed_pages, shown_text
from pipeline.forms.pdf.printed.blank import blank_form
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.read.fields import inherited, short_name_of
from pipeline.forms.pdf.values import read_text
from pipeline.forms.stamp import IDENTITY_NAMES, Stamp, read_stamp
from pipeline.forms.texts import form_texts
from pipeline.resources import languages

#: No form of ours has more pages, but for copies with marks or with long answers.
_MOST_OF_ONE = 4
_MOST_PAGES = 20
_MOST_FORMS = 10
_MOST_WIDGETS = 2_000
#: What a widget takes over from the fields above it (ISO 32000-2, tables 226, 228 and 234).
_INHERITED = ("/FT", "/V", "/Ff", "/Opt", "/DA", "/MaxLen")
#: What refers to pages that are left out; bookmarks are told with the first form.
_OF_THE_WHOLE = ("/StructTreeRoot", "/Names", "/Dests", "/OpenAction", "/Metadata")
_BOOKMARKS = "/Outlines"


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: which of which form it is (None: not known), and how its fields were renamed."""

    number: int
    stamp: Stamp | None
    index: int | None
    tag: str


def may_be_several(pdf: Any, copies: int, *, two: bool) -> bool:
    """Return whether the open ``pdf`` may hold more than one form.

    ``copies`` of the field that names the form are in it; ``two`` tells that they name several.
    """
    if two or copies > 1:
        return True
    return len(pdf.pages) > _MOST_OF_ONE


def split(content: bytes, pdf: Any) -> tuple[bytes, ...]:
    """Return the forms in the open ``pdf`` of the bytes ``content``, each as a file of its own.

    One form, or none, is ``content`` itself. Nothing is returned for several whose pages cannot be
    told apart. Raises whatever pikepdf raises on a broken file.
    """
    if len(pdf.pages) > _MOST_PAGES:
        return (content,)
    groups = _grouped(_pages(pdf))
    if groups is None:
        return ()
    if len(groups) <= 1:
        return (content,)
    return tuple(_part(content, group) for group in groups)


def _pages(pdf: Any) -> list[_Page]:
    texts = printed_pages(pdf)
    found = []
    for number, page in enumerate(pdf.pages):
        known = _known_pages().get(b"".join(packed_contents(page.obj)))
        names = _names(page)
        stamp, index = known or (read_stamp(texts[number]) if number < len(texts) else None, None)
        if stamp is not None and index is None and is_signed(page.obj):
            index = _printed_index(stamp, texts[number], behind=stamp.text)
        elif stamp is not None and index is None:
            index = _index(stamp, {short_name_of(name) for name in names}, texts[number])
        found.append(_Page(number, stamp, index, _tag(names)))
    return found


@cache
def _known_pages() -> dict[bytes, tuple[Stamp, int]]:
    """Return which page of which blank a packed content is."""
    found: dict[bytes, tuple[Stamp, int]] = {}
    for kind, form in FORMS.items():
        for version in (*form.older_versions, form.version):
            for language in languages():
                blank = published(kind, language, version=version)
                if blank is None:
                    continue
                with pikepdf.open(BytesIO(blank)) as pdf:
                    for index, page in enumerate(pdf.pages):
                        content = b"".join(packed_contents(page.obj))
                        found[content] = Stamp(kind, version, language), index
    return found


def _names(page: Any) -> list[str]:
    """Return the full names of the fields whose widgets are on the page."""
    return [_full_name(widget) for widget in _widgets(page)]


def _widgets(page: Any) -> list[Any]:
    listed = page.obj.get("/Annots")
    items = list(listed)[:_MOST_WIDGETS] if isinstance(listed, pikepdf.Array) else []
    return [
        item
        for item in items
        if isinstance(item, pikepdf.Dictionary) and item.get("/Subtype") == "/Widget"
    ]


def _full_name(widget: Any) -> str:
    parts: list[str] = []
    node = widget
    for _ in range(_MOST_FORMS):
        if "/T" in node:
            parts.insert(0, read_text(node.get("/T"))[0])
        node = node.get("/Parent")
        if not isinstance(node, pikepdf.Dictionary):
            break
    return ".".join(parts)


def _tag(names: Sequence[str]) -> str:
    """Return how a program has renamed the fields of a page: what it put around their names."""
    tags = {name.replace(short_name_of(name), "") for name in names if name}
    return min(tags) if len(tags) == 1 else ""


def _index(stamp: Stamp, names: set[str], text: str) -> int | None:
    """Return which page of its form a page is: by its fields, or by its number in the footer."""
    blank = blank_form(stamp)
    if blank is not None:
        pages = [box.page for box in blank.boxes if box.field in names]
        if pages:
            return max(set(pages), key=pages.count)
    return _printed_index(stamp, text)


def _printed_index(stamp: Stamp, text: str, *, behind: str = "") -> int | None:
    """Return the index that the footer prints, directly ``behind`` a text of it.

    The questions of a copy of ours with marks or long answers may stand on other pages than those
    of the blank; programs that join files may number the pages as well.
    """
    if stamp.language not in languages():
        return None
    before, _, after = form_texts(stamp.language).words("page").partition("{page}")
    middle, _, end = after.partition("{pages}")
    parts = [re.escape(folded(part)) for part in (behind + before, middle, end)]
    found = re.findall(rf"{parts[0]}(\d{{1,2}}){parts[1]}\d{{1,2}}{parts[2]}", folded(text))
    return int(found[-1]) - 1 if found else None


def _grouped(pages: Sequence[_Page]) -> list[list[_Page]] | None:
    """Return the pages of each form; None when they could be put together in several ways.

    A page that is none of ours belongs to the form before it.
    """
    groups: list[list[_Page]] = []
    loose: list[_Page] = []
    last: list[_Page] | None = None
    for page in pages:
        if page.stamp is None:
            (loose if last is None else last).append(page)
            continue
        open_ones = [group for group in groups if _lacks(group, page)]
        if len(open_ones) > 1:
            alike = [group for group in open_ones if _tag_of(group) == page.tag]
            if len(alike) != 1:
                return None
            open_ones = alike
        elif open_ones and _tag_of(open_ones[0]) != page.tag and page.index == 0:
            open_ones = []
        if not open_ones:
            groups.append([])
            open_ones = groups[-1:]
        last = open_ones[0]
        last.append(page)
    if groups:
        groups[0] = [*loose, *groups[0]]
    return groups[:_MOST_FORMS]


def _lacks(group: Sequence[_Page], page: _Page) -> bool:
    """Return whether ``page`` may be one of the form ``group``, which has not got it yet."""
    own = [one for one in group if one.stamp is not None]
    same = all(one.stamp == page.stamp for one in own)
    return same and (page.index is None or all(one.index != page.index for one in own))


def _tag_of(group: Sequence[_Page]) -> str:
    return next((page.tag for page in group if page.stamp is not None), "")


def _part(content: bytes, group: Sequence[_Page]) -> bytes:
    """Return the file with the pages of ``group`` alone, its fields called as they were."""
    numbers = {page.number for page in group}
    stamp = next(page.stamp for page in group if page.stamp is not None)
    target = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        kept = [page for number, page in enumerate(pdf.pages) if number in numbers]
        outside = {
            widget.objgen
            for number, page in enumerate(pdf.pages)
            if number not in numbers
            for widget in _widgets(page)
        }
        fields = [
            one for page in kept for widget in _widgets(page) for one in _own(widget, outside)
        ]
        for number in reversed(range(len(pdf.pages))):
            if number not in numbers:
                del pdf.pages[number]
        others = () if min(numbers) == 0 else (_BOOKMARKS,)
        for key in (*_OF_THE_WHOLE, *others):
            if key in pdf.Root:
                del pdf.Root[key]
        if "/Keywords" in pdf.docinfo:
            del pdf.docinfo["/Keywords"]
        if fields:
            listed = [*fields, *_identity(fields, stamp)]
            pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(listed))
        elif "/AcroForm" in pdf.Root:
            del pdf.Root.AcroForm
        pdf.save(target)
    return target.getvalue()


def _identity(fields: Sequence[Any], stamp: Stamp) -> list[Any]:
    """Let ``fields`` say which form they are of; return what has to be added to them for that."""
    added = []
    for key, text in stamp.entries:
        own = [field for field in fields if str(field.T) == key]
        for field in own:
            field.V = pikepdf.String(text)
        if not own:
            added.append(
                pikepdf.Dictionary(
                    T=pikepdf.String(key), FT=pikepdf.Name.Tx, V=pikepdf.String(text)
                )
            )
    return added


def _own(widget: Any, outside: set[tuple[int, int]]) -> list[Any]:
    """Make a field of its own of a widget; return it.

    A field that a program made of two has one value for both. What its widget shows is the other,
    and is returned beside it.
    """
    parent = widget.get("/Parent")
    name = short_name_of(_full_name(widget))
    for key in _INHERITED:
        value = inherited(widget, pikepdf.Name(key))
        if value is not None:
            widget[key] = value
    shared = (
        "/T" not in widget
        and isinstance(parent, pikepdf.Dictionary)
        and any(
            isinstance(kid, pikepdf.Dictionary) and kid.objgen in outside
            for kid in list(parent.get("/Kids", pikepdf.Array()))[:_MOST_WIDGETS]
        )
    )
    if "/Parent" in widget:
        del widget["/Parent"]
    widget.T = pikepdf.String(name)
    if not shared or name in IDENTITY_NAMES:
        return [widget]
    if str(widget.get("/FT")) == "/Btn":
        widget.V = widget.get("/AS", pikepdf.Name.Off)
        return [widget]
    look = widget.get("/AP")
    look = look.get("/N") if isinstance(look, pikepdf.Dictionary) else None
    shown = shown_text(look) if isinstance(look, pikepdf.Stream) else ""
    value = read_text(widget.get("/V"))[0]
    if "".join(shown.split()) == "".join(value.split()):
        return [widget]
    widget.V = pikepdf.String(shown)
    return (
        [widget]
        if not value
        else [widget, pikepdf.Dictionary(T=widget.T, FT=widget.FT, V=pikepdf.String(value))]
    )
