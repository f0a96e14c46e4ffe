"""``pipeline authority``."""

from pathlib import Path

import click

from pipeline.cli.context import settings
from pipeline.cli.opened import os_user, services
from pipeline.cli.output import plain, print_json, print_lines
from pipeline.cli.pages.log_page import print_log
from pipeline.durable import write_out
from pipeline.errors import RefusedError
from pipeline.wording import console as words
from pipeline.wording.instants import told


@click.command("init")
@click.option("--as", "name", default=None)
def init(name: str | None) -> None:
    """Make the embedded authority where the database has never known one."""
    from pipeline.flow.services import state  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff import authority  # noqa: PLC0415

    configured = settings()
    if not state.wants_authority(configured):
        issuer = configured.certificates.issuer.value
        raise RefusedError("authority_not_in_force", issuer=issuer)
    if state.has_authority(configured):
        with services() as opened:
            raise RefusedError("authority_exists", fingerprint=opened.authority.fingerprint)
    with services(make=True) as opened:
        fingerprint = authority.note_made(opened, name or os_user())
        folder = state.authority_folder(configured)
    print_lines(words.word("authority_made", fingerprint=fingerprint, path=folder))


@click.command("show")
@click.option("--json", "as_json", is_flag=True)
def show(*, as_json: bool) -> None:
    """Print the fingerprint of the embedded authority, and until when it is valid."""
    from pipeline.certificates.authority import retired_fingerprints  # noqa: PLC0415 - slow to import
    from pipeline.flow.services import state  # noqa: PLC0415

    with services() as opened:
        authority = opened.authority
        retired = sorted(retired_fingerprints(state.authority_folder(opened.settings)))
        zone = opened.settings.team.time_zone
    until = authority.certificate.not_valid_after_utc
    if as_json:
        found = {"fingerprint": authority.fingerprint, "valid_until": until, "retired": retired}
        print_json(found)
        return
    click.echo(authority.fingerprint)
    print_lines(words.word("authority_until", at=told(until, zone)))
    for fingerprint in retired:
        print_lines(words.word("authority_retired", fingerprint=fingerprint))


@click.command("export")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
def export(out: Path | None) -> None:
    """Print (or write) the certificates to trust: the authority's, then retired ones; no key."""
    from pipeline.certificates.authority import trusted_certificates  # noqa: PLC0415 - slow to import
    from pipeline.flow.services import state  # noqa: PLC0415

    with services() as opened:
        _ = opened.authority  # what is wrong with the folder is told, and nothing printed
        text = trusted_certificates(state.authority_folder(opened.settings))
    if out is None:
        click.echo(text, nl=False)
    else:
        write_out(out, text.encode("ascii"))


@click.command("rotate")
@click.option("--as", "name", default=None)
def rotate(name: str | None) -> None:
    """Let a new authority sign from now on; what the old one signed stays valid."""
    from pipeline.flow.services import state  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff import authority  # noqa: PLC0415

    with services() as opened:
        fingerprint = authority.rotate(opened, name or os_user())
        folder, lists_wait = state.authority_folder(opened.settings), opened.lists_are_behind
    print_lines(words.word("authority_rotated", fingerprint=fingerprint, path=folder))
    if lists_wait:
        print_lines(words.word("authority_lists_wait"))


@click.command("log")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--json", "as_json", is_flag=True)
def log(limit: int, *, as_json: bool) -> None:
    """Print what the authority was asked to sign, the latest first."""
    with services() as opened:
        with opened.store.read() as tx:
            rows = tx.signings.list(limit)
        zone = opened.settings.team.time_zone
    if as_json:
        print_json([plain(row) for row in rows])
        return
    print_log(
        rows,
        zone,
        [f"signing_{key}" for key in ("at", "phase", "what", "subject", "note")],
        lambda row: [
            words.named("signing", row.phase.value),
            words.named("signed", row.what.value),
            row.subject,
            row.actor or (words.reason(row.error) if row.error else ""),
        ],
        keep=(0, 1),
        wrapped=(3, 4),
    )
