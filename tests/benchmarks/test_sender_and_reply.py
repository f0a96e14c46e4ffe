"""Judging who wrote a mail and what a reply says, as a part of the intake of the same mails.

Both are processor time: the whole is that of this process and of the guarded child.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.flow.inbound import begin
from pipeline.flow.requests import commands, new_words
from pipeline.intake.reply.vocabulary import is_reply
from tests.benchmarks import measuring
from tests.benchmarks.measuring import show
from tests.servers.dovecot import dovecot_program, running_dovecot
from tests.servers.needed import skip_without
from tests.world.crowd import form_mail
from tests.world.customers import File
from tests.world.fixtures import MakeWorld, guard, make_world, prepared
from tests.world.outbox import parsed, plain_text
from tests.world.world import World, deliver

__all__ = ["guard", "make_world", "prepared"]

_MAILS = 40
_UNMEASURED = 10
_KINDS = ("forms", "replies with a form", "words")
#: What judging may take of the intake of the same mails, measured as all readers are: the mails one
#: after another, first once unmeasured. Words alone are the cheapest to take in: no form is read.
_PART = 0.05
#: What it may take in its place between other work, where the processor has forgotten its code.
_PARTS_IN_PLACE = {"forms": 0.05, "replies with a form": 0.05, "words": 0.07}
#: So often it is measured again before a part counts as too big: other programs use the same cache.
_ROUNDS = 3
#: What customers add above a quote; no two mails in a row say the same.
_WORDS = (
    "We have one more shop. Does it need a form?",
    "Thank you, Ms Sato will call the operator on Thursday.",
    "Our director is away until the end of the month, I shall ask him then.",
    "Could you tell me who of your team looks after our account?",
    "ご連絡ありがとうございます。担当者に確認いたします。",
    "Vielen Dank für die Nachricht. Wir melden uns, sobald die Leitung steht.",
    "The invoice went to the old address, please correct it in your files.",
)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[dict[str, object]]:
    """Start an IMAP server, and return the settings of a mailbox on it."""
    skip_without(dovecot_program(), "Dovecot")
    with running_dovecot(tmp_path / "dovecot") as server:
        password = tmp_path / "password"
        password.touch(mode=0o600)
        password.write_text(server.password)
        yield {
            "kind": "imap",
            "host": server.host,
            "port": server.port,
            "encryption": "none",
            "user": server.user,
            "password": {"file": password},
        }


@pytest.mark.benchmark
def test_judging_is_a_small_part_of_intake(
    make_world: MakeWorld, mailbox: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(mailbox=mailbox, courier={"undo_seconds": 0, "hourly_cap": 1_000_000})
    is_reply("READY")  # the phrases are read once a process
    spent = _Spent()
    for room, name in (
        (begin, "judge_sender"),
        (begin, "classify"),
        (new_words, "read_new_text"),
        (commands, "read_reply"),
    ):
        monkeypatch.setattr(room, name, spent.counting(getattr(room, name)))
    now = world.clock.now()
    least = dict.fromkeys(_KINDS, 1.0)
    least_in_place = dict.fromkeys(_KINDS, 1.0)
    for number in range(_ROUNDS + 1):
        count = _MAILS if number else _UNMEASURED
        start = _UNMEASURED + (number - 1) * _MAILS if number else 0
        forms = [form_mail(place, now) for place in range(start, start + count)]
        known = {record.id for record in world.requests()}
        for what in _KINDS:
            mails = forms if what == "forms" else _replies(world, known, form=what != "words")
            deliver(world.services, *mails)
            spent.forget()
            ran = []
            whole = measuring.spent(lambda: ran.append(world.batch())).processor  # noqa: B023
            assert ran[0].processed == count
            if number:
                alone = spent.again()
                show(f"judging {count} {what}", alone, whole, "their whole batch")
                show(f"the same in its place: {what}", spent.seconds, whole, "their whole batch")
                least[what] = min(least[what], alone / whole)
                least_in_place[what] = min(least_in_place[what], spent.seconds / whole)
    assert {what: part for what, part in least.items() if part > _PART} == {}
    found = least_in_place.items()
    assert {what: part for what, part in found if part > _PARTS_IN_PLACE[what]} == {}


class _Spent:
    """Counts the seconds that functions take, and keeps how they were called."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.seconds = 0.0
        self._calls: list[Callable[[], Any]] = []

    def again(self) -> float:
        """Return how long all the calls take one after another."""
        calls = list(self._calls)
        for call in calls:
            call()
        begun = time.thread_time()
        for call in calls:
            call()
        return time.thread_time() - begun

    def counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, counted."""

        def counted(*arguments: Any, **named: Any) -> Any:
            self._calls.append(partial(function, *arguments, **named))
            begun = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds += time.thread_time() - begun

        return counted


def _replies(world: World, known: set[str], *, form: bool) -> list[bytes]:
    """Return a reply to each request that is new, which quotes our mail, with the form or words."""
    found = []
    new = [record for record in world.requests() if record.id not in known]
    for place, record in enumerate(new, len(known)):
        files = [_form_of(place, world.clock.now())] if form else []
        ours = world.mails_of(record)[-1]
        seen = parsed(ours.content)
        quoted = "\n".join(f"> {line}" for line in plain_text(seen).splitlines())
        found.append(
            world.customer.write(
                record.address_of_record,
                *files,
                text=f"{_WORDS[place % len(_WORDS)]}\n\n{quoted}\n",
                subject=f"Re: {ours.subject}",
                to=str(seen["Reply-To"]),
                headers={"In-Reply-To": ours.message_id},
            )
        )
    return found


def _form_of(position: int, now: datetime) -> File:
    """Return the form of the mail at ``position``, as it is sent once more."""
    (part,) = parsed(form_mail(position, now)).iter_attachments()
    return str(part.get_filename()), part.get_payload(decode=True)  # type: ignore[return-value]
