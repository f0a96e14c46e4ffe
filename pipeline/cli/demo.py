"""``pipeline demo``: the whole story on an embedded mailbox, played by an injected clock."""

import json
import shlex
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from pipeline.cli import words
from pipeline.cli.output import print_table
from pipeline.config import Settings, load
from pipeline.durable import make_folder, write_file

_DAYS = 9


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default="demo")
def demo(folder: Path) -> int:
    """Play nine days of a requests mailbox and write a report to look at."""
    from pipeline.cli.report import write_report  # noqa: PLC0415 - slow to import
    from pipeline.cli.story import Story  # noqa: PLC0415
    from pipeline.clock import SettableClock  # noqa: PLC0415
    from pipeline.flow.services import open_services  # noqa: PLC0415

    if folder.exists():
        _remove_old(folder)
    make_folder(folder)
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    clock = SettableClock(end - timedelta(days=_DAYS))
    settings = _write_settings(folder)
    with open_services(settings, clock, make=True) as services:
        story = Story(services, clock, folder, end)
        with click.progressbar(story.acts, label=words.word("playing"), file=sys.stderr) as acts:
            for act in acts:
                story.play(act)
        clock.set(end)
        story.run()
        summary = story.summary()
        text = json.dumps(summary, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        write_file(folder / "summary.json", text.encode())
        story.write_files()
        write_report(services, folder / "report.html")
        rows = story.table()
        quarantined = story.quarantined()
    print_table([words.word(key) for key in ("sample", "reference", "status", "mails")], rows)
    click.echo("")
    reference = next((row[1] for row in rows if row[1]), "WA-")
    config = shlex.quote(str(folder / "pipeline.toml"))
    click.echo(words.word("demo_next", folder=folder, config=config, reference=reference))
    return 3 if quarantined else 0


def _remove_old(folder: Path) -> None:
    """Remove an earlier demo, known by its settings; anything else in the way is refused."""
    from pipeline.errors import RefusedError  # noqa: PLC0415 - only here

    try:
        ours = (folder / "pipeline.toml").read_text(encoding="utf-8") == _settings_text(folder)
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours and any(folder.iterdir()):
        raise RefusedError("demo_folder_not_ours", path=folder)
    shutil.rmtree(folder)


def _settings_text(folder: Path) -> str:
    return f"""[store]
home = {json.dumps(str(folder.absolute()))}

[mailbox]
kind = "maildir"
path = "inbox"

[courier]
kind = "maildir"
path = "sent"

[retention]
sent_bytes_days = 30

[sender]
authserv_ids = ["mx.genesys.example"]

[team]
time_zone = "UTC"
country = "US"
alert_to = "whatsapp-staff@genesys.example"
"""


def _write_settings(folder: Path) -> Settings:
    path = folder / "pipeline.toml"
    write_file(path, _settings_text(folder).encode())
    return load(path, environment={})
