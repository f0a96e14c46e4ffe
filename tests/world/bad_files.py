"""Files that are no form, or no longer one: made afresh, each for one sentence."""

import io
import struct
import zipfile

import pikepdf
from openpyxl import Workbook
from PIL import Image

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.form import FormKind
from tests.world.customers import form


def foreign_workbook() -> bytes:
    """Return a workbook that is no form of ours."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"] = "Invoice", 42
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def empty_form(language: str) -> bytes:
    """Return our form with no answer in it."""
    blanks = dict.fromkeys(FORMS[FormKind.ONBOARDING].questions, "")
    return form(FormKind.ONBOARDING, language, **blanks)[1]


def encrypted_workbook() -> bytes:
    """Return an OLE file with the streams of a workbook under a password (MS-OFFCRYPTO)."""
    sector = 512
    header = bytearray(sector)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 44, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    header[76:] = b"\xff" * (sector - 76)
    struct.pack_into("<I", header, 76, 0)
    fat = bytearray(b"\xff" * sector)
    struct.pack_into("<II", fat, 0, 0xFFFFFFFD, 0xFFFFFFFE)
    names = ("Root Entry", "EncryptionInfo", "EncryptedPackage")
    directory = b"".join(_entry(name, 5 if name == "Root Entry" else 2) for name in names)
    directory += bytes(128)
    return bytes(header) + bytes(fat) + directory + bytes(4096)


def _entry(name: str, kind: int) -> bytes:
    entry = bytearray(128)
    encoded = name.encode("utf-16-le") + b"\0\0"
    entry[: len(encoded)] = encoded
    struct.pack_into("<HBB", entry, 64, len(encoded), kind, 1)
    struct.pack_into("<III", entry, 68, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<I", entry, 116, 0xFFFFFFFE)
    return bytes(entry)


def encrypted_pdf() -> bytes:
    """Return a PDF that asks for a password before it opens."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="user", R=6))
    return out.getvalue()


def picture() -> bytes:
    """Return the photograph of a form, big enough to be no logo."""
    out = io.BytesIO()
    Image.effect_noise((600, 800), 80).save(out, "PNG")
    return out.getvalue()


def workbook_with_macros() -> bytes:
    """Return our form, saved with a macro project."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(form()[1])) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(
                    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                    b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                )
            new.writestr(name, content)
        new.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    return out.getvalue()


def bomb() -> bytes:
    """Return a workbook that unpacks to far more than it may."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(form()[1])) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/worksheets/sheet9.xml", b"0" * 64_000_000)
    return out.getvalue()


def encrypted_zip() -> bytes:
    """Return an archive whose one entry is encrypted."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("form.xlsx", b"x" * 400)
    raw = bytearray(packed.getvalue())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)
