"""From what was filled in to a decision of flow.staff; what cannot be read is a UsageError."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar, cast, get_args
from zoneinfo import ZoneInfo

from pipeline.batch import decide as decide_again
from pipeline.errors import UsageError
from pipeline.flow.services import Services
from pipeline.flow.staff import certificates, corrections, letters, organisations, replies, review
from pipeline.flow.staff import send_form as forms
from pipeline.flow.staff.desk import hands
from pipeline.flow.staff.desk.rehearsal import Decide
from pipeline.model.form import FormKind
from pipeline.model.identifiers import read_reference
from pipeline.model.request import EventName, Slot, Track
from pipeline.store.records import RequestRecord
from pipeline.web.decisions.form import Filled, Subject

_Word = TypeVar("_Word", Track, FormKind)
Of = Callable[[Filled, Subject], Decide]
_SLOT = timedelta(hours=1)
#: The reasons that the notice of a revocation has words for.
REVOKED = ("exposed", "number_changed", "name_changed", "asked", "our_mistake")


def _slot(text: str, zone: str) -> Slot:
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("slot_unreadable", slot=text) from error
    if start.tzinfo is None:
        start = start.replace(tzinfo=ZoneInfo(zone))
    start = start.astimezone(UTC)
    return Slot(start, start + _SLOT)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("day_unreadable", day=text) from error


def approve(filled: Filled, _subject: Subject) -> Decide:
    """Approve, with the warnings that were ticked off."""
    return lambda services, record, who: review.approve(
        services,
        record,
        who,
        ticked=filled.all("ticked"),
        business_verified=filled.has("business_verified"),
        two_step_off=filled.has("two_step_off"),
    )


def ask(filled: Filled, _subject: Subject) -> Decide:
    """Ask for corrections of the answers that were ticked."""
    fields, text = filled.all("fields"), filled.text("text")
    return lambda services, record, who: corrections.ask(
        services, record, who, fields=fields, text=text
    )


def reject(filled: Filled, _subject: Subject) -> Decide:
    """Reject for the reason that was chosen."""
    reason, text = filled.text("rejected"), filled.text("text")
    return lambda services, record, who: review.reject(
        services, record, who, reason=reason, text=text
    )


def edit(filled: Filled, _subject: Subject) -> Decide:
    """Enter answers for the customer."""
    parted = [text.partition("=") for text in filled.all("answers")]
    pairs = tuple((name.strip(), value.strip()) for name, _, value in parted)
    if not pairs:
        raise UsageError("no_answer_changed")
    return lambda services, record, who: corrections.edit(services, record, who, answers=pairs)


def early(name: EventName) -> Of:
    """Return what records ``name``, the outcome of a call that took place before its time."""
    return lambda _filled, _subject: (
        lambda services, record, who: review.record_early(services, record, who, name)
    )


def advanced(name: EventName) -> Of:
    """Return what records ``name``, an event that has no form of its own."""

    def of(filled: Filled, subject: Subject) -> Decide:
        zone = subject.record.time_zone
        slots = tuple(_slot(text, zone) for text in filled.all("slots"))
        day = _day(filled.text("day"))
        return lambda services, record, who: review.advance(
            services, record, who, event=name, slots=slots, new_date=day
        )

    return of


def release(filled: Filled, _subject: Subject) -> Decide:
    """Release, with a decision about the number where one was chosen."""
    owner = filled.text("owner")
    if not owner:
        return review.release
    if owner not in get_args(organisations.OwnerDecision):
        raise UsageError("choice_unknown", choice=owner)
    chosen = cast("organisations.OwnerDecision", owner)
    return lambda services, record, who: organisations.release_with_number(
        services, record, who, chosen
    )


def issue(filled: Filled, _subject: Subject) -> Decide:
    """Issue the certificate that is wanted, or enter the one that was pasted."""
    text = filled.text("certificate_text") or filled.text("file")
    day = _day(filled.text("created_day"))

    def decide(services: Services, record: RequestRecord, who: str) -> RequestRecord:
        if text:
            return certificates.enter_certificate(services, record, text, who, day)
        return certificates.issue_wanted(services, record)

    return decide


def accept(_filled: Filled, _subject: Subject) -> Decide:
    """Let the newest reply act."""

    def decide(services: Services, record: RequestRecord, who: str) -> RequestRecord:
        accepted = replies.accept(services, record, who)
        if services.rehearsal is None:
            decide_again(services)
        with services.store.read() as tx:
            return tx.requests.get(accepted.id) or accepted

    return decide


def merge(filled: Filled, _subject: Subject) -> Decide:
    """Close the request as a duplicate of another."""
    typed = filled.text("into")

    def decide(services: Services, record: RequestRecord, who: str) -> RequestRecord:
        reference = read_reference(typed)
        with services.store.read() as tx:
            found = tx.requests.by_prefix(reference) if reference else []
        if len(found) != 1:
            raise UsageError("request_unknown", reference=typed)
        return review.merge(services, record, who, into=found[0])

    return decide


def plain(decide: Decide) -> Of:
    """Return what makes a decision for which nothing is filled in."""
    return lambda _filled, _subject: decide


def written(decide: Callable[..., RequestRecord], name: str = "text") -> Of:
    """Return what makes a decision that takes a text under ``name``."""

    def of(filled: Filled, _subject: Subject) -> Decide:
        text = filled.text("text")
        return lambda services, record, who: decide(services, record, who, **{name: text})

    return of


def snooze(filled: Filled, _subject: Subject) -> Decide:
    """Keep the request out of the queue until a morning."""
    day = _day(filled.text("day"))
    if day is None:
        raise UsageError("day_unreadable", day="")
    return lambda services, record, who: hands.snooze(services, record, who, until=day)


def delay(filled: Filled, _subject: Subject) -> Decide:
    """Tell the customer that it takes longer."""
    day, text = _day(filled.text("day")), filled.text("text")
    return lambda services, record, who: letters.delay(services, record, who, until=day, text=text)


def route(filled: Filled, _subject: Subject) -> Decide:
    """Put the request on another track."""
    track = _chosen(Track, filled.text("track"))
    return lambda services, record, who: corrections.route(services, record, who, track=track)


def send_form(filled: Filled, _subject: Subject) -> Decide:
    """Send the form that fits."""
    form, text = _chosen(FormKind, filled.text("form")), filled.text("text")
    return lambda services, record, who: forms.send_form(
        services, record, who, form=form, text=text
    )


def revoke(filled: Filled, _subject: Subject) -> Decide:
    """Revoke the live certificate."""
    reason = filled.text("revoked")
    if reason not in REVOKED:
        raise UsageError("choice_unknown", choice=reason)
    return lambda services, record, who: certificates.revoke_certificate(
        services, record, who, reason
    )


def created(filled: Filled, _subject: Subject) -> Decide:
    """Record when the customer created the integration."""
    day = _day(filled.text("day"))
    return lambda services, record, who: review.mark_created(services, record, who, day=day)


def _chosen(kind: type[_Word], value: str) -> _Word:
    try:
        return kind(value)
    except ValueError as error:
        raise UsageError("choice_unknown", choice=value) from error
