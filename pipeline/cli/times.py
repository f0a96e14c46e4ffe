"""The instants of a table: in the team's zone, which the heading names once."""

from collections.abc import Iterable
from datetime import datetime

from pipeline.wording import console as words
from pipeline.wording.instants import clock, zone_of


class Times:
    """The clock of one table."""

    def __init__(self, zone: str, instants: Iterable[datetime | None]) -> None:
        """Take the team's ``zone`` (IANA) and all instants that the table shows."""
        self._zone = zone
        self._name = zone_of(instants, zone)

    def heading(self, key: str) -> str:
        """Return the heading of the first column of times, with the name of the zone."""
        return f"{words.word(key)} ({self._name})"

    def cell(self, at: datetime | None) -> str:
        """Return an instant on this clock; empty for None."""
        return clock(at, self._zone)
