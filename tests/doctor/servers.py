"""Ways in which the servers of an installation, its clock, or the settings for them are wrong."""

from datetime import timedelta

import sqlalchemy as sa

from pipeline.store.schema.mail_and_requests import messages
from tests.doctor.installation import Installation
from tests.doctor.ways import Broken
from tests.servers.smtp import SmtpSink

_JUDGED = (
    b"Authentication-Results: mx.other.example; dmarc=pass header.from=a.example\r\n"
    b"Received: from a.example by mx.other.example; Mon, 30 Nov 2026 07:00:00 +0000\r\n"
    b"From: taro@a.example\r\nTo: us@genesys.com\r\nSubject: Hello\r\n"
    b"Message-ID: <%d@a.example>\r\n\r\nHello\r\n"
)


def _wrong_password(it: Installation) -> None:
    it.set("mailbox", password=it.secret("other", "wrong"))


def _server_down(it: Installation) -> None:
    it.set("mailbox", port=it.ports["nobody"])


def _no_such_folder(it: Installation) -> None:
    it.set("mailbox", folder="Requets")


def _tls_where_is_none(it: Installation) -> None:
    it.set("mailbox", encryption="tls")


def _unknown_certificate(it: Installation) -> None:
    it.set("mailbox", encryption="tls", port=it.ports["imaps"])


def _numbered_anew(it: Installation) -> None:
    account = "requests@127.0.0.1"
    it.change(sa.update(messages).values(account=account, folder="INBOX", uidvalidity=7))


def _mail_from_the_future(it: Installation) -> None:
    it.set("mailbox", user="future")
    it.append("future", _JUDGED % 1, it.now + timedelta(hours=3))


def _run_in_the_future(it: Installation) -> None:
    it.remember("last_batch", (it.now + timedelta(minutes=3)).isoformat())


def _judged_by_another(it: Installation) -> None:
    it.set("mailbox", user="judged")
    for number in range(3):
        it.append("judged", _JUDGED % number, it.ago(minutes=9))


def _judged_by_nobody(it: Installation) -> None:
    it.set("sender", authserv_ids=[])


def _everybody_is_believed(it: Installation) -> None:
    it.set("sender", trust="gateway")


def _no_scanner(it: Installation) -> None:
    it.set("scanner", address=str(it.folder / "clamd.ctl"))


def _wrong_smtp_login(it: Installation) -> None:
    it.set("courier", password=it.secret("other", "wrong"))


def _smtp_down(it: Installation) -> None:
    it.set("courier", port=it.ports["nobody"])


def _no_tls(it: Installation) -> None:
    it.set("courier", port=it.ports["plain"], user="", password={})


def _untrusted_smtp(it: Installation) -> None:
    it.set("courier", ca_file="")


def _no_archive(it: Installation) -> None:
    it.set("courier", archive_folder="")


def _no_database_server(it: Installation) -> None:
    it.set("store", url="postgresql://whatsapp@127.0.0.1:1/whatsapp")


SERVERS = (
    Broken("a wrong password", _wrong_password, "mailbox", "bad", "refuse", "mailbox.user"),
    Broken("the mailbox is down", _server_down, "mailbox", "bad", "refused", "later", 75),
    Broken("no such folder", _no_such_folder, "mailbox", "bad", "Requets", "mailbox.folder"),
    Broken("TLS on a plain port", _tls_where_is_none, "mailbox", "bad", "not fit", "encryption"),
    Broken(
        "an unknown certificate", _unknown_certificate, "mailbox", "bad", "certificate", "ca_file"
    ),
    Broken("numbered anew", _numbered_anew, "numbering", "warn", "UIDVALIDITY", "reconcile", 0),
    Broken("a mail of the future", _mail_from_the_future, "clock", "bad", "behind", "set-ntp"),
    Broken("a run of the future", _run_in_the_future, "clock", "warn", "behind", "set-ntp", 0),
    Broken(
        "another judge", _judged_by_another, "authserv", "bad", "mx.other.example", "Correct the"
    ),
    Broken("no judge", _judged_by_nobody, "authserv", "warn", "not set", "authserv_ids", 0),
    Broken("a gateway", _everybody_is_believed, "authserv", "warn", "gateway", "sender.trust", 0),
    Broken("no scanner", _no_scanner, "scanner", "bad", "clamd.ctl", "Start clamd", 75),
    Broken("a wrong SMTP password", _wrong_smtp_login, "courier", "bad", "refuse", "courier.user"),
    Broken("SMTP is down", _smtp_down, "courier", "bad", "Refused", "later", 75),
    Broken("SMTP without TLS", _no_tls, "courier", "bad", "TLS", "courier.encryption"),
    Broken("an untrusted server", _untrusted_smtp, "courier", "bad", "certificate", "ca_file"),
    Broken("no archive", _no_archive, "courier", "warn", "not archived", "archive_folder", 0),
    Broken("PostgreSQL is down", _no_database_server, "database", "bad", "answer", "later", 75),
)  # fmt: skip


def refusing(it: Installation, sink: SmtpSink) -> None:
    """Let mail go out by a server that takes no address with a plus sign."""
    it.set("courier", port=sink.port, encryption="none", user="", password={}, ca_file="")
    sink.fail("rcpt", "550 5.1.1 no such user")
