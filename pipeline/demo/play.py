"""Play the demo in a folder: its settings, the nine days of the story, and what they leave."""

import json
import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.clock import SettableClock
from pipeline.config import Settings, load
from pipeline.demo.story import Act, Story
from pipeline.durable import make_folder, write_file
from pipeline.errors import RefusedError
from pipeline.flow.services import open_services
from pipeline.flow.views.report import write_report
from pipeline.resources import languages
from pipeline.wording import console

_DAYS = 9

#: Shows how far the acts are while they are iterated.
Progress = Callable[[tuple[Act, ...]], AbstractContextManager[Iterable[Act]]]


@dataclass(frozen=True, slots=True)
class Played:
    """What the demo left: a line for each sample, and how many messages were quarantined."""

    rows: list[list[str]]
    quarantined: int


def play(folder: Path, progress: Progress, end: datetime | None = None) -> Played:
    """Play the nine days that end at ``end`` (now, where it is None) in ``folder``.

    What is worth looking at is written there.
    An earlier demo in ``folder`` is replaced; RefusedError ``demo_folder_not_ours`` when anything
    else is there.
    """
    if folder.exists():
        _remove_old(folder)
    make_folder(folder)
    end = end or datetime.now(UTC).replace(second=0, microsecond=0)
    clock = SettableClock(end - timedelta(days=_DAYS))
    settings = _write_settings(folder)
    with open_services(settings, clock, make=True) as services:
        story = Story(services, clock, folder, end)
        with progress(story.acts) as acts:
            for act in acts:
                story.play(act)
        clock.set(end)
        story.run()
        text = json.dumps(story.summary(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        write_file(folder / "summary.json", text.encode())
        story.write_files()
        write_report(services, folder / "report.html")
        return Played(story.table(), story.quarantined())


def _remove_old(folder: Path) -> None:
    """Remove an earlier demo, known by its settings; anything else in the way is refused."""
    try:
        text = (folder / "pipeline.toml").read_text(encoding="utf-8")
        ours = text in {_settings_text(folder, language) for language in languages()}
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours and any(folder.iterdir()):
        raise RefusedError("demo_folder_not_ours", path=folder)
    shutil.rmtree(folder)


def _settings_text(folder: Path, language: str) -> str:
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
language = "{language}"
"""


def _write_settings(folder: Path) -> Settings:
    path = folder / "pipeline.toml"
    write_file(path, _settings_text(folder, console.language()).encode())
    return load(path, environment={})
