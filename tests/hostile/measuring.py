"""Reads a mail in the guarded child as a batch does, and says what that took."""

import resource
from dataclasses import dataclass
from pathlib import Path

from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.read import read_message


@dataclass(frozen=True, slots=True)
class Measured:
    """What was read, and the most memory (resident, bytes) that the child held meanwhile."""

    read: ReadMessage
    peak: int


def read_measured(raw: bytes) -> Measured:
    """Read a mail as the flow does; runs in the child."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    read = read_message(raw)
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = [line.split()[1] for line in status if line.startswith("VmHWM:")]
    return Measured(read, int(peak) * 1024)


def limits_of_the_child() -> tuple[tuple[int, int], ...]:
    """Return soft and hard limit of address space, file size and core files; runs in the child."""
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)
    return tuple(resource.getrlimit(kind) for kind in kinds)
