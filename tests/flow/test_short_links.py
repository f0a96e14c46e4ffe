"""Short links with Meta as their provider: made, changed, deleted, refused, and every failure."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from pipeline.cli.pages.announced import print_announced
from pipeline.config import QrSettings
from pipeline.errors import ExitCode
from pipeline.flow.lifecycle import short_links
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.desk.rehearsal import rehearse
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, NumberState, Status
from pipeline.store.records import RequestRecord
from pipeline.store.short_link_records import LinkOrder, LinkState
from tests.servers.meta import FakeMeta, fake_meta
from tests.servers.meta_state import FakeNumber
from tests.unit.qr.reading import by_librsvg, by_zxing, of_pdf, of_png
from tests.world.command_line import english
from tests.world.customers import HANAKO, form
from tests.world.outbox import Sent
from tests.world.settings import write_settings
from tests.world.world import World

__all__ = ["english"]

_NUMBER = "+819012345678"
_OTHER = "+819011112222"
_OWN = "sakura-denki.example"
_TEXT = "予約について質問があります。"
_UNDONE = timedelta(seconds=121)
#: Meta's list is asked no sooner after an answer that did not come.
_SETTLED = timedelta(minutes=15)


@dataclass
class Story:
    """A world whose short links are made at a fake of Meta, and the number there."""

    world: World
    meta: FakeMeta
    number: FakeNumber

    def ordered(self, action: str = "new", text: str = _TEXT, **answers: str) -> RequestRecord:
        """Let a form come in and staff approve it; return the request, which waits for Meta."""
        # without a sheet for print, which takes long to make
        answers = {"qr_action": action, "prefilled_message": text, "image_format": "png", **answers}
        self.world.mail(HANAKO, form(FormKind.QR, **answers))
        record = self.world.requests_of(HANAKO)[-1]
        assert record.status is Status.CONTENT_REVIEW
        return decisions.approve(
            self.world.services, record, "saki", ticked="all", business_verified=True
        )

    def mails(self, after: timedelta = _UNDONE) -> list[Sent]:
        """Let time pass, run a batch, and return the mails that tell what was delivered."""
        return [mail for mail in self.world.run(after) if mail.notice.startswith("qr_")]

    def status(self, record: RequestRecord) -> Status:
        return self.world.again(record).status

    def orders(self, record: RequestRecord) -> list[LinkOrder]:
        with self.world.services.store.read() as tx:
            return tx.short_links.of_request(record.id)

    def wrote(self) -> int:
        """Return how often Meta was asked to change anything."""
        return sum(len(self.meta.calls(f"{verb}_link")) for verb in ("create", "update", "delete"))


@pytest.fixture
def meta() -> Iterator[FakeMeta]:
    """A fake of Meta; each request has to fit the published description, where that is there."""
    with fake_meta() as server:
        yield server
        assert server.breaches == []


def _story(world: World, meta: FakeMeta, folder: Path) -> Story:
    world.change(meta=meta.settings(folder), qr=QrSettings(provider="meta"))
    meta.account.add(_OTHER)
    number = meta.account.add(_NUMBER, status="CONNECTED")
    world.set_number(_NUMBER, NumberState.ACTIVE, _OWN)
    return Story(world, meta, number)


@pytest.fixture
def story(world: World, meta: FakeMeta, tmp_path: Path) -> Story:
    return _story(world, meta, tmp_path)


@pytest.fixture
def any_story(any_world: World, meta: FakeMeta, tmp_path: Path) -> Story:
    return _story(any_world, meta, tmp_path)


def _read(png: bytes) -> str:
    return by_zxing([of_png(png)])[0]


def test_short_link_is_made_and_everything_carries_it(any_story: Story) -> None:
    story = any_story
    record = story.ordered(image_format="both")
    assert record.status is Status.MAKING
    assert story.wrote() == 0
    (mail,) = story.mails()
    assert story.status(record) is Status.DELIVERED
    ((code, text),) = story.number.links.items()
    assert text == _TEXT
    link = f"https://wa.me/message/{code}"
    assert link in mail.text
    assert "https://wa.me/819012345678?text=" in mail.text
    assert code in mail.text
    pictures = {name.rpartition(".")[2]: content for name, content in mail.files.items()}
    assert _read(pictures["png"]) == link
    assert by_zxing([by_librsvg(pictures["svg"])]) == [link]
    assert by_zxing(of_pdf(pictures["pdf"])) == [link, link]
    assert link.encode() in b"".join(
        content for name, content in mail.files.items() if name.endswith(".txt")
    )
    assert [order.state for order in story.orders(record)] == [LinkState.DONE]
    assert story.mails() == []
    assert story.wrote() == 1


def test_text_is_changed_and_the_link_stays(any_story: Story) -> None:
    story = any_story
    story.number.links["K7QX2ZBYWD4I1M"] = "old"
    record = story.ordered("update", existing_code="K7QX2ZBYWD4I1M")
    (mail,) = story.mails()
    assert mail.notice == "qr_delivered"
    assert story.status(record) is Status.DELIVERED
    assert story.number.links == {"K7QX2ZBYWD4I1M": _TEXT}
    assert "https://wa.me/message/K7QX2ZBYWD4I1M" in mail.text
    assert "変更しました" in mail.text
    pictures = {name.rpartition(".")[2]: content for name, content in mail.files.items()}
    assert _read(pictures["png"]) == "https://wa.me/message/K7QX2ZBYWD4I1M"


def test_link_is_deleted_and_the_mail_says_so(any_story: Story) -> None:
    story = any_story
    story.number.links = {"K7QX2ZBYWD4I1M": "old", "AAAAAAAAAAAAA1": "kept"}
    record = story.ordered("delete", existing_code="K7QX2ZBYWD4I1M")
    (mail,) = story.mails()
    assert story.status(record) is Status.DELIVERED
    assert story.number.links == {"AAAAAAAAAAAAA1": "kept"}
    assert "削除しました" in mail.text
    assert mail.files == {}


@pytest.mark.parametrize("action", ["new", "update", "delete"])
@pytest.mark.usefixtures("english")
def test_a_preview_tells_what_meta_gets_and_asks_it_nothing(
    story: Story, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    story.number.links = {"K7QX2ZBYWD4I1M": "old"}
    code = "" if action == "new" else "K7QX2ZBYWD4I1M"
    answers = {"qr_action": action, "prefilled_message": _TEXT, "image_format": "png"}
    story.world.mail(HANAKO, form(FormKind.QR, **answers, existing_code=code))
    record = story.world.requests_of(HANAKO)[-1]
    decide = partial(decisions.approve, ticked="all", business_verified=True)
    announced = rehearse(story.world.services, record, decide, "saki")
    assert [(order.action.value, order.code) for order in announced.links] == [(action, code)]
    assert announced.lasting
    assert story.orders(record) == []
    assert story.meta.calls() == []
    print_announced(announced, story.world.services)
    said = " ".join(capsys.readouterr().out.split())
    assert "Meta would be asked" in said
    assert code in said


def test_without_a_text_the_chat_link_is_delivered_as_what_it_is(story: Story) -> None:
    record = story.ordered(text="")
    assert record.status is Status.DELIVERED
    (mail,) = story.mails()
    assert "wa.me/message" not in mail.text
    assert story.meta.asked == []


def test_full_number_goes_to_staff_with_the_reason(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_links, "MOST_LINKS", 30)
    story.number.links = {f"AAAAAAAAAAA{place:03}": str(place) for place in range(30)}
    record = story.ordered()
    assert story.mails() == []
    assert story.status(record) is Status.CONTENT_REVIEW
    assert story.wrote() == 0
    assert "qr_not_made" in story.world.alerts()
    assert [order.reason for order in story.orders(record)] == ["link_limit"]
    # room was made: staff approve again
    del story.number.links["AAAAAAAAAAA000"]
    decisions.approve(story.world.services, story.world.again(record), "saki", ticked="all")
    (mail,) = story.mails()
    assert "https://wa.me/message/" in mail.text
    assert len(story.number.links) == 30


@pytest.mark.parametrize("action", ["update", "delete"])
def test_code_that_the_number_does_not_have_goes_to_staff(story: Story, action: str) -> None:
    other = story.meta.account.of(_OTHER)
    other.links["K7QX2ZBYWD4I1M"] = "somebody else's"
    record = story.ordered(action, existing_code="K7QX2ZBYWD4I1M")
    assert story.mails() == []
    assert story.status(record) is Status.CONTENT_REVIEW
    assert [order.reason for order in story.orders(record)] == ["link_code_unknown"]
    assert other.links == {"K7QX2ZBYWD4I1M": "somebody else's"}
    assert story.wrote() == 0


def test_number_that_meta_does_not_have_goes_to_staff(story: Story) -> None:
    story.meta.account.numbers.pop(story.number.id)
    record = story.ordered()
    assert story.mails() == []
    assert story.status(record) is Status.CONTENT_REVIEW
    assert [order.reason for order in story.orders(record)] == ["number_not_at_meta"]


def test_refused_text_goes_to_staff_and_stops_no_other(story: Story) -> None:
    story.meta.fail("create_link", 100, message="Invalid prefilled_message")
    first = story.ordered(text="refused")
    # the batch that takes in the second form asks for the first link
    second = story.ordered(text="fine")
    (mail,) = story.mails()
    assert "fine" in mail.text
    assert story.status(first) is Status.CONTENT_REVIEW
    assert story.status(second) is Status.DELIVERED
    assert [order.reason for order in story.orders(first)] == ["meta_refused"]
    assert list(story.number.links.values()) == ["fine"]


_STORIES: dict[str, Callable[[Story], RequestRecord]] = {
    "create_link": lambda story: story.ordered(),
    "update_link": lambda story: story.ordered("update", existing_code="K7QX2ZBYWD4I1M"),
    "delete_link": lambda story: story.ordered("delete", existing_code="K7QX2ZBYWD4I1M"),
}
_RESULTS: dict[str, Callable[[dict[str, str]], bool]] = {
    "create_link": lambda links: sorted(links.values()) == sorted(["old", _TEXT]),
    "update_link": lambda links: links == {"K7QX2ZBYWD4I1M": _TEXT},
    "delete_link": lambda links: links == {},
}


_KINDS: tuple[str | int, ...] = (
    *("500", "hang_up", "reset", "cut", "html", "broken_json", "wrong_types", "drip", 80007, 190),
)
#: Call, how it fails, and whether it was done all the same: only a write does anything.
_FAILURES = [
    *((call, kind, False) for call in ("find_number", "short_links", "write") for kind in _KINDS),
    *(("write", kind, True) for kind in _KINDS if isinstance(kind, str)),
]
_SAMPLE = [
    *(("find_number", "500", False), ("short_links", "cut", False), ("write", "hang_up", False)),
    *(("write", "broken_json", True), ("write", 80007, False)),
]


@pytest.mark.parametrize("write", _STORIES)
@pytest.mark.parametrize(
    ("call", "kind", "done"),
    [pytest.param(*one, marks=() if one in _SAMPLE else pytest.mark.long) for one in _FAILURES],
)
def test_failure_at_each_call_is_waited_for_and_nothing_is_doubled(
    story: Story, write: str, call: str, kind: str | int, done: bool
) -> None:
    story.world.change(
        meta=story.world.services.settings.meta.model_copy(update={"timeout_seconds": 2})
    )
    story.number.links["K7QX2ZBYWD4I1M"] = "old"
    record = _STORIES[write](story)
    # a read is tried again a few times within one call
    name = write if call == "write" else "numbers" if call == "find_number" else call
    story.meta.fail(name, kind, times=1 if call == "write" else 5, done=done)
    summary = story.world.batch(_UNDONE)
    assert summary.exit_code is (ExitCode.CONFIGURATION if kind == 190 else ExitCode.TRY_LATER)
    assert story.status(record) is Status.MAKING
    story.meta.failures.clear()
    mails = story.mails(_SETTLED)
    assert len(mails) == 1
    assert story.status(record) is Status.DELIVERED
    assert _RESULTS[write](story.number.links)
    assert len(story.meta.calls(write)) == (1 if done or call != "write" else 2)
    assert story.mails(_SETTLED) == []


def test_expired_token_is_a_setting_and_costs_no_request(story: Story) -> None:
    record = story.ordered()
    story.meta.token_state = "expired"
    summary = story.world.batch(_UNDONE)
    assert summary.exit_code is ExitCode.CONFIGURATION
    assert story.status(record) is Status.MAKING
    story.meta.token_state = "good"
    assert len(story.mails(_SETTLED)) == 1
    assert list(story.number.links.values()) == [_TEXT]


def test_link_that_existed_with_the_same_text_is_not_taken_for_ours(story: Story) -> None:
    story.number.links["AAAAAAAAAAAAA1"] = _TEXT
    record = story.ordered()
    story.meta.fail("create_link", "hang_up")
    story.world.batch(_UNDONE)
    (mail,) = story.mails(_SETTLED)
    assert "AAAAAAAAAAAAA1" not in mail.text
    assert len(story.number.links) == 2
    assert story.status(record) is Status.DELIVERED


def test_unknown_outcome_is_not_looked_at_too_early(story: Story) -> None:
    story.ordered()
    story.meta.fail("create_link", "hang_up", done=True)
    story.world.batch(_UNDONE)
    asked = len(story.meta.asked)
    story.world.batch(timedelta(minutes=1))
    assert len(story.meta.asked) == asked


class _Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("step", ["_claim", "_ask", "_done", "_tell", "answer"])
@pytest.mark.parametrize("write", _STORIES)
def test_killed_at_each_step_makes_one_link_and_one_mail(
    story: Story, monkeypatch: pytest.MonkeyPatch, write: str, step: str
) -> None:
    story.number.links["K7QX2ZBYWD4I1M"] = "old"
    record = _STORIES[write](story)
    with monkeypatch.context() as patched:
        if step == "answer":
            # Meta has done it, and nobody is there to hear of it
            asking = short_links._ask_meta

            def answered(*arguments: object) -> None:
                asking(*arguments)  # type: ignore[arg-type]
                raise _Killed

            patched.setattr(short_links, "_ask_meta", answered)
        else:

            def killed(*_: object) -> None:
                raise _Killed

            patched.setattr(short_links, step, killed)
        with pytest.raises(_Killed):
            story.world.batch(_UNDONE)
    mails = story.mails(_SETTLED)
    assert len(mails) == 1
    assert story.status(record) is Status.DELIVERED
    assert _RESULTS[write](story.number.links)
    assert len(story.meta.calls(write)) == 1
    assert story.mails(_SETTLED) == []


def test_kill_9_between_meta_s_answer_and_our_commit_makes_one_link(
    story: Story, tmp_path: Path
) -> None:
    world = story.world
    world.clock.set(datetime.now(UTC))
    record = story.ordered()
    story.meta.fail("create_link", "slow", done=True)
    values = {
        "base_url": story.meta.url,
        "waba_id": story.meta.waba_id,
        "token": {"file": tmp_path / "meta-token"},
        "timeout_seconds": 60,
    }
    config = write_settings(
        tmp_path / "pipeline.toml", store={"home": world.home}, qr={"provider": "meta"}, meta=values
    )
    command = [sys.executable, "-c", "from pipeline.cli import main; main(['run'])"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PIPELINE_CONFIG": str(config)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 90
        while not story.number.links and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert process.poll() is None
        assert list(story.number.links.values()) == [_TEXT]
    finally:
        process.kill()
        process.wait()
    assert [order.state for order in story.orders(record)] == [LinkState.ASKED]
    assert len(story.mails(_SETTLED)) == 1
    assert len(story.meta.calls("create_link")) == 1
    assert len(story.number.links) == 1


def test_two_workers_make_one_link(any_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story = any_story
    record = story.ordered()
    asking, services = short_links._ask_meta, story.world.services

    def asked(*arguments: object) -> object:
        # another worker runs while this one waits for the answer
        assert short_links.make_links(services) == 0
        return asking(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(short_links, "_ask_meta", asked)
    assert len(story.mails()) == 1
    assert story.wrote() == 1
    assert story.status(record) is Status.DELIVERED


def test_two_orders_for_one_text_have_a_link_each(story: Story) -> None:
    first = story.ordered()
    story.meta.fail("create_link", "hang_up", done=True)
    story.world.batch(_UNDONE)
    story.world.mail(
        HANAKO, form(FormKind.QR, prefilled_message=_TEXT, where_shown="another place")
    )
    second = story.world.requests_of(HANAKO)[-1]
    assert second.id != first.id
    decisions.approve(story.world.services, second, "saki", ticked="all", business_verified=True)
    for _ in range(3):
        story.world.batch(_SETTLED)
    links = [order.code for record in (first, second) for order in story.orders(record)]
    assert sorted(links) == sorted(story.number.links)
    assert len(set(links)) == 2


def test_withdrawn_before_meta_is_asked_nothing_is_made(story: Story) -> None:
    record = story.ordered()
    decisions.withdraw(story.world.services, record, "saki")
    story.world.batch(_UNDONE)
    assert story.wrote() == 0
    assert [order.state for order in story.orders(record)] == [LinkState.DROPPED]


def test_staff_hear_of_a_link_that_was_made_for_a_withdrawn_request(story: Story) -> None:
    record = story.ordered()
    story.meta.fail("create_link", "hang_up", done=True)
    story.world.batch(_UNDONE)
    decisions.withdraw(story.world.services, story.world.again(record), "saki")
    story.world.batch(_SETTLED)
    assert story.status(record) is Status.WITHDRAWN
    assert "link_not_wanted" in story.world.alerts()
    assert [order.state for order in story.orders(record)] == [LinkState.DONE]


def test_held_and_released_request_gets_the_link_that_was_made(story: Story) -> None:
    record = story.ordered()
    story.meta.fail("create_link", "hang_up", done=True)
    story.world.batch(_UNDONE)
    decisions.hold(story.world.services, story.world.again(record), "saki")
    story.world.batch(_SETTLED)
    decisions.release(story.world.services, story.world.again(record), "saki")
    assert story.status(record) is Status.DELIVERED
    assert len(story.mails()) == 1
    assert len(story.meta.calls("create_link")) == 1


@pytest.mark.parametrize(
    ("action", "says"), [("update", "変更しました"), ("delete", "削除しました")]
)
def test_what_staff_did_at_meta_is_told_as_what_it_is(world: World, action: str, says: str) -> None:
    world.set_number(_NUMBER, NumberState.ACTIVE, _OWN)
    world.mail(HANAKO, form(FormKind.QR, qr_action=action, existing_code="K7QX2ZBYWD4I1M"))
    record = world.request()
    decisions.advance(world.services, record, "saki", event=EventName.MADE)
    (mail,) = world.staff_mails()
    assert says in mail.text
    assert ("wa.me/message/K7QX2ZBYWD4I1M" in mail.text) == (action == "update")
