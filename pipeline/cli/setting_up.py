"""``pipeline init`` and ``pipeline version``."""

import json
from pathlib import Path

import click

from pipeline import __version__
from pipeline.cli import words
from pipeline.errors import RefusedError

_LOOKED_AT = 50


@click.command("version")
@click.option("--json", "as_json", is_flag=True)
def version(*, as_json: bool) -> None:
    """Print the version."""
    click.echo(json.dumps({"version": __version__}) if as_json else f"pipeline {__version__}")


@click.command("init")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="pipeline.toml")
@click.option("--address", prompt=words.word("ask_address"), default=words.word("our_address"))
@click.option("--host", prompt=words.word("ask_imap_host"), default="")
@click.option("--user", prompt=words.word("ask_user"), default="")
@click.option("--password-file", prompt=words.word("ask_password_file"), default="")
@click.option("--smtp-host", prompt=words.word("ask_smtp_host"), default="")
@click.option("--time-zone", prompt=words.word("ask_time_zone"), default="UTC")
@click.option("--country", prompt=words.word("ask_country"), default="US")
@click.option("--alert-to", prompt=words.word("ask_alert_to"), default="")
@click.option("--force", is_flag=True)
def init(
    out: Path,
    address: str,
    host: str,
    user: str,
    password_file: str,
    smtp_host: str,
    time_zone: str,
    country: str,
    alert_to: str,
    *,
    force: bool,
) -> None:
    """Write a configuration; the authserv-id is read from mails that are in the mailbox."""
    if out.exists() and not force:
        raise RefusedError("config_exists", path=out)
    lines = ["[mailbox]", f"address = {_toml(address)}"]
    if host:
        lines += ['kind = "imap"', f"host = {_toml(host)}", f"user = {_toml(user or address)}"]
        if password_file:
            lines.append(f"password = {{ file = {_toml(password_file)} }}")
    lines += ["", "[courier]"]
    if smtp_host:
        lines += ['kind = "smtp"', f"host = {_toml(smtp_host)}", f"user = {_toml(user or address)}"]
        if password_file:
            lines.append(f"password = {{ file = {_toml(password_file)} }}")
    lines += ["", "[team]", f"time_zone = {_toml(time_zone)}", f"country = {_toml(country)}"]
    lines += [f"alert_to = {_toml(alert_to)}", ""]
    out.write_text("\n".join(lines), encoding="utf-8")
    found = _detected(out) if host else ()
    if found:
        listed = ", ".join(_toml(name) for name in found)
        with out.open("a", encoding="utf-8") as file:
            file.write(f"\n[sender]\nauthserv_ids = [{listed}]\n")
    click.echo(words.word("init_done", path=out))
    if host and not found:
        click.echo(words.word("init_no_authserv"), err=True)


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _detected(path: Path) -> tuple[str, ...]:
    """Return the authserv-ids that the mails in the mailbox carry; none when it cannot be read."""
    from pipeline.clock import SystemClock  # noqa: PLC0415 - slow to import
    from pipeline.config import load  # noqa: PLC0415
    from pipeline.errors import PipelineError  # noqa: PLC0415
    from pipeline.flow.doctor import detected_authserv_ids  # noqa: PLC0415
    from pipeline.flow.services import open_services  # noqa: PLC0415

    try:
        with open_services(load(path), SystemClock()) as opened:
            return detected_authserv_ids(opened, _LOOKED_AT)
    except PipelineError as error:
        click.echo(words.explain(error), err=True)
        return ()
