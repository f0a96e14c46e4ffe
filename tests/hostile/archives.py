"""Zips that lie, burst, overlap or hide: as a workbook, or around one."""

import gzip
import struct
import zlib

from tests.hostile.making import GOOD, Entry, Hostile, entries, good, good_pdf, pack, parts

_MEGABYTE = 1 << 20


def _with(*more: Entry, **changes: object) -> bytes:
    return pack([*entries(parts(good())), *more], **changes)  # type: ignore[arg-type]


def _changed(name: str, **lies: object) -> bytes:
    """Return our workbook with lies in the headers of one part."""
    found = [
        Entry(entry.name, entry.content, **lies) if entry.name == name.encode() else entry  # type: ignore[arg-type]
        for entry in entries(parts(good()))
    ]
    assert len([entry for entry in found if entry.name == name.encode()]) == 1
    return pack(found)


_SHEET = "xl/worksheets/sheet2.xml"


def _flat_bomb() -> bytes:
    return _with(Entry(b"xl/media/image1.png", b"\0" * (100 * _MEGABYTE)))


def _many_middling() -> bytes:
    return _with(*[Entry(b"xl/media/%d.bin" % n, b"\0" * 190_000) for n in range(250)])


def _overlapping() -> bytes:
    """Return a bomb whose entries all share one kernel (Fifield, 2019)."""
    kernel = Entry(b"xl/a", b"\0" * (2 * _MEGABYTE))
    at = len(pack(entries(parts(good())))) and _local_end()
    shared = [
        Entry(b"xl/%04d" % n, kernel.content, packed=b"", told_packed=2100, offset=at)
        for n in range(60)
    ]
    return _with(kernel, *shared)


def _local_end() -> int:
    """Return where the first local header behind our own parts begins."""
    whole = pack(entries(parts(good())))
    return whole.index(b"PK\x01\x02")


def _quoted() -> bytes:
    """Return a zip whose local headers stand inside the data of the entry before (quoting)."""
    inner = pack([Entry(b"xl/b", b"\0" * 1000)])
    return _with(
        Entry(b"xl/a", inner, method=0),
        Entry(b"xl/b", b"\0" * 1000, packed=b"", told_packed=12, offset=_local_end() + 30 + 4),
    )


def _hidden_tail() -> bytes:
    """Return a sheet whose directory tells of its first bytes only, with a checksum of those."""
    content = parts(good())[_SHEET]
    return _changed(
        _SHEET, told_size=1000, told_crc=zlib.crc32(content[:1000]), local_size=len(content)
    )


def _two_names() -> bytes:
    """Return a workbook whose sheet is there twice, with other answers."""
    other = parts(good())[_SHEET].replace(b"Harbour Books Ltd", b"Harbour Bombs Ltd")
    return _with(Entry(_SHEET.encode(), other))


def _case_only() -> bytes:
    other = parts(good())[_SHEET].replace(b"Harbour Books Ltd", b"Harbour Bombs Ltd")
    return _with(Entry(_SHEET.replace("sheet2", "SHEET2").encode(), other))


def _backslash() -> bytes:
    other = parts(good())[_SHEET].replace(b"Harbour Books Ltd", b"Harbour Bombs Ltd")
    return _with(Entry(_SHEET.replace("/", "\\").encode(), other))


def _nul_name() -> bytes:
    other = parts(good())[_SHEET].replace(b"Harbour Books Ltd", b"Harbour Bombs Ltd")
    return _with(Entry(_SHEET.encode() + b"\0.png", other))


def _two_directories() -> bytes:
    """Return a workbook followed by another zip: readers differ in which directory they take."""
    other = parts(good())
    other[_SHEET] = other[_SHEET].replace(b"Harbour Books Ltd", b"Harbour Bombs Ltd")
    return pack(entries(other)) + good()


def _directory_in_comment() -> bytes:
    """Return a workbook whose comment is a whole zip: which end of directory is the right one?"""
    other = parts(good())
    other[_SHEET] = other[_SHEET].replace(b"Harbour Books Ltd", b"Harbour Bombs Ltd")
    return pack(entries(parts(good())), after=pack(entries(other)))


def _zip64(size: int) -> bytes:
    extra = struct.pack("<HHQQ", 1, 16, size, size)
    return _with(Entry(b"xl/a", b"x", extra=extra, told_size=0xFFFFFFFF, told_packed=0xFFFFFFFF))


def _count_lies() -> bytes:
    raw = bytearray(good())
    at = raw.rindex(b"PK\x05\x06")
    struct.pack_into("<HH", raw, at + 8, 3, 3)
    return bytes(raw)


def _directory_offset_lies() -> bytes:
    raw = bytearray(good())
    at = raw.rindex(b"PK\x05\x06")
    struct.pack_into("<I", raw, at + 16, 17)
    return bytes(raw)


def _zip64_end_lies() -> bytes:
    raw = bytearray(good())
    at = raw.rindex(b"PK\x05\x06")
    struct.pack_into("<HHHHII", raw, at + 4, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1)
    locator = struct.pack("<IIQI", 0x07064B50, 0, 0xFFFFFFFFFFFF, 1)
    return bytes(raw[:at]) + locator + bytes(raw[at:])


def _nested(depth: int) -> bytes:
    inner = pack([Entry(b"0.bin", b"\0" * (10 * _MEGABYTE))])
    for level in range(depth):
        inner = pack([Entry(b"%d-%d.zip" % (level, n), inner) for n in range(10)])
    return inner


def zipped(*files: tuple[str, bytes], **lies: object) -> bytes:
    return pack([Entry(name.encode(), content, **lies) for name, content in files])  # type: ignore[arg-type]


def _encrypted(method: int = 8) -> bytes:
    return pack([Entry(b"form.xlsx", b"x" * 400, method=method, flags=1)])


ARCHIVES = (
    # bombs
    Hostile("flat bomb", "form.xlsx", _flat_bomb, "file_refused"),
    Hostile("flat bomb in many parts", "form.xlsx", _many_middling, "file_refused"),
    Hostile("bomb of overlapping entries", "form.xlsx", _overlapping, "file_refused"),
    Hostile("bomb of quoted headers", "form.xlsx", _quoted, "file_refused"),
    Hostile(
        "bomb that tells a small size", "form.xlsx",
        lambda: _with(Entry(b"xl/a", b"\0" * (60 * _MEGABYTE), told_size=50)), GOOD,
    ),
    Hostile(
        "sheet bomb that tells a small size", "form.xlsx",
        lambda: _changed(_SHEET, packed=zlib.compress(b" " * (80 * _MEGABYTE), 9)[2:-4]),
        "file_damaged",
    ),
    Hostile("nested zip bomb", "forms.zip", lambda: _nested(3), "file_refused"),
    Hostile("zip bomb", "forms.zip", lambda: zipped(("a", b"\0" * (70 * _MEGABYTE))),
            "file_refused"),
    Hostile("zip of 65,000 entries", "forms.zip",
            lambda: pack([Entry(b"%d" % n, b"x", method=0) for n in range(65_000)]),
            "file_refused"),
    Hostile("zip of 120 files", "forms.zip",
            lambda: pack([Entry(b"%d.txt" % n, b"x", method=0) for n in range(120)]),
            "file_other:archive"),
    Hostile("workbook of 400 parts", "form.xlsx",
            lambda: _with(*[Entry(b"xl/%d" % n, b"x") for n in range(400)]), "file_refused"),
    Hostile("workbook of 6 MB", "form.xlsx",
            lambda: _with(Entry(b"xl/media/a.bin", bytes(6_000_000), method=0)), "file_refused"),
    # lies of the directory
    Hostile("sheet whose tail the directory hides", "form.xlsx", _hidden_tail, "file_damaged"),
    Hostile("local header tells another size", "form.xlsx",
            lambda: _changed(_SHEET, local_size=7), "file_damaged"),
    Hostile("local header tells another checksum", "form.xlsx",
            lambda: _changed(_SHEET, local_crc=7), "file_damaged"),
    Hostile("directory tells another checksum", "form.xlsx",
            lambda: _changed(_SHEET, told_crc=7), "file_damaged"),
    Hostile("local header tells another method", "form.xlsx",
            lambda: _changed(_SHEET, local_method=0), "file_damaged"),
    Hostile("local header tells another name", "form.xlsx",
            lambda: _changed(_SHEET, local_name=b"xl/worksheets/sheet9.xml"), "file_damaged"),
    Hostile("unknown method", "form.xlsx", lambda: _changed(_SHEET, method=99), "file_refused"),
    Hostile("bzip2 method", "form.xlsx", lambda: _changed(_SHEET, method=12), "file_refused"),
    Hostile("lzma method", "form.xlsx", lambda: _changed(_SHEET, method=14), "file_refused"),
    Hostile("deflate stream that never ends", "form.xlsx",
            lambda: _changed(_SHEET, packed=b"\x00\x00\x00\xff\xff" * 1000), "file_damaged"),
    Hostile("bytes behind the deflate stream", "form.xlsx", lambda: _changed(
        _SHEET, packed=zlib.compress(parts(good())[_SHEET], 9)[2:-4] + b"more"), "file_damaged"),
    Hostile("zip64 sizes of 4 EB", "form.xlsx", lambda: _zip64(1 << 62), "file_refused"),
    Hostile("zip64 sizes of 1 byte", "form.xlsx", lambda: _zip64(1), "file_damaged"),
    Hostile("zip64 end of directory far away", "form.xlsx", _zip64_end_lies, "file_refused"),
    Hostile("directory tells fewer entries", "form.xlsx", _count_lies, "file_damaged"),
    Hostile("directory begins elsewhere", "form.xlsx", _directory_offset_lies, "file_damaged"),
    Hostile("entry far behind the end", "form.xlsx",
            lambda: _with(Entry(b"xl/a", b"x", offset=0xFFFFFF00)), "file_damaged"),
    Hostile("no entry at all", "form.xlsx", lambda: pack([]), "file_other:archive"),
    Hostile("no directory", "form.xlsx", lambda: good()[: good().index(b"PK\x01\x02")],
            "file_damaged"),
    # two truths
    Hostile("same part twice", "form.xlsx", _two_names, "file_refused"),
    Hostile("part again in capitals", "form.xlsx", _case_only, "file_refused"),
    Hostile("part again with backslashes", "form.xlsx", _backslash, "file_refused"),
    Hostile("part again with a NUL", "form.xlsx", _nul_name, "file_refused"),
    Hostile("two zips in a row", "form.xlsx", _two_directories, "file_damaged"),
    Hostile("zip in the comment of a zip", "form.xlsx", _directory_in_comment, "file_damaged"),
    # names
    Hostile("entry named ../", "form.xlsx",
            lambda: _with(Entry(b"../../../../etc/cron.d/x", b"* * * * * root true")), GOOD),
    Hostile("entry with an absolute name", "form.xlsx",
            lambda: _with(Entry(b"/etc/passwd", b"root::0:0")), GOOD),
    Hostile("entry with a drive", "form.xlsx", lambda: _with(Entry(b"C:\\x", b"x")), GOOD),
    Hostile("entry without a name", "form.xlsx", lambda: _with(Entry(b"", b"x")), "file_damaged"),
    Hostile("entry named with 60,000 bytes", "form.xlsx",
            lambda: _with(Entry(b"a/" * 30_000, b"x")), GOOD),
    Hostile("entry named in broken UTF-8", "form.xlsx",
            lambda: _with(Entry(b"\xff\xfe\xfa", b"x", flags=0x800)), GOOD),
    # around a form
    Hostile("form in a zip", "forms.zip", lambda: zipped(("f.xlsx", good())), GOOD),
    Hostile("PDF form in a zip", "forms.zip", lambda: zipped(("f.pdf", good_pdf())), GOOD),
    Hostile("form under hostile names in a zip", "forms.zip", lambda: zipped(
        ("../../../tmp/\u202exslx.exe", good()), ("CON", b"x"), ("__MACOSX/._x", b"x")), GOOD),
    Hostile("form in a zip in a zip", "forms.zip",
            lambda: zipped(("z.zip", zipped(("f.xlsx", good())))), GOOD),
    Hostile("zip with a password", "forms.zip", _encrypted, "file_password"),
    Hostile("zip with AES", "forms.zip", lambda: _encrypted(99), "file_password"),
    Hostile("form in a zip whose header lies", "forms.zip",
            lambda: zipped(("f.xlsx", good()), local_crc=9), "file_damaged"),
    Hostile("gzip bomb", "form.xlsx.gz", lambda: gzip.compress(b"\0" * (50 * _MEGABYTE)),
            "file_other:archive"),
    Hostile("7z", "form.7z", lambda: b"7z\xbc\xaf\x27\x1c" + bytes(500), "file_other:archive"),
    Hostile("rar", "form.rar", lambda: b"Rar!\x1a\x07\x01\x00" + bytes(500), "file_other:archive"),
    # several kinds at once
    Hostile("HTML before a zip", "form.html",
            lambda: b"<html><script>alert(1)</script>" + good(), "file_other:unknown"),
    Hostile("GIF before a zip", "form.gif",
            lambda: b"GIF89a" + bytes(60_000) + good(), "file_scanned"),
    Hostile("program before a zip", "form.exe", lambda: b"MZ" + bytes(600) + good(),
            "file_refused"),
    Hostile("PDF before a zip", "form.pdf", lambda: good_pdf() + good(), "file_refused"),
    Hostile("zip with a PDF inside its first 1,024 bytes", "form.xlsx",
            lambda: pack([Entry(b"a.pdf", b"%PDF-1.7\n", method=0), *entries(parts(good()))]),
            GOOD),
    Hostile("zip of zips named as forms", "form.xlsx",
            lambda: zipped(*[(f"{n}.xlsx", pack([])) for n in range(40)]), "file_other:archive"),
    Hostile("same form 40 times in a zip", "forms.zip",
            lambda: zipped(*[(f"{n}.xlsx", good()) for n in range(40)]), GOOD),
    Hostile("only a folder", "form.zip", lambda: zipped(("folder/", b"")), "file_other:archive"),
)  # fmt: skip
