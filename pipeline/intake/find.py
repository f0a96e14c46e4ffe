"""Find the forms among what a message carries; say of the rest why it could not be one."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.intake.limits import (
    FILE_BYTES,
    MAX_FILES,
    SMALL_IMAGE_BYTES,
    XLSX_LIMITS,
    ZIP_LIMITS,
    Archive,
    ArchiveRefusedError,
    too_big,
)
from pipeline.intake.magic import Kind, tell
from pipeline.intake.tnef import tnef_files
from pipeline.model.form import FileFormat, FormFile
from pipeline.model.message import Attachment, InboundMessage
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import UnreadableFile

_SILENT_TYPES = re.compile(
    r"message/|text/(?:plain|html|calendar|x?-?vcard|directory|rfc822-headers|x-amp-html|enriched)|"
    r"application/(?:x-)?pkcs7|application/pgp|application/ics|multipart/|audio/|video/"
)
_CSV_NAME = re.compile(r"\.(?:csv|tsv)\Z", re.IGNORECASE)
_CSV_TYPES = {"text/csv", "text/tab-separated-values", "application/csv"}
_LOGO_NAME = re.compile(
    r"(?:image\d{3}|outlook-.{4,40}|logo.{0,20})\.(?:png|jpe?g|gif|bmp)\Z", re.IGNORECASE
)
_FORMATS = {Kind.XLSX: FileFormat.XLSX, Kind.PDF: FileFormat.PDF}
_CODES = {
    Kind.EMPTY: "file_damaged",
    Kind.DAMAGED: "file_damaged",
    Kind.PASSWORD: "file_password",
    Kind.REFUSED: "file_refused",
    Kind.PROGRAM: "file_refused",
    Kind.MACRO: "file_macro",
    Kind.IMAGE: "file_scanned",
}
_SERIOUS = frozenset({Kind.DAMAGED, Kind.PASSWORD, Kind.REFUSED, Kind.MACRO})
"""Kinds that are told even when another file of the mail is a form: they may be a second one."""
#: What can be saved as xlsx with its answers.
_SPREADSHEET_TYPES = {Kind.EXCEL_97: "excel_97", Kind.OPENDOCUMENT: "opendocument"}
_OTHER_TYPES = {Kind.WORD: "word", Kind.ARCHIVE: "archive", Kind.ZIP: "archive"}


@dataclass(frozen=True, slots=True)
class FoundForms:
    """What a message carries.

    ``forms`` may be forms; ``unreadable`` are files that the customer is told of; ``other_files``
    are the names of all other files, for staff.
    """

    forms: tuple[FormFile, ...]
    unreadable: tuple[UnreadableFile, ...]
    other_files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    content: bytes
    position: int
    attachment: Attachment
    csv: bool = False


@dataclass(slots=True)
class _Finds:
    forms: dict[str, FormFile] = field(default_factory=dict)
    serious: list[UnreadableFile] = field(default_factory=list)
    lesser: list[UnreadableFile] = field(default_factory=list)
    other: list[str] = field(default_factory=list)


def find_forms(message: InboundMessage) -> FoundForms:
    """Return the files of ``message`` that may be forms, and what is wrong with the others.

    A zip and a winmail.dat are opened one level deep. Pictures of a signature are never a problem,
    and pictures, documents and the like are none when there is a form beside them; several files
    with the same problem are told of once.
    """
    finds = _Finds()
    for attachment in message.attachments:
        for file in _opened(attachment, finds):
            _sort(file, finds)
    told = {} if finds.forms else {file.problem: file for file in reversed(finds.lesser)}
    passed_over = [file.file_name for file in finds.lesser if file not in told.values()]
    unreadable = [*finds.serious, *(file for file in finds.lesser if file in told.values())]
    return FoundForms(tuple(finds.forms.values()), tuple(unreadable), (*finds.other, *passed_over))


def find_in_file(name: str, content: bytes) -> FormFile | UnreadableFile:
    """Return the form that a file of its own is, or what is wrong with it.

    Here a picture is an answer too: nobody hands over a signature's picture by itself.
    """
    digest = hashlib.sha256(content).hexdigest()
    attachment = Attachment(0, name, "application/octet-stream", content, digest)
    finds = _Finds()
    for file in _opened(attachment, finds):
        _sort(file, finds)
    if finds.forms:
        return next(iter(finds.forms.values()))
    refused = [*finds.serious, *finds.lesser]
    return refused[0] if refused else _unreadable(name, tell(content))


def _opened(attachment: Attachment, finds: _Finds) -> Iterator[_File]:
    """Yield the file itself, or the files inside it."""
    file = _File(
        attachment.file_name,
        attachment.content,
        attachment.position,
        attachment,
        csv=_is_csv(attachment.file_name, attachment.content_type),
    )
    kind = tell(file.content)
    if kind is Kind.ZIP:
        yield from _inside_zip(file, finds)
    elif kind is Kind.TNEF and (inside := tnef_files(file.content)):
        for item in inside:
            yield _inner(file, item.name, item.content)
    else:
        yield file


def _inner(outer: _File, name: str, content: bytes) -> _File:
    short = re.sub(r"[\x00-\x1f\x7f]", "", name.replace("\\", "/").rpartition("/")[2])[:255]
    return _File(short, content, outer.position, outer.attachment, csv=_is_csv(short, ""))


def _inside_zip(outer: _File, finds: _Finds) -> Iterator[_File]:
    try:
        archive = Archive(outer.content, ZIP_LIMITS)
        names = [name for name in archive.names if not _is_litter(name)]
        if not names or len(names) > MAX_FILES:
            finds.lesser.append(_unreadable(outer.name, Kind.ZIP))
            return
        for name in names:
            yield _inner(outer, archive.shown_name(name), archive.read(name))
    except ArchiveRefusedError as refusal:
        finds.serious.append(_unreadable(outer.name, Kind(refusal.why)))


def _is_litter(name: str) -> bool:
    """Whether an entry is what operating systems leave in archives."""
    last = name.rpartition("/")[2]
    return name.startswith("__MACOSX/") or last in {".DS_Store", "Thumbs.db", "desktop.ini"}


def _is_csv(name: str, content_type: str) -> bool:
    return bool(_CSV_NAME.search(name)) or content_type in _CSV_TYPES


def _sort(file: _File, finds: _Finds) -> None:
    if problem := too_big(len(file.content), FILE_BYTES):
        finds.serious.append(UnreadableFile(file.name, problem))
        return
    kind = tell(file.content)
    if kind is Kind.XLSX and (refusal := _xlsx_refusal(file.content)):
        kind = refusal
    if kind in _FORMATS:
        digest = hashlib.sha256(file.content).hexdigest()
        form = FormFile(file.name, file.content, _FORMATS[kind], digest, file.position)
        finds.forms.setdefault(digest, form)
    elif _is_passed_over(file, kind):
        if file.name:
            finds.other.append(file.name)
    elif file.csv and kind is Kind.UNKNOWN:
        finds.lesser.append(_unreadable(file.name, kind, "csv"))
    elif kind in _SERIOUS:
        finds.serious.append(_unreadable(file.name, kind))
    else:
        finds.lesser.append(_unreadable(file.name, kind))


def _xlsx_refusal(content: bytes) -> Kind | None:
    try:
        Archive(content, XLSX_LIMITS)
    except ArchiveRefusedError as refusal:
        return Kind(refusal.why)
    return None


def _is_passed_over(file: _File, kind: Kind) -> bool:
    """Whether a file is neither a form nor meant as one: signatures, cards, invitations, logos."""
    from_zip = file.content is not file.attachment.content
    if kind is Kind.IMAGE:
        small = len(file.content) <= SMALL_IMAGE_BYTES
        return (
            (file.attachment.inline and not from_zip) or small or bool(_LOGO_NAME.match(file.name))
        )
    if kind in {Kind.UNKNOWN, Kind.EMPTY} and not from_zip and not file.csv:
        silent = _SILENT_TYPES.match(file.attachment.content_type)
        return bool(silent) or (kind is Kind.EMPTY and file.attachment.inline)
    return False


def _unreadable(name: str, kind: Kind, type_key: str = "") -> UnreadableFile:
    if kind in _CODES:
        return UnreadableFile(name, Problem(_CODES[kind], Severity.ERROR))
    if kind in _SPREADSHEET_TYPES:
        code, told = "file_type", _SPREADSHEET_TYPES[kind]
    else:
        code, told = "file_other", type_key or _OTHER_TYPES.get(kind, "unknown")
    return UnreadableFile(name, Problem(code, Severity.ERROR, params=(("type", told),)))
