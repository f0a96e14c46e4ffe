"""The table of all ratios in docs/benchmarks.md, as the last run measured them."""

import os
import platform
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.measuring import Measured

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"
_HEAD = "| What | Against | Ratio | Ours | The other |\n|---|---|---|---|---|"


def written(page: str, measured: Iterable[Measured]) -> str:
    """Return ``page`` with the table of ``measured`` in its place; the last of equals counts.

    Raises ValueError when the page has no place for it.
    """
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError("the page has no place for the table")
    rows = {(one.what, one.against): _row(one) for one in measured}
    table = "\n".join((_machine(), "", _HEAD, *rows.values()))
    return f"{before}{begin}\n{table}\n{end}{after}"


def _row(one: Measured) -> str:
    ratio = f"{one.ours / one.floor:.2f}"
    return f"| {one.what} | {one.against} | {ratio} | {_time(one.ours)} | {_time(one.floor)} |"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _machine() -> str:
    """Return a sentence of when and on what it was measured."""
    load = os.getloadavg()[0]
    return (
        f"Measured on {datetime.now(UTC):%d %B %Y} on {_processor()} ({os.cpu_count()} cores, load"
        f" {load:.1f} at the end), Python {platform.python_version()}, SQLite"
        f" {sqlite3.sqlite_version}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
