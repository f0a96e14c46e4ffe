"""``pipeline request``: show a request and decide on it."""

from datetime import date, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import click

from pipeline.cli.choices import EventWord, FieldName, WordChoice, field_id
from pipeline.cli.commands.requests.erasing import erase
from pipeline.cli.commands.requests.opening import open_request
from pipeline.cli.commands.requests.ownership import code, register
from pipeline.cli.commands.requests.seconding import second
from pipeline.cli.commands.requests.undoing import undo
from pipeline.cli.commands.requests.words import (
    accept,
    answer,
    delay,
    give_back,
    note,
    snooze,
    take,
    tick,
)
from pipeline.cli.deciding import decide, decision, refuse_cut
from pipeline.cli.opened import one_request, os_user, services
from pipeline.cli.output import plain, print_json
from pipeline.cli.pages.possible import commands_now, event_named
from pipeline.errors import UsageError
from pipeline.flow.services import Services
from pipeline.flow.staff import corrections as answer_decisions
from pipeline.flow.staff import organisations as owners
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.replies import ask_meaning
from pipeline.flow.staff.send_form import send_form as send
from pipeline.model.form import FormKind
from pipeline.model.request import HoldReason, Slot, Track
from pipeline.store.records import RequestRecord
from pipeline.wording import console as words

__all__ = [
    "accept",
    "answer",
    "code",
    "delay",
    "erase",
    "give_back",
    "note",
    "open_request",
    "register",
    "second",
    "snooze",
    "take",
    "tick",
    "undo",
]

_SLOT_HOURS = 1
#: The reasons that the notice of a rejection has words for.
_REASON = WordChoice(
    ["m2m", "short_code", "policy", "eligibility", "final_refusal", "other"],
    lambda code: words.named("rejected", code),
)
_OWNER = WordChoice(get_args(owners.OwnerDecision), lambda code: words.named("owner", code))


@click.command("show")
@click.argument("reference")
@click.option("--json", "as_json", is_flag=True)
def show(reference: str, *, as_json: bool) -> None:
    """Print all of one request."""
    from pipeline.cli.pages.request_page import print_request  # noqa: PLC0415 - only here
    from pipeline.flow.views.request import request_view  # noqa: PLC0415

    with services() as opened, opened.store.read() as tx:
        record = one_request(tx, reference)
        view = request_view(opened.work(tx), record)
        commands = commands_now(opened, record, os_user())
        zone = opened.settings.team.time_zone
    if as_json:
        print_json({**plain(view), "commands": list(commands)})
    else:
        print_request(view, zone, commands)


@click.command("approve")
@decision
@click.option("--tick", "ticked", multiple=True)
@click.option("--tick-all", is_flag=True)
@click.option("--business-verified", is_flag=True)
@click.option("--two-step-off", is_flag=True)
def approve(  # noqa: PLR0913 - click hands over each option by its name
    reference: str,
    name: str | None,
    ticked: tuple[str, ...],
    *,
    tick_all: bool,
    business_verified: bool,
    two_step_off: bool,
    as_json: bool,
) -> None:
    """Approve the step that staff review; warnings must be ticked off first."""
    decide(
        reference,
        name,
        lambda opened, record, who: decisions.approve(
            opened,
            record,
            who,
            ticked="all" if tick_all else ticked,
            business_verified=business_verified,
            two_step_off=two_step_off,
        ),
        as_json=as_json,
    )


@click.command("advance")
@decision
@click.option(
    "--event",
    "event",
    type=EventWord(),
    default=None,
)
@click.option("--slot", "slots", multiple=True)
@click.option("--date", "new_date", type=click.DateTime(["%Y-%m-%d"]), default=None)
@click.option("--early", is_flag=True)
def advance(  # noqa: PLR0913 - click hands over each option by its name
    reference: str,
    name: str | None,
    event: str | None,
    slots: tuple[str, ...],
    new_date: datetime | None,
    *,
    early: bool,
    as_json: bool,
) -> None:
    """Record that the present step is done (or another event of it)."""

    def work(opened: Services, record: RequestRecord, who: str) -> RequestRecord:
        named = event_named(opened, record, event)
        if early and named:
            return decisions.record_early(opened, record, who, named)
        return decisions.advance(
            opened,
            record,
            who,
            event=named,
            slots=tuple(_slot(text, record.time_zone) for text in slots),
            new_date=new_date.date() if new_date else None,
        )

    decide(reference, name, work, as_json=as_json)


def _slot(text: str, zone: str) -> Slot:
    """Read ``2026-12-08T10:00`` (the customer's time) as one hour."""
    from datetime import UTC, timedelta  # noqa: PLC0415 - one use

    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("slot_unreadable", slot=text) from error
    if start.tzinfo is None:
        start = start.replace(tzinfo=ZoneInfo(zone))
    start = start.astimezone(UTC)
    return Slot(start, start + timedelta(hours=_SLOT_HOURS))


@click.command("ask")
@decision
@click.option("--field", "fields", multiple=True, type=FieldName())
@click.option("--text", default="")
@click.option("--owner", "about", flag_value="owner")
@click.option("--meaning", "about", flag_value="meaning")
def ask(
    reference: str,
    name: str | None,
    fields: tuple[str, ...],
    text: str,
    *,
    about: str | None,
    as_json: bool,
) -> None:
    """Ask for corrections, for a proof that the number is theirs, or what a reply means."""
    if about is not None:
        question = owners.ask_owner if about == "owner" else ask_meaning
        decide(reference, name, question, as_json=as_json)
        return
    decide(
        reference,
        name,
        lambda opened, record, who: answer_decisions.ask(
            opened, record, who, fields=fields, text=text
        ),
        as_json=as_json,
        text=text,
    )


@click.command("reject")
@decision
@click.option("--reason", required=True, type=_REASON)
@click.option("--text", default="")
def reject(reference: str, name: str | None, reason: str, text: str, *, as_json: bool) -> None:
    """Reject the request for a reason of the list."""
    decide(
        reference,
        name,
        lambda opened, record, who: decisions.reject(opened, record, who, reason=reason, text=text),
        as_json=as_json,
        text=text,
    )


@click.command("route")
@decision
@click.argument("track", type=WordChoice(Track, words.status_word))
def route(reference: str, name: str | None, track: str, *, as_json: bool) -> None:
    """Put the request on another track; the answers are kept."""
    decide(
        reference,
        name,
        lambda opened, record, who: answer_decisions.route(opened, record, who, track=Track(track)),
        as_json=as_json,
    )


@click.command("send-form")
@decision
@click.option("--form", "form", required=True, type=WordChoice(FormKind, words.status_word))
@click.option("--text", default="")
def send_form(reference: str, name: str | None, form: str, text: str, *, as_json: bool) -> None:
    """Send the form that fits, filled in with what is known."""

    def work(opened: Services, record: RequestRecord, who: str) -> RequestRecord:
        return send(opened, record, who, form=FormKind(form), text=text)

    decide(reference, name, work, as_json=as_json, text=text)


@click.command("hold")
@decision
@click.option("--note", "text", default="")
def hold(reference: str, name: str | None, text: str, *, as_json: bool) -> None:
    """Hold the request."""
    decide(
        reference,
        name,
        lambda opened, record, who: decisions.hold(opened, record, who, note=text),
        as_json=as_json,
    )


@click.command("release")
@decision
@click.option("--number", "owner", type=_OWNER, default=None)
def release(
    reference: str,
    name: str | None,
    *,
    owner: owners.OwnerDecision | None,
    as_json: bool,
) -> None:
    """Release a held request to where it came from, with a decision about its number if need be."""
    if owner is None:
        decide(reference, name, decisions.release, as_json=as_json)
        return
    decide(
        reference,
        name,
        lambda opened, record, who: owners.release_with_number(opened, record, who, owner),
        as_json=as_json,
    )


@click.command("same-organisation")
@decision
def same_organisation(reference: str, name: str | None, *, as_json: bool) -> None:
    """Settle that the sender and who has the number are one organisation; the request goes on."""
    decide(reference, name, owners.same_organisation, as_json=as_json)


@click.command("confirm-sender")
@decision
def confirm_sender(reference: str, name: str | None, *, as_json: bool) -> None:
    """Record that the sender is who they say; the request goes on."""
    decide(reference, name, decisions.confirm_sender, as_json=as_json)


@click.command("edit")
@decision
@click.argument("answers", nargs=-1, required=True)
def edit(reference: str, name: str | None, answers: tuple[str, ...], *, as_json: bool) -> None:
    """Enter answers for the customer (FIELD=VALUE), marked as entered by staff."""
    parts = (answer.partition("=") for answer in answers)
    pairs = tuple((field_id(field), value) for field, _, value in parts)
    if any("=" not in answer for answer in answers):
        raise UsageError("edit_without_equals")
    decide(
        reference,
        name,
        lambda opened, record, who: answer_decisions.edit(opened, record, who, answers=pairs),
        as_json=as_json,
        answers=True,
    )


@click.command("withdraw")
@decision
def withdraw(reference: str, name: str | None, *, as_json: bool) -> None:
    """Withdraw the request for the customer; a live certificate is revoked."""
    decide(reference, name, decisions.withdraw, as_json=as_json)


@click.command("merge")
@decision
@click.argument("into")
def merge(reference: str, name: str | None, into: str, *, as_json: bool) -> None:
    """Close a held request as a duplicate of another one."""

    def work(opened: Services, record: RequestRecord, who: str) -> RequestRecord:
        with opened.store.read() as tx:
            other = one_request(tx, into)
        refuse_cut(into, other)
        return decisions.merge(opened, record, who, into=other)

    decide(reference, name, work, as_json=as_json)


@click.command("drop")
@click.argument("references", nargs=-1)
@click.option("--held-for", type=WordChoice(HoldReason, words.status_word, "REASON"))
@click.option("--older-than", type=click.IntRange(0, 36_500), default=None)
@click.option("--from", "sender", default="")
@click.option("--preview", is_flag=True)
@click.option("--as", "name", default=None)
@click.option("--json", "as_json", is_flag=True)
def drop(  # noqa: PLR0913 - click hands over each option by its name
    references: tuple[str, ...],
    held_for: str | None,
    older_than: int | None,
    sender: str,
    name: str | None,
    *,
    preview: bool,
    as_json: bool,
) -> None:
    """Drop held requests: those that are named, or a heap of them. Nobody is mailed."""
    from datetime import timedelta  # noqa: PLC0415 - one use

    from pipeline.flow.staff import drop as heaps  # noqa: PLC0415 - slow to import

    chosen = older_than is not None or sender
    if bool(references) == bool(held_for) or (held_for and not chosen) or (references and chosen):
        raise UsageError("drop_what")
    with services() as opened:
        who = name or os_user()
        if held_for:
            since = timedelta(days=older_than) if older_than is not None else None
            before = opened.clock.now() - since if since is not None else None
            heap = heaps.Heap(HoldReason(held_for), before, sender.strip().lower().lstrip("@"))
            found = heaps.heaped(opened, heap) if preview else heaps.drop_heap(opened, heap, who)
        else:
            with opened.store.read() as tx:
                found = [one_request(tx, reference) for reference in references]
            if not preview:
                for typed, record in zip(references, found, strict=True):
                    refuse_cut(typed, record)
                found = [heaps.drop(opened, record, who) for record in found]
    if as_json:
        print_json({"dropped": not preview, "references": [record.reference for record in found]})
        return
    for record in found:
        click.echo(f"{record.reference}  {record.address_of_record}")
    click.echo(words.word("drop_preview" if preview else "dropped", count=len(found)))


@click.command("mark-created")
@decision
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), default=None)
def mark_created(reference: str, name: str | None, day: datetime | None, *, as_json: bool) -> None:
    """Record that the customer created the integration; its 30-day clock starts."""
    created: date | None = day.date() if day else None
    decide(
        reference,
        name,
        lambda opened, record, who: decisions.mark_created(opened, record, who, day=created),
        as_json=as_json,
    )


@click.command("mark-active")
@decision
def mark_active(reference: str, name: str | None, *, as_json: bool) -> None:
    """Record that the integration is active."""
    decide(reference, name, decisions.mark_active, as_json=as_json)
