"""Find the forms among what a message carries; say of the rest why it could not be one."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from pipeline.errors import RefusedError
from pipeline.intake.limits import (
    DEEPEST,
    FILE_BYTES,
    MAX_FILES,
    OPENED_BYTES,
    OPENED_FILES,
    SMALL_IMAGE_BYTES,
    XLSX_LIMITS,
    ZIP_LIMITS,
    Archive,
    ArchiveRefusedError,
    too_big,
)
from pipeline.intake.magic import Kind, tell
from pipeline.model.form import FileFormat, FormFile
from pipeline.model.message import Attachment, InboundMessage
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import UnreadableFile

_SILENT_TYPES = re.compile(
    r"message/|text/(?:plain|html|calendar|x?-?vcard|directory|rfc822-headers|x-amp-html|enriched)|"
    r"application/(?:x-)?pkcs7|application/pgp|application/ics|application/applefile|"
    r"multipart/|audio/|video/"
)
_CSV_NAME = re.compile(r"\.(?:csv|tsv)\Z", re.IGNORECASE)
_CSV_TYPES = {"text/csv", "text/tab-separated-values", "application/csv"}
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters of control and direction: a name is shown, and may become that of a saved file."""
_LOGO_NAME = re.compile(
    r"(?:image\d{3}|outlook-.{4,40}|logo.{0,20})\.(?:png|jpe?g|gif|bmp)\Z", re.IGNORECASE
)
_FORMATS = {Kind.XLSX: FileFormat.XLSX, Kind.PDF: FileFormat.PDF}
_CODES = {
    Kind.EMPTY: "file_damaged",
    Kind.DAMAGED: "file_damaged",
    Kind.PASSWORD: "file_password",
    Kind.LABEL_PROTECTED: "file_label_protected",
    Kind.SEALED_MAIL: "file_encrypted_mail",
    Kind.REFUSED: "file_refused",
    Kind.PROGRAM: "file_refused",
    Kind.MACRO: "file_macro",
    Kind.IMAGE: "file_scanned",
}
_SERIOUS = frozenset(
    {Kind.DAMAGED, Kind.PASSWORD, Kind.LABEL_PROTECTED, Kind.SEALED_MAIL, Kind.REFUSED, Kind.MACRO}
)
"""Kinds that are told even when another file of the mail is a form: they may be a second one."""
_WORTH_OPENING = frozenset({Kind.XLSX, Kind.PDF, Kind.ZIP, Kind.TNEF, Kind.OUTLOOK})
_PDF_FILES = (b"/EmbeddedFile", b"/Filespec", b"/EF", b"/Params")
"""What stands in clear in a PDF with files: their streams cannot be packed into other objects."""
_SAMPLE = 5_000
_SCRIPTS = (
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3041-\u3096\u30a1-\u30fa]")),
    ("zh", re.compile("[\u4e00-\u9fff]{2}")),
    ("ru", re.compile("[\u0410-\u044f]{3}")),
)
#: What can be saved as xlsx with its answers.
_SPREADSHEET_TYPES = {
    Kind.EXCEL_97: "excel_97",
    Kind.XLSB: "xlsb",
    Kind.SHEET_MARKUP: "sheet_markup",
    Kind.OPENDOCUMENT: "opendocument",
    Kind.NUMBERS: "numbers",
}
#: What is only a way to a file.
_LINK_TYPES = {Kind.GOOGLE_LINK: "google_link", Kind.LINK: "link"}
_OTHER_TYPES = {
    Kind.WORD: "word",
    Kind.OPENDOCUMENT_TEXT: "opendocument_text",
    Kind.PAGES: "pages",
    Kind.ARCHIVE: "archive",
    Kind.ZIP: "archive",
}


@dataclass(frozen=True, slots=True)
class FoundForms:
    """What a message carries.

    ``forms`` may be forms; ``unreadable`` are files that the customer is told of; ``other_files``
    are the names of all other files, for staff.
    """

    forms: tuple[FormFile, ...]
    unreadable: tuple[UnreadableFile, ...]
    other_files: tuple[str, ...]


OpenMail = Callable[[bytes], tuple[Attachment, ...]]
"""Returns the files of a saved mail or a signed wrapper; nothing for bytes that are neither."""


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    content: bytes
    position: int
    attachment: Attachment
    kind: Kind
    csv: bool = False


@dataclass(slots=True)
class _Finds:
    """What was found so far, and what may still be opened."""

    open_mail: OpenMail
    language: str = ""
    forms: dict[str, FormFile] = field(default_factory=dict)
    serious: list[UnreadableFile] = field(default_factory=list)
    lesser: list[UnreadableFile] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    files_left: int = OPENED_FILES
    bytes_left: int = OPENED_BYTES

    def may_open(self, size: int) -> bool:
        """Count a file that is about to be taken out of another; whether that is within limits."""
        self.files_left -= 1
        self.bytes_left -= size
        return self.files_left >= 0 and self.bytes_left >= 0

    def refuse(self, file: _File, kind: Kind) -> None:
        """Tell of a file that is not opened; of a bomb's many parts, the first."""
        if kind is not Kind.REFUSED or file.position not in self.refused:
            self.serious.append(_unreadable(file.name, kind))
        if kind is Kind.REFUSED:
            self.refused.add(file.position)


def _no_mail(_content: bytes) -> tuple[Attachment, ...]:
    return ()


def find_forms(message: InboundMessage, open_mail: OpenMail = _no_mail) -> FoundForms:
    """Return the files of ``message`` that may be forms, and what is wrong with the others.

    Zips, winmail.dat, mails saved by Outlook or others, and files attached to a PDF are opened, in
    each other too, within limits for the whole mail. Pictures of a signature are never a problem,
    and pictures, documents and the like are none when there is a form beside them; several files
    with the same problem are told of once.
    """
    finds = _Finds(open_mail, language_of(message))
    for attachment in message.attachments:
        for file in _opened(_outermost(attachment), finds):
            _sort(file, finds)
    if "encrypted" in message.defects:
        finds.lesser.insert(0, UnreadableFile("", Problem("file_encrypted_mail", Severity.ERROR)))
    told = {} if finds.forms else {file.problem: file for file in reversed(finds.lesser)}
    passed_over = [file.file_name for file in finds.lesser if file not in told.values()]
    unreadable = [*finds.serious, *(file for file in finds.lesser if file in told.values())]
    other = tuple(name for name in (*finds.other, *passed_over) if name)
    return FoundForms(tuple(finds.forms.values()), tuple(unreadable), other)


def find_in_file(
    name: str, content: bytes, open_mail: OpenMail = _no_mail
) -> tuple[FormFile, ...] | UnreadableFile:
    """Return what may be the form in a file of its own, or what is wrong with it.

    That is the file itself, what is packed in it, or both (a PDF may have a form inside). Here a
    picture is an answer too: nobody hands over a signature's picture by itself.
    """
    digest = hashlib.sha256(content).hexdigest()
    attachment = Attachment(0, name, "application/octet-stream", content, digest)
    finds = _Finds(open_mail)
    for file in _opened(_outermost(attachment), finds):
        _sort(file, finds)
    if finds.forms:
        return tuple(finds.forms.values())
    refused = [*finds.serious, *finds.lesser]
    return refused[0] if refused else _unreadable(name, tell(content))


def files_of(message: InboundMessage, open_mail: OpenMail = _no_mail) -> tuple[Attachment, ...]:
    """Return all files of ``message`` as they came, and behind each of them what is packed in it.

    The limits are those of :func:`find_forms`; a name may be empty.
    """
    finds = _Finds(open_mail, language_of(message))
    found: list[Attachment] = []
    for attachment in message.attachments:
        found.append(replace(attachment, position=len(found)))
        for file in _opened(_outermost(attachment), finds):
            if file.content is not attachment.content:
                digest = hashlib.sha256(file.content).hexdigest()
                found.append(Attachment(len(found), file.name, "", file.content, digest))
    return tuple(found)


def _outermost(attachment: Attachment) -> _File:
    return _File(
        attachment.file_name,
        attachment.content,
        attachment.position,
        attachment,
        tell(attachment.content),
        csv=_is_csv(attachment.file_name, attachment.content_type),
    )


def _inner(outer: _File, name: str, content: bytes) -> _File:
    short = _UNSAFE.sub("", name.replace("\\", "/").rpartition("/")[2]).strip()[:255]
    short = short if short.strip(". ") else ""
    csv = _is_csv(short, "")
    return _File(short, content, outer.position, outer.attachment, tell(content), csv=csv)


def _opened(file: _File, finds: _Finds, depth: int = 0) -> Iterator[_File]:
    """Yield the file itself, or the files inside it, or both where it may be a form as well."""
    inside = _inside(file, finds) if depth < DEEPEST else None
    if inside is None:
        yield file
        return
    if file.kind is Kind.PDF:
        yield file
    for item in inside:
        yield from _opened(item, finds, depth + 1)


def _inside(file: _File, finds: _Finds) -> Iterable[_File] | None:
    """Return the files inside ``file``; None for one that is opened no further."""
    if file.kind is Kind.ZIP:
        return _inside_zip(file, finds)
    if file.kind is Kind.TNEF:
        from pipeline.intake.tnef import tnef_files  # noqa: PLC0415 - few mails have one

        pairs = [(item.name, item.content) for item in tnef_files(file.content)]
        return _within_limits(file, pairs, finds) if pairs else None
    if file.kind is Kind.OUTLOOK:
        from pipeline.intake.outlook import outlook_files  # noqa: PLC0415 - few mails have one

        pairs = [(item.name, item.content) for item in outlook_files(file.content)]
        return _within_limits(file, pairs, finds) if pairs else None
    if file.kind is Kind.PDF:
        return _attached_to_pdf(file, finds)
    return _of_mail(file, finds) if file.kind is Kind.UNKNOWN else None


def _inside_zip(outer: _File, finds: _Finds) -> Iterator[_File]:
    try:
        archive = Archive(outer.content, ZIP_LIMITS)
        names = [name for name in archive.names if not _is_litter(name)]
        if not names or len(names) > MAX_FILES:
            finds.lesser.append(_unreadable(outer.name, Kind.ZIP))
            return
        for name in names:
            if not finds.may_open(archive.size(name)):
                finds.refuse(outer, Kind.REFUSED)
                return
            yield _inner(outer, archive.shown_name(name, finds.language), archive.read(name))
    except ArchiveRefusedError as refusal:
        finds.refuse(outer, Kind(refusal.why))


def _within_limits(
    outer: _File, pairs: Iterable[tuple[str, bytes]], finds: _Finds
) -> Iterator[_File]:
    for name, content in pairs:
        if not finds.may_open(len(content)):
            finds.refuse(outer, Kind.REFUSED)
            return
        yield _inner(outer, name, content)


def _attached_to_pdf(outer: _File, finds: _Finds) -> Iterable[_File] | None:
    """Return the files attached to a PDF that may be forms; the others belong to the document."""
    if not any(mark in outer.content for mark in _PDF_FILES):
        return None
    from pipeline.forms.pdf.embedded import embedded_files  # noqa: PLC0415 - slow to import

    files = embedded_files(outer.content, max(finds.bytes_left, 0))
    pairs = [(file.name, file.content) for file in files]
    inside = list(_within_limits(outer, pairs, finds))
    finds.other += [file.name for file in inside if file.kind not in _WORTH_OPENING and file.name]
    return [file for file in inside if file.kind in _WORTH_OPENING] or None


def _of_mail(outer: _File, finds: _Finds) -> Iterable[_File] | None:
    """Return the files of a saved mail as they would come with the mail itself."""
    found: list[_File] = []
    try:
        for attachment in finds.open_mail(outer.content):
            if not finds.may_open(len(attachment.content)):
                finds.refuse(outer, Kind.REFUSED)
                break
            found.append(_outermost(replace(attachment, position=outer.position)))
    except RefusedError:
        finds.refuse(outer, Kind.REFUSED)
    return found or None


def language_of(message: InboundMessage) -> str:
    """Return the language of a mail, as its script or its header fields show it."""
    text = f"{message.subject} {message.text[:_SAMPLE]}"
    for language, letters in _SCRIPTS:
        if letters.search(text):
            return language
    return message.language


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
    kind = file.kind
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
        finds.refuse(file, kind)
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
    elif kind in _LINK_TYPES:
        code, told = "file_link", _LINK_TYPES[kind]
    else:
        code, told = "file_other", type_key or _OTHER_TYPES.get(kind, "unknown")
    return UnreadableFile(name, Problem(code, Severity.ERROR, params=(("type", told),)))
