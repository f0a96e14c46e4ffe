"""What one job may use, and how a job that went wrong is told."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal["memory", "cpu", "time", "crash", "exception"]


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """What one job may use.

    ``wall_seconds`` is how long a child may sleep; one that waits for its turn on a busy machine
    gets ten times as long. ``file_bytes`` bounds each file that the child writes; where it is shut
    in these are files in memory alone. ``open_files`` is how many it may hold open;
    ``result_bytes`` bounds what the parent takes back; ``jobs`` is how many jobs a child does
    before a fresh one takes its place, so that small leaks never add up.
    """

    cpu_seconds: int = 8
    memory_bytes: int = 1 << 30
    wall_seconds: float = 10.0
    file_bytes: int = 64 << 20
    open_files: int = 64
    result_bytes: int = 128 << 20
    jobs: int = 1000


class GuardError(Exception):
    """A job did not end well; ``detail`` names an exception, place or signal, never raw text."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason: Reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


class GuardStartError(GuardError):
    """The child did not start: the machine is at fault, never the job."""


class GuardStarvedError(GuardError):
    """The machine gave the child too little processor time to tell whether the job is at fault."""
