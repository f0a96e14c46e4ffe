"""Links within a form and out of it: where they lead, and what they are called.

Every link says in ``Contents`` where it leads (ISO 14289-1, 7.18.5). Places are written into the
link itself: not every program that takes pages over keeps the names of a file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.pdf.geometry import edges_of
from pipeline.forms.pdf.signs import MARK_NAME
from pipeline.forms.texts import FormTexts
from pipeline.model.form import FormKind

#: What the places of questions are called.
_QUESTION = "question-"
_MAIL = "mailto:"
_PRINT = 1 << 2


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a question, and its words."""

    target: str
    words: str


def target_of(field: str) -> str:
    """Return the name of the place of a question."""
    return f"{_QUESTION}{field}"


def begin_link(kind: FormKind, texts: FormTexts) -> Link:
    """Return the link that leads to the first question."""
    return Link(target_of(next(iter(FORMS[kind].questions))), texts.words("go_to_form"))


def confirmed_link(kind: FormKind, texts: FormTexts) -> Link | None:
    """Return the link to where the facts are confirmed; None where nothing has to be."""
    definition = FORMS[kind]
    ticks = [name for name, one in definition.questions.items() if one.kind is AnswerKind.TICK]
    if not ticks:
        return None
    first, last = (str(definition.numbers[name]) for name in (ticks[0], ticks[-1]))
    words = texts.words("facts_later").replace("{first}", first).replace("{last}", last)
    return Link(target_of(ticks[0]), words)


def finish_links(pdf: Any, kind: FormKind, texts: FormTexts) -> None:
    """Make each link of a laid-out form lead to its place, and say where it leads."""
    import pikepdf  # noqa: PLC0415 - slow to import

    known = (begin_link(kind, texts), confirmed_link(kind, texts))
    words = {link.target: link.words for link in known if link}
    places = dict(_places(pdf))
    found = (one for page in pdf.pages for one in page.obj.get("/Annots", []))
    links = [one for one in found if one.Subtype == "/Link"]
    for number, link in enumerate(links, 1):
        link.F = _PRINT
        link.NM = pikepdf.String(f"{MARK_NAME}{number}:link")
        link.Rect = pikepdf.Array(list(edges_of(link)))
        if "/Dest" in link:
            target = str(link.Dest)
            link.Dest = places[target]
            link.Contents = pikepdf.String(words[target])
        else:
            link.Contents = pikepdf.String(str(link.A.URI).removeprefix(_MAIL))
    if "/Names" in pdf.Root and "/Dests" in pdf.Root.Names:
        del pdf.Root.Names.Dests


def _places(pdf: Any) -> Iterator[tuple[str, Any]]:
    """Yield the named places of a laid-out PDF."""
    names = pdf.Root.get("/Names", {}).get("/Dests", {}).get("/Names", [])
    listed = list(names)
    yield from ((str(name), place) for name, place in zip(listed[::2], listed[1::2], strict=True))
