"""Read what a mail without a form tells: number, company, who has run WhatsApp, the wished form."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.intake.language import country_of_language
from pipeline.intake.listen import ends_letter, listen, undenied
from pipeline.intake.suggest import wished_forms
from pipeline.model.message import InboundMessage, SenderJudgement
from pipeline.model.proposal import Proposal, Proposals, Told
from pipeline.validation.business_name import names_in
from pipeline.validation.email import FREE_MAIL_DOMAINS
from pipeline.validation.phone.in_text import NumberInText, numbers_in
from pipeline.validation.phone.number_types import code_of_country

_CAP = 20_000
_QUOTED = 160
_MOST = 20
_SIGNATURE_LINES = 15
_SHORTEST_LABEL = 4
_BODY_WORDS = 6
_OURS = ("genesys", "ジェネシス")
_ADDRESSED = re.compile(r"\s*(?:御中|様|殿|各位)")
_FENCE = re.compile(r"\s*(?:[>＞]|[-_=]{2,}\s?\S[^-_=]{0,60}[-_=]{2,}\s*\Z)")
#: A line of whoever wrote: an address, a link, a fax (the word in many languages), a postal code.
_CONTACT = re.compile(r"\S@\S|https?://|www\.|〒|\b(?:tele)?fax\b|ファックス|传真", re.IGNORECASE)
_ABOUT_WHATSAPP = re.compile(r"whats\s?app|wa\.me", re.IGNORECASE)
_COMPANY_IN_NAME = re.compile(r"[(（\[]([^)）\]]{2,100})[)）\]]")


@dataclass(frozen=True, slots=True)
class _Letter:
    """The words that were written now (``body``), and what stands below them (``tail``)."""

    body: str
    tail: str


def hear(
    message: InboundMessage, sender: SenderJudgement, language: str, *, asked: bool = False
) -> Proposals:
    """Return the details that ``message`` tells in its words, each with the words it stands in.

    ``language`` is the one that the sender is answered in; with the domain of the address it says
    what country a number without its code may belong to. ``asked``: it answers our question who has
    run WhatsApp, so that a name alone is the answer. Nothing of it is an answer to a form.
    """
    letter = _letter(message)
    companies = _companies(letter, sender)
    own = _own_names(sender)
    found: list[Proposal] = [*_numbers(letter, _countries(sender, message.language, language))]
    ran = listen(letter.body, own, [name for name, _ in companies], asked=asked)
    found += ran
    run_by = {item.value for item in ran if item.about is Told.PROVIDER}
    found += _company(companies, run_by, sender)
    found += [
        Proposal(Told.FORM, kind, words) for kind, words in wished_forms(undenied(letter.body))
    ]
    return tuple(dict.fromkeys(found))[:_MOST]


def _letter(message: InboundMessage) -> _Letter:
    body = message.new_text[:_CAP]
    last = body.strip().rpartition("\n")[2].strip()
    text = message.text[:_CAP]
    at = text.rfind(last) if last else -1
    below = text[at + len(last) :] if at >= 0 else ""
    return _Letter(body, "\n".join(_signature(below)))


def _signature(below: str) -> Iterator[str]:
    """Yield the lines right below the new text, up to the first sign of a quotation."""
    lines = [line for line in below.splitlines() if line.strip()]
    for line in lines[:_SIGNATURE_LINES]:
        if _FENCE.match(line):
            return
        yield line


def _countries(sender: SenderJudgement, *languages: str) -> tuple[str, ...]:
    top = sender.domain.rpartition(".")[2].upper()
    top = "GB" if top == "UK" else top
    hints = [top if len(top) == 2 and code_of_country(top) else ""]  # noqa: PLR2004 - ISO 3166
    hints += [country_of_language(language) for language in languages]
    return tuple(dict.fromkeys(filter(None, hints)))


def _own_names(sender: SenderJudgement) -> tuple[str, ...]:
    """Return the labels of the sender's domain that can be the name of a company."""
    if sender.domain in FREE_MAIL_DOMAINS:
        return ()
    labels = sender.domain.split(".")[:-1]
    return tuple(
        name
        for label in labels
        for name in {label, label.replace("-", "")}
        if len(name) >= _SHORTEST_LABEL
    )


def _numbers(letter: _Letter, countries: tuple[str, ...]) -> Iterator[Proposal]:
    """Yield the numbers: the one WhatsApp is wanted for, weak those of whoever wrote.

    A fax number is none. Beside a number on a line that speaks of WhatsApp the others are weak. So
    is the WhatsApp number of a signature: it may be the writer's own.
    """
    whole = f"{letter.body}\n{letter.tail}"
    found = [number for number in numbers_in(whole, countries) if not number.fax]
    block = min(_contact_block(letter.body), len(letter.body))
    strong = [number for number in found if number.start < block]
    named = [number for number in strong if _names_it(number)]
    chosen = named or strong
    for number in found:
        yield Proposal(Told.NUMBER, number.e164, _cut(number.line), number not in chosen)


def _names_it(number: NumberInText) -> bool:
    return bool(_ABOUT_WHATSAPP.search(unicodedata.normalize("NFKC", number.line)))


def _contact_block(body: str) -> int:
    """Return where the writer's own details begin: below the last sentence, or a closing formula.

    Below the last sentence only when there is an address, a link, or a word for a telephone.
    """
    lines = body.splitlines(keepends=True)
    last = max((place for place, line in enumerate(lines) if _is_sentence(line)), default=-1)
    start = sum(map(len, lines[: max(last, 0)]))
    for line in lines[max(last, 0) :]:
        if ends_letter(line):
            return start
        start += len(line)
    above, block = "".join(lines[: last + 1]), "".join(lines[last + 1 :])
    return len(above) if above and _CONTACT.search(block) else len(body) + 1


def _is_sentence(line: str) -> bool:
    """Return whether a line is a part of what is said, and no name, address or number."""
    text = line.strip()
    if not text or (_CONTACT.search(text) and not text.endswith((".", "。", "?", "？"))):
        return False
    return text.endswith(("。", "?", "？")) or len(re.findall(r"[^\W\d_]+", text)) >= _BODY_WORDS


def _companies(letter: _Letter, sender: SenderJudgement) -> list[tuple[str, str]]:
    """Return the names with a legal form, each with the line it stands on, ours left out."""
    whole = f"{letter.body}\n{letter.tail}"
    shown = _COMPANY_IN_NAME.findall(sender.name)
    found = [(name, sender.name) for part in (*shown, sender.name) for name, _ in names_in(part)][
        :1
    ]
    for name, start in names_in(whole):
        first, last = whole.rfind("\n", 0, start) + 1, whole.find("\n", start)
        line = whole[first : last if last >= 0 else len(whole)].strip()
        addressed = _ADDRESSED.match(whole[start + len(name) :][:10])
        if not addressed:
            found.append((name, line))
    return [
        (name, line)
        for name, line in found
        if not any(ours in unicodedata.normalize("NFKC", name).casefold() for ours in _OURS)
    ]


def _company(
    companies: list[tuple[str, str]], run_by: set[str], sender: SenderJudgement
) -> Iterator[Proposal]:
    """Yield the customer's company; of several names only the one of the domain is not weak."""
    names: dict[str, str] = {}
    for name, line in companies:
        if not any(name.rstrip(".") in provider or provider in name for provider in run_by):
            names.setdefault(name, line)
    own = _own_names(sender)
    fitting = [
        name for name in names if any(part in _bare(name) or _bare(name) in part for part in own)
    ]
    chosen = fitting[:1] or (list(names) if len(names) == 1 else [])
    for name, line in names.items():
        yield Proposal(Told.COMPANY, name, _cut(line), name not in chosen)


def _bare(name: str) -> str:
    """Return the letters and digits of ``name``, folded, as they may stand in a domain."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def _cut(line: str) -> str:
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"
