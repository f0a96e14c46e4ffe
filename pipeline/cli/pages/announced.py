"""What a decision would do, as text for the terminal or as JSON."""

from typing import Any

import click

from pipeline.cli.output import plain, print_lines
from pipeline.flow.services import Services
from pipeline.flow.staff.desk.rehearsal import Announced
from pipeline.model.request import HoldReason, Status
from pipeline.notifications.written import WrittenMail, written
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.short_link_records import LinkAction
from pipeline.wording import console as words

#: What our mails put into the words of others, so that no program makes a link of them.
_JOINER = "\u2060"
_LINKS = {
    LinkAction.NEW: "preview_link_new",
    LinkAction.UPDATE: "preview_link_update",
    LinkAction.DELETE: "preview_link_delete",
}


def as_facts(announced: Announced, *, issued_by_us: bool) -> dict[str, Any]:
    """Return what a decision would do as facts for a program."""
    ordered = announced.ordered
    return {
        "preview": True,
        "reference": announced.after.reference,
        "before": announced.before.status,
        "status": announced.after.status,
        "track": announced.after.state.track,
        "mails": [
            {"notice": row.notice, "variant": row.variant, **plain(written(row.content))}
            for row in announced.mails
        ],
        "certificate": {
            "number": ordered.number,
            "organisation": announced.organisation,
            "at_once": issued_by_us and announced.hindered is None,
        }
        if ordered
        else None,
        "hindered": announced.hindered.code if announced.hindered else "",
        "waits_for_second": announced.first_yes is not None,
        "first_yes": announced.first_yes or "",
        "certificates_ended": [row.serial for row in announced.ended],
        "links": [{"action": row.action, "code": row.code} for row in announced.links],
        "open_answers": announced.open_answers,
        "words_read": announced.words_read,
        "ended": announced.after.state.ended,
        "lasting": announced.lasting,
        "undo_seconds": announced.undo_seconds,
    }


def print_announced(announced: Announced, services: Services) -> None:
    """Print what a decision would do, with the mails as their readers get them."""
    after = announced.after
    before, status = words.step(announced.before.status), words.step(after.status)
    stays = announced.before.status is after.status
    print_lines(
        words.word("preview_stays", reference=after.reference, status=status)
        if stays
        else words.word("preview_moves", reference=after.reference, before=before, after=status)
    )
    _print_read(announced)
    if announced.after.state.hold_reason is not announced.before.state.hold_reason:
        _print_hold(announced)
    if announced.hindered is not None:
        print_lines(words.word("preview_hindered"), rest="  ")
        for line in words.explain(announced.hindered).splitlines():
            print_lines(line, first="  ", rest="  ")
    elif (ordered := announced.ordered) is not None:
        key = "preview_issues" if services.issuer.automatic else "preview_wants"
        key = "preview_fetches" if services.issuer.fetches else key
        owner, reader = announced.organisation, after.address_of_record
        said = words.word(key, number=ordered.number, organisation=owner, recipient=reader)
        print_lines(said, rest="  ")
    if announced.first_yes is not None:
        key = "preview_second" if announced.first_yes else "preview_second_both"
        first, owner = announced.first_yes, announced.organisation
        said = words.word(key, number=after.number, first=first, organisation=owner)
        print_lines(said, rest="  ")
    for ended in announced.ended:
        state = words.status_word(ended.state.value)
        print_lines(words.word("preview_ends_live", serial=ended.serial, state=state), rest="  ")
    for order in announced.links:
        print_lines(words.word(_LINKS[order.action], code=order.code), rest="  ")
    if after.state.ended and not announced.before.state.ended:
        print_lines(words.word(_end_of(announced)), rest="  ")
    for row in announced.mails:
        _print_mail(row, written(row.content))
    if not announced.mails and announced.ordered is None:
        print_lines(words.word("preview_no_mail"))
    _print_undo(announced, services.settings.courier.undo_seconds)
    print_lines(words.word("preview_nothing"))


def _print_read(announced: Announced) -> None:
    """Print which answers would be wrong or open, and whether the customer's words were read."""
    if announced.open_answers:
        fields = words.question_names(announced.open_answers, announced.after.form)
        print_lines(words.word("preview_open", fields=fields), rest="  ")
    if announced.words_read:
        print_lines(words.word("preview_words_read"), rest="  ")


def _print_hold(announced: Announced) -> None:
    """Print why the request would be held, where that is not what staff decide."""
    reason = announced.after.state.hold_reason
    if reason is not None and reason is not HoldReason.STAFF:
        why = words.status_word(reason.value)
        print_lines(words.word("preview_held", why=why), rest="  ")


def _end_of(announced: Announced) -> str:
    """Return the words for an end: who could still undo it, if not staff."""
    if announced.undo_seconds:
        return "preview_ends"
    withdrawn = announced.after.status is Status.WITHDRAWN
    return "preview_withdrawn" if withdrawn else "preview_ended"


def _print_undo(announced: Announced, seconds: int) -> None:
    """Print for how long the decision could be undone, or why not, and a mail be taken back."""
    if announced.undo_seconds:
        reference = announced.after.reference
        key, left = "preview_can_undo", announced.undo_seconds
        print_lines(words.word(key, seconds=left, reference=reference))
        return
    if announced.kept is not None and announced.kept.lasting:
        why = words.named("lasting", announced.kept.lasting)
        print_lines(words.word("preview_cannot_undo", why=why))
    if announced.mails:
        print_lines(words.word("preview_undo", seconds=seconds))


def _print_mail(row: OutboxRecord, mail: WrittenMail) -> None:
    click.echo("")
    print_lines(
        f"{words.notice_name(row.notice.value)}  {row.recipient}  {mail.subject}",
        rest="  ",
        bold=True,
    )
    for line in mail.text.replace(_JOINER, "").splitlines():
        print_lines(line, first="  | ", rest="  | ")
    if mail.files:
        files = ", ".join(mail.files)
        print_lines(words.word("preview_files", files=files), first="  ", rest="      ")
    click.echo("")
