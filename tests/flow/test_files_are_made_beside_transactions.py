"""Files that take long to make are made while no transaction is open."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from pipeline.flow.inbound import process
from pipeline.flow.lifecycle import qr_code
from pipeline.flow.outgoing import attachments
from pipeline.flow.services import Work
from pipeline.flow.services.making import Making, Unmade
from pipeline.flow.staff.numbers import import_numbers
from pipeline.flow.staff.review import approve
from pipeline.forms import publish
from pipeline.forms.pdf.write import form as pdf_form
from pipeline.forms.publish import build_form
from pipeline.model.form import FormKind
from pipeline.model.request import NumberState
from pipeline.qr.make import make
from pipeline.store.records import NumberRecord
from pipeline.store.unit_of_work import Store
from tests.world.customers import HANAKO, OLIVER, TARO, form
from tests.world.outbox import notices
from tests.world.world import World

_WRONG = "3f2a9c1e-7b4d"


class _Watch:
    """Notes of every file that takes long whether a write transaction was open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.found: list[bool] = []

    def seen(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            self.found.append(getattr(self._store._writing, "now", False))
            return make(*arguments, **named)

        return watched


def test_marked_pdf_and_first_workbook_are_made_outside(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = any_world
    watch = _Watch(world.services.store)
    monkeypatch.setattr(publish, "_began", set())
    pdf_form._in_parts.clear()
    monkeypatch.setattr(attachments, "build_form", watch.seen(build_form))
    (mail,) = world.mail(HANAKO, form(suffix="pdf", genesys_org_id=_WRONG))
    assert watch.found == [False]
    assert mail.files["onboarding_ja.pdf"].startswith(b"%PDF")
    (mail,) = world.mail(OLIVER, form(language="en", genesys_org_id=_WRONG))
    assert watch.found == [False, False]
    assert mail.files["onboarding_en.xlsx"].startswith(b"PK")
    # the next ones take milliseconds, so they are not worth a second try
    (mail,) = world.mail(TARO, form(language="en", genesys_org_id=_WRONG))
    assert watch.found == [False, False, True]
    assert mail.files["onboarding_en.xlsx"].startswith(b"PK")
    name = "An Other Company"
    (mail,) = world.mail(TARO, form(suffix="pdf", genesys_org_id=_WRONG, company_legal_name=name))
    assert watch.found == [False, False, True, True]
    assert mail.files["onboarding_ja.pdf"].startswith(b"%PDF")


def test_several_of_one_portion_are_made_in_one_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = _Watch(world.services.store)
    monkeypatch.setattr(attachments, "build_form", watch.seen(build_form))
    monkeypatch.setattr("pipeline.flow.services._LONG_SECONDS", 1000)  # on a busy machine too
    pdf_form._in_parts.clear()
    for sender, wrong in (
        (HANAKO, {"genesys_org_id": _WRONG}),
        (OLIVER, {"genesys_org_id": _WRONG, "use_case": ""}),
        (TARO, {"phone_number_again": "090-1234-5679"}),
    ):
        content = form(FormKind.ONBOARDING, "ja", "pdf", **wrong)
        world.deliver(world.customer.write(sender, content))
    rounds: list[Making] = []
    make_all = Making.make

    def counted(making: Making) -> None:
        rounds.append(making)
        make_all(making)

    monkeypatch.setattr(Making, "make", counted)
    mails = world.run()
    assert notices(mails) == ["needs_correction"] * 3
    assert all(mail.files["onboarding_ja.pdf"].startswith(b"%PDF") for mail in mails)
    assert watch.found == [False] * 3
    assert len(rounds) == 1


def test_a_long_transaction_leaves_the_rest_to_another(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = any_world
    monkeypatch.setattr("pipeline.flow.services._LONG_SECONDS", 0)
    for sender in (HANAKO, OLIVER, TARO):
        world.deliver(world.customer.write(sender, form()))
    shares: list[int] = []
    bulk = process._bulk

    def counted(*arguments: Any) -> Any:
        done = bulk(*arguments)
        shares.append(done.processed)
        return done

    monkeypatch.setattr(process, "_bulk", counted)
    assert len(world.run()) == 3
    on_postgresql = world.services.settings.store.url.startswith("postgresql")
    assert shares == ([3] if on_postgresql else [1, 1, 1])


def test_images_of_a_code_are_made_outside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = _Watch(world.services.store)
    monkeypatch.setattr(qr_code, "make", watch.seen(make))
    known = NumberRecord("+819012345678", NumberState.ACTIVE, "sakura-denki.example", None)
    import_numbers(world.services, [known], "staff")
    world.mail(HANAKO, form(FormKind.QR))
    approve(world.services, world.request(), "saki", ticked="all", business_verified=True)
    (mail,) = world.staff_mails()
    assert mail.notice == "qr_delivered"
    assert watch.found == [False]


def test_what_fails_fails_where_it_is_needed_and_a_try_without_stand_ins_is_the_one_that_counts(
    world: World,
) -> None:
    seen: list[object] = []

    def make(text: str) -> str:
        if text == "bad":
            raise ValueError(text)
        return text.upper()

    def change(work: Work) -> str:
        try:
            seen.append(work.making.get("", partial(make, "bad")))
        except ValueError as error:
            seen.append(repr(error))
        found = work.making.get("", partial(make, "good"))
        seen.append(found)
        if not found:
            raise KeyError("only because of the stand-in")
        return found

    assert world.services.run(change) == "GOOD"
    assert seen == ["", "", "ValueError('bad')", "GOOD"]


def test_one_that_asks_for_something_else_at_each_try_ends(world: World) -> None:
    tries: list[int] = []

    def change(work: Work) -> str:
        tries.append(len(tries))
        return work.making.get("", partial(str, len(tries)))

    assert world.services.run(change) == str(len(tries))
    assert len(tries) == 4


def test_nothing_of_a_try_with_stand_ins_is_kept(any_world: World) -> None:
    world = any_world

    def change(work: Work) -> int:
        work.tx.counters.add("of this test", world.clock.now())
        work.making.get("", partial(str, 1))
        return work.tx.counters.add("of this test", world.clock.now())

    assert world.services.run(change) == 2


def test_unmade_is_no_error_that_a_handler_takes() -> None:
    assert not issubclass(Unmade, Exception)
