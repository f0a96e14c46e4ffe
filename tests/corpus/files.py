"""Attachments: their names, their types, and old ways to put a file into a mail."""

import base64
import binascii
import io
import zipfile

from tests.corpus.making import (
    CRLF,
    FORM,
    Made,
    Right,
    entity,
    file,
    head,
    lines,
    mixed,
    multipart,
    noise,
    octets,
    odd,
    one_of,
    right,
    sha,
    text,
    with_form,
)

_OCTETS = "Content-Type: application/octet-stream"
_SHORT = noise(90)
_ATTACHED = "Content-Disposition: attachment"


def _named(name: object, content: bytes = FORM) -> list[dict[str, object]]:
    return [{"name": name, "sha256": sha(content)}]


def _disposed(parameters: str | bytes, kind: str = _OCTETS, content: bytes = _SHORT) -> bytes:
    field = _ATTACHED.encode() + b"; " + octets(parameters)
    return head() + mixed(file(content, kind, field))


def _short(name: object) -> Right:
    return right(files=_named(name, _SHORT), forms=[])


def _percent(words: str, codec: str = "utf-8") -> str:
    return "".join(f"%{byte:02X}" for byte in words.encode(codec))


@odd(
    97,
    "https://github.com/aio-libs/aiohttp/pull/13500",
    "https://github.com/stalwartlabs/mail-parser/pull/154",
)
def name_in_twelve_pieces_out_of_order() -> Made:
    """The name comes in twelve pieces, shuffled, and characters are cut between them."""
    name = "WhatsApp 申請書（大阪支店）.xlsx"
    marks = _percent(name)
    step = len(marks) // 3 // 11 * 3
    pieces = [marks[n * step : (n + 1) * step] for n in range(11)] + [marks[11 * step :]]
    pieces[0] = "UTF-8''" + pieces[0]
    order = (10, 2, 11, 0, 7, 1, 9, 3, 8, 4, 6, 5)
    return _disposed(
        ";\n ".join(f"filename*{n}*={pieces[n]}" for n in order), content=FORM
    ), with_form(files=_named(name), form_names=[name])


@odd(98, "https://github.com/mikel/mail/issues/1685", "RFC 2231 4.1")
def name_in_encoded_and_plain_pieces() -> Made:
    """Only the pieces with a star are percent-encoded; the charset is named once."""
    pieces = "filename*0*=ISO-8859-1'de'F%FCr; filename*1=\" 100%25 \"; filename*2*=M%E4rz.xlsx"
    return _disposed(pieces), _short("Für 100%25 März.xlsx")


@odd(99, "RFC 2231 4", "RFC 6266 4.3")
def three_names() -> Made:
    """A type's name, a plain name and one with a charset: the last says most."""
    both = f"filename=\"form.xlsx\";\n filename*=utf-8''{_percent('申請書')}.xlsx"
    return _disposed(both, f"{_OCTETS}; name=ATT00001.xlsx"), _short("申請書.xlsx")


@odd(
    100,
    "https://github.com/smiley22/S22.Imap/issues/55",
    "https://github.com/neomutt/neomutt/issues/2539",
)
def name_of_words_and_plain_text() -> Made:
    """The name mixes plain text with two encoded words, against RFC 2047 5."""
    name = 'filename="form =?ISO-8859-1?Q?f=FCr_K?=\n =?ISO-8859-1?Q?=F6ln=2Exlsx?="'
    return _disposed(name), _short("form für Köln.xlsx")


@odd(101, "https://github.com/emailjs/emailjs-mime-builder/pull/10")
def extended_name_in_quotes() -> Made:
    """The extended value stands in quotes."""
    return _disposed(f"filename*=\"UTF-8''{_percent('申請書.xlsx')}\""), _short("申請書.xlsx")


@odd(102, "https://github.com/Cocoanetics/SwiftMail/pull/233", "RFC 2231 3")
def extended_name_in_an_unknown_charset() -> Made:
    """The charset of the name is left out, or is one that nobody knows; the octets are UTF-8."""
    first = file(kind=_OCTETS, disposition=f"{_ATTACHED}; filename*=''{_percent('申請書.xlsx')}")
    note = f"{_ATTACHED}; filename*=x-utf'ja'{_percent('送付状.txt')}"
    return head() + mixed(first, file(b"note", _OCTETS, note)), with_form(
        files=[*_named("申請書.xlsx"), {"name": "送付状.txt", "sha256": sha(b"note")}]
    )


@odd(
    103,
    "https://github.com/greenmail-mail-test/greenmail/pull/1017",
    "https://github.com/nodemailer/mailparser/issues/72",
)
def semicolon_inside_the_name() -> Made:
    """The quoted name holds semicolons, an equals sign and an escaped quote."""
    name = r'filename="form; final=2 \"new\".xlsx"; size=1'
    return _disposed(name), _short(
        one_of('form; final=2 "new".xlsx', "form; final=2 new.xlsx", "form; final=2 _new_.xlsx")
    )


@odd(104, "RFC 2045 5.1")
def blanks_in_a_name_without_quotes() -> Made:
    """The name has blanks and brackets and no quotes."""
    return _disposed("filename=our form [2].xlsx"), _short("our form [2].xlsx")


@odd(105, "RFC 2183 2.3", "CVE-2009-3376")
def names_that_are_paths_or_lie() -> Made:
    """Names are paths, turn their reading direction, hold controls, or have 500 characters."""
    names = (
        r'"C:\\fakepath\\form.xlsx"',
        '"../../etc/form.xlsx"',
        '"form\u202exslx.exe"',
        '"form\u200b\x07.txt"',
        '"' + "f" * 500 + '.xlsx"',
        '".."',
        '"CON"',
    )
    parts = [
        file(b"%d" % n, _OCTETS, f"{_ATTACHED}; filename={name}") for n, name in enumerate(names)
    ]
    sums = [{"sha256": sha(b"%d" % n)} for n in range(len(names))]
    sums[0]["name"] = sums[1]["name"] = "form.xlsx"
    return head() + mixed(file(), *parts), right(forms=["qr"], names_safe=True, files=sums)


@odd(106, "https://github.com/jordan-wright/email/issues/15")
def mail_that_is_the_file() -> Made:
    """A device sends the workbook as the whole mail, without parts or a disposition."""
    body = file(kind=f'{_OCTETS}; name="form.xlsx"', disposition="")
    return head() + body, with_form(files=_named("form.xlsx"), text_lacks=["UEsD", "PK"])


@odd(107, "RFC 2045 5.2", "https://github.com/namecheap/fast_mail_parser/issues/25")
def file_without_a_type() -> Made:
    """A part has a disposition and no type, so its type would be text/plain."""
    return head() + mixed(file(kind="")), with_form(
        files=_named("form.xlsx"), text_has=["Our form"], text_lacks=["PK"]
    )


@odd(108, "RFC 2046 4.1", "https://github.com/smiley22/S22.Imap/pull/106")
def workbook_called_text() -> Made:
    """The workbook is typed text/plain, without name and disposition."""
    part = file(kind="Content-Type: text/plain; charset=us-ascii", disposition="")
    return head() + mixed(part), with_form(text_has=["Our form"], text_lacks=["PK", "UEsD"])


@odd(109, "https://github.com/jdickey1/imap-email-mcp/issues/3")
def workbook_called_zip_and_inline() -> Made:
    """The workbook is typed application/zip, inline, and its name ends in .zip."""
    part = file(
        kind="Content-Type: application/zip",
        disposition="Content-Disposition: inline; filename=form.xlsx.zip",
    )
    return head() + mixed(part), with_form(files=_named("form.xlsx.zip"))


@odd(
    110,
    "https://github.com/jstedfast/MimeKit/pull/333",
    "https://github.com/vladimarius/imapy/issues/22",
)
def text_file_is_no_text() -> Made:
    """The mail has no text, only a text file that is an attachment."""
    body = entity(
        "Number;Name\n1;Taro\n",
        'Content-Type: text/plain; name="list.txt"',
        f'{_ATTACHED}; filename="list.txt"',
    )
    return head() + body, right(
        files=[{"name": "list.txt", "sha256": sha(b"Number;Name\r\n1;Taro\r\n")}],
        text_lacks=["Number"],
        forms=[],
    )


def _uuencoded(content: bytes, begin: str) -> bytes:
    rows = (binascii.b2a_uu(content[n : n + 45], backtick=True) for n in range(0, len(content), 45))
    return octets(begin) + CRLF + b"".join(row[:-1] + CRLF for row in rows) + b"`\r\nend\r\n"


@odd(
    111,
    "https://github.com/jstedfast/MimeKit/issues/1143",
    "https://github.com/deltachat/deltachat-core/issues/90",
)
def uuencode_inside_the_text() -> Made:
    """Outlook as plain text: the file stands between the words."""
    body = (
        lines("Please see", "")
        + _uuencoded(FORM, "begin 664 our form.xlsx")
        + lines("", "Thank you")
    )
    return head("Content-Type: text/plain") + CRLF + body, with_form(
        form_names=["our form.xlsx"],
        text_has=["Please see", "Thank you"],
        text_lacks=["begin 664", "M4$L"],
    )


@odd(
    112,
    "https://github.com/nodemailer/mailparser/issues/251",
    "https://github.com/mikel/mail/issues/844",
)
def uuencode_as_transfer_encoding() -> Made:
    """The part's transfer encoding is x-uuencode."""
    fields = (
        _OCTETS,
        f'{_ATTACHED}; filename="form.xlsx"',
        "Content-Transfer-Encoding: x-uuencode",
    )
    return head() + mixed(entity(_uuencoded(FORM, "begin 600 x.xlsx"), *fields)), with_form(
        files=_named("form.xlsx")
    )


@odd(113, "https://github.com/mysociety/alaveteli/issues/941")
def sentence_that_begins() -> Made:
    """Words that look like the first line of a uuencoded file are words."""
    words = "begin 644 is what the screen says.\nbegin  2 days later\nWe see this at the\nend\n"
    return head() + text(words), right(
        text_has=["begin 644 is what the screen says.", "begin  2 days later", "at the"], forms=[]
    )


_HQX = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"


def _binhex(name: bytes, content: bytes) -> bytes:
    """Return BinHex 4.0 (RFC 1741) of a data fork."""

    def summed(fork: bytes) -> bytes:
        return fork + binascii.crc_hqx(fork, 0).to_bytes(2, "big")

    header = (
        bytes([len(name)]) + name + b"\0XLSXXCEL\0\0" + len(content).to_bytes(4, "big") + bytes(4)
    )
    packed = (summed(header) + summed(content) + summed(b"")).replace(b"\x90", b"\x90\x00")
    bits = int.from_bytes(packed + bytes(-len(packed) % 3), "big")
    count = (len(packed) * 8 + 5) // 6
    total = (len(packed) + (-len(packed) % 3)) * 8
    signs = b":" + bytes(_HQX[bits >> (total - 6 * (n + 1)) & 63] for n in range(count)) + b":"
    rows = b"".join(signs[n : n + 64] + CRLF for n in range(0, len(signs), 64))
    return lines("(This file must be converted with BinHex 4.0)", "") + rows


@odd(114, "RFC 1741")
def binhex_of_an_old_macintosh() -> Made:
    """The workbook is BinHex: whether it is opened or not, staff must see that there is a file."""
    fields = (
        'Content-Type: application/mac-binhex40; name="form.xlsx.hqx"',
        f'{_ATTACHED}; filename="form.xlsx.hqx"',
    )
    return head() + mixed(entity(_binhex(b"form.xlsx", FORM[:3000]), *fields)), right(
        forms=[], files=[{"name": one_of("form.xlsx.hqx", "form.xlsx")}]
    )


@odd(115, "http://www.yenc.org/yenc-draft.1.3.txt")
def yenc_inside_the_text() -> Made:
    """A newsreader's yEnc: whether it is opened or not, the words and the name must be seen."""
    content = noise(900)
    coded = b"".join(
        b"=" + bytes([(sign + 64) % 256]) if sign in b"\0\n\r=" else bytes([sign])
        for sign in (bytes([(byte + 42) % 256])[0] for byte in content)
    )
    body = lines("Our file:", "", f"=ybegin line=128 size={len(content)} name=file.bin")
    body += (
        coded
        + CRLF
        + lines(f"=yend size={len(content)} crc32={binascii.crc32(content):08x}", "Taro")
    )
    return head() + entity(
        body, "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit"
    ), right(text_has=["Our file:", "Taro"], forms=[])


@odd(116, "RFC 1740", "RFC 2046 5.1.3")
def appledouble() -> Made:
    """A Macintosh sends the Finder's data beside the file, under the same name."""
    finder = (
        bytes.fromhex("00051607 00020000")
        + bytes(16)
        + bytes.fromhex("0001 00000009 00000026 00000020")
    )
    finder += b"XLSXXCEL" + bytes(24)
    first = file(
        finder,
        "Content-Type: application/applefile; name=form.xlsx",
        f"{_ATTACHED}; filename=form.xlsx",
    )
    return head() + mixed(multipart(first, file(), kind="appledouble", boundary="mac")), with_form(
        files=_named("form.xlsx")
    )


def _zip(name: bytes, content: bytes) -> bytes:
    """Return a zip whose one name is in an old code page, without the mark of UTF-8."""
    stand_in = b"N" * len(name)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr(zipfile.ZipInfo(stand_in.decode(), (2026, 11, 23, 10, 0, 0)), content)
    return stream.getvalue().replace(stand_in, name)


@odd(117, "https://github.com/mrkkrp/zip/issues/23", "APPNOTE.TXT appendix D")
def zip_with_a_russian_name() -> Made:
    """A Russian Windows writes names into a zip in cp866; the mail is in Russian."""
    words = "Анкета для канала"
    part = file(
        _zip("Анкета.xlsx".encode("cp866"), FORM),
        "Content-Type: application/zip",
        f"{_ATTACHED}; filename=a.zip",
    )
    raw = head(subject=f"Subject: {words}") + multipart(
        text(words.encode("cp1251"), "text/plain; charset=windows-1251"), part
    )
    return raw, with_form(subject=words, form_names=["Анкета.xlsx"])


@odd(118, "https://github.com/nih-at/libzip/issues/212", "APPNOTE.TXT appendix D")
def zip_with_a_japanese_name() -> Made:
    """A Japanese Windows writes names into a zip in cp932; the mail is in Japanese."""
    words = "申請書の送付"
    part = file(
        _zip("申請書（表）.xlsx".encode("cp932"), FORM),
        "Content-Type: application/zip",
        f"{_ATTACHED}; filename=a.zip",
    )
    raw = head(subject=f"Subject: {words}") + multipart(
        text(words.encode("iso-2022-jp"), "text/plain; charset=iso-2022-jp"), part
    )
    return raw, with_form(subject=words, form_names=["申請書（表）.xlsx"])


@odd(119, "https://github.com/kuba--/zip/issues/233", "APPNOTE.TXT appendix D")
def zip_with_a_chinese_name() -> Made:
    """A Chinese Windows writes names into a zip in cp936; the mail is in Chinese."""
    words = "附上申请表"
    part = file(
        _zip("申请表.xlsx".encode("gbk"), FORM),
        "Content-Type: application/zip",
        f"{_ATTACHED}; filename=a.zip",
    )
    raw = head(subject=f"Subject: {words}") + multipart(
        text(words.encode("gb18030"), "text/plain; charset=gb18030"), part
    )
    return raw, with_form(subject=words, form_names=["申请表.xlsx"])


def _pdf(name: bytes, content: bytes) -> bytes:
    """Return a PDF of one empty page with an embedded file (ISO 32000-1 7.11.4)."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(form)5 0 R]>>>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
        b"<</Type/EmbeddedFile/Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Filespec/F(%s)/UF(%s)/EF<</F 4 0 R>>>>" % (name, name),
    )
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(
        b"%010d 00000 n \n" % place for place in places
    )
    return bytes(out) + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


@odd(120, "ISO 32000-1 7.11.4")
def workbook_attached_inside_a_pdf() -> Made:
    """The letter is a PDF and the form is attached inside it."""
    part = file(
        _pdf(b"form.xlsx", FORM),
        "Content-Type: application/pdf",
        f"{_ATTACHED}; filename=letter.pdf",
    )
    return head() + mixed(part), right(forms=["qr"], form_names=["form.xlsx"])


@odd(121, "RFC 2183 2.8")
def scan_of_a_copier() -> Made:
    """A copier sends its scan: no text, a disposition without a type, the name in raw cp932."""
    page = _pdf(b"x", b"")
    name = "スキャン_20261123.pdf".encode("cp932")
    part = file(
        page,
        b'Content-Type: application/octet-stream; name="' + name + b'"',
        b'Content-Disposition: ; filename="' + name + b'"',
    )
    sender = "From: MFP-3F <mfp@example.co.jp>"
    return head(sender=sender, subject="Subject: Message from MFP-3F") + multipart(part), right(
        from_=[["MFP-3F", "mfp@example.co.jp"]],
        subject="Message from MFP-3F",
        files=[{"name": "スキャン_20261123.pdf", "sha256": sha(page)}],
        forms=[],
    )


@odd(
    122,
    "https://github.com/ietf-tools/mailarchive/issues/4064",
    "https://github.com/mozilla-b2g/gaia/pull/22088",
)
def footer_of_a_list_as_a_part() -> Made:
    """A mailing list appends its footer as one more part: it is text and no nameless file."""
    footer = entity(
        lines("____", "Forms mailing list"),
        "Content-Type: text/plain",
        "Content-Disposition: inline",
    )
    return head() + mixed(file(), footer), with_form(
        text_has=["Our form", "Forms mailing list"], files=_named("form.xlsx"), attachments=1
    )


@odd(123, "https://github.com/SpamScope/mail-parser/issues/117", "RFC 2045 5.1")
def type_that_does_not_exist() -> Made:
    """The type is one word, the subtype is missing, or the type is Excel's old name."""
    first = file(kind="Content-Type: xlsx", disposition=f'{_ATTACHED}; filename="form.xlsx"')
    second = file(b"1", "Content-Type: text/", f'{_ATTACHED}; filename="one.dat"')
    third = file(b"2", "Content-Type: ; name=two.dat", "")
    return head() + mixed(first, second, third), with_form(
        files=[
            *_named("form.xlsx"),
            {"name": "one.dat", "sha256": sha(b"1")},
            {"name": "two.dat", "sha256": sha(b"2")},
        ]
    )


@odd(156, "https://github.com/thunderbird/thunderbird-android/issues/2499")
def name_cut_inside_a_character() -> Made:
    """The encoded words of a name part in the middle of a character."""
    octets_ = "申請書（大阪）.xlsx".encode()
    pieces = (octets_[:10], octets_[10:19], octets_[19:])
    words = (f"=?UTF-8?B?{base64.b64encode(piece).decode()}?=" for piece in pieces)
    return _disposed('filename="' + "\n ".join(words) + '"'), _short("申請書（大阪）.xlsx")


@odd(157, "https://github.com/smiley22/S22.Imap/issues/28", "RFC 2231 4")
def name_that_is_a_bare_word() -> Made:
    """An encoded word stands as the name without quotes."""
    word = base64.b64encode("анкета.xlsx".encode("koi8-r")).decode()
    return _disposed(f"filename==?koi8-r?B?{word}?=; size=20675"), _short("анкета.xlsx")


@odd(
    167,
    "https://github.com/EasyRPG/Player/pull/2572",
    "https://github.com/jgm/zip-archive/issues/14",
)
def zip_with_a_german_name() -> Made:
    """A German Windows writes names into a zip in cp850; the mail is in German."""
    name = "Formular für März.xlsx"
    content = _zip(name.encode("cp850"), FORM)
    part = file(content, "Content-Type: application/zip", f"{_ATTACHED}; filename=a.zip")
    words = text("Anbei das ausgefüllte Formular.\nMit freundlichen Grüßen")
    return head(subject="Subject: Unser Formular für März") + multipart(words, part), with_form(
        subject="Unser Formular für März", form_names=[name]
    )


@odd(169, "https://github.com/mysociety/alaveteli/issues/941")
def two_uuencoded_files() -> Made:
    """Two files follow each other in the text, the first a short one."""
    note = b"Number;Name\r\n1;Taro\r\n"
    body = lines("Two files:", "") + _uuencoded(note, "begin 644 list.csv") + CRLF
    body += _uuencoded(FORM, "begin 644 form.xlsx") + lines("Taro")
    return head("Content-Type: text/plain") + CRLF + body, with_form(
        files=[{"name": "list.csv", "sha256": sha(note)}, *_named("form.xlsx")],
        text_has=["Two files:", "Taro"],
        text_lacks=["begin 644"],
    )


def _mailed_zip(content: bytes, words: str) -> bytes:
    part = file(content, "Content-Type: application/zip", f"{_ATTACHED}; filename=a.zip")
    return head(subject=f"Subject: {words}") + multipart(text(words), part)


@odd(170, "https://github.com/AkiZip/AkiZip/pull/44", "APPNOTE.TXT 4.4.4 (bit 11)")
def zip_that_calls_gbk_utf_8() -> Made:
    """The zip says that its names are UTF-8 and they are GBK."""
    name = "申请表.xlsx".encode("gbk")
    content = bytearray(_zip(name, FORM))
    for flags in (6, content.rindex(b"PK\1\2") + 8):
        content[flags : flags + 2] = b"\0\x08"
    return _mailed_zip(bytes(content), "附上申请表"), with_form(
        subject="附上申请表", form_names=["申请表.xlsx"]
    )


@odd(171, "APPNOTE.TXT 4.6.9 (0x7075)")
def zip_with_the_name_in_an_extra_field() -> Made:
    """The name proper has question marks; an extra field has it in UTF-8."""
    old, name = b"??? (???).xlsx", "申請書 (大阪府).xlsx"
    inside = b"\1" + binascii.crc32(old).to_bytes(4, "little") + name.encode()
    entry = zipfile.ZipInfo(old.decode(), (2026, 11, 23, 10, 0, 0))
    entry.extra = b"\x75\x70" + len(inside).to_bytes(2, "little") + inside
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr(entry, FORM)
    return _mailed_zip(stream.getvalue(), "申請書の送付"), with_form(
        subject="申請書の送付", form_names=[name]
    )
