"""A Maildir's numbers outlive crashes, and its folder names never leave it."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.mailbox.maildir import MaildirMailbox


def nothing_known(uidvalidity: int, uids: Sequence[int]) -> set[int]:
    return set()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "Maildir"


@pytest.fixture
def mailbox(root: Path) -> MaildirMailbox:
    return MaildirMailbox("requests", root)


def deliver(root: Path, name: str, raw: bytes = b"Subject: x\n\n") -> None:
    for folder in ("new", "cur", "tmp"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(raw)


def test_maildir_mail_keeps_its_uid_when_a_mail_program_reads_it(
    root: Path, mailbox: MaildirMailbox
) -> None:
    deliver(root, "new/1.a")
    before = mailbox.new_messages(nothing_known)
    (root / "new/1.a").rename(root / "cur/1.a:2,RS")
    assert mailbox.new_messages(nothing_known) == before


def test_maildir_half_written_index_line_is_cut_off(root: Path, mailbox: MaildirMailbox) -> None:
    deliver(root, "new/1.a")
    before = mailbox.new_messages(nothing_known)
    with (root / "pipeline-uids").open("ab") as index:
        index.write(b"2 1.")
    deliver(root, "new/2.b")
    found = mailbox.new_messages(nothing_known)
    assert found[0] == before[0]
    assert [message.uid for message in found] == [before[0].uid, before[0].uid + 1]
    assert (root / "pipeline-uids").read_text().splitlines()[1:] == ["1 1.a", "2 2.b"]


def test_maildir_number_of_a_removed_mail_is_never_given_again(
    root: Path, mailbox: MaildirMailbox
) -> None:
    deliver(root, "new/1.a")
    (first,) = mailbox.new_messages(nothing_known)
    (root / "new/1.a").unlink()
    deliver(root, "new/2.b")
    (second,) = mailbox.new_messages(nothing_known)
    assert (first.uid, second.uid) == (1, 2)


def test_maildir_damaged_index_gives_a_new_uidvalidity(root: Path, mailbox: MaildirMailbox) -> None:
    deliver(root, "new/1.a")
    (before,) = mailbox.new_messages(nothing_known)
    (root / "pipeline-uids").write_bytes(b"\x00\x00\x00\n")
    (after,) = mailbox.new_messages(nothing_known)
    assert after.uidvalidity != before.uidvalidity


def test_maildir_links_and_hidden_files_are_no_mails(root: Path, mailbox: MaildirMailbox) -> None:
    deliver(root, "new/.hidden")
    secret = root.parent / "secret"
    secret.write_text("not a mail")
    (root / "new/link").symlink_to(secret)
    assert mailbox.new_messages(nothing_known) == []


def test_maildir_filing_keeps_flags_and_never_overwrites(
    root: Path, mailbox: MaildirMailbox
) -> None:
    deliver(root, "cur/1.a:2,S")
    deliver(root / ".Done", "cur/1.a:2,S", b"another mail\n")
    (found,) = mailbox.new_messages(nothing_known)
    assert mailbox.file("INBOX", found.uidvalidity, found.uid, "Done") is True
    names = sorted(path.name for path in (root / ".Done/cur").iterdir())
    assert len(names) == 2
    assert all(name.endswith(":2,S") for name in names)


@pytest.mark.parametrize(
    "folder", ["..", "../other", "/etc", "a//b", "a.b", "", "a/../b", "x\x00y", "名前"]
)
def test_maildir_name_that_would_leave_the_mailbox_is_refused(
    mailbox: MaildirMailbox, folder: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        mailbox.append(folder, b"")
    assert caught.value.code == "mailbox_folder_name"


def test_maildir_that_cannot_be_made_is_a_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError) as caught:
        MaildirMailbox("requests", tmp_path / "file" / "Maildir").new_messages(nothing_known)
    assert (caught.value.code, caught.value.params["reason"]) == ("mailbox_path", "Not a directory")


def test_maildir_append_leaves_nothing_half_written(root: Path, mailbox: MaildirMailbox) -> None:
    mailbox.append("INBOX", b"Subject: x\n\n")
    assert list((root / "tmp").iterdir()) == []
    (path,) = (root / "new").iterdir()
    assert path.read_bytes() == b"Subject: x\n\n"
    assert str(os.getpid()) in path.name


def broken(monkeypatch: pytest.MonkeyPatch, code: int, *names: str) -> None:
    """Let the disk refuse the files with these names, or all (which root's rights would not)."""
    open_file = Path.open

    def opened(path: Path, *arguments: Any, **more: Any) -> Any:
        if path.parent.name in {"new", "cur"} and (not names or path.name in names):
            raise OSError(code, os.strerror(code), str(path))
        return open_file(path, *arguments, **more)

    monkeypatch.setattr(Path, "open", opened)


def test_maildir_file_that_cannot_be_read_stops_no_other(
    root: Path, mailbox: MaildirMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        deliver(root, f"new/{number}.a")
    broken(monkeypatch, errno.EIO, "1.a")
    found = mailbox.new_messages(nothing_known)
    assert [message.raw is None for message in found] == [False, True, False]
    assert [message.withheld for message in found] == ["", os.strerror(errno.EIO), ""]


@pytest.mark.parametrize(
    ("code", "kind"), [(errno.EIO, TryLaterError), (errno.EACCES, ConfigurationError)]
)
def test_maildir_disk_that_gives_nothing_is_told_and_charged_to_no_mail(
    root: Path,
    mailbox: MaildirMailbox,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    kind: type[PipelineError],
) -> None:
    for number in range(5):
        deliver(root, f"new/{number}.a")
    broken(monkeypatch, code)
    with pytest.raises(kind):
        mailbox.new_messages(nothing_known)


def test_maildir_without_room_is_told_as_full(
    root: Path, mailbox: MaildirMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(root, "new/1.a")
    (found,) = mailbox.new_messages(nothing_known)

    def full(_path: Path, _goal: Path) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(ConfigurationError) as told:
        mailbox.file_many("INBOX", found.uidvalidity, [found.uid], "Processed")
    assert told.value.code == "mailbox_full"
