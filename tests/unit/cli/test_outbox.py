"""``pipeline outbox``: a class of mails queued again, and sending that goes on after a pause."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.errors import ExitCode
from pipeline.flow.services import open_services, pause
from pipeline.model.notice import NoticeName
from pipeline.store.outbox_records import OutboxState
from tests.unit.cli.conftest import Call
from tests.world.command_line import caller
from tests.world.outbox import queue_to
from tests.world.queued import claim_mails
from tests.world.settings import write_settings


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line on a home with two failed mails, for which sending is paused."""
    path = write_settings(tmp_path / "pipeline.toml", courier={"kind": "maildir"})
    settings = load(path, home=tmp_path / "state")
    with open_services(settings, SystemClock(), make=True) as services:
        mails = queue_to(services, "aiko@shrub.example", "ben@tree.example")
        now = services.clock.now()
        until = now + timedelta(hours=1)
        assert len(services.store.run(lambda tx: claim_mails(tx, now, 9, "one", until))) == 2
        for mail in mails:
            services.run(
                lambda work, mail=mail: work.tx.outbox.failed(mail.id, 1, "554 no", work.now)  # type: ignore[misc]
            )
        assert mails[0].notice is NoticeName.ACKNOWLEDGED
        ids = tuple(mail.id for mail in mails)
        found = pause.Refusals("rcpt 554", "554 relay denied", ids, (), now)
        services.store.run(lambda tx: pause.keep(tx, found))
    return caller(tmp_path, capsys)


def _states(call: Call) -> list[str]:
    return sorted(mail["state"] for mail in call("outbox", "list", "all", "--json").json())


def test_a_pause_is_told_and_ended(call: Call) -> None:
    status = call("status")
    assert "Sending is paused since" in status.out
    assert "554 relay denied" in status.out
    assert call("status", "--json").json()["sending_paused"]["reason"] == "554 relay denied"
    findings = {one["check"]: one for one in call("doctor", "--json").json()}
    assert findings["sending"]["state"] == "bad"
    assert call("outbox", "retry", "--all", "failed").out == "2 mails were queued again.\n"
    run = call("run")
    assert run.code == ExitCode.CONFIGURATION
    assert "pipeline outbox resume" in run.err
    resumed = call("outbox", "resume")
    assert (resumed.code, resumed.out) == (0, "Sending goes on; 2 mails were queued again.\n")
    assert call("run").code == 0
    assert _states(call) == [OutboxState.SENT, OutboxState.SENT]
    assert call("outbox", "resume").out == "Sending was not paused.\n"
    assert call("status", "--json").json()["sending_paused"] is None
    assert "paused" not in call("status").out


@pytest.mark.parametrize("arguments", [(), ("--all", "sent"), ("01ABC", "--all", "failed")])
def test_retry_wants_one_mail_or_one_class(call: Call, arguments: tuple[str, ...]) -> None:
    assert call("outbox", "retry", *arguments).code == ExitCode.USAGE
    assert _states(call) == [OutboxState.FAILED, OutboxState.FAILED]


def test_a_class_without_a_mail_is_done(call: Call) -> None:
    done = call("outbox", "retry", "--all", "bounced")
    assert (done.code, done.out) == (0, "0 mails were queued again.\n")
