"""What a file is, told by its first bytes and its inner table; never by its name."""

import re
from enum import StrEnum

from pipeline.intake.limits import ZIP_LIMITS, Archive, ArchiveRefusedError

_HEAD = 1024
_IMAGES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",
    b"MM\x00*",
)
_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_HEIF = re.compile(rb"....ftyp(?:heic|heix|mif1|msf1|avif)", re.DOTALL)
_LHA = re.compile(rb"..-lh[0-9a-z]-", re.DOTALL)
#: The type of a workbook with macros; some writers list the type of binary ones in every file.
_MACRO = b"macroEnabled.main+xml"
#: Names of what keeps rights to a document (MS-OFFCRYPTO 2.2): a sensitivity label that encrypts.
_RIGHTS = ("DRMEncryptedDataSpace", "DRMEncryptedTransform", "\tDRMContent")
#: The parts of documents of Apple's programs, and one that text documents alone have.
_APPLE, _OF_PAGES = ".iwa", re.compile(r"\AIndex/(?:Section|HeadersAndFooters)", re.IGNORECASE)
#: Workbooks as markup: Excel 2003 (XML), web pages that Excel opens, OpenDocument in one file.
_SHEET_MARKUP = (
    b"urn:schemas-microsoft-com:office:spreadsheet",
    b"<x:ExcelWorkbook>",
    b"application/vnd.oasis.opendocument.spreadsheet",
)
#: What Google Drive keeps on a computer in place of a document: a few lines of JSON.
_GOOGLE_LINK = re.compile(rb'\A\s*\{[^{}]{0,500}"(?:doc_id|url)"\s*:')
_LINK_STARTS = (b"[InternetShortcut]", b"[Desktop Entry]", b"L\x00\x00\x00\x01\x14\x02\x00")
_LONGEST_LINK = 8_192
_ZIP_END = b"PK\x05\x06"
_CONTENT_TYPES = "[Content_Types].xml"


class Kind(StrEnum):
    """What a file turned out to be."""

    EMPTY = "empty"
    XLSX = "xlsx"
    PDF = "pdf"
    ZIP = "zip"
    MACRO = "macro"
    PASSWORD = "password"  # noqa: S105 - a kind, no password
    LABEL_PROTECTED = "label_protected"
    SEALED_MAIL = "sealed_mail"
    DAMAGED = "damaged"
    REFUSED = "refused"
    IMAGE = "image"
    WORD = "word"
    EXCEL_97 = "excel_97"
    XLSB = "xlsb"
    SHEET_MARKUP = "sheet_markup"
    OPENDOCUMENT = "opendocument"
    OPENDOCUMENT_TEXT = "opendocument_text"
    NUMBERS = "numbers"
    PAGES = "pages"
    GOOGLE_LINK = "google_link"
    LINK = "link"
    ARCHIVE = "archive"
    TNEF = "tnef"
    OUTLOOK = "outlook"
    PROGRAM = "program"
    UNKNOWN = "unknown"


_STARTS = {
    b"\x78\x9f\x3e\x22": Kind.TNEF,
    b"MZ": Kind.PROGRAM,
    b"\x7fELF": Kind.PROGRAM,
    b"#!": Kind.PROGRAM,
    b"{\\rtf": Kind.WORD,
    b"\x76\xe8\x04\x60\xc4\x11\xe3\x86": Kind.SEALED_MAIL,  # message.rpmsg (MS-OXORMMS)
}


def tell(content: bytes) -> Kind:  # noqa: PLR0911 - one return a kind
    """Return what ``content`` is."""
    if not content.strip(b"\x00 \r\n\t"):
        return Kind.EMPTY
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _tell_zip(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _tell_ole(content)
    if _is_image(content):
        return Kind.IMAGE
    if content.startswith(_ARCHIVES) or _LHA.match(content):
        return Kind.ARCHIVE
    for start, kind in _STARTS.items():
        if content.startswith(start):
            return kind
    if b"%PDF-" not in content[:_HEAD]:
        return _tell_text(content)
    # what is a zip to other programs would show them other answers
    is_zip_too = content.rfind(_ZIP_END) > content.rfind(b"%%EOF")
    return Kind.REFUSED if is_zip_too else Kind.PDF


def _is_image(content: bytes) -> bool:
    if content.startswith(_IMAGES) or _HEIF.match(content):
        return True
    bitmap = content.startswith(b"BM") and content[6:10] == b"\x00" * 4
    return bitmap or (content.startswith(b"RIFF") and content[8:12] == b"WEBP")


def _tell_zip(content: bytes) -> Kind:
    try:
        archive = Archive(content, ZIP_LIMITS)
        names = set(archive.names)
        if _CONTENT_TYPES in names:
            types = archive.read(_CONTENT_TYPES, 1 << 20)
            return _tell_office(names, types)
        if "mimetype" in names and b"opendocument" in (told := archive.read("mimetype", 100)):
            return Kind.OPENDOCUMENT if b"spreadsheet" in told else Kind.OPENDOCUMENT_TEXT
    except ArchiveRefusedError as refusal:
        return Kind(refusal.why)
    if not any(name.endswith(_APPLE) for name in names):
        return Kind.ZIP
    return Kind.PAGES if any(map(_OF_PAGES.search, names)) else Kind.NUMBERS


def _tell_text(content: bytes) -> Kind:
    """Tell files of text: workbooks written as markup, and links to files that are elsewhere."""
    head = content[:_LONGEST_LINK]
    if any(mark in head for mark in _SHEET_MARKUP):
        return Kind.SHEET_MARKUP
    if len(content) > _LONGEST_LINK:
        return Kind.UNKNOWN
    if _GOOGLE_LINK.search(head):
        return Kind.GOOGLE_LINK
    is_link = (
        head.lstrip(b"\xef\xbb\xbf \r\n").startswith(_LINK_STARTS) or b"<key>URL</key>" in head
    )
    return Kind.LINK if is_link else Kind.UNKNOWN


def _tell_office(names: set[str], types: bytes) -> Kind:
    if any(name.startswith("word/") for name in names):
        return Kind.WORD
    if not any(name.startswith("xl/") for name in names):
        return Kind.UNKNOWN
    if _MACRO in types or any(name.endswith("vbaProject.bin") for name in names):
        return Kind.MACRO
    return Kind.XLSB if "xl/workbook.bin" in names else Kind.XLSX


def _tell_ole(content: bytes) -> Kind:
    """Tell old compound files by the names of their streams (MS-CFB: UTF-16 in the directory)."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if has("__properties_version1.0"):  # the only streams with this name (MS-OXMSG 2.4)
        return Kind.OUTLOOK
    if any(map(has, _RIGHTS)):
        return Kind.LABEL_PROTECTED
    if has("EncryptedPackage"):
        return Kind.PASSWORD
    if has("WordDocument"):
        return Kind.WORD
    return Kind.EXCEL_97 if has("Workbook") or has("Book") else Kind.UNKNOWN
