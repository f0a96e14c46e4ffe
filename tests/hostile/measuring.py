"""Reads a mail in the guarded child as a batch does, and says what that took."""

import resource
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.child import read_message
from pipeline.guard import Guard


@dataclass(frozen=True, slots=True)
class Measured:
    """What was read, and the seconds on a processor that it took."""

    read: ReadMessage
    processor: float


def read_measured(raw: bytes) -> Measured:
    """Read a mail as the flow does; runs in the child."""
    begun = time.process_time()
    read = read_message(raw)
    return Measured(read, time.process_time() - begun)


def peak_of(guard: Guard) -> int:
    """Return the most memory (resident, bytes) that the present child has held."""
    status = Path(f"/proc/{guard.process_id}/status").read_text(encoding="ascii").splitlines()
    (peak,) = [line.split()[1] for line in status if line.startswith("VmHWM:")]
    return int(peak) * 1024


def limits_of_the_child() -> tuple[tuple[int, int], ...]:
    """Return soft and hard limit of address space, file size and core files; runs in the child."""
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)
    return tuple(resource.getrlimit(kind) for kind in kinds)
