"""The figures of a period as a page of its own."""

from pipeline.flow.services import Services
from pipeline.flow.views.dashboard.charts import Drawn
from pipeline.flow.views.dashboard.gather import dashboard
from pipeline.flow.views.dashboard.values import Dashboard
from pipeline.flow.views.report import rendered
from pipeline.wording import console as words
from pipeline.wording.instants import told


def figures(services: Services, days: int) -> Dashboard:
    """Return the figures of the last ``days`` days."""
    with services.store.read() as tx:
        return dashboard(services.work(tx), days)


def figures_page(services: Services, days: int) -> str:
    """Return the figures of the last ``days`` days as one HTML page without links outside."""
    board = figures(services, days)
    return rendered(
        "figures.html.jinja",
        drawn=Drawn(board),
        board=board,
        word=words.word,
        language=words.language(),
        now=told(board.at, board.zone),
    )
