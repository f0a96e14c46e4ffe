"""``template check``: every notice in every language and state, against the rules for mails."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.flow.views.notices.rules import RULES, Mail, count_of_dates
from pipeline.model.notice import NoticeName
from pipeline.notifications.preview.samples import Sample, samples
from pipeline.resources import languages

#: The rule that compares languages.
DATES = "dates"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a mail: the code of the rule, and the words."""

    notice: str
    language: str
    rule: str
    what: str


def check(notice: NoticeName | None = None) -> tuple[Fault, ...]:
    """Return the faults of the samples of ``notice``, or of all; the same is told once a document.

    Raises ConfigurationError for templates that are not as they have to be.
    """
    mails = [
        Mail(sample, sample.compose())
        for language in languages()
        for sample in samples(language, notice)
    ]
    return tuple(dict.fromkeys((*_of_each(mails), *_of_languages(mails))))


def faults_of(sample: Sample) -> tuple[Fault, ...]:
    """Return the faults of one mail."""
    return tuple(_of_each([Mail(sample, sample.compose())]))


def _of_each(mails: Iterable[Mail]) -> Iterator[Fault]:
    for mail in mails:
        for code, rule in RULES.items():
            for what in rule(mail):
                yield Fault(mail.sample.name, mail.composed.language, code, what)


def _of_languages(mails: Iterable[Mail]) -> Iterator[Fault]:
    """Yield the mails that have more or fewer dates in one language than in another."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for mail in mails:
        counts[mail.sample.name][mail.composed.language] = count_of_dates(mail)
    for name, by_language in counts.items():
        if len(set(by_language.values())) > 1:
            told = ", ".join(f"{code} {count}" for code, count in by_language.items())
            yield Fault(name, "", DATES, told)
