"""Somebody has compared a state that was put back with the world: it goes on as any other."""

from pipeline import logs
from pipeline.errors import RefusedError
from pipeline.flow.services import Services
from pipeline.flow.services.restored import settle as settle_in


def settle(services: Services, who: str) -> None:
    """Let mails go out and certificates be issued again, under the name of ``who``.

    Raises RefusedError ``restored_not``.
    """
    if not services.store.run(settle_in):
        raise RefusedError("restored_not")
    services.__dict__.pop("restored", None)
    logs.event("flow.backup", "settled", by=who)
