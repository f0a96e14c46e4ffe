"""What the guarded child does with the bytes of a mail or a file that somebody looks at.

Nothing here knows the database or the settings.
"""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256

from pipeline.certificates.hidden import without_encoded
from pipeline.certificates.paste import PasteCode, PastedCertificate, recognise
from pipeline.errors import RefusedError
from pipeline.flow.views.shown.names import inert_lines, safe_name
from pipeline.flow.views.shown.values import HtmlFault, MailView, Preview, ShownFile, TextView
from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.forms.shown.pages import Picture
from pipeline.forms.shown.picture import picture_png
from pipeline.intake.find import files_of, find_forms
from pipeline.intake.magic import Kind, tell
from pipeline.intake.read import read_forms
from pipeline.mailbox import charsets, words
from pipeline.mailbox.body_text import html_to_text
from pipeline.mailbox.parse import enclosed_files, parse_message
from pipeline.mailbox.shown.html import SafeHtml, safe_html
from pipeline.mailbox.shown.parts import HtmlParts, html_parts
from pipeline.model.message import Attachment, InboundMessage
from pipeline.wording.inert import inert

_READ = ("From", "Sender", "To", "Cc", "Reply-To", "Subject", "Date")
_MOST_HEADERS, _LONGEST_HEADER = 300, 2_000
_MOST_TEXT = 400_000
_MOST_FILES = 300
_PICTURE_SIDE = 1_200
#: Bytes of all pictures in the HTML of a mail together, as PNG.
_MOST_PICTURES = 4_000_000
_HEAD = 4_096
_BLANK = ord(" ")
_MOST_SECRET = 100_000  # bytes; a certificate has some hundreds
_PREVIEWS = {
    Kind.PDF: Preview.PAGES,
    Kind.XLSX: Preview.SHEET,
    Kind.MACRO: Preview.SHEET,
    Kind.IMAGE: Preview.PICTURE,
}
#: Kinds that are text where their bytes are.
_TEXTS = frozenset({Kind.UNKNOWN, Kind.LINK, Kind.GOOGLE_LINK, Kind.SHEET_MARKUP})
_DER = (b"\x30\x82", b"\x30\x81")  # a sequence of more than 127 bytes (X.690, 8.1.3.5)
_HEIF = b"ftyp"  # which Pillow does not open
_TEXT = "text"


def mail_view(raw: bytes, *, with_html: bool) -> MailView | NotShown:
    """Return what people see of a mail. Its HTML is left out unless ``with_html``."""
    try:
        message = parse_message(raw)
        files = _files(message)
        parts = html_parts(raw)
        html, fault = _html(parts) if with_html else (None, HtmlFault.FAILED)
    except RefusedError:
        return NotShown(WhyNot.TOO_LARGE)
    text, encoded, cut = _shown_text(message.text)
    return MailView(
        headers=_headers(message, _READ),
        all_headers=_headers(message),
        text=text,
        html=html.html if html else "",
        html_fault=fault if parts.html.strip() else None,
        encoded=encoded,
        remote_pictures=html.remote if html else 0,
        left_out_pictures=html.left_out if html else 0,
        hiding=bool(html and html.hiding),
        cut=cut or bool(html and html.cut),
        files=files,
        defects=message.defects,
    )


def mail_file(raw: bytes, digest: str) -> Attachment | NotShown:
    """Return one file of a mail, also one inside another, by its digest."""
    try:
        message = parse_message(raw)
        for file in files_of(message, enclosed_files):
            if file.sha256 == digest:
                return file
        for form in find_forms(message, enclosed_files).forms:
            if form.sha256 == digest:
                return Attachment(0, form.name, form.format.value, form.content, form.sha256)
    except RefusedError:
        return NotShown(WhyNot.TOO_LARGE)
    return NotShown(WhyNot.GONE)


def described(name: str, content: bytes) -> ShownFile:
    """Return what one file is, told by its bytes."""
    return _shown_file(Attachment(0, name, "", content, sha256(content).hexdigest()), frozenset())


def text_view(content: bytes) -> TextView | NotShown:
    """Return a file of text as people see it."""
    if not _is_text(content[:_HEAD]):
        return NotShown(WhyNot.NO_PREVIEW)
    decoded, _ = charsets.decode(content[: 4 * _MOST_TEXT], "")
    text, encoded, cut = _shown_text(decoded)
    return TextView(text, encoded, cut or len(content) > 4 * _MOST_TEXT)


def _headers(message: InboundMessage, names: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    """Return the fields called ``names``, in their order, or all of them, decoded and inert."""
    wanted = {name.lower() for name in names}
    found = [
        (inert(name)[:100], inert(words.decode_words(value[:_LONGEST_HEADER])))
        for name, value in message.headers
        if not wanted or name.lower() in wanted
    ]
    return tuple(found[:_MOST_HEADERS])


def _shown_text(text: str) -> tuple[str, bool, bool]:
    """Return a text without encoded data, whether some was left out, and whether it was cut."""
    shown = text[:_MOST_TEXT]
    kept = without_encoded(shown.replace("\r\n", "\n")).text
    return inert_lines(kept), kept != shown.replace("\r\n", "\n"), len(text) > _MOST_TEXT


def _html(parts: HtmlParts) -> tuple[SafeHtml | None, HtmlFault | None]:
    """Return the HTML of a mail as it may be shown, or why it is not."""
    if not parts.html.strip():
        return None, None
    if without_encoded(said := html_to_text(parts.html)).text != said:
        return None, HtmlFault.ENCODED  # a part of it may stand between two tags
    found = safe_html(parts.html, _pictures(parts), lambda words: without_encoded(words).text)
    if found is None:
        return None, HtmlFault.TOO_DEEP
    # what the mail hides is seen here
    if without_encoded(seen := html_to_text(found.html)).text != seen:
        return None, HtmlFault.ENCODED
    return found, None


def _pictures(parts: HtmlParts) -> Callable[[str], str]:
    """Return what makes the pictures of a mail anew, as long as there is room for them."""
    room = _MOST_PICTURES

    def picture_of(source: str) -> str:
        nonlocal room
        content = parts.picture(source) if room > 0 else b""
        made = picture_png(content, _PICTURE_SIDE) if content else None
        if not isinstance(made, Picture) or len(made.png) > room:
            return ""
        room -= len(made.png)
        return "data:image/png;base64," + b64encode(made.png).decode("ascii")

    return picture_of


def _files(message: InboundMessage) -> tuple[ShownFile, ...]:
    read = read_forms(find_forms(message, enclosed_files)).submissions
    forms = frozenset(submission.sha256 for submission in read)
    return tuple(
        _shown_file(file, forms) for file in files_of(message, enclosed_files)[:_MOST_FILES]
    )


def _shown_file(file: Attachment, forms: frozenset[str]) -> ShownFile:
    kind = tell(file.content)
    preview = _PREVIEWS.get(kind, Preview.NONE)
    is_text = kind in _TEXTS and _is_text(file.content[:_HEAD])
    if is_text:
        preview = Preview.TEXT
    elif preview is Preview.PICTURE and file.content[4:8] == _HEIF:
        preview = Preview.NONE
    return ShownFile(
        sha256=file.sha256,
        name=safe_name(file.file_name),
        kind=_TEXT if is_text else kind.value,
        size=len(file.content),
        preview=preview,
        is_form=file.sha256 in forms,
        inline=file.inline,
        secret=_is_secret(file.content),
    )


def _is_text(head: bytes) -> bool:
    """Whether the beginning of a file is text: no controls but blanks, or wide characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < _BLANK and byte not in b"\t\n\r\f\x1b" for byte in head)


def _is_secret(content: bytes) -> bool:
    """Whether a file is a certificate or a key, as text or as bytes, or has one in its text."""
    if len(content) > _MOST_SECRET:
        return False
    if content.startswith(_DER):
        found = recognise(content)
        return isinstance(found, PastedCertificate) or found.code is PasteCode.PRIVATE_KEY
    if not _is_text(content[:_HEAD]):
        return False
    text = charsets.decode(content, "")[0]
    return without_encoded(text).text != text
