"""The check that a wrong setting does not silence everybody."""

from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work
from pipeline.model.message import SenderVerdict

_LOOKED_AT = 20


def too_many_unknown(services: Services) -> bool:
    """Tell whether more than half of the last 20 human mails have no trusted field.

    A mail without one well-formed From does not count: strangers could stop us with such mails.
    Otherwise a setting is wrong (``sender.authserv_ids``), and everybody would be held in silence.
    """
    with services.store.read() as tx:
        verdicts = tx.messages.recent_human_verdicts(_LOOKED_AT)
    unknown = sum(verdict is SenderVerdict.UNKNOWN for verdict in verdicts)
    return len(verdicts) >= _LOOKED_AT and unknown * 2 > _LOOKED_AT


def alert_silenced(services: Services) -> None:
    """Tell staff once a day that a setting silences everybody."""
    today = services.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)

    def change(work: Work) -> None:
        if work.tx.counters.add("alert:sender_setting", today) == 1:
            alert(work, "sender_setting", "")

    services.run(change)
