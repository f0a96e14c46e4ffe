"""Read free text: what is stored is what was written, in one form of its characters."""

import re
from dataclasses import replace

from pipeline.forms.definitions.definition import Question
from pipeline.model.problem import Severity
from pipeline.validation.characters import clean, damaged, mixed_letters, squeeze, utf16_length
from pipeline.validation.reading import Finding, Hints, Read, ask, ok, reject
from pipeline.validation.remarks import without_remark

EMAIL = re.compile(r"[^\s@,;()<>]{1,64}@[^\s@,;()<>]+\.[^\s@,;()<>]+")
#: A tag as HTML has them; ``a < b`` and ``<3`` are none.
MARKUP = re.compile(r"</?[A-Za-z!][^<>]*>|<\?|\{\{|\{%|&#?\w+;", re.DOTALL)


def read_text(text: str, question: Question, hints: Hints) -> Read:  # noqa: ARG001, PLR0911 - one shape; a return for each outcome
    """Return the words of ``text``; lengths count in UTF-16 units."""
    broken = damaged(text)
    if broken:
        return ask(None, "damaged_chars", chars=broken)
    whole, notes = clean(text)
    value = whole if question.long else squeeze(whole)
    if value != whole and "\n" in whole:
        notes = (*notes, "lines_joined")
    length = utf16_length(value)
    if question.maximum and length > question.maximum:
        return reject("too_long", n=question.maximum, m=length).noted(*notes)
    if length < question.minimum:
        return reject("too_short", n=question.minimum, m=length).noted(*notes)
    is_name = question.required and not question.long
    if is_name and not any(map(str.isalnum, value)):
        return reject("placeholder", given=value)
    # an address in brackets is what mail programs paste behind its words
    found = (match for match in MARKUP.finditer(value) if not _is_address(match.group()))
    markup = next(found, None)
    if markup:
        return replace(ask(value, "markup", given=markup.group()), literal=value).noted(*notes)
    mixed = "" if question.long else mixed_letters(value)
    if mixed:
        return replace(ask(value, "lookalike", chars=mixed), literal=value).noted(*notes)
    doubt = _doubt_of_name(value) if is_name and not question.conditional else None
    if doubt:
        return replace(doubt, literal=value).noted(*notes)
    return ok(value, *notes, findings=_unusual(question, length))


def _doubt_of_name(name: str) -> Read | None:
    """Return the question about what names nobody, or names somebody and says more; else None."""
    if not any(sign.isalpha() or (sign.isnumeric() and not sign.isdecimal()) for sign in name):
        return ask(name, "name_digits", given=name)
    if EMAIL.fullmatch(name):
        return ask(name, "name_email", given=name)
    bare = without_remark(name) or (name.rstrip("?？ ") if name.endswith(("?", "？")) else "")
    return ask(bare, "confirm_value", value=bare) if bare else None


def _is_address(markup: str) -> bool:
    return "://" in markup or "@" in markup


def _unusual(question: Question, length: int) -> tuple[Finding, ...]:
    if question.usual and length > question.usual[1]:
        params = (("n", question.usual[1]), ("m", length))
        return (Finding("description_long", params, Severity.WARNING),)
    return ()
