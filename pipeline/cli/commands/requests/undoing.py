"""``pipeline request undo``: take back the last decision."""

import click

from pipeline.cli.deciding import decide, decision, is_preview
from pipeline.cli.output import print_lines
from pipeline.flow.services import Services
from pipeline.flow.staff.desk import undo as desk
from pipeline.store.records import RequestRecord


@click.command("undo")
@decision
def undo(reference: str, name: str | None, *, as_json: bool) -> None:
    """Undo the last decision on the request, while its mails wait."""
    from pipeline.cli.pages.undone import undone_line  # noqa: PLC0415 - only here

    undone: list[desk.Undoable] = []

    def work(opened: Services, record: RequestRecord, who: str) -> RequestRecord:
        found = desk.undoable(opened, record)
        restored = desk.undo(opened, record, who)
        undone[:] = [found] if found is not None else []
        return restored

    decide(reference, name, work, as_json=as_json)
    if undone and not as_json and not is_preview():
        print_lines(undone_line(undone[0]))
