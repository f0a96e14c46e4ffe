"""The archive of a person: mails, answers, notes and files; of certificates all but their text."""

import json
import zipfile
from collections.abc import Iterable, Sequence
from email import message_from_bytes, policy
from pathlib import PurePosixPath
from typing import IO, Any

from pipeline.errors import PipelineError
from pipeline.flow.services import Work
from pipeline.flow.views.person.held import Person, numbers_of_person
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.records import (
    AttachmentRecord,
    CertificateRecord,
    MessageRecord,
    RequestRecord,
)
from pipeline.store.schema.plain import to_plain
from pipeline.wording import console as words

_LONGEST_NAME = 60
#: What stands in the list of our mails: not their bytes.
_OF_OURS = ("id", "notice", "language", "recipient", "subject", "message_id", "state")
#: What is told of a certificate.
_OF_CERTIFICATES = (
    *("id", "number", "serial", "issuer", "state", "created_at", "expires_at", "issued_at"),
    *("mailed_at", "ended_at", "end_reason", "fingerprint"),
)


def write_archive(work: Work, person: Person, out: IO[bytes]) -> int:
    """Write all that is held of ``person`` as a ZIP archive to ``out``; return how many files.

    One mail or file is in memory at a time. Mails of ours are written as their text: a file with
    one may be a certificate.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        writer = _Writer(work, archive)
        writer.text("README.txt", words.word("privacy_readme", address=person.address) + "\n")
        for record in person.records:
            writer.request(record)
        writer.beside(person)
        return len(archive.namelist())


class _Writer:
    """Writes the parts of an archive; a mail stands in it once."""

    def __init__(self, work: Work, archive: zipfile.ZipFile) -> None:
        self._work = work
        self._tx = work.tx
        self._archive = archive
        self._written: set[str] = set()

    def text(self, name: str, content: str) -> None:
        self._archive.writestr(name, content)

    def json(self, name: str, value: object) -> None:
        """Write a value of plain types or records; an empty one is left out."""
        if value:
            plain = to_plain(value)
            self.text(name, json.dumps(plain, ensure_ascii=False, indent=2) + "\n")

    def request(self, record: RequestRecord) -> None:
        """Write all of a request into a folder of its own."""
        tx, folder = self._tx, f"requests/{record.reference}"
        self.json(f"{folder}/request.json", record)
        self.json(f"{folder}/answers.json", tx.revisions.all(record.id))
        self.json(f"{folder}/notes.json", tx.notes.list(record.id))
        self.json(f"{folder}/history.json", tx.events.list(record.id))
        certificates = [_without_text(row) for row in tx.certificates.of_request(record.id)]
        self.json(f"{folder}/certificates.json", certificates)
        self.json(f"{folder}/short_links.json", tx.short_links.of_request(record.id))
        self._mails_in(folder, tx.messages.of_request(record.id))
        self._mails_out(folder, tx.outbox.of_request(record.id))
        self._files(folder, tx.attachments.list(record.id))

    def beside(self, person: Person) -> None:
        """Write what is held of a person beside the person's own requests."""
        tx, rows = self._tx, set(person.mails)
        mails = (tx.messages.get(row) for row in sorted(rows))
        self._mails_in("beside", [mail for mail in mails if mail is not None])
        ours = (tx.outbox.get(one) for one in person.held.sent)
        self._mails_out("beside", [mail for mail in ours if mail is not None])
        notes = [
            note
            for one in person.held.joined
            for note in tx.notes.list(one)
            if note.message_id in rows
        ]
        answers = [
            revision
            for one in person.held.joined
            for revision in tx.revisions.all(one)
            if revision.message_id in rows
        ]
        self.json("beside/notes.json", notes)
        self.json("beside/answers.json", answers)
        forgotten, kept = numbers_of_person(self._work, person)
        numbers = (tx.numbers.get(number) for number in (*forgotten, *kept))
        self.json("beside/numbers.json", [row for row in numbers if row is not None])
        self.json("beside/log.json", tx.staff_log.about([person.address, *forgotten, *kept]))

    def _mails_in(self, folder: str, rows: Iterable[MessageRecord]) -> None:
        new = [row for row in rows if row.id not in self._written]
        self._written.update(row.id for row in new)
        self.json(f"{folder}/mails-in.json", new)
        for number, row in enumerate(new, 1):
            self._blob(f"{folder}/mails-in/{number:03d}.eml", row.sha256)

    def _mails_out(self, folder: str, rows: Iterable[OutboxRecord]) -> None:
        new = [row for row in rows if row.id not in self._written]
        self._written.update(row.id for row in new)
        listed = [
            {name: to_plain(getattr(row, name)) for name in _OF_OURS}
            | {"created_at": to_plain(row.created_at), "sent_at": to_plain(row.sent_at)}
            for row in new
        ]
        self.json(f"{folder}/mails-out.json", listed)
        for number, row in enumerate(new, 1):
            if row.content:
                self.text(f"{folder}/mails-out/{number:03d}.txt", _plain_text(row.content))

    def _files(self, folder: str, rows: Sequence[AttachmentRecord]) -> None:
        self.json(f"{folder}/files.json", rows)
        for number, row in enumerate(rows, 1):
            self._blob(f"{folder}/files/{number:03d} {_safe(row.name)}", row.sha256)

    def _blob(self, name: str, sha256: str) -> None:
        """Write a blob; one that was given up before is left out."""
        if not sha256 or not self._work.services.blobs.exists(sha256):
            return
        try:
            content = self._work.services.blobs.get(sha256)
        except PipelineError as error:
            self.text(f"{name}.txt", words.explain(error) + "\n")
            return
        self._archive.writestr(name, content)


def _without_text(row: CertificateRecord) -> dict[str, Any]:
    return {name: to_plain(getattr(row, name)) for name in _OF_CERTIFICATES}


def _plain_text(content: bytes) -> str:
    """Return the text of a mail of ours."""
    body = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    text: str = body.get_content() if body is not None else ""
    return text


def _safe(name: str) -> str:
    """Return a file name that leads nowhere."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(sign if sign.isalnum() or sign in " .-_()" else "_" for sign in last)
    return kept.strip(" .")[-_LONGEST_NAME:] or "file"
