"""The settings in force, the mails as customers get them, and the checks of ``doctor``."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from starlette.responses import HTMLResponse, Response

from pipeline import resources
from pipeline.errors import NotFoundError
from pipeline.flow.services import pause
from pipeline.flow.views.asleep import asleep
from pipeline.flow.views.doctor import Finding, examine
from pipeline.flow.views.settings import leaves, shown
from pipeline.notifications.preview.samples import Sample, samples
from pipeline.store import queries
from pipeline.web.visit import Visit
from pipeline.wording import console as words
from pipeline.wording import pages

#: A mail in its frame: its own style, pictures within it, no script, nothing from outside.
_MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def settings(visit: Visit) -> Response:
    """Show the settings in force, and where each comes from; no secret is among them.

    Those that somebody has set come first; where that is not known, all are shown.
    """
    sources = visit.console.sources
    whole = sources is None or visit.word("all") == "1"
    sections: dict[str, list[tuple[str, str, str]]] = {}
    for key, value in leaves(shown(visit.console.settings)):
        origin = sources.origin(key) if sources else ""
        if not origin and not whole:
            continue
        section, _, rest = key.partition(".")
        sections.setdefault(section, []).append((rest or section, _told(value), origin))
    return visit.page("admin/settings", sections=sections, known=sources is not None, whole=whole)


def _told(value: Any) -> str:
    """Return a value of a setting as text; empty for none."""
    if isinstance(value, bool):
        return pages.say("on" if value else "off")
    if value is None:
        return ""
    if not isinstance(value, str) and isinstance(value, Iterable):
        return ", ".join(map(_told, value))
    return str(value)


def notices(visit: Visit) -> Response:
    """Show every mail that there is in one language, with the facts of nobody."""
    language = _language(visit)
    return visit.page("admin/notices", groups=_composed(language), lang=language)


@cache
def _composed(language: str) -> Mapping[str, Sequence[tuple[Sample, str, str]]]:
    """Return the mails of each notice: the subject, and what an inbox shows beside it.

    All of them take a while, and do not change while the console runs.
    """
    found: dict[str, list[tuple[Sample, str, str]]] = {}
    for sample in samples(language):
        mail = sample.compose()
        line = (sample, mail.subject, mail.preheader)
        found.setdefault(sample.notice.value, []).append(line)
    return found


def notice(visit: Visit) -> Response:
    """Show one mail as its reader sees it, as a page and as text."""
    sample = _sample(visit)
    return visit.page("admin/notice", sample=sample, mail=sample.compose(), lang=sample.language)


def notice_mail(visit: Visit) -> Response:
    """Return the mail itself, for the frame that shows it."""
    return HTMLResponse(
        _sample(visit).compose().html, headers={"Content-Security-Policy": _MAIL_POLICY}
    )


def _language(visit: Visit) -> str:
    chosen = visit.word("lang")
    return chosen if chosen in resources.languages() else words.language()


def _sample(visit: Visit) -> Sample:
    """Return the mail that the path names. Raises NotFoundError ``notice_unknown``."""
    name = visit.path("name")
    found = next((one for one in samples(_language(visit)) if one.name == name), None)
    if found is None:
        raise NotFoundError("notice_unknown", notice=name)
    return found


def health(visit: Visit) -> Response:
    """Show what the database tells at once; the checks are run when somebody asks."""
    return _health(visit, None)


def examined(visit: Visit) -> Response:
    """Run all checks of ``doctor``, and show what they found."""
    return _health(visit, examine(visit.console.settings))


def _health(visit: Visit, findings: list[Finding] | None) -> Response:
    services, now = visit.services, visit.console.clock.now()
    with services.store.read() as tx:
        last, counts = tx.memory.last_batch(), queries.counts(tx, now)
        sending, sleeping = pause.refusals(tx), asleep(services.work(tx))
    return visit.page(
        "admin/health",
        HTTPStatus.OK,
        now=now,
        last=last,
        counts=[(name, getattr(counts, name)) for name in counts.__slots__],
        sending=sending,
        asleep=sleeping.total,
        findings=findings,
        explain=lambda error: words.explain(error, to_type=False),
    )
