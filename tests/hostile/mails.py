"""Hostile files in hostile wrappings, and under hostile names."""

from collections.abc import Callable
from email.message import EmailMessage

from tests.hostile.archives import zipped
from tests.hostile.making import GOOD, Hostile, good, good_pdf
from tests.unit.intake.conftest import tnef
from tests.world.customers import OLIVER
from tests.world.mails import mail_of
from tests.world.settings import ADDRESS


def _named(name: str) -> Hostile:
    return Hostile(f"named {name[:30]!r}", name, good, GOOD)


def _raw_name(name: bytes) -> Callable[[], bytes]:
    """Return a mail whose file name stands in its header byte for byte."""
    return lambda: mail_of("NAME.xlsx", good()).replace(b'"NAME.xlsx"', name)


def _forwarded(depth: int) -> bytes:
    mail = mail_of("form.xlsx", good())
    for _ in range(depth):
        outer = EmailMessage()
        outer["From"] = OLIVER
        outer["To"] = ADDRESS
        outer["Subject"] = "Fwd: Our form"
        outer.set_content("See below.")
        text = (
            outer.as_bytes()
            .rstrip(b"\n")
            .replace(b'Content-Type: text/plain; charset="utf-8"', b"Content-Type: message/rfc822")
        )
        head, _, _ = text.partition(b"\n\n")
        head = head.replace(b"Content-Transfer-Encoding: 7bit\n", b"")
        mail = head + b"\n\n" + mail
    return mail


_BAD_NAMES = (
    "\u202exslx.exe", "../../../etc/passwd", "C:\\Windows\\form.xlsx", "CON", "NUL.xlsx", ".",
    "..", " ", "form.xlsx\u0000.exe", "form\r\nBcc: x@evil.example", "x" * 10_000, "'; rm -rf /",
    "<script>alert(1)</script>.xlsx", "{{ 7*7 }}.xlsx", "%s%n.xlsx", "=cmd|'/C calc'!A0",
    "\U0001f4a3" * 100, "\u200b", "form.pdf", "form.xlsm", "image001.png", "invite.ics",
)  # fmt: skip

MAILS = (
    *(_named(name) for name in _BAD_NAMES if "\r" not in name),
    Hostile("name with a line break", "", _raw_name(b'"form\r\n Bcc: x@evil.example"'), GOOD,
            is_mail=True),
    Hostile("name in no charset", "", _raw_name(b'"\xff\xfe\x80.xlsx"'), GOOD, is_mail=True),
    Hostile("name of 1 MB", "", _raw_name(b'"' + b"x" * 1_000_000 + b'"'), GOOD, is_mail=True),
    Hostile("no name", "", _raw_name(b'""'), GOOD, is_mail=True),
    Hostile("PDF named xlsx", "form.xlsx", good_pdf, GOOD),
    Hostile("workbook named pdf", "form.pdf", good, GOOD),
    Hostile("form in a winmail.dat", "winmail.dat", lambda: tnef({"form.xlsx": good()}), GOOD),
    Hostile("form in a torn winmail.dat", "winmail.dat",
            lambda: tnef({"form.xlsx": good()})[:9000], "file_other:unknown"),
    Hostile("zip in a winmail.dat", "winmail.dat",
            lambda: tnef({"form.zip": zipped(("f.xlsx", good()))}), GOOD),
    Hostile("winmail.dat that tells huge sizes", "winmail.dat",
            lambda: b"\x78\x9f\x3e\x22\0\0" + b"\x02\x0f\x80\x06\0\xff\xff\xff\xff" * 99,
            "file_other:unknown"),
    Hostile("winmail.dat of 100,000 attributes", "winmail.dat",
            lambda: b"\x78\x9f\x3e\x22\0\0" + b"\x02\x02\x90\x06\0\0\0\0\0\0\0" * 100_000,
            "file_other:unknown"),
    Hostile("form in a forwarded mail", "", lambda: _forwarded(1), GOOD, is_mail=True),
)  # fmt: skip
