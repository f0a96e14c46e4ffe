"""Try the servers of a new configuration once, so that ``init`` can tell which of them fails."""

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.flow.connections import open_courier
from pipeline.flow.services import Services, open_to_look
from pipeline.flow.views.judges import Detected, detect
from pipeline.meta.client import open_graph
from pipeline.notifications.courier import DeliveryKind


def first_look(settings: Settings) -> tuple[list[PipelineError], Detected]:
    """Return what failed (state, mailbox, mail out, Meta), and who judges the senders."""
    faults: list[PipelineError] = []
    found = Detected()
    try:
        with open_to_look(settings, SystemClock()) as services:
            if settings.mailbox.kind == "imap":
                try:
                    found = detect(services)
                except PipelineError as error:
                    faults.append(error)
            if settings.courier.kind == "smtp":
                try:
                    _try_courier(services)
                except PipelineError as error:
                    faults.append(error)
    except PipelineError as error:
        faults.append(error)
    if settings.asks_meta():
        try:
            _try_meta(settings)
        except PipelineError as error:
            faults.append(error)
    return faults, found


def _try_meta(settings: Settings) -> None:
    with open_graph(settings.meta, SystemClock()) as graph:
        graph.numbers()


def _try_courier(services: Services) -> None:
    with open_courier(services) as (courier, _):
        answer = courier.check()
    if answer.kind is not DeliveryKind.SENT:
        raise answer.fault or ConfigurationError("courier_unusable", reason=answer.detail)
