"""Reads zips whose directory and local headers agree, and refuses others (APPNOTE 6.3.10).

Programs differ in which of two contradicting headers, directories or names they believe, so that
one file can show one content to its sender and another one to us. Here such a file is unsound.
"""

import struct
import zipfile
import zlib
from io import BytesIO

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_END = struct.Struct("<4sHHHHIIH")
_CENTRAL = struct.Struct("<4s4xH18xHHH12x")
_CENTRAL_MARK = b"PK\x01\x02"
_UTF_8 = 0x800
_LOCAL_MARK, _END_MARK, _END64_MARK = b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06"
_END64 = struct.Struct("<IIQQQQ")
_END64_BYTES = 76  # the end of a directory of zip64 (56) and the locator behind it (20)
_MOST_DIRECTORY_BYTES = 1_000_000
_TOLD_BEHIND = 0x8  # sizes and checksum stand behind the data, and may be 0 before it
_IN_EXTRA = 0xFFFFFFFF
_ZIP64 = 1
#: The longest record behind an entry's data: mark, checksum, two sizes of zip64.
_LONGEST_TAIL = 24
#: What mail gateways put before a file is shorter.
_LONGEST_HEAD = 1024
#: What stands behind a file is no other zip: programs look for the end of a directory in as much.
_LONGEST_BEHIND = 65_535

#: What zipfile raises on bytes that are no sound archive.
_DAMAGE = (
    zipfile.BadZipFile,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    OverflowError,
    NotImplementedError,  # zipfile raises it for a compression that it does not know
    RuntimeError,
)


class UnsoundZipError(Exception):
    """The bytes are no zip, or one that contradicts itself."""


class CrowdedZipError(UnsoundZipError):
    """The zip has more entries, or a bigger directory, than a zip of its kind may have."""


def read_directory(content: bytes, most: int) -> list[zipfile.ZipInfo]:
    """Return the entries of the zip ``content``, at most ``most``, as its one directory has them.

    What mail gateways left behind it is passed over. Raises CrowdedZipError when there are more,
    UnsoundZipError when there is no directory, or a second one that another program may take.
    """
    try:
        at = content.rindex(_END_MARK)
        _, disk, first_disk, here, total, size, start, comment = _END.unpack_from(content, at)
        behind = content[at + _END.size + comment :]
        end = at
        if content[max(at - _END64_BYTES, 0) :].startswith(_END64_MARK):
            end = at - _END64_BYTES
            disk, first_disk, here, total, size, start = _END64.unpack_from(content, end + 16)
        if max(here, total) > most or size > _MOST_DIRECTORY_BYTES:
            raise CrowdedZipError
        told = _without_false_marks(content, end - size, total)
        infos = zipfile.ZipFile(BytesIO(told)).infolist()
    except _DAMAGE as error:
        raise UnsoundZipError from error
    sound = (
        disk == first_disk == 0,
        here == total == len(infos),
        0 <= end - size - start <= _LONGEST_HEAD,
        at + _END.size + comment <= len(content),
        len(behind) <= _LONGEST_BEHIND and _LOCAL_MARK not in behind,
        all(info.filename for info in infos),
    )
    if not all(sound):
        raise UnsoundZipError
    return infos


def _without_false_marks(content: bytes, at: int, count: int) -> bytes:
    """Return ``content`` with a directory, from ``at`` on, that calls no other name UTF-8 (4.4.4).

    Packers of some systems set the mark and write the code page of the system.
    """
    changed: bytearray | None = None
    for _ in range(count):
        mark, flags, name, extra, comment = _CENTRAL.unpack_from(content, at)
        if mark != _CENTRAL_MARK:
            break
        raw = content[at + _CENTRAL.size : at + _CENTRAL.size + name]
        if flags & _UTF_8 and not _is_utf_8(raw):
            changed = changed or bytearray(content)
            struct.pack_into("<H", changed, at + 8, flags & ~_UTF_8)
        at += _CENTRAL.size + name + extra + comment
    return bytes(changed) if changed else content


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check_headers(content: bytes, infos: list[zipfile.ZipInfo]) -> None:
    """Compare each entry's local header with the directory, and their places with each other.

    Raises UnsoundZipError when one differs, or when more lies between two entries, or before the
    first, than programs and mail gateways put there: another zip could be in it.
    """
    end, room = 0, _LONGEST_HEAD
    for info in sorted(infos, key=lambda info: info.header_offset):
        between = content[end : info.header_offset]
        if info.header_offset < end or len(between) > room or _LOCAL_MARK in between:
            raise UnsoundZipError
        room = _LONGEST_TAIL
        end = _data_start(content, info) + info.compress_size
        if end > len(content):
            raise UnsoundZipError


def read_entry(content: bytes, info: zipfile.ZipInfo) -> bytes:
    """Return an entry's bytes: as many as the directory tells, with its checksum.

    Raises UnsoundZipError for anything else, also for bytes that are left over.
    """
    start = _data_start(content, info)
    packed = content[start : start + info.compress_size]
    if info.compress_type == zipfile.ZIP_STORED:
        found = packed
    elif info.compress_type == zipfile.ZIP_DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            found = unpacker.decompress(packed, info.file_size + 1)
        except zlib.error as error:
            raise UnsoundZipError from error
        if not unpacker.eof or unpacker.unused_data:
            raise UnsoundZipError
    else:
        raise UnsoundZipError
    whole = len(packed) == info.compress_size and len(found) == info.file_size
    if not whole or zlib.crc32(found) != info.CRC:
        raise UnsoundZipError
    return found


def _data_start(content: bytes, info: zipfile.ZipInfo) -> int:
    """Return where the data of an entry begin, after its local header was found to agree."""
    at = info.header_offset
    try:
        mark, _, flags, method, _, _, crc, packed, size, name, extra = _LOCAL.unpack_from(
            content, at
        )
    except struct.error as error:
        raise UnsoundZipError from error
    start = int(at + _LOCAL.size + name + extra)
    if _IN_EXTRA in {packed, size}:
        size, packed = _zip64_sizes(content[start - extra : start], size, packed)
    told = ((crc, info.CRC), (packed, info.compress_size), (size, info.file_size))
    later = bool(flags & _TOLD_BEHIND)
    raw = content[start - extra - name : start - extra]
    spelling = "utf-8" if flags & _UTF_8 and _is_utf_8(raw) else "cp437"
    if (
        mark != _LOCAL_MARK
        or method != info.compress_type
        or any(local != here and not (later and local == 0) for local, here in told)
        or raw.decode(spelling, "replace") != info.orig_filename
    ):
        raise UnsoundZipError
    return start


def _zip64_sizes(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    """Return the sizes that an extra field of zip64 tells instead (4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _ZIP64:
            told = extra[at + 4 : at + 4 + length]
            numbers = [number for (number,) in struct.iter_unpack("<Q", told[: len(told) // 8 * 8])]
            if size == _IN_EXTRA and numbers:
                size = numbers.pop(0)
            if packed == _IN_EXTRA and numbers:
                packed = numbers.pop(0)
            break
        at += 4 + length
    return size, packed
