"""The courier that writes a Maildir."""

import mailbox
import os
from pathlib import Path

from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.notifications.maildir import MaildirCourier

MAIL = b"Subject: hello\r\nMessage-ID: <a@b>\r\n\r\ntext\r\n"
OTHER = MAIL.replace(b"<a@b>", b"<c@d>")


def deliver(path: Path, mail: bytes) -> Delivery:
    return MaildirCourier(path).deliver(mail, "us@x", "them@y")


def test_a_mail_is_in_new_byte_for_byte(tmp_path: Path) -> None:
    assert deliver(tmp_path / "sent", MAIL) == Delivery(DeliveryKind.SENT)
    files = list((tmp_path / "sent" / "new").iterdir())
    assert [file.read_bytes() for file in files] == [MAIL]
    assert list((tmp_path / "sent" / "tmp").iterdir()) == []


def test_the_same_mail_is_there_once_and_another_beside_it(tmp_path: Path) -> None:
    for mail in (MAIL, MAIL, OTHER, MAIL):
        assert deliver(tmp_path, mail).kind is DeliveryKind.SENT
    assert len(mailbox.Maildir(str(tmp_path), create=False)) == 2


def test_a_mail_that_was_read_is_not_delivered_again(tmp_path: Path) -> None:
    deliver(tmp_path, MAIL)
    (file,) = (tmp_path / "new").iterdir()
    file.rename(tmp_path / "cur" / f"{file.name}:2,S")
    assert deliver(tmp_path, MAIL) == Delivery(DeliveryKind.SENT, "already_there")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_draft_that_a_crash_left_is_written_over(tmp_path: Path) -> None:
    deliver(tmp_path, MAIL)
    (file,) = (tmp_path / "new").iterdir()
    file.rename(tmp_path / "tmp" / f"{file.name}.{os.getpid()}")
    assert deliver(tmp_path, MAIL).kind is DeliveryKind.SENT
    assert [file.read_bytes() for file in (tmp_path / "new").iterdir()] == [MAIL]


def test_a_disk_that_refuses_defers(tmp_path: Path) -> None:
    blocker = tmp_path / "sent"
    blocker.write_text("a file where the folder should be")
    assert deliver(blocker, MAIL).kind is DeliveryKind.DEFERRED
