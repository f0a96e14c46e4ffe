"""Messages and files as they come, made in memory."""

import hashlib
import struct
import zipfile
from io import BytesIO

from pipeline.model.message import Attachment, InboundMessage

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def zipped(entries: dict[str, bytes]) -> bytes:
    found = BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return found.getvalue()


def office(folder: str, content_type: str = SHEET, more: dict[str, bytes] | None = None) -> bytes:
    types = f'<Types><Override ContentType="{content_type}"/></Types>'.encode()
    return zipped({"[Content_Types].xml": types, f"{folder}/main.xml": b"<x/>", **(more or {})})


XLSX = office("xl")


def encrypted_zip(entries: dict[str, bytes]) -> bytes:
    """Set the flag of encryption in both headers of each entry (APPNOTE 4.4.4)."""
    raw = bytearray(zipped(entries))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = raw.find(mark)
        while start >= 0:
            raw[start + offset] |= 1
            start = raw.find(mark, start + 4)
    return bytes(raw)


def tnef(files: dict[str, bytes]) -> bytes:
    """Make a winmail.dat with short names only (MS-OXTNEF)."""

    def attribute(number: int, value: bytes) -> bytes:
        check = struct.pack("<H", sum(value) & 0xFFFF)
        return struct.pack("<BII", 2, number, len(value)) + value + check

    found = b"\x78\x9f\x3e\x22\x01\x00"
    for name, content in files.items():
        found += attribute(0x00069002, b"\x00" * 14)
        found += attribute(0x00018010, name.encode("cp932") + b"\x00")
        found += attribute(0x0006800F, content)
    return found


def message(*attachments: Attachment) -> InboundMessage:
    return InboundMessage(
        sha256="0" * 64,
        size=0,
        message_id="<1@example.com>",
        in_reply_to=(),
        references=(),
        senders=(),
        recipients=(),
        reply_to=(),
        subject="",
        date=None,
        text="",
        new_text="",
        attachments=attachments,
        headers=(),
    )


def attached(
    name: str,
    content: bytes,
    content_type: str = "application/octet-stream",
    *,
    position: int = 0,
    inline: bool = False,
) -> Attachment:
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(position, name, content_type, content, digest, inline)
