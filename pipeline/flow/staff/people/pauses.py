"""Pauses after failed log-ins, for a name from one place and for all names from one place.

No pause holds for a name alone: whoever knows a name could lock its user out from afar.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from pipeline.errors import RefusedError
from pipeline.flow.services import Work

#: After so long without a failure nothing of it counts.
_FORGOTTEN = timedelta(days=1)
#: What one customer of a provider has (RFC 6177): all its addresses are one place.
_OWN_BITS = 64
_MOST_DOUBLED = 20


@dataclass(frozen=True, slots=True)
class _Rule:
    """So many failures are free; after each further one the pause doubles, from one second on."""

    free: int
    longest: timedelta

    def pause(self, failures: int) -> timedelta:
        over = failures - self.free
        if over <= 0:
            return timedelta()
        return min(timedelta(seconds=2 ** min(over - 1, _MOST_DOUBLED)), self.longest)


_NAME_AND_PLACE = _Rule(free=5, longest=timedelta(minutes=15))
#: Colleagues behind one address share it.
_PLACE = _Rule(free=20, longest=timedelta(minutes=1))


def count(work: Work, name: str, peer: str) -> None:
    """Count a log-in that begins as one that failed: many at once are no more than one by one.

    Raises RefusedError ``log_in_too_often`` during a pause; nothing is counted then.
    """
    for key, rule in _rules(name, peer):
        row = work.tx.log_in_pauses.lock(key, work.now)
        if row.until is not None and work.now < row.until:
            seconds = int((row.until - work.now).total_seconds()) + 1
            raise RefusedError("log_in_too_often", seconds=seconds)
        before = row.failures if work.now - row.last_at < _FORGOTTEN else 0
        pause = rule.pause(before + 1)
        until = work.now + pause if pause else None
        work.tx.log_in_pauses.save(replace(row, failures=before + 1, last_at=work.now, until=until))


def take_back(work: Work, name: str, peer: str) -> None:
    """Forget the failures of a name at a place, and this one log-in at the place, which went well.

    Of the place no more is forgotten: who has one password could guess the others' without end.
    """
    (pair, _), (place, _) = _rules(name, peer)
    work.tx.log_in_pauses.forget(pair)
    row = work.tx.log_in_pauses.lock(place, work.now)
    work.tx.log_in_pauses.save(replace(row, failures=max(row.failures - 1, 0), until=None))


def purge(work: Work) -> None:
    """Delete what no longer counts."""
    work.tx.log_in_pauses.purge(work.now - _FORGOTTEN)


def _rules(name: str, peer: str) -> tuple[tuple[str, _Rule], tuple[str, _Rule]]:
    place = _place(peer)
    return (
        (_digest("name", name, place), _NAME_AND_PLACE),
        (_digest("place", place), _PLACE),
    )


def _place(peer: str) -> str:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{int(address) >> (128 - _OWN_BITS):x}/{_OWN_BITS}"


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()
