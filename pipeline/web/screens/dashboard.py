"""The dashboard: the figures of a period as tiles and charts, the last runs, and how it stands."""

from starlette.responses import Response

from pipeline.flow.views.dashboard.charts import Drawn
from pipeline.flow.views.dashboard.gather import PERIODS
from pipeline.flow.views.dashboard.page import figures
from pipeline.web.visit import Visit

_USUAL = 28


def show(visit: Visit) -> Response:
    """Show the figures of one of the periods."""
    days = visit.number("days", default=_USUAL)
    if days not in PERIODS:
        days = _USUAL
    board = figures(visit.services, days)
    return visit.page("dashboard", board=board, drawn=Drawn(board), days=days, periods=PERIODS)
