"""Lives years of misfortune, two at once: ``python -m tests.simulation YEARS [FIRST_SEED]``.

A year in which something is not as it has to be is lived again with fewer customers, as long as it
still fails; what happened in the smallest one is printed. With ``SIMULATE_URL`` (of an empty
PostgreSQL database for each year, with ``{}`` for its seed) the years are kept there, and what
happened in the whole of it is printed.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from pipeline.clock import SettableClock
from pipeline.flow.services import Services
from pipeline.flow.services.state import open_store
from pipeline.guard import Guard
from tests.simulation.people import Person, crowd
from tests.simulation.years import SECTIONS, faults, lived, story
from tests.world.mails import Customer
from tests.world.settings import STAFF, settings_of
from tests.world.world import START, World

_CUSTOMERS = 40
_AT_ONCE = 2


def year(seed: int, people: Sequence[Person] | None = None) -> tuple[list[str], list[str], str]:
    """Live one year; return its faults, its story, and what went wrong in it on purpose."""
    url = os.environ.get("SIMULATE_URL", "").replace("{}", str(seed))
    with tempfile.TemporaryDirectory(prefix="year") as folder, Guard() as guard:
        settings = settings_of(
            Path(folder), team={"alert_to": STAFF}, store={"url": url}, **SECTIONS
        )
        clock = SettableClock(START)
        store = open_store(settings, clock, make=True)
        services = Services(settings, clock, store, store.blobs, guard)
        world = World(services, clock, Customer(clock))
        try:
            lasted = lived(
                world, seed, crowd(seed, _CUSTOMERS) if people is None else people, misfortune=True
            )
            happened = lasted.misfortune.happened if lasted.misfortune else {}
            return faults(lasted), list(story(lasted)), str(happened)
        except AssertionError as error:
            return [str(error)], [], ""
        finally:
            store.close()


def shortest(seed: int) -> tuple[list[str], list[str]]:
    """Return faults and story of a failing year with as few customers as still make it fail."""
    people = crowd(seed, _CUSTOMERS)
    found, told, _ = year(seed, people)
    size = len(people) // 2
    while size:
        for first in range(0, len(people), size):
            fewer = people[:first] + people[first + size :]
            again, story_of_fewer, _ = year(seed, fewer) if fewer else ([], [], "")
            if again:
                people, found, told = fewer, again, story_of_fewer
                break
        else:
            size //= 2
    return found, told


def main(years: int, first: int = 1) -> int:
    """Live ``years`` years; return 1 when something was not as it has to be."""
    begin = time.monotonic()
    seeds = range(first, first + years)
    with ProcessPoolExecutor(_AT_ONCE, get_context("spawn")) as pool:
        for seed, (found, told, happened) in zip(seeds, pool.map(year, seeds), strict=True):
            print(f"year {seed}: {len(found)} faults; {happened}", flush=True)  # noqa: T201
            if found:
                pool.shutdown(cancel_futures=True)
                least, lines = (found, told) if "SIMULATE_URL" in os.environ else shortest(seed)
                print("\n".join([*lines, "", *least]))  # noqa: T201
                return 1
    print(f"{years} years in {time.monotonic() - begin:.0f} s, nothing broken")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
