"""The story of the demo: samples are delivered, staff decide, customers reply, batches run."""

import csv
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline import resources
from pipeline.batch import run_batch
from pipeline.clock import SettableClock
from pipeline.durable import make_folder, write_file
from pipeline.flow.connections import open_mailbox
from pipeline.flow.services import Services
from pipeline.flow.staff import corrections, letters, review
from pipeline.flow.staff.numbers import import_numbers
from pipeline.flow.staff.send_form import send_form
from pipeline.mailbox.parse import parse_message
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import EventName, NumberState, Slot, Track
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.wording import console as words

_STAFF = "demo"
_AFTER = timedelta(minutes=4)
_HOUR = timedelta(hours=1)
_TEN = time(10)

Slots = tuple[Slot, ...]
Decision = Callable[[Services, RequestRecord, Slots], None]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens in the story at ``at`` (aware UTC)."""

    at: datetime
    kind: str
    sample: str
    text: str = ""
    slots: tuple[int, ...] = ()


class Story:
    """Plays ``samples/story.toml`` on the services, up to ``end`` (aware UTC)."""

    def __init__(
        self, services: Services, clock: SettableClock, folder: Path, end: datetime
    ) -> None:
        self._services = services
        self._clock = clock
        self._folder = folder
        self._start, self._end = clock.now(), end
        self._samples = _samples()
        self._rows: dict[str, str] = {}
        self.acts = tuple(sorted(self._read_acts(), key=lambda act: act.at))
        self._import_numbers()

    def play(self, act: Act) -> None:
        """Do one act, then run a batch a few minutes later."""
        self._clock.set(act.at)
        if act.kind == "mail":
            self._deliver((_root() / self._samples[act.sample]).read_bytes(), act.sample)
        elif act.kind == "reply":
            self._deliver(self._reply(act), "")
        elif act.kind != "run":
            self._decide(act)
        self.run()
        self._clock.set(min(act.at + _AFTER, self._end))
        self.run()

    def run(self) -> None:
        """Run one batch now."""
        run_batch(self._services)

    # --- what happens -----------------------------------------------------------------------

    def _deliver(self, raw: bytes, sample: str) -> None:
        with open_mailbox(self._services) as mailbox:
            mailbox.append("INBOX", raw)
        if sample:
            self._rows[sample] = parse_message(raw).sha256

    def _reply(self, act: Act) -> bytes:
        """Write what the sender of a sample answers to our last mail on its request."""
        record = self._request(act.sample)
        last = self._mails(record)[-1]
        ours = parse_message(last.content)
        mail = EmailMessage()
        mail["From"] = record.address_of_record
        mail["To"] = ours.reply_to[0].address
        mail["Subject"] = f"Re: {ours.subject}"
        mail["Date"] = self._clock.now()
        mail["Message-ID"] = (
            f"<reply-{act.sample}-{self._clock.now():%Y%m%d%H%M}@{record.address_of_record.rpartition('@')[2]}>"
        )
        mail["In-Reply-To"] = ours.message_id
        quoted = "\n".join(f"> {line}" for line in ours.text.splitlines())
        mail.set_content(f"{act.text}\n\n{quoted}\n", cte="base64")
        proven = self._proven(act.sample)
        return _as_received(mail, record.address_of_record, proven=proven)

    def _proven(self, sample: str) -> bool:
        with self._services.store.read() as tx:
            rows = [
                row for row in tx.messages.list("all", 1000) if row.sha256 == self._rows[sample]
            ]
        return rows[0].sender_verdict is SenderVerdict.PASS

    def _decide(self, act: Act) -> None:
        for record in self._requests(act.sample):
            if act.kind == "answer":
                letters.answer(self._services, record, _STAFF, text=act.text)
                continue
            _DECISIONS[act.kind](self._services, record, self._slots(record, act))

    def _slots(self, record: RequestRecord, act: Act) -> tuple[Slot, ...]:
        """Return the hours from 10:00 on the act's days of the story, in the customer's zone."""
        zone = ZoneInfo(record.time_zone)
        days = [self._start.astimezone(zone).date() + timedelta(days=day) for day in act.slots]
        starts = [datetime.combine(day, _TEN, zone).astimezone(UTC) for day in days]
        return tuple(Slot(start, start + _HOUR) for start in starts)

    # --- what came of it ----------------------------------------------------------------------

    def summary(self) -> dict[str, dict[str, object]]:
        """Return each sample's outcome, final status and mails."""
        return {name: self._outcome(name) for name in self._samples}

    def _outcome(self, sample: str) -> dict[str, object]:
        records = self._requests(sample)
        with self._services.store.read() as tx:
            rows = [
                row for row in tx.messages.list("all", 1000) if row.sha256 == self._rows[sample]
            ]
        return {
            "outcome": rows[0].outcome.value if rows[0].outcome else "",
            "requests": [
                {
                    "track": record.state.track.value,
                    "status": record.status.value,
                    "mails": [_named(mail) for mail in self._mails(record)],
                }
                for record in records
            ],
        }

    def table(self) -> list[list[str]]:
        """Return a line for each sample: name, reference, status, number of mails."""
        lines = []
        for name, file in self._samples.items():
            records = self._requests(name)
            lines.append(
                [
                    Path(file).stem,
                    ", ".join(record.reference for record in records),
                    ", ".join(words.step(record.status) for record in records)
                    or words.status_word(str(self._outcome(name)["outcome"])),
                    str(sum(len(self._mails(record)) for record in records)),
                ]
            )
        return lines

    def quarantined(self) -> int:
        """Return how many messages could not be processed."""
        with self._services.store.read() as tx:
            return len(tx.quarantine.list())

    def write_files(self) -> None:
        """Write the authority, all certificates, and the QR images into the folder."""
        write_file(
            self._folder / "authority.pem", self._services.authority.certificate_pem.encode()
        )
        certificates, images = self._folder / "certificates", self._folder / "qr"
        make_folder(certificates)
        make_folder(images)
        with self._services.store.read() as tx:
            rows = [row for row in tx.certificates.list("all") if row.text]
            references = {row.id: tx.requests.get(row.request_id) for row in rows}
            mails = [mail for mail in tx.outbox.list("all", 1000) if mail.notice == "qr_delivered"]
        for row in rows:
            record = references[row.id]
            name = record.reference if record else row.serial
            write_file(certificates / f"{name}-{row.ordinal}.pem", row.text.encode("ascii"))
        for mail in mails:
            for file in parse_message(mail.content).attachments:
                write_file(images / Path(file.file_name).name, file.content)

    # --- looking things up --------------------------------------------------------------------

    def _request(self, sample: str) -> RequestRecord:
        return self._requests(sample)[0]

    def _requests(self, sample: str) -> list[RequestRecord]:
        """Return the requests that a sample led to, as they are now."""
        with self._services.store.read() as tx:
            rows = [
                row for row in tx.messages.list("all", 1000) if row.sha256 == self._rows[sample]
            ]
            names = tx.messages.requests_of(rows[0].id) if rows else []
            found = (tx.requests.get(name) for name in names)
            records = [record for record in found if record is not None]
        return sorted(records, key=lambda record: record.id != rows[0].request_id)

    def _mails(self, record: RequestRecord) -> list[OutboxRecord]:
        with self._services.store.read() as tx:
            mails = tx.outbox.of_request(record.id)
        return [mail for mail in mails if mail.state is OutboxState.SENT]

    # --- reading the story --------------------------------------------------------------------

    def _read_acts(self) -> list[Act]:
        entries = tomllib.loads((_root() / "story.toml").read_text(encoding="utf-8"))["act"]
        return [self._act(entry) for entry in entries]

    def _act(self, entry: dict[str, object]) -> Act:
        kind = next(name for name in ("mail", "reply", "staff", "run") if name in entry)
        value = str(entry[kind])
        slots = entry.get("slots", [])
        return Act(
            at=self._instant(str(entry["at"])),
            kind=value if kind == "staff" else kind,
            sample=value if kind == "mail" else str(entry.get("sample", "")),
            text=value if kind == "reply" else str(entry.get("text", "")),
            slots=tuple(int(day) for day in slots) if isinstance(slots, list) else (),
        )

    def _instant(self, text: str) -> datetime:
        """Read ``1d03:00`` (from the beginning) or ``-00:40`` (back from the end)."""
        back = text.startswith("-")
        days, _, clock = text.removeprefix("-").rpartition("d")
        hours, _, minutes = clock.partition(":")
        distance = timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes))
        return self._end - distance if back else self._start + distance

    def _import_numbers(self) -> None:
        with (_root() / "numbers.csv").open(encoding="utf-8", newline="") as stream:
            records = [
                NumberRecord(
                    "+" + "".join(filter(str.isdigit, row["number"])),
                    NumberState(row["state"]),
                    row["organisation"],
                    date.fromisoformat(row["since"]),
                )
                for row in csv.DictReader(stream)
            ]
        import_numbers(self._services, records, _STAFF)


def _root() -> Path:
    return resources.root() / "samples"


def _samples() -> dict[str, str]:
    """Return the file of each sample by the number that its name begins with, in order."""
    listed = tomllib.loads((_root() / "samples.toml").read_text(encoding="utf-8"))["sample"]
    return {Path(item["file"]).name[:2]: item["file"] for item in listed}


def _named(mail: OutboxRecord) -> str:
    return f"{mail.notice.value}:{mail.variant}" if mail.variant else mail.notice.value


def _as_received(mail: EmailMessage, address: str, *, proven: bool) -> bytes:
    """Put the header fields on top that the receiving server writes."""
    domain = address.rpartition("@")[2]
    result = (
        f"dmarc=pass header.from={domain}"
        if proven
        else f"dmarc=none header.from={domain}; spf=pass smtp.mailfrom={address}"
    )
    top = (
        f"Authentication-Results: mx.genesys.example; {result}\r\n"
        f"Received: from mail.{domain} by mx.genesys.example with ESMTPS; {mail['Date']}\r\n"
    )
    return top.encode() + mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _approve(services: Services, record: RequestRecord, _slots: Slots) -> None:
    review.approve(services, record, _STAFF, ticked="all")


def _send_form(services: Services, record: RequestRecord, _slots: Slots) -> None:
    send_form(services, record, _STAFF, form=record.suggestion or FormKind.ONBOARDING)


def _route_migration(services: Services, record: RequestRecord, _slots: Slots) -> None:
    corrections.route(services, record, _STAFF, track=Track.MIGRATION)


def _event(name: EventName) -> Decision:
    def decide(services: Services, record: RequestRecord, slots: Slots) -> None:
        review.advance(services, record, _STAFF, event=name, slots=slots)

    return decide


_DECISIONS: dict[str, Decision] = {
    "approve": _approve,
    "route_migration": _route_migration,
    "send_form": _send_form,
    **{
        name.value: _event(name)
        for name in (
            EventName.VERIFIED,
            EventName.NAME_APPROVED,
            EventName.OFFER_SLOTS,
            EventName.CODE_VERIFIED,
        )
    },
}
