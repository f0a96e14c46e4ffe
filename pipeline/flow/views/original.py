"""The originals of a request or a mail, and their bytes as something safe to show.

The bytes of files stay in the mail that brought them: so an original is a mail, or a file in it
named by its digest. All that reads bytes runs in the guarded child; what cannot be shown is told as
:class:`NotShown`, never raised.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ParamSpec, TypeVar

from pipeline.errors import NotFoundError, PipelineError, TryLaterError
from pipeline.flow.services import Services
from pipeline.flow.views.shown.child import described, mail_file, mail_view, text_view
from pipeline.flow.views.shown.names import safe_name
from pipeline.flow.views.shown.values import MailView, ShownFile, TextView
from pipeline.forms.shown.boxes import AnswerBox, answer_boxes
from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.forms.shown.pages import PdfPages, Picture, page_png, pdf_pages
from pipeline.forms.shown.picture import picture_png
from pipeline.forms.shown.sheet import SheetGrid, sheet_grid
from pipeline.guard import GuardError, GuardStartError, GuardStarvedError
from pipeline.logs import event
from pipeline.mailbox.scanner import InfectedError
from pipeline.model.message import Attachment
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.records import MessageRecord, RevisionRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.wording.inert import inert

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_ID = re.compile(r"(in|out)\.([0-9A-Za-z-]{1,64})(?:\.([0-9a-f]{64}))?")


class OriginalKind(StrEnum):
    """What an original is."""

    FORM = "form"
    FILE = "file"
    MAIL_IN = "mail_in"
    MAIL_OUT = "mail_out"


@dataclass(frozen=True, slots=True)
class OriginalId:
    """Names an original: the row of the mail, and the digest of a file in it (empty: the mail)."""

    row: str
    sha256: str = ""
    outgoing: bool = False

    def __str__(self) -> str:
        parts = ("out" if self.outgoing else "in", self.row, self.sha256)
        return ".".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Original:
    """One original as a list has it; nothing of its bytes was read.

    ``name`` is safe: of a file its name, of a mail its subject. ``revisions`` are the numbers of
    the revisions whose answers were read in a form. ``is_there`` tells whether its bytes are kept.
    """

    id: str
    kind: OriginalKind
    name: str
    at: datetime
    revisions: tuple[int, ...]
    is_there: bool


@dataclass(frozen=True, slots=True)
class KeptBytes:
    """The bytes of an original, to be taken down as ``application/octet-stream``."""

    content: bytes
    file: ShownFile


def read_id(text: str) -> OriginalId | None:
    """Return the original that ``text`` names; None when it names none."""
    found = _ID.fullmatch(text)
    return OriginalId(found[2], found[3] or "", found[1] == "out") if found else None


def originals_of_request(tx: Transaction, request_id: str) -> tuple[Original, ...]:
    """Return the originals of a request: its forms, its mails and their files, oldest first."""
    messages = {row.id: row for row in tx.messages.of_request(request_id)}
    read: dict[tuple[str, str], list[RevisionRecord]] = {}
    for revision in tx.revisions.all(request_id):
        if revision.message_id and revision.sha256:
            read.setdefault((revision.message_id, revision.sha256), []).append(revision)
    found = [_form(messages.get(key[0]), key, rows) for key, rows in read.items()]
    seen = set(read)
    for file in tx.attachments.list(request_id):
        key = (file.message_row or "", file.sha256)
        if file.made_by_us or key in seen or key[0] not in messages:
            continue  # what we made is in the mail that it went out with
        seen.add(key)
        found.append(_file(messages[key[0]], file.name, file.sha256))
    found += [_mail_in(row) for row in messages.values()]
    found += [_mail_out(row) for row in tx.outbox.of_request(request_id)]
    return tuple(sorted(found, key=lambda original: original.at))


def originals_of_message(tx: Transaction, message: str) -> tuple[Original, ...]:
    """Return the original of a mail of the ledger; its files are told when it is shown."""
    row = tx.messages.get(message)
    return (_mail_in(row),) if row else ()


def places_of(tx: Transaction, request_id: str, sha256: str) -> Mapping[str, str]:
    """Return field → where its latest reading was found in the form with this digest."""
    for revision in reversed(tx.revisions.all(request_id)):
        if revision.sha256 == sha256:
            return {item.field: item.where for item in revision.readings if item.where}
    return {}


def show_mail(services: Services, original: OriginalId) -> MailView | NotShown:
    """Return a mail as people see it; where its HTML cannot be read within limits, without it."""
    raw = _mail_bytes(services, original)
    if isinstance(raw, NotShown):
        return raw
    found = _guarded(services, mail_view, raw, with_html=True)
    if isinstance(found, NotShown) and found.why in {WhyNot.TOO_LARGE, WhyNot.UNSAFE}:
        return _guarded(services, mail_view, raw, with_html=False)
    return found


def show_pages(services: Services, original: OriginalId) -> PdfPages | NotShown:
    """Return how many pages a PDF has, and their sizes."""
    return _shown(services, original, lambda raw: _guarded(services, pdf_pages, raw))


def show_page(
    services: Services, original: OriginalId, page: int, width: int
) -> Picture | NotShown:
    """Return a page of a PDF (from 0) as PNG, its fields drawn as filled."""
    return _shown(services, original, lambda raw: _guarded(services, page_png, raw, page, width))


def show_boxes(
    services: Services, original: OriginalId, places: Mapping[str, str]
) -> tuple[AnswerBox, ...] | NotShown:
    """Return where the answers of a PDF stand; ``places`` are those of :func:`places_of`."""
    wanted = dict(places)
    return _shown(services, original, lambda raw: _guarded(services, answer_boxes, raw, wanted))


def show_sheet(
    services: Services, original: OriginalId, places: Mapping[str, str]
) -> SheetGrid | NotShown:
    """Return a workbook as grids; ``places`` are those of :func:`places_of`, or empty."""
    wanted = dict(places)
    return _shown(services, original, lambda raw: _guarded(services, sheet_grid, raw, wanted))


def show_picture(services: Services, original: OriginalId) -> Picture | NotShown:
    """Return a picture, made anew from its pixels."""
    return _shown(services, original, lambda raw: _guarded(services, picture_png, raw))


def show_text(services: Services, original: OriginalId) -> TextView | NotShown:
    """Return a file of text."""
    return _shown(services, original, lambda raw: _guarded(services, text_view, raw))


def kept_bytes(services: Services, original: OriginalId) -> KeptBytes | NotShown:
    """Return the bytes of an original, and what they are (``secret``: name who took them).

    A mail is what it is, with all that its views leave out: so it always is secret.
    """
    if original.sha256:
        file = _file_bytes(services, original)
        if isinstance(file, NotShown):
            return file
        told = _guarded(services, described, file.file_name, file.content)
        return told if isinstance(told, NotShown) else KeptBytes(file.content, told)
    raw = _mail_bytes(services, original)
    if isinstance(raw, NotShown):
        return raw
    told = _guarded(services, described, f"{original}.eml", raw)
    return told if isinstance(told, NotShown) else KeptBytes(raw, replace(told, secret=True))


def _shown(
    services: Services, original: OriginalId, show: Callable[[bytes], Result | NotShown]
) -> Result | NotShown:
    file = _file_bytes(services, original)
    return file if isinstance(file, NotShown) else show(file.content)


def _file_bytes(services: Services, original: OriginalId) -> Attachment | NotShown:
    """Return a file of a mail: the mail is opened in the guarded child."""
    if not original.sha256:
        return NotShown(WhyNot.NO_PREVIEW)
    raw = _mail_bytes(services, original)
    if isinstance(raw, NotShown):
        return raw
    return _guarded(services, mail_file, raw, original.sha256)


def _mail_bytes(services: Services, original: OriginalId) -> bytes | NotShown:
    """Return the bytes of a mail, once the scanner has looked at what came from outside."""
    with services.store.read() as tx:
        if original.outgoing:
            mail = tx.outbox.get(original.row)
            return mail.content if mail and mail.content else NotShown(WhyNot.GONE)
        row = tx.messages.get(original.row)
    if row is None or not row.sha256 or row.withheld:
        return NotShown(WhyNot.GONE)
    return _of_ledger(services, row.sha256)


def _of_ledger(services: Services, sha256: str) -> bytes | NotShown:
    try:
        raw = services.blobs.get(sha256)
        if services.scanner is not None:
            services.scanner.scan(raw)
    except NotFoundError:
        return NotShown(WhyNot.GONE)
    except InfectedError:
        return NotShown(WhyNot.INFECTED)
    except TryLaterError:
        return NotShown(WhyNot.BUSY)
    except PipelineError:  # its bytes were damaged on the disk, or the scanner is set up wrongly
        return NotShown(WhyNot.FAILED)
    return raw


def _guarded(
    services: Services,
    function: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result | NotShown:
    """Run ``function`` in the guarded child; what goes wrong there is told as data."""
    try:
        return services.guard.call(function, *args, **kwargs)
    except (GuardStartError, GuardStarvedError):
        return NotShown(WhyNot.BUSY)
    except GuardError as error:
        event("views", "not_shown", reason=error.reason, detail=error.detail)
        return NotShown(_WHY.get(error.reason, WhyNot.FAILED))


_WHY = {
    "memory": WhyNot.TOO_LARGE,
    "cpu": WhyNot.TOO_LARGE,
    "time": WhyNot.TOO_LARGE,
    "crash": WhyNot.UNSAFE,
}


def _form(
    message: MessageRecord | None, key: tuple[str, str], rows: list[RevisionRecord]
) -> Original:
    first = rows[0]
    return Original(
        str(OriginalId(*key)),
        OriginalKind.FORM,
        safe_name(first.file_name),
        first.received_at,
        tuple(row.seq for row in rows),
        is_there=bool(message and message.has_bytes),
    )


def _file(message: MessageRecord, name: str, sha256: str) -> Original:
    return Original(
        str(OriginalId(message.id, sha256)),
        OriginalKind.FILE,
        safe_name(name),
        message.fetched_at,
        (),
        is_there=message.has_bytes,
    )


def _mail_in(row: MessageRecord) -> Original:
    return Original(
        str(OriginalId(row.id)),
        OriginalKind.MAIL_IN,
        inert(row.subject),
        row.fetched_at,
        (),
        is_there=bool(row.sha256) and not row.withheld,
    )


def _mail_out(row: OutboxRecord) -> Original:
    return Original(
        str(OriginalId(row.id, outgoing=True)),
        OriginalKind.MAIL_OUT,
        inert(row.subject),
        row.sent_at or row.created_at,
        (),
        is_there=bool(row.content),
    )
