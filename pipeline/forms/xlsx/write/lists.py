"""Builds the drop-down lists of a form: the words to choose from, on the hidden sheet."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.forms.xlsx.layout import LIST_PREFIX
from pipeline.model.form import FormKind

#: Regions of CLDR that are no countries of ISO 3166.
_NO_COUNTRIES = frozenset(
    "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split()  # noqa: SIM905 - a list of codes
)

#: A zone for each usual offset and part of the world; any other zone or city may be typed.
TIME_ZONES = (
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Lima",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Toronto",
    "Asia/Bangkok",
    "Asia/Dhaka",
    "Asia/Dubai",
    "Asia/Ho_Chi_Minh",
    "Asia/Hong_Kong",
    "Asia/Jakarta",
    "Asia/Jerusalem",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Kuala_Lumpur",
    "Asia/Manila",
    "Asia/Riyadh",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Taipei",
    "Asia/Tokyo",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Perth",
    "Australia/Sydney",
    "Europe/Amsterdam",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Rome",
    "Europe/Stockholm",
    "Europe/Warsaw",
    "Europe/Zurich",
    "Pacific/Auckland",
    "Pacific/Honolulu",
)


@dataclass(frozen=True, slots=True)
class DropDown:
    """A list under a defined name; a ``closed`` one refuses everything else."""

    name: str
    words: tuple[str, ...]
    closed: bool


@cache
def country_names(language: str) -> Mapping[str, str]:
    """Return the names of all countries (ISO 3166 alpha-2 → name) in ``language`` (CLDR)."""
    from babel import Locale  # noqa: PLC0415 - slow to import

    names = Locale.parse(form_texts(language).locale).territories
    return {
        code: str(name)
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES  # noqa: PLR2004 - alpha-2
    }


def _sort_key(name: str) -> str:
    """Sort accented letters beside their base letters."""
    return "".join(
        character
        for character in unicodedata.normalize("NFD", name).casefold()
        if not unicodedata.combining(character)
    )


def drop_down(texts: FormTexts, field: str, question: Question) -> DropDown | None:
    """Return the list that ``field`` chooses from, or None when it is typed freely."""
    if question.kind is AnswerKind.COUNTRY:
        names = sorted(country_names(texts.language).values(), key=_sort_key)
        return DropDown(LIST_PREFIX + "country", tuple(names), closed=False)
    if question.kind is AnswerKind.TIME_ZONE:
        return DropDown(LIST_PREFIX + "time_zone", TIME_ZONES, closed=False)
    choices = texts.choices(field)
    if not choices:
        return None
    if question.kind is AnswerKind.TICK:
        name = "tick"
    elif question.choices in {("yes", "no"), ("yes", "no", "unknown")}:
        name = "_".join(question.choices)
    else:
        name = field
    return DropDown(LIST_PREFIX + name, tuple(word for _, word in choices), closed=True)


def drop_downs(kind: FormKind, texts: FormTexts) -> tuple[DropDown, ...]:
    """Return every list that the form needs, each once."""
    found = {
        item.name: item
        for field, question in FORMS[kind].questions.items()
        if (item := drop_down(texts, field, question))
    }
    return tuple(found.values())


def shown_answer(texts: FormTexts, field: str, question: Question, answer: str) -> str:
    """Return ``answer`` as a person of the language reads it: codes become words."""
    if question.kind is AnswerKind.COUNTRY:
        return country_names(texts.language).get(answer, answer)
    return dict(texts.choices(field)).get(answer, answer)
