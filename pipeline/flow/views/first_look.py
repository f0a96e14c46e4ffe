"""Try the servers of a new configuration once, so that ``init`` can tell which of them fails."""

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.flow.connections import open_courier
from pipeline.flow.services import Services, open_to_look
from pipeline.flow.views.doctor import detected_authserv_ids
from pipeline.notifications.courier import DeliveryKind

_LOOKED_AT = 50


def first_look(settings: Settings) -> tuple[list[PipelineError], tuple[str, ...]]:
    """Return what failed (state, mailbox, mail out), and the authserv-ids of the newest mails."""
    faults: list[PipelineError] = []
    ids: tuple[str, ...] = ()
    try:
        with open_to_look(settings, SystemClock()) as services:
            if settings.mailbox.kind == "imap":
                try:
                    ids = detected_authserv_ids(services, _LOOKED_AT)
                except PipelineError as error:
                    faults.append(error)
            if settings.courier.kind == "smtp":
                try:
                    _try_courier(services)
                except PipelineError as error:
                    faults.append(error)
    except PipelineError as error:
        faults.append(error)
    return faults, ids


def _try_courier(services: Services) -> None:
    with open_courier(services) as (courier, _):
        answer = courier.check()
    if answer.kind is not DeliveryKind.SENT:
        raise answer.fault or ConfigurationError("courier_unusable", reason=answer.detail)
