"""A Maildir's numbers outlive crashes, and its folder names never leave it."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
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
