"""What every command that decides on a request has in common."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.opened import one_request, os_user, services
from pipeline.cli.output import print_json, print_lines, tell_lines
from pipeline.cli.pages.possible import telling_what_is_possible
from pipeline.errors import UsageError
from pipeline.flow.services import Services
from pipeline.model.identifiers import read_reference
from pipeline.store.records import RequestRecord
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.flow.staff.desk.rehearsal import Decide

Decorated = Callable[..., Any]


#: Under this name a command remembers that it is only asked what it would do.
_PREVIEW = "pipeline.preview"


def _remember(ctx: click.Context, _option: click.Parameter, *_value: bool) -> None:
    ctx.meta[_PREVIEW] = any(_value)


#: Lets a decision only say what it would do; :func:`decide` looks for it.
preview = click.option(
    "--preview", is_flag=True, expose_value=False, callback=_remember, is_eager=True
)


def decision(command: Decorated) -> Decorated:
    """Add what every decision takes: the reference, who decides, a preview, JSON."""
    for decorator in (
        click.option("--json", "as_json", is_flag=True),
        preview,
        click.option("--as", "name", default=None),
        click.argument("reference"),
    ):
        command = decorator(command)
    return command


def decide(
    reference: str,
    name: str | None,
    work: "Decide",
    *,
    as_json: bool,
    text: str = "",
    answers: bool = False,
) -> None:
    """Let ``work`` decide on a request, and print its status before and after.

    With ``--preview`` it is only told what would come of it. Until when it can be undone is told
    with it, or why it cannot; so are the mails that wait, and with ``answers`` also which answers
    are still wrong.

    ``text`` are words of staff that the customer gets: who writes them in another language than the
    customer reads is told so.
    """
    from pipeline.cli.pages.came_of_it import (  # noqa: PLC0415 - slow to import
        came_of_it,
        ids_of_mails,
        print_came_of_it,
    )
    from pipeline.cli.pages.undone import undo_line  # noqa: PLC0415
    from pipeline.flow.staff.desk.undo import last_decision  # noqa: PLC0415

    with services() as opened:
        with opened.store.read() as tx:
            record = one_request(tx, reference)
            known = ids_of_mails(tx, record)
        if text:
            _tell_language(text, record.language, opened.settings.courier.undo_seconds)
        who = name or os_user()
        with telling_what_is_possible(opened, record.reference, who):
            if is_preview():
                _announce(opened, record, work, who, as_json=as_json)
                return
            _refuse_cut(reference, opened, record, work, who)
            earlier = last_decision(opened, record)
            changed = work(opened, record, who)
            kept = last_decision(opened, record)
            kept = None if kept == earlier else kept
        found = came_of_it(opened, changed, known)
        now, zone = opened.clock.now(), opened.settings.team.time_zone
    if as_json:
        print_json(
            {
                "reference": changed.reference,
                "before": record.status,
                "status": changed.status,
                "track": changed.state.track,
                "undo_until": kept.until if kept and not kept.lasting else None,
                "mails": [mail.id for mail in found.mails],
                "open_answers": found.open_answers,
                "stopped": found.stopped.code if found.stopped else "",
            }
        )
        return
    stays = record.status is changed.status
    click.echo(
        words.word(
            "decided_stays" if stays else "decided",
            reference=changed.reference,
            before=words.step(record.status),
            after=words.step(changed.status),
        )
    )
    print_came_of_it(found, now, zone, answers=answers)
    if kept is not None:
        print_lines(undo_line(kept, changed.reference, zone))


def is_preview() -> bool:
    """Tell whether the command is only asked what it would do."""
    return bool(click.get_current_context().meta.get(_PREVIEW))


def _refuse_cut(
    typed: str, services: Services, record: RequestRecord, work: "Decide", who: str
) -> None:
    """Refuse to do for good what was typed with a part of a reference."""
    from pipeline.flow.staff.desk.rehearsal import rehearse  # noqa: PLC0415 - slow

    if read_reference(typed) is None and rehearse(services, record, work, who).lasting:
        refuse_cut(typed, record)


def refuse_cut(typed: str, record: RequestRecord) -> None:
    """Refuse a part of a reference: a slip of the finger would name another request.

    A whole one has a check character. Raises UsageError ``reference_cut``.
    """
    if read_reference(typed) is None:
        name = record.company or record.address_of_record
        raise UsageError("reference_cut", typed=typed, reference=record.reference, company=name)


def _announce(
    services: Services, record: RequestRecord, work: "Decide", who: str, *, as_json: bool
) -> None:
    """Print what ``work`` would do."""
    from pipeline.cli.pages.announced import as_facts, print_announced  # noqa: PLC0415 - slow
    from pipeline.flow.staff.desk.rehearsal import rehearse  # noqa: PLC0415

    announced = rehearse(services, record, work, who)
    if as_json:
        by_us = services.issuer.automatic and not services.issuer.fetches
        print_json(as_facts(announced, issued_by_us=by_us))
    else:
        print_announced(announced, services)


def _tell_language(text: str, reads: str, seconds: int) -> None:
    """Warn that the customer reads another language than ``text`` is written in."""
    from pipeline.intake.language import is_foreign  # noqa: PLC0415 - slow to import
    from pipeline.wording.answers import language_name  # noqa: PLC0415

    if is_foreign(text, reads):
        name = language_name(reads, words.language())
        tell_lines(words.word("text_foreign", language=name, seconds=seconds))
