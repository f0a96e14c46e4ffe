"""Open the mailbox and the courier that the settings name."""

import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from pipeline.config import check_ca_file
from pipeline.errors import ConfigurationError
from pipeline.flow.services import Services
from pipeline.mailbox.protocol import Mailbox
from pipeline.meta.api import Graph
from pipeline.notifications.courier import Courier


@dataclass(frozen=True, slots=True)
class ArchiveFolder:
    """The folder of the mailbox that gets a copy of each sent mail."""

    mailbox: Mailbox
    folder: str
    #: the copy is made after the server's yes: a worker that vanishes in between leaves none
    is_complete = False

    def __call__(self, raw: bytes) -> None:
        """Put a copy into the folder."""
        self.mailbox.append(self.folder, raw)

    def holds(self, message_id: str) -> bool:
        """Return whether the mail with the Message-ID went out, as far as the folder knows."""
        return self.mailbox.holds(self.folder, message_id)


@dataclass(frozen=True, slots=True)
class DeliveredCopies:
    """The copies of sent mail that the server itself delivers to our own mailbox."""

    mailbox: Mailbox
    is_complete = True

    def __call__(self, raw: bytes) -> None:
        """Do nothing: whoever took the mail delivers the copy, too."""

    def holds(self, message_id: str) -> bool:
        """Return whether the mail with the Message-ID stands in any folder of our mailbox."""
        return self.mailbox.holds_anywhere(message_id)


def open_mailbox(
    services: Services, *, only_looking: bool = False
) -> AbstractContextManager[Mailbox]:
    """Return the mailbox, to be used in a ``with`` statement.

    ``only_looking``: a Maildir is left without a trace, as a server is by any look at new mail.

    Raises TryLaterError ``mailbox_unreachable`` or ConfigurationError ``mailbox_refused_login``,
    and those of the tokens (:mod:`pipeline.tokens`) when it is used.
    """
    settings = services.settings.mailbox
    if settings.kind == "maildir":
        from pipeline.mailbox.maildir import MaildirMailbox  # noqa: PLC0415 - one of two

        return MaildirMailbox(
            settings.address,
            services.settings.below_home(settings.path),
            folder=settings.folder,
            only_looking=only_looking,
        )
    from pipeline.mailbox.imap.mailbox import ImapAccess, ImapMailbox  # noqa: PLC0415 - slow to import

    if not settings.host or not settings.user:
        raise ConfigurationError("mailbox_not_set", key="mailbox.host, mailbox.user")
    check_ca_file(settings.ca_file)
    bearer = services.bearer if services.settings.mailbox_has_token() else None
    access = ImapAccess(
        account=f"{settings.user}@{settings.host}",
        host=settings.host,
        port=settings.port,
        user=settings.user,
        security="plain" if settings.encryption == "none" else settings.encryption,
        password=None if bearer else settings.password.text,
        bearer=bearer,
        folder=settings.folder,
        timeout_seconds=settings.timeout_seconds,
        ca_file=settings.ca_file or None,
    )
    return ImapMailbox(access)


@contextmanager
def open_graph(services: Services) -> Iterator[Graph]:
    """Yield Meta's Graph API for the account of the settings; it connects when first used.

    Raises ConfigurationError when the token or the file of authorities cannot be read.
    """
    from pipeline.meta.client import open_graph as opened  # noqa: PLC0415 - HTTP is slow to import

    check_ca_file(services.settings.meta.ca_file, "meta.ca_file")
    with opened(services.settings.meta, services.clock) as graph:
        yield graph


@contextmanager
def open_courier(
    services: Services,
) -> Iterator[tuple[Courier, ArchiveFolder | DeliveredCopies | None]]:
    """Yield the courier, and the archive of sent mail (or None); both connect when first used."""
    settings = services.settings.courier
    courier: Courier
    if settings.kind == "maildir":
        from pipeline.notifications.maildir import MaildirCourier  # noqa: PLC0415 - one of two

        courier = MaildirCourier(services.settings.below_home(settings.path))
    else:
        from pipeline.notifications.smtp import SmtpCourier, SmtpServer  # noqa: PLC0415

        if not settings.host:
            raise ConfigurationError("courier_not_set", key="courier.host")
        check_ca_file(settings.ca_file, "courier.ca_file")
        own = ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else None
        courier = SmtpCourier(
            SmtpServer(
                host=settings.host,
                port=settings.port,
                encryption=settings.encryption,
                user=settings.user,
                password=settings.password.text(),
                time_scale=settings.time_scale,
                tls=own,
                bearer=services.bearer if services.settings.courier_has_token() else None,
                copy_to=services.settings.mailbox.address if settings.archive == "bcc" else "",
            )
        )
    try:
        if settings.archive == "folder" and not settings.archive_folder:
            yield courier, None
            return
        with open_mailbox(services) as mailbox:
            if settings.archive == "bcc":
                yield courier, DeliveredCopies(mailbox)
            else:
                yield courier, ArchiveFolder(mailbox, settings.archive_folder)
    finally:
        courier.close()
