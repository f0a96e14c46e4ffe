"""Forms are told by their bytes; what is no form is told to the customer in one word."""

import hashlib
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.intake.find import FoundForms, find_forms, find_in_file
from pipeline.intake.limits import FILE_BYTES, too_big
from pipeline.mailbox.parse import parse_message
from pipeline.model.form import FileFormat, FormFile
from pipeline.model.message import Attachment
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import UnreadableFile
from tests.unit.intake.conftest import (
    OLE,
    PDF,
    PNG,
    XLSX,
    attached,
    encrypted_zip,
    message,
    office,
    tnef,
    zipped,
)

MAILS = Path(__file__).parents[2] / "corpus" / "mail"
NOTHING = FoundForms((), (), ())


def form(name: str, content: bytes, position: int = 0) -> FormFile:
    kind = FileFormat.PDF if content == PDF else FileFormat.XLSX
    return FormFile(name, content, kind, hashlib.sha256(content).hexdigest(), position)


def unreadable(name: str, code: str, kind: str = "") -> UnreadableFile:
    params = (("type", kind),) if kind else ()
    return UnreadableFile(name, Problem(code, Severity.ERROR, params=params))


def find(*attachments: Attachment) -> FoundForms:
    return find_forms(message(*attachments))


@pytest.mark.parametrize("name", ["form.xlsx", "form.pdf", "form.exe", "", "画像.png"])
@pytest.mark.parametrize("content", [XLSX, PDF, b"junk before\r\n" + PDF], ids=["x", "p", "junk"])
def test_find_form_by_its_bytes_whatever_its_name(name: str, content: bytes) -> None:
    kind = FileFormat.XLSX if content == XLSX else FileFormat.PDF
    digest = hashlib.sha256(content).hexdigest()
    found = find(attached(name, content, "image/png"))
    assert found == FoundForms((FormFile(name, content, kind, digest, 0),), (), ())


def test_find_no_attachments_gives_nothing() -> None:
    assert find() == NOTHING


def test_find_two_forms_and_the_same_one_twice() -> None:
    found = find(
        attached("a.xlsx", XLSX),
        attached("b.pdf", PDF, position=1),
        attached("copy of a.xlsx", XLSX, position=2),
    )
    assert found == FoundForms((form("a.xlsx", XLSX), form("b.pdf", PDF, 1)), (), ())


@pytest.mark.parametrize(
    ("name", "content", "code", "kind"),
    [
        ("a.xlsm", office("xl", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
         "file_macro", ""),
        ("a.xlsx", office("xl", more={"xl/vbaProject.bin": b"x"}), "file_macro", ""),
        ("a.docx", office("word"), "file_other", "word"),
        ("a.pptx", office("ppt"), "file_other", "unknown"),
        ("a.xlsb", office("xl", more={"xl/workbook.bin": b"x"}), "file_type", "xlsb"),
        ("a.xls", b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
         "file_type", "sheet_markup"),
        ("a.xls", b"<html><head><!--[if gte mso 9]><xml><x:ExcelWorkbook></xml><![endif]-->",
         "file_type", "sheet_markup"),
        ("a.html", b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><p>x', "file_other",
         "unknown"),
        ("a.odt", zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}),
         "file_other", "opendocument_text"),
        ("a.pages", zipped({"Index/Document.iwa": b"x", "Index/Section-1.iwa": b"x"}),
         "file_other", "pages"),
        ("a.gsheet", b'{"url": "https://docs.google.com/open?id=1", "doc_id": "1"}',
         "file_link", "google_link"),
        ("form.url", b"[InternetShortcut]\r\nURL=https://a.example/form.xlsx", "file_link", "link"),
        ("form.webloc", b"<plist><dict><key>URL</key><string>https://a.example</string></dict>",
         "file_link", "link"),
        ("form.lnk", b"L\x00\x00\x00\x01\x14\x02\x00\x00\x00", "file_link", "link"),
        ("a.rtf", b"{\\rtf1 x}", "file_other", "word"),
        ("a.ods", zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
         "file_type", "opendocument"),
        ("a.xls", OLE + "Workbook".encode("utf-16-le"), "file_type", "excel_97"),
        ("a.doc", OLE + "WordDocument".encode("utf-16-le"), "file_other", "word"),
        ("a.msg", OLE, "file_other", "unknown"),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "file_password", ""),
        ("a.csv", b"phone,name\r\n1,2\r\n", "file_other", "csv"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c...", "file_other", "archive"),
        ("a.rar", b"Rar!\x1a\x07\x00...", "file_other", "archive"),
        ("a.lzh", b"\x20\x00-lh5-....", "file_other", "archive"),
        ("a.zip", zipped({}), "file_other", "archive"),
        ("a.zip", encrypted_zip({"a.xlsx": XLSX}), "file_password", ""),
        ("a.xlsx", XLSX[:200], "file_damaged", ""),
        ("a.xlsx", b"", "file_damaged", ""),
        ("a.xlsx", b"\x00" * 100, "file_damaged", ""),
        ("scan.jpg", b"\xff\xd8\xff" + b"x" * 100_000, "file_scanned", ""),
        ("scan.tif", b"II*\x00" + b"x" * 100_000, "file_scanned", ""),
        ("photo.heic", b"\x00\x00\x00\x18ftypheic" + b"x" * 100_000, "file_scanned", ""),
        ("a.exe", b"MZ\x90\x00", "file_refused", ""),
        ("winmail.dat", b"\x78\x9f\x3e\x22\x01\x00", "file_other", "unknown"),
        ("a.bin", b"who knows", "file_other", "unknown"),
    ],
)  # fmt: skip
def test_find_file_that_is_no_form_is_told(name: str, content: bytes, code: str, kind: str) -> None:
    expected = FoundForms((), (unreadable(name, code, kind),), ())
    assert find(attached(name, content)) == expected


def test_find_zip_inside_a_zip_is_opened() -> None:
    content = zipped({"b.zip": zipped({"c.xlsx": XLSX})})
    assert find(attached("a.zip", content)) == FoundForms((form("c.xlsx", XLSX),), (), ())


@pytest.mark.parametrize(
    ("name", "content", "content_type", "inline"),
    [
        ("image001.png", PNG + b"x" * 200_000, "image/png", False),
        ("photo.png", PNG + b"x" * 200_000, "image/png", True),
        ("logo.gif", b"GIF89a", "image/gif", False),
        ("smime.p7s", b"\x30\x80", "application/pkcs7-signature", False),
        ("card.vcf", b"BEGIN:VCARD", "text/x-vcard", False),
        ("invite.ics", b"BEGIN:VCALENDAR", "text/calendar", False),
        ("note.txt", b"words", "text/plain", False),
        ("mail.eml", b"Subject: x", "message/rfc822", False),
        ("empty.txt", b"", "text/plain", False),
    ],
)
def test_find_companion_of_a_mail_is_no_problem(
    name: str, content: bytes, content_type: str, inline: bool
) -> None:
    found = find(attached(name, content, content_type, inline=inline))
    assert found == FoundForms((), (), (name,))


def test_find_lesser_files_beside_a_form_are_no_problem() -> None:
    found = find(
        attached("form.xlsx", XLSX),
        attached("photo.jpg", b"\xff\xd8\xff" + b"x" * 100_000, position=1),
        attached("letter.docx", office("word"), position=2),
    )
    assert found == FoundForms((form("form.xlsx", XLSX),), (), ("photo.jpg", "letter.docx"))


def test_find_locked_file_beside_a_form_is_told() -> None:
    locked = encrypted_zip({"second.xlsx": XLSX})
    found = find(attached("form.xlsx", XLSX), attached("more.zip", locked, position=1))
    assert found == FoundForms(
        (form("form.xlsx", XLSX),), (unreadable("more.zip", "file_password"),), ()
    )


def test_find_forms_inside_a_zip_with_the_litter_of_systems() -> None:
    archive = zipped(
        {
            "folder/a.xlsx": XLSX,
            "../b.pdf": PDF,
            "__MACOSX/._a.xlsx": b"x",
            "folder/.DS_Store": b"x",
        }
    )
    found = find(attached("forms.zip", archive, position=3))
    assert found == FoundForms((form("a.xlsx", XLSX, 3), form("b.pdf", PDF, 3)), (), ())


def test_find_name_inside_a_zip_of_japanese_windows_is_read() -> None:
    raw = zipped({"XXXXXX.pdf": PDF})
    found = find(attached("a.zip", raw.replace(b"XXXXXX", "申請書".encode("cp932"))))
    assert found == FoundForms((form("申請書.pdf", PDF),), (), ())


@pytest.mark.parametrize(
    "content",
    [
        zipped({f"{n}.txt": b"" for n in range(201)}),
        zipped({"big.xlsx": b"\x00" * (61 << 20)}),
        zipped({"bomb.pdf": b"\x00" * (5 << 20)}),
    ],
    ids=["entries", "size", "ratio"],
)
def test_find_zip_beyond_the_limits_is_refused_unopened(content: bytes) -> None:
    assert find(attached("a.zip", content)) == FoundForms(
        (), (unreadable("a.zip", "file_refused"),), ()
    )


def test_find_zip_with_two_entries_of_one_name_is_refused() -> None:
    raw = BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("a.xlsx", XLSX)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.xlsx", PDF)
    assert find(attached("a.zip", raw.getvalue())) == FoundForms(
        (), (unreadable("a.zip", "file_refused"),), ()
    )


def test_find_workbook_that_unpacks_too_far_is_refused() -> None:
    content = office("xl", more={"xl/worksheets/sheet1.xml": b"<c/>" * (6 << 20)})
    assert find(attached("a.xlsx", content)) == FoundForms(
        (), (unreadable("a.xlsx", "file_refused"),), ()
    )


def test_find_zip_damaged_inside_is_told() -> None:
    raw = bytearray(zipped({"a.xlsx": XLSX}))
    raw[45:60] = b"\xff" * 15
    assert find(attached("a.zip", bytes(raw))) == FoundForms(
        (), (unreadable("a.zip", "file_damaged"),), ()
    )


def test_find_form_inside_winmail_dat() -> None:
    found = find(attached("winmail.dat", tnef({"申請.xlsx": XLSX, "b.pdf": PDF})))
    assert found == FoundForms((form("申請.xlsx", XLSX), form("b.pdf", PDF)), (), ())


@pytest.mark.parametrize(
    ("mail", "names"),
    [
        ("06-file-name-in-continued-pieces", ["WhatsApp申請書（株式会社山田）.pdf"]),
        ("07-file-name-in-raw-shift-jis", ["申請表.pdf"]),
        ("12-form-in-a-forwarded-message", ["inner.pdf"]),
        ("13-winmail-dat", ["申請書 2026.pdf"]),
        ("17-boundary-lost-from-the-header", ["a.pdf"]),
        ("23-logo-in-a-signature", []),
    ],
)
def test_find_form_in_odd_mail(mail: str, names: list[str]) -> None:
    found = find_forms(parse_message((MAILS / f"{mail}.eml").read_bytes()))
    assert [file.name for file in found.forms] == names
    assert found.unreadable == ()


def test_find_file_over_the_limit_is_told_with_the_limit() -> None:
    found = find(attached("a.pdf", PDF + b"\x00" * FILE_BYTES))
    problem = Problem("file_big", Severity.ERROR, params=(("n", 25),))
    assert found == FoundForms((), (UnreadableFile("a.pdf", problem),), ())


@pytest.mark.parametrize(("size", "told"), [(25 << 20, False), ((25 << 20) + 1, True)])
def test_too_big_is_over_the_limit(size: int, told: bool) -> None:
    assert (too_big(size, 25 << 20) is not None) is told


@pytest.mark.parametrize("cut", range(0, 160, 7))
def test_find_cut_winmail_dat_never_raises(cut: int) -> None:
    find(attached("winmail.dat", tnef({"a.pdf": PDF})[:cut]))
    raw = (MAILS / "13-winmail-dat.eml").read_bytes()
    (part,) = parse_message(raw).attachments
    find(attached("winmail.dat", part.content[:cut]))


@pytest.mark.parametrize(
    ("name", "content", "code", "kind"),
    [
        ("a.png", PNG, "file_scanned", ""),
        ("a.txt", b"words", "file_other", "unknown"),
        ("a.zip", zipped({"b.png": PNG}), "file_other", "archive"),
        ("a.docx", office("word"), "file_other", "word"),
        ("empty", b"", "file_damaged", ""),
    ],
)
def test_find_in_file_without_a_form_says_why(
    name: str, content: bytes, code: str, kind: str
) -> None:
    assert find_in_file(name, content) == unreadable(name, code, kind)


def test_find_in_file_gives_what_may_be_the_form() -> None:
    assert find_in_file("a.xlsx", XLSX) == (form("a.xlsx", XLSX),)
    archive = zipped({"b.pdf": PDF, "a.xlsx": XLSX})
    assert find_in_file("a.zip", archive) == (form("b.pdf", PDF), form("a.xlsx", XLSX))


@pytest.mark.parametrize(
    ("streams", "code"),
    [
        (("EncryptedPackage", "EncryptionInfo", "StrongEncryptionDataSpace"), "file_password"),
        (("EncryptedPackage", "DRMEncryptedDataSpace"), "file_label_protected"),
        (("EncryptedPackage", "DRMEncryptedTransform"), "file_label_protected"),
        (("\x09DRMContent", "Workbook"), "file_label_protected"),
    ],
)
def test_find_workbook_under_a_label_has_no_password_to_remove(
    streams: tuple[str, ...], code: str
) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "\0".join(streams).encode("utf-16-le")
    found = find(attached("form.xlsx", content))
    assert [file.problem.code for file in found.unreadable] == [code]


def test_find_mail_that_only_its_reader_may_open_is_told_as_encrypted() -> None:
    sealed = b"\x76\xe8\x04\x60\xc4\x11\xe3\x86" + b"\x00\x01" * 400
    found = find(attached("message.rpmsg", sealed))
    assert [file.problem.code for file in found.unreadable] == ["file_encrypted_mail"]


def test_find_several_files_with_one_problem_are_told_of_once() -> None:
    photo = b"\xff\xd8\xff" + b"x" * 100_000
    found = find(
        attached("1.jpg", photo),
        attached("2.jpg", photo, position=1),
        attached("a.docx", office("word"), position=2),
    )
    told = (unreadable("1.jpg", "file_scanned"), unreadable("a.docx", "file_other", "word"))
    assert found == FoundForms((), told, ("2.jpg",))


def test_find_spreadsheet_of_apple_is_one_file() -> None:
    content = zipped({"Index/Document.iwa": b"x", "preview.jpg": b"\xff\xd8\xff" + b"x" * 99_999})
    told = unreadable("a.numbers", "file_type", "numbers")
    assert find(attached("a.numbers", content)) == FoundForms((), (told,), ())
