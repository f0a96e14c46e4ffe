"""A full run with every secret that there is; then a look at all that it left behind."""

import base64
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Unpack

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.certificates.authority import Authority
from pipeline.clock import SettableClock, SystemClock
from pipeline.config import load
from pipeline.flow.services import Services, open_services
from pipeline.model.form import FormKind
from pipeline.store.records import CertificateRecord
from pipeline.store.schema.columns import metadata
from pipeline.terms import Issuer
from tests.servers.certificates import make_certificate, server_context
from tests.servers.mechanisms import TokenMechanisms
from tests.servers.meta import FakeMeta, fake_meta
from tests.servers.smtp import SmtpSink, smtp_sink
from tests.servers.tokens import TokenServer, token_server
from tests.world.command_line import Call, caller, english
from tests.world.customers import HANAKO, JULIA, OLIVER, File, form
from tests.world.mails import Customer, Wording
from tests.world.needles import Needles, kept
from tests.world.outbox import parsed, plain_text
from tests.world.settings import STAFF, write_settings
from tests.world.world import START, deliver

__all__ = ["english"]

_PASSPHRASE = "hush passphrase of the authority"
_PASSWORD = "hush-password-of-mail-out"
_CODE, _PIN = "918273", "774411"
# two fields of 243 octets each, as a certificate of Meta has fields
_FIELDS = b"".join(bytes((tag, 0xF3, 0x01, *range(7, 250))) for tag in (0x0A, 0x12))
_META = base64.b64encode(_FIELDS).decode()
_ALWAYS = {"mailbox": {"kind": "maildir"}, "logs": {"level": "debug"}}

#: Where a secret has to be, by the beginning of the place's name.
_KEPT: Mapping[str, tuple[str, ...]] = {
    "table certificates.text": ("certificate", "public key"),
    "table certificates.to_be_signed": ("public key",),
    # the mail's bytes, until they are purged, and the headers of a thread
    "table outbox.content": ("certificate", "public key", "reply token"),
    "mail attachment whatsapp-certificate_": ("certificate", "public key"),
    "mail header Reply-To": ("reply token",),
    "mail header Message-ID": ("reply token",),
    "mail header References": ("reply token",),
    "mail header In-Reply-To": ("reply token",),
    "table outbox.message_id": ("reply token",),
    "table requests.thread": ("reply token",),
    # the tokens of a log-in are kept for the next run
    "table tokens.": ("access token", "refresh token"),
    # what a customer sent is kept as it came
    "file blobs/": ("reply token", "certificate", "public key", "customer's key"),
    "file inbox/": ("reply token", "certificate", "public key", "customer's key"),
    # a folder in place of a server: the mails as they went out
    "file sent/": ("reply token", "certificate", "public key"),
    "file authority/authority.key": ("authority key",),
    "file authority/retired/": ("authority key",),
    "file token.key": ("token key",),
}


@dataclass
class Run:
    """The command line on one home, and all that it printed."""

    folder: Path
    call: Call
    clock: SettableClock
    customer: Customer
    printed: dict[str, str] = field(default_factory=dict)
    sections: dict[str, Mapping[str, object]] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The state folder."""
        return self.folder / "state"

    def configure(self, **sections: Mapping[str, object]) -> None:
        """Write the settings, with ``sections`` beside those that are always the same."""
        self.sections = {**_ALWAYS, "team": {"alert_to": STAFF}, **sections}
        write_settings(self.folder / "pipeline.toml", **self.sections)

    def do(self, *words: str, code: int | None = 0) -> str:
        """Call a command; keep what it prints, and return its standard output."""
        called = self.call(*words)
        assert code is None or called.code == code, (words, called.err)
        name = f"{len(self.printed):03d} {' '.join(words)}"
        self.printed[f"{name} (output)"] = called.out
        self.printed[f"{name} (error)"] = called.err
        return called.out

    def batch(self, code: int | None = 0, **after: float) -> None:
        """Let time pass and run a batch."""
        self.clock.advance(timedelta(**after))
        self.do("run", code=code)

    @contextmanager
    def services(self) -> Iterator[Services]:
        """Open the services, as a command does."""
        settings = load(self.folder / "pipeline.toml", environment={})
        settings = settings.model_copy(
            update={"store": settings.store.model_copy(update={"home": self.home})}
        )
        with open_services(settings, self.clock, make=True) as opened:
            yield opened

    def mail(self, sender: str, *files: File, **wording: Unpack[Wording]) -> None:
        """Put a customer's mail into the mailbox."""
        raw = self.customer.write(sender, *files, **wording)
        with self.services() as opened:
            deliver(opened, raw)

    def reply(self, reference: str, sender: str, text: str, *files: File) -> None:
        """Answer our last mail about a request, as the customer's program does."""
        mails = [parsed(raw) for raw in self.sent]
        ours = [mail for mail in mails if reference in str(mail["Subject"])][-1]
        quoted = "\n".join(f"> {line}" for line in plain_text(ours).splitlines())
        self.mail(
            sender,
            *files,
            text=f"{text}\n\n{quoted}\n",
            subject=f"Re: {ours['Subject']}",
            to=str(ours["Reply-To"]),
        )

    def reference(self, sender: str) -> str:
        """Return the reference of the newest request of a sender."""
        with self.services() as opened, opened.store.read() as tx:
            return max(tx.requests.of_sender(sender), key=lambda one: one.id).reference

    def certificates(self) -> list[CertificateRecord]:
        """Return all certificates, the oldest first."""
        with self.services() as opened, opened.store.read() as tx:
            return sorted(tx.certificates.list("all"), key=lambda row: row.reserved_at)


@pytest.fixture
def run(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    english: None,
    one_child: None,
) -> Run:
    clock = SettableClock(START)
    monkeypatch.setattr(SystemClock, "now", lambda _self: clock.now())
    return Run(tmp_path, caller(tmp_path, capsys), clock, Customer(clock))


def _secret(folder: Path, name: str, content: str) -> dict[str, str]:
    """Write a secret into a file that only we can read, and return the setting that names it."""
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(content, encoding="utf-8")
    return {"file": str(path)}


def _new_key() -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key, text.decode()


# --- the story --------------------------------------------------------------------------------


def _embedded(run: Run, sink: SmtpSink, pasted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Play a request from its form to a QR code, with everything that can go wrong on the way."""
    run.mail(OLIVER, form(language="en"))
    run.batch()
    reference = run.reference(OLIVER)
    run.do("request", "approve", reference, "--tick-all", "--business-verified")
    _crash(run, reference, monkeypatch)
    _refusing_database(run)
    run.batch(minutes=15)
    run.batch(minutes=3)
    run.batch(days=4)
    run.sent = [raw for _, _, raw in sink.messages]
    text = run.certificates()[-1].text
    run.reply(
        reference,
        OLIVER,
        f"NEW CERTIFICATE\n\nThe old one was\n{text}",
        ("certificate.txt", text.encode()),
    )
    sink.fail("data", f"554 5.7.1 rejected: {_line(run)}")  # a filter that quotes what it read
    run.batch(code=3)
    run.do("outbox", "list", "all")
    run.do("outbox", "retry", "--all", "failed")
    run.batch(minutes=30)
    run.reply(reference, OLIVER, f"Is this what you need?\n{pasted}", ("key.pem", pasted.encode()))
    run.batch(hours=1)
    run.do("certificate", "reissue", reference)
    run.do("certificate", "revoke", reference, "--reason", "exposed")
    run.batch(minutes=3)
    run.do("request", "release", reference)
    run.do("certificate", "reissue", reference)
    run.batch(minutes=3)
    run.do("authority", "rotate")
    run.do("certificate", "reissue", reference)
    run.batch(days=4)
    run.batch(days=4)
    run.do("request", "mark-active", reference)
    run.batch(minutes=3)
    run.mail(OLIVER, form(FormKind.QR, language="en"))
    run.batch()
    run.do("request", "approve", run.reference(OLIVER), "--tick-all")
    run.batch(minutes=3)


def _line(run: Run) -> str:
    return run.certificates()[-1].text.splitlines()[-2]


def _crash(run: Run, reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an error that nobody foresaw have a certificate and the key in its words."""
    real = Authority.sign

    def crash(self: Authority, to_be_signed: bytes) -> bytes:
        raise RuntimeError(f"{to_be_signed!r} {self.certificate_pem} {_PASSPHRASE}")

    with monkeypatch.context() as patched:
        patched.setattr(Authority, "sign", crash)
        run.do("request", "advance", reference, "--event", "name_approved", code=1)
        run.batch(code=1, minutes=15)
    assert Authority.sign is real


def _refusing_database(run: Run) -> None:
    """Let the database refuse the row that has the text of the certificate."""
    trigger = "BEFORE UPDATE ON certificates WHEN NEW.state = 'live'"
    path = run.home / "requests.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            f"CREATE TRIGGER refuse {trigger} BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
        run.batch(code=1, minutes=15)
        connection.execute("DROP TRIGGER refuse")


def _manual(run: Run, pasted: str) -> None:
    """Enter a certificate by hand, after a private key by mistake; the log-in is by token."""
    run.mail(HANAKO, form(ready_date=f"{run.clock.now():%Y-%m-%d}"))
    run.batch()
    reference = run.reference(HANAKO)
    run.do("request", "approve", reference, "--tick-all", "--business-verified")
    run.do("request", "advance", reference, "--event", "name_approved")
    wrong, right = run.folder / "wrong.pem", run.folder / "right.txt"
    wrong.write_text(pasted, encoding="ascii")
    right.write_text(f'"{_META[:80]}\n{_META[80:]}"\n', encoding="ascii")
    run.do("certificate", "issue", reference, "--file", str(wrong), code=6)
    run.do("certificate", "verify", str(wrong), code=6)
    day = f"{run.clock.now():%Y-%m-%d}"
    run.do("certificate", "issue", reference, "--file", str(right), "--created", day)
    run.do("certificate", "issue", reference, "--file", str(right), "--created", day, code=None)
    run.do("certificate", "verify", str(right), code=None)
    for path in (wrong, right):
        path.unlink()
    run.batch(minutes=3)


def _of_meta(run: Run, meta: FakeMeta) -> None:
    """Let Meta issue a certificate, with a code and a registration, and with what goes wrong."""
    meta.clock = meta.account.clock = run.clock
    run.configure(
        certificates={
            "issuer": "meta",
            "passphrase": _secret(run.folder, "passphrase", _PASSPHRASE),
        },
        meta={
            "base_url": meta.url,
            "waba_id": meta.waba_id,
            "token": _secret(run.folder, "meta-token", meta.token),
            "pin": _secret(run.folder, "meta-pin", _PIN),
        },
    )
    run.mail(JULIA, form(language="de", ready_date=f"{run.clock.now():%Y-%m-%d}"))
    run.batch()
    reference = run.reference(JULIA)
    run.do("request", "approve", reference, "--tick-all", "--business-verified")
    with run.services() as opened, opened.store.read() as tx:
        record = next(iter(tx.requests.of_sender(JULIA)))
        revision = tx.revisions.latest(record.id)
    assert revision is not None
    name = next(one.value for one in revision.readings if one.field == "display_name")
    number = meta.account.add(record.number, str(name))
    meta.token_state = "expired"
    run.batch(code=4, hours=1)
    meta.token_state = "good"
    meta.fail("*", 2, status=500, times=9, message=f"refused {meta.token}")
    run.batch(code=None, hours=2)
    meta.reload()
    run.do("request", "code", reference, "--send")
    run.do("request", "code", reference, "--verify", _CODE, code=None)
    run.do("request", "code", reference, "--verify", number.code)
    meta.account.approve_name(number)
    run.batch(hours=24)
    assert [row.issuer for row in run.certificates()][-1] is Issuer.META
    run.do("request", "register", reference, code=None)
    number.status = "CONNECTED"
    run.batch(hours=6)


_LOOKING = (
    ("queue", "all"),
    ("queue", "all", "--json"),
    ("status", "--json"),
    ("status",),
    ("doctor",),
    ("doctor", "--json"),
    ("config", "show"),
    ("config", "check"),
    ("mail", "list"),
    ("mail", "list", "--json"),
    ("outbox", "list", "all"),
    ("outbox", "list", "all", "--json"),
    ("certificate", "list", "--all", "--json"),
    ("certificate", "crl"),
    ("certificate", "calendar"),
    ("authority", "show"),
    ("authority", "export"),
    ("authority", "log", "--json"),
    ("number", "list", "--json"),
    ("organisation", "list", "--json"),
    ("quarantine", "list", "--json"),
    ("run", "--dry-run"),
    ("db", "status"),
    ("token", "rotate"),
)


def _look(run: Run) -> None:
    """Let staff look at everything, in words and as JSON."""
    for words in _LOOKING:
        run.do(*words, code=None)
    with run.services() as opened, opened.store.read() as tx:
        messages = [row.id for row in tx.messages.list("all", 1000)]
        requests = {
            row.reference for who in (OLIVER, HANAKO, JULIA) for row in tx.requests.of_sender(who)
        }
    for reference in sorted(requests):
        for words in (("request", "show"), ("certificate", "show")):
            run.do(*words, reference, code=None)
            run.do(*words, reference, "--json", code=None)
        run.do("template", "preview", "certificate_issued", "--ref", reference, code=None)
    for message in messages:
        run.do("mail", "show", message, "--json", code=None)
        run.do("mail", "files", message, "--json", code=None)
    report = run.folder / "report.html"
    run.do("report", "--out", str(report))
    run.printed["the report"] = report.read_text(encoding="utf-8")


# --- what was left behind ---------------------------------------------------------------------


def _places(run: Run, mails: list[bytes]) -> Iterator[tuple[str, str | bytes]]:
    """Yield every place where something was left, by its name, with what stands there."""
    yield from run.printed.items()
    for raw in mails:
        yield from _places_of(raw)
    with run.services() as opened, opened.store._engine.connect() as connection:
        for name, table in metadata.tables.items():
            for row in connection.execute(table.select()).mappings():
                for column, value in row.items():
                    content = value if isinstance(value, bytes) else str(value)
                    yield f"table {name}.{column}", content
    for path in run.home.rglob("*"):
        if path.is_file() and ".sqlite3" not in path.name:
            yield f"file {path.relative_to(run.home)}", path.read_bytes()


def _places_of(raw: bytes) -> Iterator[tuple[str, str | bytes]]:
    mail = parsed(raw)
    for name, value in mail.items():
        yield f"mail header {name}", str(value)
    for part in mail.walk():
        if not part.is_multipart():
            name = part.get_filename() or ""
            place = f"mail attachment {name}" if name else f"mail body {part.get_content_type()}"
            yield place, part.get_payload(decode=True) or b""  # type: ignore[misc]


def _needles(run: Run, mails: list[bytes], identity: TokenServer, keys: list[str]) -> Needles:
    needles = Needles()
    for row in run.certificates():
        if not row.text:
            continue
        if row.text.startswith("-----BEGIN"):
            found = x509.load_pem_x509_certificate(row.text.encode())
            needles.add("certificate", found.signature[8:])
            point = found.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )
            needles.add("public key", point)
            body = "".join(row.text.splitlines()[1:-1]).rstrip("=")
            needles.add("certificate", body[-72:])
        else:
            needles.add("certificate", row.text)
    for text in keys:
        needles.add("customer's key", *_of_key(text))
    for path in (run.home / "authority").rglob("*.key"):
        body = "".join(path.read_text(encoding="ascii").splitlines()[1:-1])
        needles.add("authority key", body[-120:].rstrip("="))
        key = serialization.load_pem_private_key(path.read_bytes(), _PASSPHRASE.encode())
        needles.add("authority key", *_numbers(key))
    needles.add("token key", (run.home / "token.key").read_bytes())
    needles.add("passphrase", _PASSPHRASE)
    needles.add("password", _PASSWORD)
    needles.add("client secret", identity.secret)
    needles.add("access token", *identity.given)
    needles.add("refresh token", *identity.used, identity.refresh_token)
    tokens = {str(parsed(raw)["Reply-To"]).partition("+")[2].partition("@")[0] for raw in mails}
    needles.add("reply token", *(one.rpartition(".")[2] for one in tokens if one))
    return needles


def _of_key(text: str) -> list[str | bytes]:
    key = serialization.load_pem_private_key(text.encode(), None)
    body = "".join(text.splitlines()[1:-1])
    return [body[48:96], *_numbers(key)]


def _numbers(key: object) -> list[str | bytes]:
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    value = key.private_numbers().private_value
    return [value.to_bytes(32, "big"), str(value)]


def test_nothing_secret_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    passphrase = _secret(run.folder, "passphrase", _PASSPHRASE)
    keys = [_new_key()[1] for _ in range(2)]
    mails: list[bytes] = []
    with ExitStack() as servers:
        identity = servers.enter_context(token_server())
        identity.secret = "hush-secret-of-the-client"
        tls = make_certificate(run.folder, "127.0.0.1")
        sink = servers.enter_context(smtp_sink(tls=server_context(tls), password=_PASSWORD))
        password = _secret(run.folder, "password", "hush-password-that-is-wrong")
        courier = _courier(sink, tls, password=password)
        run.configure(courier=courier, certificates={"passphrase": passphrase, "per_approval": 9})
        run.mail(HANAKO, text="Hello, how do we begin?")
        run.batch(code=4)
        _secret(run.folder, "password", _PASSWORD)
        _embedded(run, sink, keys[0], monkeypatch)
        mails += [raw for _, _, raw in sink.messages]
        with_token = servers.enter_context(_sink_with_tokens(run, tls, identity))
        _manual(run, keys[1])
        mails += [raw for _, _, raw in with_token.messages]
        meta = servers.enter_context(fake_meta())
        _of_meta(run, meta)
        mails += [path.read_bytes() for path in (run.home / "sent").rglob("*") if path.is_file()]
        _look(run)
        needles = _needles(run, mails, identity, keys)
        needles.add("token of Meta", meta.token)
        needles.add("code of Meta", _CODE)
        needles.add("PIN", _PIN)
        _told_nothing(run, mails, needles)
        run.batch(days=8)
        with run.services() as opened, opened.store.read() as tx:
            left = [
                row
                for row in tx.outbox.list("all", 1000)
                if "certificate" in needles.found_in(row.content)
            ]
        assert left == []


def _courier(sink: SmtpSink, tls: Path, **more: object) -> dict[str, object]:
    where = {"kind": "smtp", "host": sink.host, "port": sink.port, "ca_file": str(tls)}
    return {**where, "user": "box", **more}


@contextmanager
def _sink_with_tokens(run: Run, tls: Path, identity: TokenServer) -> Iterator[SmtpSink]:
    """Run a server that wants a token, and let the settings name it, with the manual issuer."""
    with smtp_sink(tls=server_context(tls), mechanisms=TokenMechanisms(identity)) as sink:
        identity.user = "box"
        run.configure(
            courier=_courier(sink, tls),
            oauth={
                "source": "endpoint",
                "grant": "refresh_token",
                "token_url": identity.url,
                "client_id": identity.client_id,
                "client_secret": _secret(run.folder, "client", identity.secret),
                "refresh_token": _secret(run.folder, "refresh", identity.refresh_token),
            },
            certificates={
                "issuer": "manual",
                "passphrase": _secret(run.folder, "passphrase", _PASSPHRASE),
            },
        )
        yield sink


def _told_nothing(run: Run, mails: list[bytes], needles: Needles) -> None:
    """Check that each secret stands only where it has to, and that it does stand there."""
    seen: set[str] = set()
    wrong: list[str] = []
    for place, content in _places(run, mails):
        found = needles.found_in(content)
        seen |= found
        wrong += [f"{place}: {kind}" for kind in sorted(found - kept(_KEPT, place))]
    assert not wrong, "\n".join(sorted(set(wrong)))
    needed = {"certificate", "public key", "reply token", "customer's key", "authority key"}
    assert needed | {"token key", "access token"} <= seen
