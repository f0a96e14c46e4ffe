"""What ``run --dry-run`` prints: each mail, request and mail out that a batch would touch."""

from collections.abc import Sequence

import click

from pipeline.cli.output import plain, print_json, print_lines, print_table, tell_lines
from pipeline.errors import ExitCode
from pipeline.flow.views.plan import Fate, Listed, Plan, PlannedMail, PlannedSending, PlannedWork
from pipeline.wording import console as words
from pipeline.wording.instants import told

SCHEMA = "pipeline/plan/1"


def tell_plan(plan: Plan, zone: str, *, as_json: bool) -> ExitCode:
    """Print the plan; return 0, or the exit code of the mailbox that could not be looked into."""
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "at": plan.at,
                "mailbox": plain(plan.mailbox) if plan.error is None else None,
                "mailbox_error": plan.error.code if plan.error is not None else None,
                "ledger": plan.ledger,
                "work": plan.work,
                "certificates": plan.certificates,
                "outbox": plan.outbox,
            }
        )
    else:
        _print_plan(plan, zone)
    if plan.error is None:
        return ExitCode.DONE
    tell_lines(words.explain(plan.error))
    return plan.error.exit_code


def _print_plan(plan: Plan, zone: str) -> None:
    print_lines(words.word("plan_at", at=told(plan.at, zone)))
    if plan.error is None:
        _mails("plan_fetch", plan.mailbox, zone, "uid")
    _mails("plan_process", plan.ledger, zone, "id")
    _section(
        "plan_due",
        plan.work,
        ("reference", "status", "since", "plan_what"),
        [
            [
                item.reference,
                words.step(item.status),
                told(item.since, zone),
                _work(item),
            ]
            for item in plan.work.first
            if isinstance(item, PlannedWork)
        ],
        keep=(0,),
    )
    click.echo(f"{words.word('plan_certificates')}: {plan.certificates}")
    _section(
        "plan_send",
        plan.outbox,
        ("id", "plan_notice", "recipient", "subject", "since"),
        [
            [
                item.id,
                words.notice_name(item.notice),
                item.recipient,
                item.subject,
                told(item.due_at, zone),
            ]
            for item in plan.outbox.first
            if isinstance(item, PlannedSending)
        ],
        keep=(0,),
    )


def _mails(key: str, listed: Listed, zone: str, name: str) -> None:
    _section(
        key,
        listed,
        (name, "sender", "subject", "plan_date", "plan_what"),
        [
            [
                item.id or str(item.uid),
                item.sender,
                item.subject,
                told(item.date, zone),
                _fate(item),
            ]
            for item in listed.first
            if isinstance(item, PlannedMail)
        ],
        keep=(0,),
    )


def _section(
    key: str,
    listed: Listed,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    keep: Sequence[int],
) -> None:
    click.echo(f"{words.word(key)}: {listed.total}")
    if not rows:
        return
    print_table([words.word(heading) for heading in headings], rows, keep=keep, wrapped=range(5))
    if listed.total > len(rows):
        click.echo(words.word("plan_more", count=listed.total - len(rows)))
    click.echo("")


def _fate(mail: PlannedMail) -> str:
    forms = words.listed(words.status_word(form) for form in mail.forms)
    text = words.word(
        f"fate_{mail.fate.value}",
        forms=forms,
        reference=mail.reference,
        reason=words.named("automatic", mail.reason),
    )
    if mail.forms and mail.fate is Fate.REPLY:
        text = words.word("plan_with_forms", fate=text, forms=forms)
    if mail.sender_verdict is None:
        return text
    verdict = words.status_word(mail.sender_verdict.value)
    return words.word("plan_from", fate=text, verdict=verdict)


def _work(work: PlannedWork) -> str:
    steps = [
        words.named("deadline", step.kind)
        + (f" ({words.notice_name(step.notice)})" if step.notice else "")
        for step in work.steps
    ]
    if not steps and work.event is not None:
        steps = [words.named("event", work.event.value)]
    return words.listed(steps) or words.word("plan_look")
