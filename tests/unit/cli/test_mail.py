"""``pipeline mail``: what came in, why it has its outcome, and which requests it led to."""

import errno
import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.services.state import open_store
from pipeline.mailbox import maildir_file

from .conftest import Call

_HOSTILE_NAMES = {
    "../../etc/passwd": b"1",
    "証明 書.png": b"2",
    "NUL": b"3",
    "-rm -rf $ ;.png": b"4",
    "..": b"5",
}

Find = Callable[[str], str]


def test_list_names_the_requests_of_a_mail(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("needs_correction")
    rows = pipeline("mail", "list", "--json").json()
    (mine,) = [row for row in rows if reference in row["requests"]]
    assert (mine["outcome"], mine["why"], mine["refused"]) == ("request", "", "")
    assert reference in pipeline("mail", "list").out
    shown = pipeline("mail", "show", mine["id"], "--json").json()
    assert (shown["id"], shown["requests"]) == (mine["id"], [reference])


def test_mail_that_the_server_withholds_is_shown_with_its_place_and_put_back(
    fresh_pipeline: Call, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = empty_home / "state" / "inbox" / "new"
    new.mkdir(parents=True)
    for name in ("1.good", "2.bad"):
        (new / name).write_bytes(b"From: a@a.example\r\nAuto-Submitted: auto-replied\r\n\r\nx\r\n")
    read = maildir_file.read

    def withheld(path: Path, *rest: Any) -> Any:
        if path.name == "2.bad":
            raise maildir_file.UnreadableError(OSError(errno.EIO, "Input/output error"))
        return read(path, *rest)

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.mailbox.maildir.read", withheld)
        ran = fresh_pipeline("run")
        assert (ran.code, "1 not delivered by the server" in ran.out) == (3, True)
        (row,) = [row for row in fresh_pipeline("mail", "list", "--json").json() if row["withheld"]]
        assert (row["state"], row["withheld"], row["attempts"]) == (
            "withheld", "Input/output error", 1,
        )  # fmt: skip
        listed = fresh_pipeline("mail", "list").out
        assert "Not delivered by the server" in listed
        assert "UID 2" in listed
        shown = fresh_pipeline("mail", "show", row["id"]).out
        assert "Stands in: INBOX, UID 2" in shown
        assert "The server said: Input/output error" in shown
        assert fresh_pipeline("mail", "raw", row["id"]).code == 5
        assert fresh_pipeline("run").code == 3
        for _ in range(2):
            _wake(empty_home)
            fresh_pipeline("run")
        assert fresh_pipeline("run").code == 0
        (entry,) = fresh_pipeline("quarantine", "list", "--json").json()
        assert (entry["reason"], entry["attempts"]) == ("mail_withheld", 3)
        assert "does not deliver it" in fresh_pipeline("quarantine", "list").out
        assert "Stands in: INBOX, UID 2" in fresh_pipeline("quarantine", "show", entry["id"]).out
    assert fresh_pipeline("quarantine", "release", entry["id"]).code == 0
    assert "1 processed" in fresh_pipeline("run").out
    (row,) = [
        mail for mail in fresh_pipeline("mail", "list", "--json").json() if mail["id"] == row["id"]
    ]
    assert (row["outcome"], row["withheld"]) == ("ignored", "")


def test_files_of_a_mail_are_listed_and_taken_out(
    fresh_pipeline: Call, tmp_path: Path, empty_home: Path
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inside.csv", "number\n")
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@a.example", "Proof"
    mail.set_content("See the files.")
    for name, content in _HOSTILE_NAMES.items():
        mail.add_attachment(content, maintype="image", subtype="png", filename=name)
    mail.add_attachment(
        packed.getvalue(), maintype="application", subtype="zip", filename="more.zip"
    )
    eml = tmp_path / "proof.eml"
    eml.write_bytes(mail.as_bytes())
    fresh_pipeline("mail", "inject", str(eml))
    (row,) = fresh_pipeline("mail", "list", "--json").json()
    files = fresh_pipeline("mail", "files", row["id"], "--json").json()
    names = [file["file"] for file in files]
    assert names == [
        "01 passwd", "02 証明 書.png", "03 NUL", "04 rm -rf _ _.png", "05 file", "06 more.zip",
        "07 inside.csv",
    ]  # fmt: skip
    assert [file["bytes"] for file in files[-1:]] == [len("number\n")]
    assert names[1] in fresh_pipeline("mail", "files", row["id"]).out
    goal = tmp_path / "taken"
    assert fresh_pipeline("mail", "files", row["id"], "--out", str(goal)).code == 0
    assert sorted(path.name for path in goal.iterdir()) == sorted(names)
    for file in files:
        path = goal / file["file"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
        assert path.stat().st_mode & 0o777 == 0o600
    again = fresh_pipeline("mail", "files", row["id"], "--out", str(goal))
    assert (again.code, "There is a file already" in again.err) == (2, True)
    assert fresh_pipeline("mail", "files", "nobody").code == 5


def _wake(home: Path) -> None:
    """Let the waits of all mails be over."""
    settings = load(home / "pipeline.toml", home / "state", {})
    store = open_store(settings, SystemClock(), make=False)
    try:
        for row in store.run(lambda tx: tx.messages.list("waiting")):
            waked = replace(row, next_at=row.fetched_at)
            store.run(lambda tx, waked=waked: tx.messages.save(waked))  # type: ignore[misc]
    finally:
        store.close()
