"""Who looks at which request now: told to colleagues, never a lock, never kept."""

import threading
from datetime import datetime, timedelta

#: A browser says every 20 seconds that a page is still open.
_STAYS = timedelta(seconds=45)
#: So many requests are remembered; a console has no more readers at once.
_MOST = 1000


class Presence:
    """Remembers in this process who has a request open; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], datetime] = {}

    def looks(self, reference: str, name: str, now: datetime) -> tuple[str, ...]:
        """Note that ``name`` looks at a request; return who else does, by name."""
        with self._lock:
            self._seen = {key: at for key, at in self._seen.items() if now - at < _STAYS}
            if len(self._seen) < _MOST:
                self._seen[reference, name] = now
            others = {who for seen, who in self._seen if seen == reference and who != name}
        return tuple(sorted(others))
