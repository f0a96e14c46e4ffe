"""What the catalogues are made of: an entry of a catalogue, and a zip that may lie."""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from pipeline.model.form import FormKind
from tests.world.customers import form

OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_INLINE = re.compile(rb'(<c [^>]*) t="inlineStr"><is><t>([^<]*)</t></is></c>')

GOOD = "good"
ASKED = "asked"
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file of the catalogue.

    ``make`` returns its bytes, or with ``is_mail`` those of the whole mail. ``answer`` is the code
    of the problem that its sender is told of (``file_other:word`` with its type), or ``GOOD``: it
    reads as the form that it was made from; or ``ASKED``: so it does, but for answers that are
    marked as damaged or in disagreement; or ``NOTHING``: it is passed over.
    """

    name: str
    file_name: str
    make: Callable[[], bytes]
    answer: str
    is_mail: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a zip; what is given beside name and content is a lie of its headers."""

    name: bytes
    content: bytes = b""
    method: int = 8
    local_name: bytes | None = None
    packed: bytes | None = None
    told_size: int | None = None
    told_packed: int | None = None
    told_crc: int | None = None
    local_size: int | None = None
    local_crc: int | None = None
    local_method: int | None = None
    flags: int = 0
    offset: int | None = None
    extra: bytes = b""


def pack(entries: Sequence[Entry], before: bytes = b"", after: bytes = b"") -> bytes:
    """Return a zip of ``entries`` (APPNOTE 4.3), with bytes before it and behind it."""
    body, directory = bytearray(before), bytearray()
    for entry in entries:
        packed = entry.packed if entry.packed is not None else deflated(entry)
        size = len(entry.content) if entry.told_size is None else entry.told_size
        crc = zlib.crc32(entry.content) if entry.told_crc is None else entry.told_crc
        length = len(packed) if entry.told_packed is None else entry.told_packed
        local = entry.name if entry.local_name is None else entry.local_name
        offset = len(body) if entry.offset is None else entry.offset
        method = entry.method if entry.local_method is None else entry.local_method
        local_size = size if entry.local_size is None else entry.local_size
        local_crc = crc if entry.local_crc is None else entry.local_crc
        if entry.offset is None:
            body += struct.pack(
                "<IHHHHHIIIHH", 0x04034B50, 20, entry.flags, method, 0, 0x21, local_crc,
                length, local_size, len(local), 0,
            ) + local + packed  # fmt: skip
        directory += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, entry.flags, entry.method, 0, 0x21, crc,
            length, size, len(entry.name), len(entry.extra), 0, 0, 0, 0, offset,
        ) + entry.name + entry.extra  # fmt: skip
    end = struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, len(entries) & 0xFFFF, len(entries) & 0xFFFF,
        len(directory), len(body), len(after),
    )  # fmt: skip
    return bytes(body) + bytes(directory) + end + after


def deflated(entry: Entry) -> bytes:
    """Return the packed bytes of an entry by its method (stored or deflated)."""
    if entry.method != zipfile.ZIP_DEFLATED:
        return entry.content
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(entry.content) + packer.flush()


def parts(content: bytes) -> dict[str, bytes]:
    """Return the parts of a workbook by name."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def entries(found: Mapping[str, bytes]) -> list[Entry]:
    """Return honest entries for ``found``."""
    return [Entry(name.encode(), content) for name, content in found.items()]


def good(kind: FormKind = FormKind.ONBOARDING) -> bytes:
    """Return our filled workbook."""
    return form(kind, "en")[1]


def good_pdf(kind: FormKind = FormKind.ONBOARDING) -> bytes:
    """Return our filled PDF."""
    return form(kind, "en", "pdf")[1]


@cache
def shared() -> bytes:
    """Return our filled workbook with a table of shared strings, as spreadsheet programs save."""
    found = parts(good())
    texts: list[bytes] = []

    def share(cell: re.Match[bytes]) -> bytes:
        texts.append(cell.group(2))
        return b'%b t="s"><v>%d</v></c>' % (cell.group(1), len(texts) - 1)

    for name in [name for name in found if name.startswith("xl/worksheets/")]:
        found[name] = _INLINE.sub(share, found[name])
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = b"".join(b"<si><t>%b</t></si>" % text for text in texts)
    found["xl/sharedStrings.xml"] = b'<sst xmlns="%b">%b</sst>' % (main, strings)
    relation = b'<Relationship Id="rId50" Target="sharedStrings.xml" Type="%bsharedStrings"/>'
    relations = "xl/_rels/workbook.xml.rels"
    end = b"</Relationships>"
    found[relations] = found[relations].replace(end, relation % OFFICE + end)
    assert texts
    return pack(entries(found))


Edit = bytes | None | Callable[[bytes], bytes]


def edited(changes: Mapping[str, Edit], base: Callable[[], bytes] = good) -> bytes:
    """Return our filled workbook with some parts replaced, changed, added or (None) left out."""
    found = parts(base())
    for name, change in changes.items():
        if change is None:
            del found[name]
        else:
            found[name] = change(found[name]) if callable(change) else change
    return pack(entries(found))


def replacing(old: bytes, new: bytes, count: int = 1) -> Callable[[bytes], bytes]:
    """Return a change of a part; what it looks for must be there."""

    def change(content: bytes) -> bytes:
        assert old in content, old
        return content.replace(old, new, count)

    return change
