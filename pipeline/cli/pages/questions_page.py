"""``report --questions``: the questions that fail most, as a table or as a file."""

from pathlib import Path

import click

from pipeline.cli.output import print_json, print_lines, print_table
from pipeline.cli.table_files import write_table
from pipeline.flow.services import Services
from pipeline.flow.views.dashboard.charts import Drawn
from pipeline.flow.views.dashboard.page import figures
from pipeline.flow.views.dashboard.questions import question_lines
from pipeline.wording import console as words

#: Counts are never cut; the question and the counts by kind go on in the next line.
_COUNTS = (1, 2, 3)
_LONG = (0, 4, 5, 6)


def tell_questions(services: Services, days: int, out: Path | None, *, as_json: bool) -> None:
    """Print or write which questions failed in the last ``days`` days.

    Raises UsageError ``export_kind`` for a file that is neither CSV nor XLSX.
    """
    board = figures(services, days)
    drawn = Drawn(board)
    if as_json:
        print_json(board.questions)
    elif out is not None:
        print_lines(words.counted("exported_lines", write_table(out, question_lines(drawn))))
    else:
        chart = drawn.questions()
        click.echo(chart.finding)
        if board.questions:
            print_table(chart.head, chart.table, keep=_COUNTS, wrapped=_LONG)
