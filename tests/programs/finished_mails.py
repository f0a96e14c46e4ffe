"""Our notices as whole mails, with headers and files, as they lie in the outbox."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline.model.notice import MailFile, OutboundMessage, Thread
from pipeline.notifications.headers import SenderIdentity, assemble
from pipeline.notifications.preview.samples import Sample, samples

LANGUAGES = ("en", "ja", "de")
_KEY = b"k" * 32
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ics": "text/calendar",
}
_SENDER = SenderIdentity("", "GenesysCloudWhatsAppRequests@genesys.com")


@cache
def one_of_each(language: str) -> tuple[Sample, ...]:
    """Return one sample of each document."""
    return tuple(sample for sample in samples(language) if not sample.case)


def finished(sample: Sample) -> OutboundMessage:
    """Return the mail of ``sample``; its files hold their names."""
    files = tuple(
        MailFile(name, _TYPES[name.rpartition(".")[2]], name.encode() * 20 + b"\n")
        for name in sample.facts.files
    )
    return assemble(
        sample.compose(),
        notice_key=sample.name,
        reference=sample.facts.reference,
        recipient="aiko.tanaka@customer.example",
        sender=_SENDER,
        key=_KEY,
        thread=Thread("<form-1@customer.example>", ("<form-1@customer.example>",)),
        files=files,
        date=sample.facts.now,
    )


def written(chosen: Iterator[Sample], folder: Path) -> tuple[Path, ...]:
    """Write the mails of ``chosen`` into ``folder``, each named by what it is."""
    paths = []
    for sample in chosen:
        path = folder / f"{sample.name}.{sample.language}.eml"
        path.write_bytes(finished(sample).content)
        paths.append(path)
    return tuple(paths)
