"""The commands that are possible for a request now, as they can be typed."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.cli.opened import one_request
from pipeline.cli.pages.undone import decision_name
from pipeline.cli.screen import hanging
from pipeline.errors import RefusedError, UsageError
from pipeline.flow.services import Services
from pipeline.flow.services.organisations import provides, whose_number
from pipeline.flow.staff.desk.undo import undoable
from pipeline.flow.staff.possible import Possible, decisions_now, may_ask_meaning
from pipeline.flow.staff.suggested import suggested_by_reply
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName, Track
from pipeline.store.records import RequestRecord
from pipeline.wording import calling
from pipeline.wording import console as words
from pipeline.wording.instants import to_the_second

#: Events that have a command of their own; capitals stand for what staff have to say.
_COMMANDS = {
    EventName.APPROVE: "request approve {reference}",
    EventName.RELEASE: "request release {reference}",
    EventName.OWNER_SETTLED: "request release {reference} --number ours",
    EventName.ASK_OWNER: "request ask {reference} --owner",
    EventName.SENDER_CONFIRMED: "request confirm-sender {reference}",
    EventName.ASK: "request ask {reference} --field FIELD --text TEXT",
    EventName.REJECT: "request reject {reference} --reason REASON",
    EventName.FINALLY_REFUSED: "request reject {reference} --reason final_refusal",
    EventName.ROUTE: "request route {reference} TRACK",
    EventName.SEND_FORM: "request send-form {reference} --form FORM",
    EventName.ANSWER: "request answer {reference} --text TEXT",
    EventName.MERGE: "request merge {reference} OTHER",
    EventName.DROP: "request drop {reference}",
    EventName.HOLD: "request hold {reference}",
    EventName.WITHDRAW: "request withdraw {reference}",
    EventName.CORRECTED: "request edit {reference} FIELD=VALUE",
    EventName.PROBLEMS_FOUND: "request edit {reference} FIELD=VALUE",
    EventName.REVISED: "request edit {reference} FIELD=VALUE",
    EventName.NUMBER_SET: "number set {number} active --organisation DOMAIN",
    EventName.ISSUED: "certificate issue {reference} --file FILE",
    EventName.REVOKE: "certificate revoke {reference} --reason REASON",
    EventName.NEW_CERTIFICATE: "certificate reissue {reference}",
    EventName.SECOND: "request second {reference}",
    EventName.MARK_CREATED: "request mark-created {reference}",
    EventName.ACTIVATED: "request mark-active {reference}",
    EventName.OFFER_SLOTS: "request advance {reference} --slot 2026-12-08T10:00",
    EventName.ACCEPT_SLOT: "request advance {reference} --event accept_slot --slot TIME",
    EventName.NEW_DATE: "request advance {reference} --event new_date --date DAY",
    EventName.PROCEED: "request advance {reference}",
}
#: Every other event is recorded by its name.
_BY_NAME = "request advance {reference} --event {event}"
_CONTINUED = " \\"


#: Several events of one command are one decision.
_SAME = {EventName.PROBLEMS_FOUND: EventName.CORRECTED, EventName.REVISED: EventName.CORRECTED}


def command_of(event: EventName, record: RequestRecord) -> str:
    """Return the command that records ``event`` on the request."""
    text = _COMMANDS.get(event, _BY_NAME)
    if event is EventName.PROCEED and record.state.certificate_wanted_at is not None:
        text = "certificate issue {reference}"
    return f"{calling.programme()} " + text.format(
        reference=record.reference, number=record.number, event=event.value
    )


def commands_now(services: Services, record: RequestRecord, who: str = "") -> dict[str, str]:
    """Return each command that is possible now, and what it decides and brings about in words.

    ``who`` leaves out what that colleague cannot decide.
    """
    found: dict[str, str] = {}
    suggested = suggested_by_reply(services, record)
    if suggested is not None:
        command = f"{calling.programme()} request accept {record.reference}"
        found[command] = _and(words.named("event", suggested.value), "will_depend")
        if may_ask_meaning(services, record):
            command = f"{calling.programme()} request ask {record.reference} --meaning"
            notice = words.notice_name(NoticeName.QUESTION.value)
            found[command] = _and(words.named("did", "reply_asked"), "will_mail", notices=notice)
    if record.waits_for_proof and not record.state.ended:
        command = command_of(EventName.SENDER_CONFIRMED, record)
        name = words.named("decision", EventName.SENDER_CONFIRMED.value)
        found[command] = _and(name, "will_not_mail")
    for possible in decisions_now(services, record, who):
        said = _said(possible, record, issued_by_us=services.issuer.automatic)
        found.setdefault(command_of(possible.event, record), said)
        if possible.event is EventName.OWNER_SETTLED and _shares_domain(services, record):
            command = f"{calling.programme()} request same-organisation {record.reference}"
            found[command] = _and(words.named("did", "same_organisation"), "will_depend")
    last = undoable(services, record)
    if last is not None:
        found[f"{calling.programme()} request undo {record.reference}"] = words.word(
            "undo_command",
            what=decision_name(last.event or last.what),
            who=last.who,
            time=to_the_second(last.until, services.settings.team.time_zone),
        )
    return found


def _and(decision: str, outcome: str, **values: object) -> str:
    """Return a decision with what comes of it."""
    return words.word("decision_and", decision=decision, outcome=words.word(outcome, **values))


def _said(possible: Possible, record: RequestRecord, *, issued_by_us: bool) -> str:
    """Return what a decision is called and what comes of it."""
    outcome = words.word("outcome_comma").join(
        _outcome(possible, record, issued_by_us=issued_by_us)
    )
    return words.word("decision_and", decision=_name(possible.event, record), outcome=outcome)


def _name(event: EventName, record: RequestRecord) -> str:
    event = _SAME.get(event, event)
    if event is EventName.ROUTE:
        others = [track for track in Track if track is not record.state.track]
        tracks = words.listed(f"`{track.value}`" for track in others)
        return words.word("decision_route_to", tracks=tracks)
    if event in _COMMANDS:
        return words.named("decision", event.value)
    return words.word("decision_record", event=words.named("event", event.value))


def _outcome(possible: Possible, record: RequestRecord, *, issued_by_us: bool) -> Iterator[str]:
    """Yield what comes of a decision, each in words."""
    if possible.after is None:
        yield words.word("will_depend")
        return
    if possible.after is not record.status:
        yield words.word("will_move", status=words.step(possible.after))
    if possible.ends_live:
        yield words.word("will_end_live")
    if possible.hindered:
        yield words.word("will_be_stopped", why=words.reason(possible.hindered))
    elif possible.issues:
        yield words.word("will_issue" if issued_by_us else "will_want")
    if possible.waits_for_second:
        yield words.word("will_second")
    names = dict.fromkeys(words.notice_name(one.notice.value) for one in possible.mails)
    if names:
        yield words.word("will_mail", notices=words.listed(names))
    elif not possible.issues:
        yield words.word("will_not_mail")


def _shares_domain(services: Services, record: RequestRecord) -> bool:
    """Tell whether one key makes the sender and the owner of the number one organisation."""
    with services.store.read() as tx:
        work = services.work(tx)
        domain = whose_number(work, record).common_domain
        return bool(domain) and not provides(work, domain)


def event_named(services: Services, record: RequestRecord, typed: str | None) -> EventName | None:
    """Return the event that ``typed`` names.

    Raises UsageError ``event_unknown`` with those that can be recorded by name now.
    """
    if not typed:
        return None
    try:
        return EventName(typed)
    except ValueError:
        found = decisions_now(services, record)
        by_name = [one.event for one in found if "--event" in command_of(one.event, record)]
    code = "event_unknown" if by_name else "event_unknown_none"
    events = ", ".join(name.value for name in by_name)
    raise UsageError(code, typed=typed, reference=record.reference, events=events) from None


@contextmanager
def telling_what_is_possible(services: Services, reference: str, who: str) -> Iterator[None]:
    """Add to a refusal the commands that ``who`` can decide with about the request as it is now."""
    try:
        yield
    except RefusedError as error:
        with services.store.read() as tx:
            record = one_request(tx, reference)
        if error.code == "warnings_open":
            error.add_note(_warnings(services, record, str(error.params["warnings"])))
        commands = commands_now(services, record, who)
        nothing = words.word("possible_nothing", reference=record.reference)
        heading = words.word("possible_now") if commands else nothing
        lines = [line for command in commands for line in copyable(command)]
        error.add_note("\n".join([heading, *lines]))
        raise


def _warnings(services: Services, record: RequestRecord, codes: str) -> str:
    """Return what each of the open warnings says, in the reader's language."""
    from pipeline.flow.views.request import request_view  # noqa: PLC0415 - slow to import

    with services.store.read() as tx:
        problems = request_view(services.work(tx), record).problems
    shown = {item.code: item.message for item in problems if f"`{item.code}`" in codes}
    return "\n".join(f"  `{code}`: {message}" for code, message in shown.items())


def copyable(command: str, indent: str = "  ") -> list[str]:
    """Return a command as indented lines; what is too long is continued as a shell wants it."""
    lines = hanging(command, first=indent, rest=f"{indent}    ", spare=len(_CONTINUED))
    return [line + _CONTINUED for line in lines[:-1]] + lines[-1:]
