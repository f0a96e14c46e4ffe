"""``pipeline certificate``."""

from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from pipeline.cli.choices import WordChoice
from pipeline.cli.deciding import decide, decision
from pipeline.cli.files import read_named
from pipeline.cli.opened import one_request, os_user, services
from pipeline.cli.output import plain, print_json, print_lines, print_table
from pipeline.cli.times import Times
from pipeline.durable import write_out
from pipeline.errors import ExitCode, NotFoundError
from pipeline.flow.services import Services
from pipeline.store.records import RequestRecord
from pipeline.wording import console as words
from pipeline.wording.instants import told, told_twice

_DAY = click.DateTime(["%Y-%m-%d"])
_INSTANT = click.DateTime(
    ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
)


class Creation(click.DateTime):
    """A day, or an instant in UTC where a time of day is typed, midnight as well."""

    def __init__(self) -> None:
        super().__init__(_INSTANT.formats)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a date, or an aware instant."""
        with suppress(click.BadParameter):
            return _DAY.convert(value, param, ctx).date()
        return super().convert(value, param, ctx).replace(tzinfo=UTC)


@click.command("list")
@click.option("--all", "everything", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def list_certificates(*, everything: bool, as_json: bool) -> None:
    """Print live certificates by expiry, or all of them."""
    with services() as opened, opened.store.read() as tx:
        rows = tx.certificates.list("all" if everything else "live")
        zone = opened.settings.team.time_zone
    shown = [
        {
            "serial": row.serial,
            "number": row.number,
            "state": row.state.value,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "fingerprint": row.fingerprint,
        }
        for row in rows
    ]
    if as_json:
        print_json(shown)
        return
    times = Times(zone, [at for row in rows for at in (row.created_at, row.expires_at)])
    print_table(
        [
            *(words.word(key) for key in ("serial", "number", "state")),
            times.heading("created"),
            words.word("expires"),
        ],
        [
            [
                row.serial,
                row.number,
                words.status_word(row.state.value),
                times.cell(row.created_at),
                times.cell(row.expires_at),
            ]
            for row in rows
        ],
        keep=(0, 1),
        wrapped=(3, 4),
    )


@click.command("show")
@click.argument("reference")
@click.option("--reveal", is_flag=True)
@click.option("--as", "name", default=None)
@click.option("--json", "as_json", is_flag=True)
def show(reference: str, *, reveal: bool, name: str | None, as_json: bool) -> None:
    """Print the latest certificate of a request; its text only with --reveal (audited)."""
    from pipeline.flow.staff.certificates import reveal_text  # noqa: PLC0415 - slow to import

    with services() as opened:
        with opened.store.read() as tx:
            record = one_request(tx, reference)
            row = tx.certificates.latest_issued(record.id)
        if row is None:
            raise NotFoundError("certificate_none", reference=record.reference)
        text = reveal_text(opened, record, row, name or os_user()) if reveal else None
        zone = opened.settings.team.time_zone
    shown = {
        "reference": record.reference,
        "serial": row.serial,
        "state": row.state,
        "issuer": row.issuer,
        "ordinal": row.ordinal,
        "created_at": row.created_at,
        "issued_at": row.issued_at,
        "mailed_at": row.mailed_at,
        "expires_at": row.expires_at,
        "fingerprint": row.fingerprint,
        "text": text,
    }
    if as_json:
        print_json(shown)
        return
    lines = {
        "reference": record.reference,
        "serial": row.serial,
        "state": words.status_word(row.state.value),
        "report_issuer": words.named("issuer", row.issuer.value),
        "created": told(row.created_at, zone),
        "expires": told_twice(row.expires_at, zone, record.time_zone),
        "report_fingerprint": row.fingerprint,
    }
    for key, value in lines.items():
        if value:
            print_lines(f"{words.word(key)}: {value}", rest="    ")
    if text:
        click.echo(text)
    else:
        print_lines(words.word("certificate_redacted"))


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--at", type=_INSTANT, default=None)
@click.option("--number", default="")
@click.option("--json", "as_json", is_flag=True)
def verify(file: Path, *, at: datetime | None, number: str, as_json: bool) -> int:
    """Check a certificate against our authorities and records, at a time (default: now)."""
    from pipeline.certificates.files import text_of  # noqa: PLC0415 - slow to import
    from pipeline.cli.commands.numbers import e164_of  # noqa: PLC0415
    from pipeline.cli.pages.certificate_check import lines_of  # noqa: PLC0415
    from pipeline.flow.views.certificates import verify_text  # noqa: PLC0415

    moment = at.replace(tzinfo=UTC) if at else None
    text = text_of(read_named(file))
    with services() as opened:
        found = verify_text(opened, text, moment, e164_of(number) if number else "")
        zone = opened.settings.team.time_zone
    if as_json:
        print_json(plain(found))
    else:
        for line in lines_of(found, zone):
            print_lines(line, rest="    ")
    return ExitCode.DONE if found.valid else ExitCode.REFUSED


@click.command("issue")
@decision
@click.option("--file", type=click.Path(path_type=Path), default=None)
@click.option("--created", type=Creation(), default=None)
def issue(
    reference: str, name: str | None, file: Path | None, created: date | None, *, as_json: bool
) -> None:
    """Issue the certificate that is wanted; with the manual issuer, enter what you got."""
    from pipeline.certificates.files import text_of  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff.certificates import enter_certificate, issue_wanted  # noqa: PLC0415

    text = text_of(read_named(file)) if file is not None else None

    def work(opened: Services, record: RequestRecord, who: str) -> RequestRecord:
        if text is not None:
            return enter_certificate(opened, record, text, who, created)
        return issue_wanted(opened, record)

    decide(reference, name, work, as_json=as_json)


@click.command("reissue")
@decision
def reissue(reference: str, name: str | None, *, as_json: bool) -> None:
    """Issue a new certificate; the old one is revoked."""
    from pipeline.flow.staff.certificates import reissue_certificate  # noqa: PLC0415 - slow to import

    decide(reference, name, reissue_certificate, as_json=as_json)


@click.command("revoke")
@decision
@click.option(
    "--reason",
    type=WordChoice(
        ["exposed", "number_changed", "name_changed", "asked", "our_mistake"],
        lambda code: words.named("reason", code),
    ),
    required=True,
)
def revoke(reference: str, name: str | None, reason: str, *, as_json: bool) -> None:
    """Revoke the live certificate; the customer is told."""
    from pipeline.flow.staff.certificates import revoke_certificate  # noqa: PLC0415 - slow to import

    decide(
        reference,
        name,
        lambda opened, record, who: revoke_certificate(opened, record, who, reason),
        as_json=as_json,
    )


@click.command("crl")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
def crl(out: Path | None) -> None:
    """Print (or write) the signed list of revoked certificates."""
    from pipeline.flow.views.certificates import current_crl  # noqa: PLC0415 - slow to import

    with services() as opened:
        text = current_crl(opened)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_out(out, text.encode("ascii"))


@click.command("calendar")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
def calendar(out: Path | None) -> None:
    """Print (or write) a calendar file of all that expires, for staff to subscribe to."""
    from pipeline.flow.views.expiring import expiring_calendar  # noqa: PLC0415 - slow to import

    with services() as opened:
        content = expiring_calendar(opened)
    if out is None:
        click.echo(content.decode(), nl=False)
    else:
        write_out(out, content)
