"""Mails that carry a form made for them, against those that carry none; how long locks are held.

A mail with a good form is answered in words; one with a mistake gets its form back with the answers
in it, the wrong ones marked. No two have the same mistakes, so no file was made before.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import combinations, count
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.fetch import fetch
from pipeline.flow.inbound.process import process
from pipeline.flow.services import Services, open_services
from pipeline.flow.staff.corrections import ask
from pipeline.flow.staff.letters import answer
from pipeline.flow.staff.send_form import send_form
from pipeline.forms.publish import build_form
from pipeline.model.form import FileFormat, Filling, FormKind
from pipeline.model.notice import NoticeName
from tests.benchmarks.locks import held
from tests.benchmarks.measuring import show, tell
from tests.servers.needed import skip_without
from tests.servers.postgresql import postgresql_programs, running_postgresql
from tests.world.crowd import answers, plain_mail, sender_of
from tests.world.mails import stored
from tests.world.settings import ADDRESS, PRIVACY, settings_of
from tests.world.world import deliver

_MAILS = 20
_ROUNDS = 5
#: Answers that a customer left out, three of ten in each way.
_MISTAKES = tuple(
    combinations(
        (
            "contact_name",
            "website",
            "country",
            "meta_business_id",
            "meta_business_verified",
            "display_name",
            "business_vertical",
            "number_use",
            "use_case",
            "is_m2m",
        ),
        3,
    )
)
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds of the clock, and of the processor in this process and its guarded child."""

    wall: float
    processor: float


def _cost(services: Services, work: Callable[[], object]) -> _Cost:
    wall, ours, child = time.perf_counter(), time.process_time(), _child_seconds(services)
    work()
    spent = time.process_time() - ours + _child_seconds(services) - child
    return _Cost(time.perf_counter() - wall, spent)


def _child_seconds(services: Services) -> float:
    pid = services.guard.process_id
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


@contextmanager
def _services(engine: str, folder: Path) -> Iterator[Services]:
    courier = {"hourly_cap": 1_000_000, "undo_seconds": 0}
    if engine == "SQLite":
        settings = settings_of(folder, courier=courier)
        with open_services(settings, SystemClock(), make=True) as services:
            yield services
        return
    skip_without(postgresql_programs(), "PostgreSQL")
    with running_postgresql(folder) as url:
        settings = settings_of(folder / "state", courier=courier, store={"url": url})
        with open_services(settings, SystemClock(), make=True) as services:
            yield services


def _mail(position: int, suffix: str, **changes: str) -> bytes:
    """Return a mail with a form of its own; each company has a name of its own."""
    now = datetime.now(UTC)
    given = {**answers(position, now), **changes}
    file_format = FileFormat(suffix)
    content = build_form(
        FormKind.ONBOARDING,
        "en",
        file_format,
        Filling(tuple(given.items())),
        address=ADDRESS,
        privacy=PRIVACY,
    )
    name = f"onboarding_en.{suffix}"
    return stored(sender_of(position), f"form-{position}", now, (name, content), text="Our form.")


def _intake(services: Services, mails: list[bytes]) -> _Cost:
    deliver(services, *mails)
    with open_mailbox(services) as mailbox:
        assert fetch(services, mailbox) == len(mails)

    def work() -> None:
        done = 0
        while done < len(mails):
            done += process(services).processed

    return _cost(services, work)


def _compared(
    what: str, pairs: list[tuple[_Cost, _Cost]], against: str, mails: int = _MAILS
) -> None:
    for name in ("wall", "processor"):
        ours, floor = (
            statistics.median(getattr(pair[side], name) for pair in pairs) / mails
            for side in (0, 1)
        )
        show(f"{what}, {name}", ours, floor, against)


@pytest.mark.benchmark
@pytest.mark.parametrize("suffix", ["xlsx", "pdf"])
@pytest.mark.parametrize("engine", ["SQLite", "PostgreSQL"])
def test_forms_with_a_mistake_against_good_ones(engine: str, suffix: str, tmp_path: Path) -> None:
    places = count()
    with _services(engine, tmp_path) as services:
        what = f"intake of {suffix} forms with a mistake, {engine}"
        pairs = []
        with held(services.store) as locks:
            for turn in range(_ROUNDS + 1):
                wrong = [_wrong(place, suffix) for place in _next(places)]
                good = [_mail(place, suffix) for place in _next(places)]
                pairs.append((_intake(services, wrong), _intake(services, good)))
                if not turn:
                    tell(f"{what}, first {2 * _MAILS} mails of a process: {locks}")
                    locks.seconds.clear()
        _compared(what, pairs[1:], "good ones")
        tell(f"{what}: {locks}")
        _checked(services, len(pairs) * _MAILS)


def _next(places: Iterator[int]) -> list[int]:
    return [next(places) for _ in range(_MAILS)]


def _wrong(place: int, suffix: str) -> bytes:
    turn, position = divmod(place, 2 * _MAILS)
    blank = dict.fromkeys(_MISTAKES[(turn * _MAILS + position) % len(_MISTAKES)], "")
    return _mail(place, suffix, genesys_org_id=f"3f2a9c1e-{place}", **blank)


def _checked(services: Services, wrong: int) -> None:
    with services.store.read() as tx:
        sent = [mail for mail in tx.outbox.list("open", 10_000) if mail.variant == ""]
    assert sum(mail.notice is NoticeName.NEEDS_CORRECTION for mail in sent) == wrong


@pytest.mark.benchmark
@pytest.mark.parametrize("engine", ["SQLite", "PostgreSQL"])
def test_what_staff_ask_with_a_form_against_words_alone(engine: str, tmp_path: Path) -> None:
    with _services(engine, tmp_path) as services:
        for suffix, first in (("xlsx", 0), ("pdf", 1000)):
            mails = [_mail(first + place, suffix) for place in range(2 * _MAILS)]
            _intake(services, mails)
            asks = partial(ask, services, who="saki", fields=("use_case",), text="More, please.")
            _by_staff(services, f"a question with a marked {suffix} form, {engine}", asks, first)
        words = [plain_mail(2000 + place, "Which form do we need?") for place in range(2 * _MAILS)]
        _intake(services, words)
        sends = partial(send_form, services, who="saki", form=FormKind.MIGRATION)
        _by_staff(services, f"a form filled in beforehand, {engine}", sends, 2000)


def _by_staff(services: Services, what: str, asks: Callable[..., object], first: int) -> None:
    """Compare a decision that sends a form with a letter, each on requests of its own."""
    with services.store.read() as tx:
        ours = [tx.requests.of_sender(sender_of(first + place))[0] for place in range(2 * _MAILS)]
    says = partial(answer, services, who="saki", text="We look into it.")
    asks(record=ours[0])
    says(record=ours[1])
    pairs = []
    with held(services.store) as locks:
        for one, other in zip(ours[2::2], ours[3::2], strict=True):
            form = _cost(services, lambda one=one: asks(record=one))  # type: ignore[misc] # bound
            letter = _cost(services, lambda other=other: says(record=other))  # type: ignore[misc]
            pairs.append((form, letter))
    _compared(what, pairs, "a letter without a form", mails=1)
    tell(f"{what}: {locks}")
