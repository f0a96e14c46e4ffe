"""Files inside others: winmail.dat, PDF portfolios, zips and mails in each other, within limits."""

import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest

from pipeline.intake.find import find_forms
from pipeline.intake.limits import DEEPEST, OPENED_FILES
from pipeline.intake.outlook import OutlookFile, outlook_files
from pipeline.intake.tnef import TnefFile, tnef_files
from pipeline.intake.zip_names import entry_name, read_name
from pipeline.mailbox.parse import enclosed_files
from tests.unit.intake.compound import compound, saved_by_outlook
from tests.unit.intake.conftest import PDF, XLSX, attached, message, zipped
from tests.world.pace import soon

# winmail.dat

IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


def attribute(number: int, value: bytes, level: int = 2) -> bytes:
    return struct.pack("<BII", level, number, len(value)) + value + b"\x00\x00"


def winmail(*attributes: bytes, code_page: int | None = None) -> bytes:
    head = struct.pack("<IH", 0x223E9F78, 1)
    if code_page is not None:
        head += attribute(0x00069007, struct.pack("<II", code_page, 0), 1)
    return head + b"".join(attributes)


def properties(*pairs: tuple[int, bytes]) -> bytes:
    found = struct.pack("<I", len(pairs))
    for tag, value in pairs:
        found += struct.pack("<I", tag)
        if tag & 0xFFFF == 0x0003:
            found += value
        else:
            found += struct.pack("<II", 1, len(value)) + value + b"\x00" * (-len(value) % 4)
    return found


def tnef_file(
    content: bytes, title: bytes = b"FORM~1.XLS", mapi: bytes = b"", *, with_data: bool = True
) -> bytes:
    found = attribute(0x00069002, b"\x00" * 14)
    found += attribute(0x00018010, title + b"\x00")
    if with_data:
        found += attribute(0x0006800F, content)
    return found + (attribute(0x00069005, mapi) if mapi else b"")


def embedded(inside: bytes, tag: int = 0x3701000D) -> bytes:
    mapi = properties((0x37050003, struct.pack("<I", 5)), (tag, IID_MESSAGE + inside))
    return tnef_file(b"", b"mail", mapi, with_data=False)


LONG = "申請書 Größe.xlsx"
WINMAIL: dict[str, tuple[Callable[[], bytes], str]] = {
    "short name": (lambda: winmail(tnef_file(XLSX)), "FORM~1.XLS"),
    "unicode name": (
        lambda: winmail(
            tnef_file(XLSX, mapi=properties((0x3707001F, (LONG + "\0").encode("utf-16-le"))))
        ),
        LONG,
    ),
    "display name": (
        lambda: winmail(
            tnef_file(XLSX, mapi=properties((0x3001001F, (LONG + "\0").encode("utf-16-le"))))
        ),
        LONG,
    ),
    "name in a code page": (
        lambda: winmail(
            tnef_file(XLSX, mapi=properties((0x3707001E, "Größe.xlsx\0".encode("cp1252")))),
            code_page=1252,
        ),
        "Größe.xlsx",
    ),
    "title in a code page": (
        lambda: winmail(tnef_file(XLSX, "форма.xlsx".encode("cp1251")), code_page=1251),
        "форма.xlsx",
    ),
    "title of Japanese Windows": (
        lambda: winmail(tnef_file(XLSX, "申請書.xlsx".encode("cp932"))),
        "申請書.xlsx",
    ),
    "code page that nobody knows": (
        lambda: winmail(tnef_file(XLSX, b"form.xlsx"), code_page=99999),
        "form.xlsx",
    ),
    "content as a property": (
        lambda: winmail(
            tnef_file(b"", b"form.xlsx", properties((0x37010102, XLSX)), with_data=False)
        ),
        "form.xlsx",
    ),
    "message inside": (
        lambda: winmail(embedded(winmail(tnef_file(XLSX, b"form.xlsx")))),
        "form.xlsx",
    ),
    "message inside as bytes": (
        lambda: winmail(embedded(winmail(tnef_file(XLSX, b"form.xlsx")), 0x37010102)),
        "form.xlsx",
    ),
    "message in a message": (
        lambda: winmail(embedded(winmail(embedded(winmail(tnef_file(XLSX, b"form.xlsx")))))),
        "form.xlsx",
    ),
    "winmail.dat attached to it": (
        lambda: winmail(tnef_file(winmail(tnef_file(XLSX, b"form.xlsx")), b"winmail.dat")),
        "form.xlsx",
    ),
    "properties of many values before": (
        lambda: winmail(
            tnef_file(
                XLSX,
                mapi=struct.pack("<III", 2, 0x12341003, 3)
                + b"\x00" * 12
                + properties((0x3707001F, "form.xlsx".encode("utf-16-le")))[4:],
            )
        ),
        "form.xlsx",
    ),
}


@pytest.mark.parametrize("name", WINMAIL)
def test_packed_winmail_gives_its_files_with_their_names(name: str) -> None:
    make, expected = WINMAIL[name]
    assert tnef_files(make()) == (TnefFile(expected, XLSX),)


def test_packed_winmail_in_itself_without_end_is_opened_ten_deep() -> None:
    content = winmail(tnef_file(XLSX, b"form.xlsx"))
    for _ in range(30):
        content = winmail(embedded(content))
    (file,) = tnef_files(content)
    assert file.content.startswith(b"\x78\x9f\x3e\x22")


@pytest.mark.parametrize("cut", range(10, 400, 13))
def test_packed_winmail_that_is_cut_off_never_raises(cut: int) -> None:
    tnef_files(WINMAIL["message in a message"][0]()[:cut])


# PDF


def portfolio(
    content: bytes = XLSX,
    *,
    name: str = "form.xlsx",
    as_annotation: bool = False,
    packed: bool = False,
) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    specification = pikepdf.AttachedFileSpec(
        pdf, content, filename=name, description="", mime_type="", creation_date="", mod_date=""
    )
    if as_annotation:
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.FileAttachment,
            Rect=[0, 0, 20, 20],
            FS=specification.obj,
        )
        page.obj.Annots = pdf.make_indirect(pikepdf.Array([note]))
    else:
        pdf.attachments[name] = specification
    found = BytesIO()
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    pdf.save(found, object_stream_mode=mode)
    return found.getvalue()


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("as_annotation", [True, False])
def test_packed_pdf_gives_the_form_attached_to_it(as_annotation: bool, packed: bool) -> None:
    content = portfolio(as_annotation=as_annotation, packed=packed)
    found = find_forms(message(attached("cover.pdf", content)))
    assert [(form.name, form.content) for form in found.forms] == [
        ("cover.pdf", content),
        ("form.xlsx", XLSX),
    ]
    assert found.unreadable == ()


def test_packed_pdf_gives_what_is_in_the_zip_attached_to_it() -> None:
    content = portfolio(zipped({"form.xlsx": XLSX}), name="forms.zip")
    found = find_forms(message(attached("cover.pdf", content)))
    assert XLSX in [form.content for form in found.forms]


def test_packed_pdf_of_an_invoice_is_asked_about_for_itself_alone() -> None:
    content = portfolio(b"<invoice/>", name="factur-x.xml")
    found = find_forms(message(attached("invoice.pdf", content)))
    assert [form.name for form in found.forms] == ["invoice.pdf"]
    assert (found.unreadable, found.other_files) == ((), ("factur-x.xml",))


def test_packed_pdf_that_is_damaged_is_only_itself() -> None:
    content = PDF + b"/EmbeddedFiles 9 0 R"
    found = find_forms(message(attached("a.pdf", content)))
    assert [form.content for form in found.forms] == [content]


# in each other


def test_packed_files_are_opened_as_deep_as_the_limit() -> None:
    content = zipped({"form.xlsx": XLSX})
    for _ in range(DEEPEST - 1):
        content = zipped({"more.zip": content})
    assert len(find_forms(message(attached("a.zip", content))).forms) == 1
    deeper = find_forms(message(attached("a.zip", zipped({"more.zip": content}))))
    assert [file.problem.code for file in deeper.unreadable] == ["file_other"]


def test_packed_files_of_the_whole_mail_are_counted_together() -> None:
    inner = zipped({f"{number}.txt": b"x" for number in range(45)})
    files = [attached(f"{n}.zip", inner[:-2] + b"\x00\x00", position=n) for n in range(6)]
    found = find_forms(message(*files))
    assert [file.problem.code for file in found.unreadable][:1] == ["file_refused"]
    assert len(found.other_files) < OPENED_FILES + 20


def test_packed_bytes_of_the_whole_mail_are_counted_together() -> None:
    big = zipped({"a.bin": bytes(range(256)) * (40 << 12)})
    found = find_forms(message(*(attached(f"{n}.zip", big, position=n) for n in range(4))))
    assert "file_refused" in [file.problem.code for file in found.unreadable]


def test_packed_mail_that_is_a_bomb_is_refused_alone() -> None:
    head = b"From: a@b.example\r\nMessage-ID: <1@b>\r\nMIME-Version: 1.0\r\n"
    many = (
        head + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 2000
    )
    archive = zipped({"bomb.eml": many, "form.xlsx": XLSX})
    found = find_forms(message(attached("a.zip", archive)), enclosed_files)
    assert [form.content for form in found.forms] == [XLSX]
    assert [file.problem.code for file in found.unreadable] == ["file_refused"]


# names in zips

NAMES = [
    ("cp932", "ja", ["申請書.xlsx", "WhatsApp申請書_株式会社.xlsx", "フォーム.xlsx", "表.pdf",
                     "記入済みフォーム(1).xlsx", "新しいフォルダー/申込書.pdf", "ソフト.xlsx"]),
    ("gbk", "zh", ["申请表.xlsx", "表格.xlsx", "新建文件夹/申请.pdf", "WhatsApp申请表格.xlsx"]),
    ("cp949", "ko", ["신청서.xlsx", "양식.xlsx", "새 폴더/신청서 양식.pdf", "홍길동.xlsx"]),
    ("big5", "zh", ["申請表.xlsx", "表格.pdf", "新資料夾/申請.xlsx"]),
    ("cp866", "ru", ["форма.xlsx", "Форма заявки.xlsx", "ЗАЯВКА.pdf", "Договор №5.pdf",
                     "Ёлка.xlsx", "Новая папка/заявка WhatsApp.xlsx", "БЛАНК.xlsx"]),
    ("cp850", "de", ["Frösche.xlsx", "Änderung.xlsx", "Prüfung.xlsx", "größe.xlsx", "Ísland.xlsx",
                     "formulário ação.pdf", "Ålesund.xlsx", "Formular für Müller.xlsx"]),
    ("cp437", "de", ["Frösche.xlsx", "Änderung.xlsx", "señor.xlsx", "Öl.xlsx", "Réponse.xlsx"]),
    ("cp852", "", ["formulář.xlsx", "Wniosek_łódź.xlsx", "žádost.xlsx"]),
]  # fmt: skip


@pytest.mark.parametrize("with_language", [True, False])
@pytest.mark.parametrize(
    ("code_page", "language", "name"),
    [(code_page, language, name) for code_page, language, names in NAMES for name in names],
)
def test_packed_name_is_read_by_what_its_letters_look_like(
    code_page: str, language: str, name: str, with_language: bool
) -> None:
    assert read_name(name.encode(code_page), language if with_language else "") == name


@pytest.mark.parametrize(
    ("code_page", "name"), [("cp1252", "Frösche.xlsx"), ("cp1251", "Заявка.xlsx")]
)
def test_packed_name_of_a_zip_made_on_unix(code_page: str, name: str) -> None:
    assert read_name(name.encode(code_page), "", 3) == name


@pytest.mark.parametrize("name", ["form.xlsx", "申請書.xlsx", "Größe.xlsx", "форма.xlsx", "📎.pdf"])
def test_packed_name_in_utf_8_without_its_flag(name: str) -> None:
    assert read_name(name.encode("utf-8")) == name


@pytest.mark.parametrize("unit", [b"\x84", b"\x88\x9f", b"a\xb1", b"\xff"])
def test_packed_names_of_a_megabyte_are_read_soon(unit: bytes) -> None:
    began = time.process_time()
    for size in (600, 601, 20_000, 65_535):
        for _ in range(15):
            assert read_name(unit * (size // len(unit)), "ja")
    assert soon(time.process_time() - began, 5)


def test_packed_name_in_half_width_kana_needs_the_language() -> None:
    assert read_name("ﾌｫｰﾑ.xlsx".encode("cp932"), "ja") == "ﾌｫｰﾑ.xlsx"


@pytest.mark.parametrize("is_ours", [True, False])
def test_packed_name_in_the_unicode_path_counts_when_it_belongs_to_the_name(is_ours: bool) -> None:
    raw = "form_.xlsx".encode("cp437").replace(b"_", b"\xe4")
    info = zipfile.ZipInfo(raw.decode("cp437"))
    digest = zlib.crc32(raw if is_ours else b"other")
    body = struct.pack("<BI", 1, digest) + "форма.xlsx".encode()
    info.extra = b"\x01\x00\x00\x00" + struct.pack("<HH", 0x7075, len(body)) + body
    assert (entry_name(info) == "форма.xlsx") is is_ours


def test_packed_name_in_a_zip_is_read_by_the_language_of_the_mail() -> None:
    raw = zipped({"XXXX.pdf": PDF}).replace(b"XXXX", "표격".encode("cp949"))
    korean = replace(message(attached("a.zip", raw)), text="신청서입니다.")
    korean_forms = find_forms(korean).forms
    assert [form.name for form in korean_forms] == ["표격.pdf"]


@pytest.mark.parametrize("also_local", [True, False])
@pytest.mark.parametrize(
    ("code_page", "name"), [("gbk", "申请表.pdf"), ("cp932", "申請書.pdf"), ("cp866", "форма.pdf")]
)
def test_packed_name_is_not_utf_8_because_the_zip_says_so(
    code_page: str, name: str, also_local: bool
) -> None:
    spelt = name.encode(code_page)
    raw = bytearray(zipped({"X" * len(spelt): PDF}).replace(b"X" * len(spelt), spelt))
    raw[raw.index(b"PK\x01\x02") + 9] |= 8
    if also_local:
        raw[7] |= 8
    (form,) = find_forms(message(attached("a.zip", bytes(raw)))).forms
    assert form.name == name


def test_packed_name_is_safe_to_show_and_to_save() -> None:
    archive = zipped({"a/..\\b/\u202efdp\u2069\x01.xlsx": XLSX})
    (form,) = find_forms(message(attached("a.zip", archive))).forms
    assert form.name == "fdp.xlsx"


# mails saved by Outlook


def test_packed_outlook_mail_gives_its_files_with_their_names() -> None:
    small, big = b"small", XLSX * 40
    content = compound(
        saved_by_outlook(
            {"__substg1.0_37010102": big, "__substg1.0_3707001F": LONG.encode("utf-16-le")},
            {"__substg1.0_37010102": small, "__substg1.0_3704001E": b"FORM~1.TXT\x00"},
            {"__substg1.0_37010102": small},
        )
    )
    assert outlook_files(content) == (
        OutlookFile(LONG, big),
        OutlookFile("FORM~1.TXT", small),
        OutlookFile("", small),
    )


def test_packed_outlook_mail_inside_another_is_opened() -> None:
    inner = saved_by_outlook(
        {"__substg1.0_37010102": XLSX, "__substg1.0_3707001F": "form.xlsx".encode("utf-16-le")}
    )
    content = compound(saved_by_outlook({"__substg1.0_3701000D": inner}))
    found = find_forms(message(attached("mail.msg", content)))
    assert [(form.name, form.content) for form in found.forms] == [("form.xlsx", XLSX)]
    assert found.unreadable == ()


@pytest.mark.parametrize("cut", range(8, 6000, 193))
def test_packed_outlook_mail_that_is_damaged_never_raises(cut: int) -> None:
    content = compound(saved_by_outlook({"__substg1.0_37010102": XLSX * 9}))
    outlook_files(content[:cut])
    outlook_files(content[:cut] + b"\x00" * 8 + content[cut + 8 :])
    outlook_files(content[:cut] + b"\x01\x00\x00\x00" * 9 + content[cut + 36 :])
