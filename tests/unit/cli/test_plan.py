"""``pipeline run --dry-run``: what a batch would do, mail by mail, and nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.services.state import open_store

from .conftest import MAILS, SAMPLES, Call


def _sample(number: str) -> Path:
    (path,) = (SAMPLES / "mails").glob(f"{number}-*.eml")
    return path


def _snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file below ``folder`` but the database's own work files."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in {".sqlite3-wal", ".sqlite3-shm"}
    }


@pytest.fixture
def inbox(empty_home: Path) -> Path:
    """Return the Maildir of the mailbox with one mail that a batch has not seen."""
    for name in ("new", "cur", "tmp"):
        (empty_home / "state" / "inbox" / name).mkdir(mode=0o700, parents=True)
    (empty_home / "state").chmod(0o700)
    return empty_home / "state" / "inbox"


def test_each_mail_is_told_with_what_would_become_of_it(
    fresh_pipeline: Call, inbox: Path, empty_home: Path
) -> None:
    for number in ("02", "04", "13"):
        shutil.copy(_sample(number), inbox / "new" / f"{number}.host")
    (inbox / "new" / "20.host").write_bytes(
        b"From: a@b.example\r\nSubject: hello\r\n\r\nMay we have WhatsApp?\r\n"
    )
    assert fresh_pipeline("mail", "inject", str(_sample("01")), str(_sample("06"))).code == 0
    before = _snapshot(empty_home)
    planned = fresh_pipeline("run", "--dry-run", "--json")
    assert planned.code == 0
    found = planned.json()
    assert found["schema"] == "pipeline/plan/1"
    assert found["mailbox"]["total"] == 4
    fates = {
        mail["subject"]: (mail["fate"], mail["forms"], mail["reason"])
        for mail in found["mailbox"]["first"]
    }
    assert sorted(fates.values()) == [
        ("automatic", [], "auto_submitted"),
        ("form", ["migration"], ""),
        ("form", ["onboarding"], ""),
        ("words", [], ""),
    ]
    assert fates["hello"] == ("words", [], "")
    assert found["ledger"]["total"] == 2
    assert [mail["sender_verdict"] for mail in found["ledger"]["first"]] == ["pass", "pass"]
    page = fresh_pipeline("run", "--dry-run").out
    assert "New mails in the mailbox: 4\n" in page
    assert "Messages of the ledger to process: 2\n" in page
    assert "form: Onboarding (sender: proven)" in page
    assert "ignored: automatic (marked as automatic)" in page
    assert _snapshot(empty_home) == before
    done = fresh_pipeline("run", "--json").json()
    assert (done["fetched"], done["processed"]) == (4, 6)


def test_nothing_is_made_for_a_mailbox_that_is_not_there(
    fresh_pipeline: Call, empty_home: Path
) -> None:
    assert fresh_pipeline("run", "--dry-run").code == 0
    assert not (empty_home / "state" / "inbox").exists()


def test_mail_that_was_here_before_is_told_as_such(pipeline: Call, home: Path) -> None:
    new = home / "state" / "inbox" / "new"
    new.mkdir(mode=0o700, parents=True, exist_ok=True)
    (new.parent / "cur").mkdir(exist_ok=True)
    shutil.copy(_sample("01"), new / "again.host")
    found = pipeline("run", "--dry-run", "--json").json()
    assert [mail["fate"] for mail in found["mailbox"]["first"]] == ["seen"]


def test_reply_names_its_request(
    pipeline: Call, home: Path, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("needs_correction")
    (mail,) = [
        mail
        for mail in pipeline("request", "show", reference, "--json").json()["mails"]
        if mail["direction"] == "out"
    ]
    settings = load(home / "pipeline.toml", home / "state", {})
    with open_store(settings, SystemClock(), make=False) as store, store.read() as tx:
        sent = tx.outbox.get(mail["id"])
    assert sent is not None
    message_id = sent.message_id
    new = home / "state" / "inbox" / "new"
    for name in ("new", "cur", "tmp"):
        (new.parent / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    (new / "reply.host").write_text(
        f"From: {mail['address']}\nSubject: Re\nIn-Reply-To: {message_id}\n\nWe will.\n",
        encoding="ascii",
    )
    (planned,) = pipeline("run", "--dry-run", "--json").json()["mailbox"]["first"]
    assert (planned["fate"], planned["reference"]) == ("reply", reference)
    assert f"reply to {reference}" in pipeline("run", "--dry-run").out


def test_mail_over_the_limit_is_not_downloaded(
    fresh_pipeline: Call, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_MAILBOX__MESSAGE_BYTES", "1000000")
    (inbox / "new" / "big.host").write_bytes(b"Subject: big\r\n\r\n" + b"x" * 1_000_001)
    (mail,) = fresh_pipeline("run", "--dry-run", "--json").json()["mailbox"]["first"]
    assert (mail["fate"], mail["subject"]) == ("too_big", "")


def test_more_mails_than_are_told_are_counted(fresh_pipeline: Call, inbox: Path) -> None:
    for number in range(53):
        (inbox / "new" / f"{number:02d}.host").write_bytes(
            b"From: a@b.example\r\nSubject: %d\r\n\r\nhello\r\n" % number
        )
    found = fresh_pipeline("run", "--dry-run", "--json").json()["mailbox"]
    assert (found["total"], len(found["first"])) == (53, 50)
    assert "… and 3 more\n" in fresh_pipeline("run", "--dry-run").out


def test_due_work_and_mails_to_send_are_told(
    pipeline: Call, reference_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - one use

    reference = reference_of("needs_correction")
    monkeypatch.setenv("PIPELINE_COURIER__UNDO_SECONDS", "0")
    review = reference_of("policy_review")
    assert pipeline("request", "reject", review, "--reason", "policy").code == 0
    later = datetime.now(UTC) + timedelta(days=5)
    monkeypatch.setattr("pipeline.clock.SystemClock.now", lambda _clock: later)
    found = pipeline("run", "--dry-run", "--json").json()
    (work,) = found["work"]["first"]
    assert work["reference"] == reference
    assert [(step["kind"], step["notice"]) for step in work["steps"]] == [
        ("remind", "correction_reminder")
    ]
    assert work["since"] == work["steps"][0]["at"]
    assert [mail["notice"] for mail in found["outbox"]["first"]] == ["rejected"]
    page = pipeline("run", "--dry-run").out
    assert "reminder (Reminder of corrections)" in page
    assert pipeline("outbox", "list", "--json").json()[0]["state"] == "queued"


@pytest.mark.usefixtures("mailbox_down")
def test_server_that_is_down_is_told_after_what_is_known(fresh_pipeline: Call) -> None:
    assert fresh_pipeline("mail", "inject", str(SAMPLES / "mails" / f"{MAILS[0]}.eml")).code == 0
    called = fresh_pipeline("run", "--dry-run")
    assert called.code == 75
    assert "Messages of the ledger to process: 1\n" in called.out
    assert "New mails in the mailbox" not in called.out
    assert called.err.startswith("The mailbox wa@127.0.0.1 could not be read:")
    document = fresh_pipeline("run", "--dry-run", "--json")
    assert (document.code, document.json()["mailbox"]) == (75, None)
    assert document.json()["mailbox_error"] == "mailbox_unreachable"
