"""``pipeline demo``: the whole story on an embedded mailbox, played by an injected clock."""

import shlex
import sys
from pathlib import Path

import click

from pipeline.cli.output import print_table
from pipeline.clock import SystemClock
from pipeline.collector import loading
from pipeline.config import look
from pipeline.errors import ExitCode
from pipeline.signals import StopNowError, stop_on_signals
from pipeline.systemd import Manager
from pipeline.wording import console as words


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default="demo")
@click.option("--serve", is_flag=True)
def demo(folder: Path, *, serve: bool) -> int:
    """Play nine days of a requests mailbox and write a report to look at."""
    from pipeline.demo.play import play  # noqa: PLC0415 - slow to import

    played = play(
        folder,
        lambda acts: click.progressbar(acts, label=words.word("playing"), file=sys.stderr),
    )
    columns = [words.word(key) for key in ("sample", "reference", "status", "mails")]
    print_table(columns, played.rows)
    click.echo("")
    reference = next((row[1] for row in played.rows if row[1]), "WA-")
    typed, config = shlex.quote(str(folder)), shlex.quote(str(folder / "pipeline.toml"))
    if serve:
        _serve(folder)
        return ExitCode.DONE
    click.echo(
        words.word(
            "demo_next", folder=folder, typed_folder=typed, config=config, reference=reference
        )
    )
    return 3 if played.quarantined else 0


def _serve(folder: Path) -> None:
    """Serve the console on the demo in ``folder``, for one visitor on this machine."""
    manager = Manager()
    try:
        with stop_on_signals() as stop:
            with loading():
                from pipeline.demo.visitor import free_place, invite  # noqa: PLC0415 - slow
                from pipeline.web.serving import Running  # noqa: PLC0415 - slow to import
                from pipeline.web.serving import serve as run  # noqa: PLC0415

            visitor, where = invite(folder), free_place()
            address = f"http://{where[0]}:{where[1]}"
            values = {"address": address, "name": visitor.name, "password": visitor.password}

            def begun() -> None:
                click.echo(words.word("demo_served", folder=folder, **values))
                sys.stdout.flush()  # whoever started it waits for these lines

            found = look(folder / "pipeline.toml", environment={})
            running = Running(stop, manager, begun)
            run(found.settings, SystemClock(), address, where, running, found.sources)
    except StopNowError:
        pass  # the visit is over
    finally:
        manager.close()
