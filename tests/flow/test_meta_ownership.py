"""A number that moves proves its ownership with a code; registrations are counted before we ask."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.errors import ConfigurationError, ExitCode, RefusedError, UsageError
from pipeline.flow.connections import open_graph
from pipeline.flow.services import Services
from pipeline.flow.staff import ownership
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.desk.rehearsal import rehearse
from pipeline.meta.api import CodeMethod
from pipeline.meta.errors import MetaError, Reason
from pipeline.model.form import FormKind
from pipeline.model.request import Actor, EventName, Slot, Status
from pipeline.store.meta_records import Asked
from pipeline.store.records import RequestRecord
from tests.servers.meta import FakeMeta
from tests.servers.meta_state import FakeNumber
from tests.world.command_line import english
from tests.world.customers import HANAKO, form
from tests.world.meta import (
    NAME,
    NUMBER,
    any_url,
    certified,
    history,
    meta,
    meta_world,
    no_sleep,
    reviewed,
    told,
    world,
)
from tests.world.outbox import notices
from tests.world.settings import write_settings
from tests.world.world import World

__all__ = ["any_url", "english", "meta", "meta_world", "no_sleep", "world"]

_SLOT = Slot(
    datetime(2026, 11, 30, 1, 0, tzinfo=UTC),
    datetime(2026, 11, 30, 2, 0, tzinfo=UTC),
)


def agreed(world: World) -> RequestRecord:
    """Bring a number that moves to the agreed call."""
    world.mail(HANAKO, form(FormKind.MIGRATION))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", slots=(_SLOT,))
    world.staff_mails()
    world.reply(record, "承知しました")
    record = world.again(record)
    assert record.status is Status.SLOT_AGREED
    return record


def send(world: World, record: RequestRecord, *, early: bool = False) -> RequestRecord:
    with open_graph(world.services) as graph:
        return ownership.send_code(
            world.services, graph, world.again(record), "saki", CodeMethod.SMS, early=early
        )


def verify(world: World, record: RequestRecord, code: str) -> RequestRecord:
    with open_graph(world.services) as graph:
        return ownership.verify_code(world.services, graph, world.again(record), "saki", code)


def register(world: World, record: RequestRecord, *, last: bool = False) -> RequestRecord:
    with open_graph(world.services) as graph:
        return ownership.register_number(
            world.services, graph, world.again(record), "saki", last=last
        )


def moving(meta: FakeMeta) -> FakeNumber:
    return meta.account.add(NUMBER, NAME, name_status="APPROVED", migrating=True)


def test_a_migration_with_the_ownership_code(
    meta_world: Callable[..., World], meta: FakeMeta, any_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    world = meta_world(any_url, add_numbers=True)
    record = agreed(world)
    world.later(hours=1)
    assert told(world) == []
    with pytest.raises(RefusedError) as early:
        send(world, record)
    assert early.value.code == "code_too_early"
    assert meta.calls("request_code") == []
    world.clock.set(_SLOT.start + timedelta(minutes=5))
    send(world, record)
    number = meta.account.of(NUMBER)
    assert number.migrating
    number.name_status = "APPROVED"
    code = number.code
    wrong = "000000" if code != "000000" else "111111"
    with pytest.raises(MetaError) as refused:
        verify(world, record, wrong)
    assert refused.value.reason is Reason.CODE_WRONG
    assert world.again(record).status is Status.SLOT_AGREED
    verified = verify(world, record, f"{code[:3]}-{code[3:]}")
    assert verified.status is Status.APPROVED
    seen = history(world, record)
    assert (EventName.CODE_VERIFIED, Actor.META) in seen
    assert notices(world.staff_mails()) == ["certificate_issued"]
    number.status = "CONNECTED"
    assert notices(world.later(hours=1)) == ["activated"]
    assert told(world) == []
    assert is_nowhere(world, code, caplog.text)


def is_nowhere(world: World, code: str, log: str) -> bool:
    """Whether the code stands in no table and no log; a digest may hold its digits by chance."""
    with world.services.store.read() as tx:
        rows = tx.meta_askings.since(NUMBER, Asked.VERIFY_CODE, datetime(2026, 1, 1, tzinfo=UTC))
        lines = tx.events.list(world.request().id)
        alerts = tx.alerts.list(100)
    kept = [row.actor + row.outcome for row in rows]
    kept += [repr(line.detail) for line in lines] + [line.code + line.detail for line in alerts]
    return code not in repr(kept) and f'"{code}"' not in log and f" {code}" not in log


def test_before_the_code_there_is_no_certificate_and_a_verified_number_is_no_proof(
    world: World, meta: FakeMeta
) -> None:
    number = moving(meta)
    record = agreed(world)
    number.code_status = "VERIFIED"
    for _ in range(3):
        world.later(hours=1)
    assert world.again(record).status is Status.SLOT_AGREED
    world.clock.set(_SLOT.start)
    with pytest.raises(RefusedError) as refused:
        send(world, record)
    assert refused.value.code == "code_already_verified"
    record = decisions.advance(
        world.services, world.again(record), "saki", event=EventName.CODE_VERIFIED
    )
    assert record.status is Status.APPROVED


class KilledError(BaseException):
    """The process ends here."""


def test_killed_after_meta_has_verified_the_code(
    world: World, meta: FakeMeta, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = moving(meta)
    record = agreed(world)
    world.clock.set(_SLOT.start + timedelta(minutes=5))
    send(world, record)

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(ownership, "end_asking", killed)
        with pytest.raises(KilledError):
            verify(world, record, number.code)
    assert world.again(record).status is Status.SLOT_AGREED
    mails = notices(world.later(minutes=1)) + notices(world.later(minutes=10))
    assert mails == ["certificate_issued"]
    assert (EventName.CODE_VERIFIED, Actor.META) in history(world, record)


@pytest.mark.parametrize("kind", ["500", "reset", "cut", "slow"])
def test_a_verification_whose_answer_is_lost_is_settled_by_the_number(
    meta_world: Callable[..., World], meta: FakeMeta, kind: str
) -> None:
    world = meta_world(timeout_seconds=1)
    number = moving(meta)
    record = agreed(world)
    world.clock.set(_SLOT.start + timedelta(minutes=5))
    send(world, record)
    meta.fail("verify_code", kind, done=True)
    with pytest.raises(MetaError):
        verify(world, record, number.code)
    world.later(minutes=1)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    assert len(meta.calls("verify_code")) == 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "②23456", "12 34 5"])
def test_what_is_no_code_uses_no_attempt(world: World, meta: FakeMeta, code: str) -> None:
    moving(meta)
    record = agreed(world)
    world.clock.set(_SLOT.start)
    meta.reload()
    with pytest.raises(UsageError) as refused:
        verify(world, record, code)
    assert code not in str(refused.value) or not code
    assert meta.calls() == []


@pytest.mark.parametrize(
    "code", ["123456", "123-456", "123 456", " 123456 ", "\uff11" * 6, "\u0967" * 6]
)
def test_a_code_as_people_write_it(code: str) -> None:
    assert ownership._digits(code) in {"123456", "111111"}


def test_a_code_belongs_into_the_agreed_call(world: World, meta: FakeMeta) -> None:
    moving(meta)
    world.mail(HANAKO, form(FormKind.MIGRATION))
    record = world.request()
    with pytest.raises(RefusedError) as refused:
        send(world, record, early=True)
    assert refused.value.code == "code_not_now"
    assert meta.calls() == []


def test_a_number_that_the_account_lacks_gets_no_code(world: World, meta: FakeMeta) -> None:
    record = agreed(world)
    world.clock.set(_SLOT.start)
    with pytest.raises(RefusedError) as refused:
        send(world, record)
    assert refused.value.code == "meta_number_missing"


@pytest.fixture
def with_pin(meta_world: Callable[..., World], tmp_path: Path) -> World:
    """A world whose settings have the two-step PIN."""
    secret = tmp_path / "pin"
    secret.touch(mode=0o600)
    secret.write_text("246810")
    return meta_world(pin={"file": str(secret)})


def test_registering_makes_the_number_active_by_polling(with_pin: World, meta: FakeMeta) -> None:
    world = with_pin
    record, number = certified(world, meta)
    number.code_status = "VERIFIED"
    register(world, record)
    assert number.pin == "246810"
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    assert notices(world.later(minutes=1)) == ["activated"]


def test_a_rehearsal_asks_meta_for_nothing_and_counts_nothing(
    with_pin: World, meta: FakeMeta
) -> None:
    world = with_pin
    record, _ = certified(world, meta)
    asked = len(meta.calls())

    def decide(services: Services, read: RequestRecord, who: str) -> RequestRecord:
        with open_graph(services) as graph:
            return ownership.register_number(services, graph, read, who)

    announced = rehearse(world.services, world.again(record), decide, "saki")
    assert (announced.after.status, announced.lasting) == (Status.CERTIFICATE_ISSUED, False)
    assert len(meta.calls()) == asked
    with world.services.store.read() as tx:
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        assert tx.meta_askings.since(NUMBER, Asked.REGISTER, begin) == []


def test_a_rehearsed_code_tells_what_follows_when_it_is_right(world: World, meta: FakeMeta) -> None:
    moving(meta)
    record = agreed(world)
    world.clock.set(_SLOT.start)
    asked = len(meta.calls())

    def decide(services: Services, read: RequestRecord, who: str) -> RequestRecord:
        with open_graph(services) as graph:
            return ownership.verify_code(services, graph, read, who, "123456")

    announced = rehearse(world.services, world.again(record), decide, "saki")
    assert announced.after.status is Status.APPROVED
    assert announced.ordered is not None
    assert len(meta.calls()) == asked
    assert world.again(record).status is Status.SLOT_AGREED


def test_a_request_that_a_colleague_has_withdrawn_meanwhile_is_not_registered(
    with_pin: World, meta: FakeMeta
) -> None:
    world = with_pin
    record, _ = certified(world, meta)
    read = world.again(record)
    decisions.withdraw(world.services, read, "ken")
    with open_graph(world.services) as graph, pytest.raises(RefusedError) as refused:
        ownership.register_number(world.services, graph, read, "saki")
    assert refused.value.code == "stale_request"
    assert meta.calls("register") == []


def test_the_last_registration_is_never_burnt_unasked(with_pin: World, meta: FakeMeta) -> None:
    world = with_pin
    record, number = certified(world, meta)
    for count in range(9):
        with pytest.raises(MetaError):
            register(world, record)
        assert len(number.registrations) == count + 1
        world.clock.advance(timedelta(hours=1))
    with pytest.raises(RefusedError) as refused:
        register(world, record)
    assert refused.value.code == "registration_is_last"
    with pytest.raises(MetaError):
        register(world, record, last=True)
    with pytest.raises(RefusedError) as refused:
        register(world, record, last=True)
    assert refused.value.code == "registrations_spent"
    assert len(meta.calls("register")) == 10
    world.clock.advance(timedelta(hours=72 - 8))
    number.code_status = "VERIFIED"
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    register(world, record)
    assert number.status == "CONNECTED"


def test_what_meta_never_got_counts_for_nothing_and_what_is_unknown_counts(
    with_pin: World, meta: FakeMeta, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = with_pin
    record, _ = certified(world, meta)
    begin = world.clock.now() - timedelta(hours=72)
    meta.fail("register", "reset")
    with pytest.raises(MetaError) as lost:
        register(world, record)
    assert lost.value.outcome_unknown

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(ownership, "end_asking", killed)
        with pytest.raises(KilledError):
            register(world, record)
    with world.services.store.read() as tx:
        lines = tx.meta_askings.since(NUMBER, Asked.REGISTER, begin)
    assert [line.outcome for line in lines] == ["unknown", ""]


def test_without_a_pin_nothing_is_asked(world: World, meta: FakeMeta) -> None:
    record, _ = certified(world, meta)
    with pytest.raises(ConfigurationError) as missing:
        register(world, record)
    assert missing.value.code == "meta_pin_missing"
    assert meta.calls("register") == []


@pytest.mark.usefixtures("english")
def test_the_commands_for_the_code(
    world: World, meta: FakeMeta, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    settings = world.services.settings
    write_settings(
        tmp_path / "pipeline.toml",
        store={"home": world.home},
        certificates={"issuer": "meta"},
        meta={
            "base_url": meta.url,
            "waba_id": meta.waba_id,
            "token": {"file": str(settings.meta.token.file)},
        },
    )
    config = ["--config", str(tmp_path / "pipeline.toml"), "request", "code", record.reference]

    def call(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = int(run([*config, *arguments]))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    assert call()[0] == ExitCode.USAGE
    assert call("--send", "--verify", "123456")[0] == ExitCode.USAGE
    asked = len(meta.calls())
    for previewed in (("--send",), ("--verify", "123456")):
        code, said = call(*previewed, "--preview")
        assert (code, "nothing was changed" in said) == (ExitCode.DONE, True)
    assert len(meta.calls()) == asked
    config[-1] = record.reference[:-2]
    assert call("--send")[0] == ExitCode.USAGE
    assert len(meta.calls()) == asked
    config[-1] = record.reference
    assert call("--send", "voice")[0] == ExitCode.DONE
    assert meta.calls("request_code")[-1].body == {"code_method": "VOICE", "language": "ja_JP"}
    assert call("--send")[0] == ExitCode.DONE
    wrong = "000000" if number.code != "000000" else "111111"
    code, said = call("--verify", wrong)
    assert code == ExitCode.REFUSED
    assert "ownership code" in said
    assert wrong not in said
    assert call("--verify", number.code)[0] == ExitCode.DONE
    code, said = call("--send")
    assert code == ExitCode.REFUSED
    assert "confirmed already" in said
    meta.token_state = "expired"
    assert call("--send")[0] == ExitCode.CONFIGURATION
    meta.token_state = "good"
    meta.fail("*", "503", times=9)
    assert call("--send")[0] == ExitCode.TRY_LATER
    assert world.again(record).status is Status.NAME_REVIEW
