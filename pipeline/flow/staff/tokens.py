"""Staff replace the key of reply tokens; the one in use stays genuine until the next time."""

from pipeline import logs
from pipeline.durable import locked
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, state, token_keys


def rotate(services: Services, who: str) -> None:
    """Make a new token key under the name of ``who``, whom staff are told of.

    Raises what reading the keys raises.
    """
    now = services.clock.now()
    with locked(state.lock_of(services.settings)):
        token_keys.rotate(services.store, services.settings, who, now)
    services.read_keys_again()
    logs.event("flow.tokens", "rotated", by=who)
    services.run(lambda work: alert(work, "token_rotated", "", who))
