"""Read the bytes of messages in the guarded child, ahead of the transaction that needs them."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Self

from pipeline.errors import TryLaterError
from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.begin import FirstLook, first_look
from pipeline.flow.inbound.child import read_message
from pipeline.flow.services import Services
from pipeline.guard import GuardError, GuardStartError
from pipeline.mailbox.authentication.own_check import fetch_keys, keys_wanted, signing_domains
from pipeline.mailbox.header_block import HEADER_BYTES
from pipeline.model.message import InboundMessage
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import UnreadableFile
from pipeline.store.records import MessageRecord

_MEGABYTE = 1_000_000


def read_header(services: Services, header: bytes) -> ReadMessage:
    """Read the header of a mail over the size limit, in the guarded child.

    Of what stands in the mail nothing is known, so that no signature can be verified. Raises
    GuardError.
    """
    read = services.guard.call(read_message, header)
    cut = ("headers_cut",) if len(header) >= HEADER_BYTES else ()
    message = replace(
        read.message,
        text="",
        new_text="",
        attachments=(),
        report_text="",
        defects=tuple(dict.fromkeys((*read.message.defects, *cut))),
    )
    limit = services.settings.mailbox.message_bytes // _MEGABYTE
    problem = Problem("file_big", Severity.ERROR, params=(("n", limit),))
    looked = None if services.settings.sender.dkim == "off" else ()
    return ReadMessage(message, (), (UnreadableFile("", problem),), (), signed_by=looked)


def read_guarded(services: Services, raw: bytes) -> ReadMessage:
    """Read a mail in the guarded child, after the scanner has looked at it, if there is one.

    Raises InfectedError, and nothing of the mail is opened then; ConfigurationError and
    TryLaterError of :meth:`Scanner.scan`; ConfigurationError ``dkim_library``; GuardError.
    """
    if services.scanner is not None:
        services.scanner.scan(raw)
    read = services.guard.call(read_message, raw)
    if services.settings.sender.dkim == "off":
        return read
    return replace(read, signed_by=_signed_by(services, raw, read.message))


def _signed_by(services: Services, raw: bytes, message: InboundMessage) -> tuple[str, ...]:
    """Verify the signatures of a mail that no server of ours has judged."""
    names = keys_wanted(message, services.sender_policy)
    keys = fetch_keys(names, services.txt_record)
    if not keys:
        return ()
    try:
        return services.guard.call(signing_domains, raw, message.senders[0].address, keys)
    except GuardStartError:
        raise
    except GuardError:
        return ()  # what cannot be verified within the limits is not verified


class Reading:
    """What the guarded child read, by the row of the message; of one portion at a time.

    A message that could not be read keeps its error, which is raised when its turn comes: so a
    message is given to the child once, however often its transaction is run. The next messages are
    read in two threads while others are processed; leaving the block gives up what is not begun.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._found: dict[str, ReadMessage | Exception] = {}
        self._coming: dict[str, Future[ReadMessage | Exception]] = {}
        self._looks: dict[str, FirstLook] = {}
        # they start with the first jobs: one waits for the child, the other brings it the next mail
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="reading")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def meanwhile(self, rows: Sequence[MessageRecord]) -> None:
        """Begin to read ``rows`` and return at once; an error shows when they are asked for."""
        for row in rows:
            if not row.withheld and row.id not in self._coming and row.id not in self._found:
                self._coming[row.id] = self._threads.submit(self._read, row)

    def ahead(self, rows: Sequence[MessageRecord]) -> None:
        """Read ``rows``, or wait until they are, and take a first look at each.

        Looking at them one right after the other costs half of what it costs between other work,
        and holds up nobody who waits for the database. The child reads on meanwhile. Raises
        TryLaterError ``reader_not_started``.
        """
        self.meanwhile(rows)
        for row in rows:
            if not row.withheld:
                self._result(row)
                self._look(row)

    def read(self, row: MessageRecord) -> ReadMessage:
        """Return what stands in the message of ``row``, read now when it was not read ahead.

        Raises GuardError when its bytes cannot be read within the limits, TryLaterError
        ``reader_not_started`` when there is no child to read them.
        """
        found = self._result(row)
        if isinstance(found, Exception):
            raise found
        return found

    def of(self, row: MessageRecord) -> ReadMessage | Exception | None:
        """Return what is known of the message of ``row`` already; nothing is read."""
        return self._found.get(row.id)

    def look(self, row: MessageRecord) -> FirstLook | None:
        """Return the first look at the message of ``row``, if it was taken ahead."""
        return self._looks.get(row.id)

    def _look(self, row: MessageRecord) -> None:
        """Judge a message that could be read; what fails now fails again when its turn comes."""
        read = self._found[row.id]
        if isinstance(read, ReadMessage):
            with suppress(Exception):
                self._looks[row.id] = first_look(self._services, read)

    def _result(self, row: MessageRecord) -> ReadMessage | Exception:
        found = self._found.get(row.id)
        if found is None:
            coming = self._coming.pop(row.id, None)
            found = self._read(row) if coming is None else coming.result()
            self._found[row.id] = found
        return found

    def _read(self, row: MessageRecord) -> ReadMessage | Exception:
        try:
            content = self._services.blobs.get(row.sha256)
            reader = read_header if row.oversized else read_guarded
            return reader(self._services, content)
        except GuardStartError as error:
            raise TryLaterError("reader_not_started", reason=error.detail) from error
        except Exception as error:  # noqa: BLE001 - kept, and raised when the message is processed
            return error
