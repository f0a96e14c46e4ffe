"""Every decision about one request that the console offers; one entry a command of the shell."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.flow.staff import certificates, drop, letters, organisations, replies, review
from pipeline.flow.staff.desk import hands
from pipeline.flow.staff.desk.second import second
from pipeline.flow.staff.people.roles import Permission, needed_for
from pipeline.flow.staff.possible import (
    Possible,
    decisions_now,
    early_outcomes,
    may_ask_meaning,
)
from pipeline.flow.staff.suggested import suggested_by_reply
from pipeline.model.request import EventName, HoldReason
from pipeline.tracks.catalogue import TRACKS
from pipeline.web.decisions import choices, meta, taking
from pipeline.web.decisions.form import Form, Input, InputKind, Subject

#: The reasons that the notice of a rejection has words for.
_REJECTED = ("m2m", "short_code", "policy", "eligibility", "final_refusal", "other")
_TEXT = Input("text", InputKind.TEXT, for_customer=True)


def _has_warnings(subject: Subject) -> bool:
    return any(True for _ in choices.warnings(subject))


def _moves_number(subject: Subject) -> bool:
    return TRACKS[subject.record.state.track].moves_number


def _held_for_owner(subject: Subject) -> bool:
    return subject.record.held_for(HoldReason.OWNERSHIP)


def _always(_subject: Subject) -> bool:
    return True


def _events(*names: EventName) -> frozenset[EventName]:
    return frozenset(names)


FORMS: tuple[Form, ...] = (
    Form(
        "accept",
        needed_for("reply_accepted"),
        taking.accept,
        offered=lambda subject: suggested_by_reply(subject.services, subject.record) is not None,
        key="y",
    ),
    Form(
        "approve",
        needed_for(EventName.APPROVE),
        taking.approve,
        _events(EventName.APPROVE),
        (
            Input("ticked", InputKind.TICKS, choices=choices.warnings, only_if=_has_warnings),
            Input("business_verified", InputKind.SWITCH),
            Input("two_step_off", InputKind.SWITCH, only_if=_moves_number),
        ),
        "1",
    ),
    Form(
        "second",
        needed_for(EventName.SECOND),
        taking.plain(second),
        _events(EventName.SECOND),
        key="1",
    ),
    Form(
        "ask",
        needed_for(EventName.ASK),
        taking.ask,
        _events(EventName.ASK),
        (Input("fields", InputKind.TICKS, choices=choices.answers), _TEXT),
        "2",
    ),
    Form(
        "reject",
        needed_for(EventName.REJECT),
        taking.reject,
        _events(EventName.REJECT, EventName.FINALLY_REFUSED),
        (
            Input(
                "rejected",
                InputKind.CHOICE,
                optional=False,
                choices=choices.named("rejected", _REJECTED),
            ),
            _TEXT,
        ),
        "3",
    ),
    Form(
        "ask-meaning",
        needed_for("reply_asked"),
        taking.plain(replies.ask_meaning),
        offered=lambda subject: may_ask_meaning(subject.services, subject.record),
    ),
    Form(
        "release",
        needed_for(EventName.RELEASE),
        taking.plain(review.release),
        _events(EventName.RELEASE),
    ),
    Form(
        "settle-owner",
        needed_for(EventName.OWNER_SETTLED),
        taking.release,
        _events(EventName.OWNER_SETTLED),
        (
            Input(
                "owner",
                InputKind.CHOICE,
                optional=False,
                choices=choices.owners,
            ),
        ),
    ),
    Form(
        "same-organisation",
        needed_for("same_organisation"),
        taking.plain(organisations.same_organisation),
        offered=_held_for_owner,
    ),
    Form(
        "ask-owner",
        needed_for(EventName.ASK_OWNER),
        taking.plain(organisations.ask_owner),
        _events(EventName.ASK_OWNER),
    ),
    Form(
        "confirm-sender",
        needed_for(EventName.SENDER_CONFIRMED),
        taking.plain(review.confirm_sender),
        _events(EventName.SENDER_CONFIRMED),
    ),
    Form(
        "answer",
        needed_for(EventName.ANSWER),
        taking.written(letters.answer),
        _events(EventName.ANSWER),
        inputs=(Input("text", InputKind.TEXT, optional=False, for_customer=True),),
        offered=_always,
        key="t",
    ),
    Form(
        "edit",
        needed_for(EventName.CORRECTED),
        taking.edit,
        _events(EventName.CORRECTED, EventName.PROBLEMS_FOUND, EventName.REVISED),
        (Input("answers", InputKind.ANSWERS, optional=False, choices=choices.entered),),
        "e",
    ),
    Form(
        "route",
        needed_for(EventName.ROUTE),
        taking.route,
        _events(EventName.ROUTE),
        (Input("track", InputKind.CHOICE, optional=False, choices=choices.tracks),),
    ),
    Form(
        "send-form",
        needed_for(EventName.SEND_FORM),
        taking.send_form,
        _events(EventName.SEND_FORM),
        (Input("form", InputKind.CHOICE, optional=False, choices=choices.forms), _TEXT),
    ),
    Form(
        "hold",
        needed_for(EventName.HOLD),
        taking.written(review.hold, "note"),
        _events(EventName.HOLD),
        (Input("text", InputKind.TEXT),),
        "h",
    ),
    Form(
        "merge",
        needed_for(EventName.MERGE),
        taking.merge,
        _events(EventName.MERGE),
        (Input("into", InputKind.LINE, optional=False),),
    ),
    Form("drop", needed_for(EventName.DROP), taking.plain(drop.drop), _events(EventName.DROP)),
    Form(
        "withdraw",
        needed_for(EventName.WITHDRAW),
        taking.plain(review.withdraw),
        _events(EventName.WITHDRAW),
    ),
    Form(
        "issue",
        needed_for(EventName.ISSUED),
        taking.issue,
        _events(EventName.ISSUED),
        (
            Input("certificate_text", InputKind.TEXT),
            Input("file", InputKind.FILE),
            Input("created_day", InputKind.DAY),
        ),
    ),
    Form(
        "reissue",
        needed_for(EventName.NEW_CERTIFICATE),
        taking.plain(certificates.reissue_certificate),
        _events(EventName.NEW_CERTIFICATE),
    ),
    Form(
        "revoke",
        needed_for(EventName.REVOKE),
        taking.revoke,
        _events(EventName.REVOKE),
        (
            Input(
                "revoked",
                InputKind.CHOICE,
                optional=False,
                choices=choices.named("reason", taking.REVOKED),
            ),
        ),
    ),
    Form(
        "mark-created",
        needed_for(EventName.MARK_CREATED),
        taking.created,
        _events(EventName.MARK_CREATED),
        (Input("day", InputKind.DAY),),
    ),
    Form(
        "mark-active",
        needed_for(EventName.ACTIVATED),
        taking.plain(review.mark_active),
        _events(EventName.ACTIVATED),
    ),
    Form(
        "delay",
        needed_for("delayed_written"),
        taking.delay,
        inputs=(Input("day", InputKind.DAY), _TEXT),
        offered=lambda subject: subject.view.promise_at is not None,
    ),
    Form(
        "note",
        Permission.NOTE,
        taking.written(review.note),
        inputs=(Input("text", InputKind.TEXT, optional=False),),
        offered=_always,
        key="c",
    ),
    Form(
        "tick",
        needed_for("reply_ticked"),
        taking.plain(replies.tick),
        offered=lambda subject: any(note.waits_since for note in subject.view.notes),
        key="r",
    ),
    Form("take", needed_for("taken"), taking.plain(hands.take), offered=_always, key="a"),
    Form("give-back", needed_for("given_back"), taking.plain(hands.give_back), offered=_always),
    Form(
        "snooze",
        needed_for("snoozed"),
        taking.snooze,
        inputs=(Input("day", InputKind.DAY, optional=False),),
        offered=_always,
        key="s",
    ),
    *meta.FORMS,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A decision that is possible now. ``possible`` says what comes of it, where that is known."""

    form: Form
    possible: Possible | None = None


#: The first of all: what the customer's own words suggest.
_SUGGESTION = "accept"
#: What is decided on another screen.
_ELSEWHERE = frozenset({EventName.NUMBER_SET})
#: What the name of an event's form begins with; it has none of its own in the table.
_RECORD = "record-"
#: The same for the outcome of a call before its time.
_EARLY = "early-"
_BY_EVENT = {event: form for form in FORMS for event in form.events}


def form_of(event: EventName) -> Form:
    """Return the form for an event that the machine allows."""
    known = _BY_EVENT.get(event)
    if known is not None:
        return known
    return Form(
        f"{_RECORD}{event.value}",
        needed_for(event),
        taking.advanced(event),
        frozenset({event}),
        tuple(_asked(event)),
    )


def early_form(event: EventName) -> Form:
    """Return the form for the outcome of a call that took place before the agreed time."""
    return Form(
        f"{_EARLY}{event.value}",
        needed_for(event),
        taking.early(event),
        frozenset({event}),
        twice=True,
    )


def _asked(event: EventName) -> Iterator[Input]:
    """Yield what an event wants to know beside its name."""
    if event is EventName.OFFER_SLOTS:
        yield Input("slots", InputKind.MOMENTS, optional=False)
    if event is EventName.ACCEPT_SLOT:
        yield Input("slots", InputKind.CHOICE, optional=False, choices=choices.slots_of)
    if event is EventName.NEW_DATE:
        yield Input("day", InputKind.DAY, optional=False)


def offers(subject: Subject) -> tuple[Offer, ...]:
    """Return what can be decided now: a suggestion, what leads on, then the rest of the table."""
    found: dict[str, Offer] = {}
    for possible in decisions_now(subject.services, subject.record, subject.who):
        if possible.event not in _ELSEWHERE and not _is_fetched(subject, possible.event):
            form = form_of(possible.event)
            found.setdefault(form.name, Offer(form, possible))
    for event in early_outcomes(subject.services, subject.record):
        form = early_form(event)
        found.setdefault(form.name, Offer(form, Possible(event)))
    for form in FORMS:
        if form.offered(subject):
            found.setdefault(form.name, Offer(form))
    first = found.pop(_SUGGESTION, None)
    return (*([first] if first else []), *found.values())


def _is_fetched(subject: Subject, event: EventName) -> bool:
    """Tell whether to go on would be to fetch a certificate: its own decision does it at once."""
    wanted = subject.record.state.certificate_wanted_at is not None
    return event is EventName.PROCEED and wanted and subject.services.issuer.fetches


def offer_called(subject: Subject, name: str) -> Offer | None:
    """Return the decision ``name`` where it is possible now, or None."""
    return next((offer for offer in offers(subject) if offer.form.name == name), None)
