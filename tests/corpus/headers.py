"""Header blocks: lines that are no fields, line ends, encoded words and charsets."""

import base64

from tests.corpus.making import (
    CRLF,
    FORM,
    Made,
    entity,
    file,
    head,
    lines,
    mixed,
    multipart,
    odd,
    one_of,
    right,
    text,
    with_form,
)

_GMX = (
    "X-Provags-ID: V03:K0:ONKNgotCRNVI/aAzvxchKKD5uvBEYeYrr4AVF0OMLsU",
    "bFCoPnjQHA37xZ8d8ZlzmXAvxolVwCdcq8oWM8nXToLie/3HrZ",
    "TsgjzM5i+6MOEIfOzRW2y0adk7TA38SD1nkMC1Fw27BOhNj+eK",
)


@odd(26, "https://github.com/sisimai/set-of-emails/issues/21")
def lines_that_are_no_fields() -> Made:
    """A provider wraps a long value without the blank that folding needs; fields stand behind."""
    return head(above=_GMX) + mixed(), with_form()


@odd(27, "https://github.com/MailCore/mailcore2/issues/689", "RFC 4155")
def mbox_line_on_top() -> Made:
    """A mail out of an mbox begins with its From line, once plain and once quoted."""
    above = ("From taro@example.co.jp Mon Nov 23 01:00:00 2026", ">From taro@example.co.jp Mon Nov")
    return head(above=above) + mixed(), with_form()


@odd(
    28,
    "https://github.com/python/cpython/issues/87696",
    "https://github.com/demisto/content/pull/7123",
    "RFC 3629 6",
)
def byte_order_mark() -> Made:
    """An editor has saved the mail with a byte order mark."""
    return b"\xef\xbb\xbf" + head() + mixed(), with_form()


@odd(29, "RFC 5322 2.2")
def carriage_returns_alone() -> Made:
    """An old Macintosh program ends each line with a carriage return."""
    raw = head("Content-Type: text/plain") + CRLF + lines("The form comes tomorrow.", "Taro")
    return raw.replace(CRLF, b"\r"), right(text_has=["The form comes tomorrow."], forms=[])


@odd(30, "RFC 5322 4.1", "https://github.com/staktrace/mailparse/issues/68")
def nul_in_header_and_text() -> Made:
    """NUL octets stand in the subject and in the text (obs-unstruct, obs-body)."""
    subject = b"Subject: WhatsApp\x00 form"
    return head(subject=subject) + multipart(text(b"Our\x00 form is here."), file()), with_form(
        subject=one_of("WhatsApp form", "WhatsApp\ufffd form"),
        text_has=["form is here."],
        text_lacks=["\x00"],
    )


@odd(31, "https://github.com/namecheap/fast_mail_parser/issues/150")
def delimiter_right_below_the_header() -> Made:
    """No blank line parts the header block from the first delimiter."""
    raw = head() + mixed()
    return raw.replace(b'"b1"\r\n\r\n', b'"b1"\r\n', 1), with_form(text_has=["Our form"])


@odd(32, "https://github.com/zbateson/mail-mime-parser/issues/81", "RFC 5322 2.1.1")
def line_of_thousand_characters() -> Made:
    """A field of exactly 1,000 characters and one of 60,000 stand above the ones that count."""
    above = ("X-Long: " + "x" * 992, "X-Longer: " + "y " * 30_000)
    return head(above=above) + multipart(text()), right(text_has=["Our form"], forms=[])


@odd(33, "RFC 5322 4.2")
def folded_with_blank_lines_of_blanks() -> Made:
    """Folding leaves a line of nothing but a blank inside a field (obs-FWS)."""
    raw = head(subject="Subject: WhatsApp\n \t\n form") + mixed()
    return raw, with_form(subject=one_of("WhatsApp form", "WhatsApp  form", "WhatsApp \t form"))


@odd(34, "RFC 5322 4.5")
def blanks_before_the_colon() -> Made:
    """Field names are followed by blanks (obs-fields)."""
    raw = head(sender="From : Taro Kojima <taro@example.co.jp>", subject="Subject\t: WhatsApp form")
    return raw + mixed().replace(b"Content-Type:", b"Content-Type :", 1), with_form()


@odd(35, "RFC 2045 4")
def no_mime_version() -> Made:
    """MIME-Version is missing and names of fields and parameters are all lower or upper case."""
    raw = head(subject="SUBJECT:WhatsApp form", sender="from:Taro Kojima <taro@example.co.jp>")
    body = mixed().replace(b"Content-Type: multipart/mixed; b", b"CONTENT-TYPE:MULTIPART/MIXED;B")
    return raw.replace(b"MIME-Version: 1.0\r\n", b"") + body, with_form()


def _word(charset: str, words: bytes) -> str:
    return f"=?{charset}?B?{base64.b64encode(words).decode()}?="


@odd(36, "https://github.com/postalsys/postal-mime/issues/68", "RFC 2047 5")
def padding_inside_joined_words() -> Made:
    """Each base64 word has its own padding, so they cannot be joined before decoding."""
    pieces = ("電子メール情報", "漏洩対策システム", "テストです")
    words = [_word("ISO-2022-JP", piece.encode("iso-2022-jp")) for piece in pieces]
    raw = head("Content-Type: text/plain", subject="Subject: " + "\n ".join(words))
    return raw + CRLF + lines("hello"), right(subject="電子メール情報漏洩対策システムテストです")


@odd(37, "RFC 2231 5")
def word_with_a_language() -> Made:
    """The charset of an encoded word names a language too; its Q is small."""
    raw = head(subject="Subject: =?iso-8859-1*de?q?Formular_f=FCr?= =?UTF-8*de-DE?q?_WhatsApp?=")
    return raw + text(), right(subject="Formular für WhatsApp")


@odd(38, "https://github.com/RainLoop/rainloop-webmail/issues/1479")
def question_mark_in_a_word_of_no_charset() -> Made:
    """The charset is cut to UTF- and a plain question mark stands inside the word."""
    subject = "Subject: =?UTF-?Q?Passt_es_am_Mittwoch?_Formular_gew=C3=A4hlt?=\n =?UTF-8?Q?...?="
    return head(subject=subject) + text(), right(
        subject="Passt es am Mittwoch? Formular gewählt..."
    )


@odd(39, "https://github.com/jstedfast/MimeKit/issues/449", "RFC 2047 2")
def words_without_blanks_between() -> Made:
    """Encoded words touch each other and the plain text before them."""
    subject = "Subject: Re:=?utf-8?Q?Formular_f=C3=BC?==?utf-8?Q?r?==?utf-8?B?IFdoYXRzQXBw?="
    return head(subject=subject) + text(), right(subject="Re:Formular für WhatsApp")


@odd(40, "RFC 2047 5 (3)", "https://github.com/neomutt/neomutt/issues/2920")
def word_inside_a_quoted_name() -> Made:
    """A display name in quotes is an encoded word; the RFC forbids it and all programs read it."""
    name = _word("utf-8", "小島 太郎".encode())
    raw = head(sender=f'From: "{name}" <taro@example.co.jp>')
    return raw + text(), right(from_=[["小島 太郎", "taro@example.co.jp"]])


@odd(41, "https://github.com/wttw/aboutmyemail/issues/8", "RFC 6532")
def each_field_in_its_own_raw_charset() -> Made:
    """The sender's name is raw UTF-8 and the subject raw ISO 8859-1."""
    subject = "Subject: Übersicht für März".encode("latin-1")
    raw = head(sender="From: Jürgen Müller <jm@example.com>", subject=subject) + mixed()
    return raw, with_form(from_=[["Jürgen Müller", "jm@example.com"]], subject="Übersicht für März")


@odd(42, "https://github.com/djcb/mu/issues/2700", "WHATWG Encoding 4.2")
def windows_quotes_in_a_latin_word() -> Made:
    """An ISO 8859-1 word holds the quote and the dash of windows-1252."""
    raw = head(subject="Subject: =?ISO-8859-1?Q?We=92ve_filled_it_=96_at_last?=") + text()
    return raw, right(subject="We’ve filled it – at last")


@odd(
    43,
    "https://github.com/martinrusev/imbox/pull/204",
    "https://github.com/soywod/iris.vim/issues/6",
)
def base64_word_without_padding() -> Made:
    """The padding of a base64 word is gone, and the next ends in a slash before the mark."""
    raw = head(subject="Subject: =?utf-8?B?V2hhdHNBcHAgZsO8cg?= =?utf-8?B?IGFjY2Vzcz8/?=") + text()
    return raw, right(subject="WhatsApp für access??")


@odd(44, "RFC 2152")
def utf_7() -> Made:
    """Subject and text are UTF-7."""
    raw = head(subject="Subject: =?UTF-7?Q?Formular_f+APw-r_M+AOQ-rz?=")
    return raw + text("Gr+APwA3w-e aus K+APY-ln", "text/plain; charset=utf-7"), right(
        subject="Formular für März", text_has=["Grüße aus Köln"]
    )


@odd(45, "https://github.com/sylpheed-mail/sylpheed/issues/7")
def raw_koi8_header_and_named_body() -> Made:
    """The subject is raw KOI8-R; only the body says which charset this mail is in."""
    raw = head(subject="Subject: Анкета для канала".encode("koi8-r"))
    words = "Добрый день! Высылаем анкету.".encode("koi8-r")
    return raw + text(words, "text/plain; charset=koi8-r"), right(
        subject="Анкета для канала", text_has=["Высылаем анкету"]
    )


@odd(
    46,
    "https://github.com/zbateson/mail-mime-parser/issues/50",
    "https://github.com/jpmobile/jpmobile/pull/83",
)
def half_width_kana_in_jis() -> Made:
    """A phone writes half-width kana into ISO-2022-JP with ESC ( I."""
    raw = head(subject=b"Subject: =?ISO-2022-JP?Q?=1B(I5]W2]=1B(B_=1B$B=3F=3D@A=1B(B?=")
    kana = b"\x1b(IJ^BWB=\x1b(B \x1b$B?=@A=q\x1b(B"
    return raw + text(kana, "text/plain; charset=iso-2022-jp"), right(
        subject=one_of("ｵﾝﾗｲﾝ 申請", "オンライン 申請"),
        text_has=["申請書"],
        text_lacks=["\x1b", "$B", "(I"],
    )


@odd(47, "RFC 1468", "https://github.com/php-mime-mail-parser/php-mime-mail-parser/issues/191")
def jis_without_the_way_back() -> Made:
    """Neither the subject nor the text returns to ASCII at its end."""

    def jis(words: str) -> bytes:
        return words.encode("iso-2022-jp").removesuffix(b"\x1b(B")

    subject = b"Subject: =?ISO-2022-JP?B?" + base64.b64encode(jis("申請書の送付")) + b"?="
    kind = "text/plain; charset=iso-2022-jp"
    return head(subject=subject) + text(jis("申請書をお送りします"), kind), right(
        subject="申請書の送付", text_has=["申請書をお送りします"], text_lacks=["\x1b", "\ufffd"]
    )


@odd(48, "WHATWG Encoding 4.2 (euc-kr)")
def korean_beyond_its_label() -> Made:
    """The label ks_c_5601-1987 stands for cp949: some syllables are in no KS X 1001."""
    words = "똠방각하 펲시콜라 신청서"
    subject = b"Subject: =?ks_c_5601-1987?B?" + base64.b64encode(words.encode("cp949")) + b"?="
    return head(subject=subject) + text(
        words.encode("cp949"), 'text/plain; charset="euc-kr"'
    ), right(subject=words, text_has=[words])


@odd(49, "https://github.com/mikel/mail/issues/544", "WHATWG Encoding 4.2")
def charsets_by_their_other_names() -> Made:
    """Each part names its charset by a name that some program made up."""
    known = (
        ("x-sjis", "cp932", "申請書①"), ("Windows-31J", "cp932", "髙橋㈱"),
        ("x-gbk", "gbk", "申请表"),
        ("iso-8859-8-i", "iso8859-8", "טופס"), ("utf8", "utf-8", "größer"),
        ("windows-874", "cp874", "แบบฟอร์ม"), ("x-euc-jp", "euc-jp", "送付状"),
        ("unicode-1-1-utf-7", "utf-7", "naïve"), ("x-mac-roman", "mac-roman", "façade"),
        ("cp-850", "cp850", "Übergröße"),
    )  # fmt: skip
    parts = [
        text(words.encode(codec), f"text/plain; charset={name}") for name, codec, words in known
    ]
    subject = "Subject: =?windows-1258?Q?SV=3A_Sp=F8rsm=E5l_om_tilbod?="
    return head(subject=subject) + multipart(*parts), right(
        subject="SV: Spørsmål om tilbod", text_has=[words for *_, words in known]
    )


@odd(50, "RFC 2781 3.3")
def utf_16_text() -> Made:
    """The text is UTF-16 with a mark of byte order, in base64."""
    body = base64.encodebytes("Grüße! 申請書です。".encode("utf-16"))
    kind = "Content-Type: text/plain; charset=utf-16"
    return head() + entity(body, kind, "Content-Transfer-Encoding: base64"), right(
        text_has=["Grüße! 申請書です。"]
    )


@odd(51, "RFC 2045 5.2", "https://github.com/tutao/tutanota/issues/11230")
def utf_8_under_the_label_ascii() -> Made:
    """The text is UTF-8 although its label says US-ASCII."""
    return head() + text("Grüße aus Köln, 申請書です", "text/plain; charset=us-ascii"), right(
        text_has=["Grüße aus Köln, 申請書です"]
    )


@odd(52, "https://github.com/zammad/zammad/issues/4680")
def jis_in_quoted_printable() -> Made:
    """Exchange sends ISO-2022-JP in quoted-printable: ESC is =1B and an equals sign is =3D."""
    body = "お客様名：申請書=".encode("iso-2022-jp").replace(b"=", b"=3D").replace(b"\x1b", b"=1B")
    kind = 'Content-Type: text/plain; charset="iso-2022-jp"'
    cte = "Content-Transfer-Encoding: quoted-printable"
    return head() + entity(body + CRLF, kind, cte), right(
        text_has=["お客様名：申請書="], text_lacks=["$B", "1B"]
    )


@odd(53, "RFC 5322 3.6")
def nothing_but_a_sender() -> Made:
    """Subject, date, recipient and id are all missing."""
    raw = lines("From: Taro Kojima <taro@example.co.jp>") + mixed()
    return raw, with_form(subject="", date=None, files=[{"name": "form.xlsx", "size": len(FORM)}])


@odd(54, "https://github.com/MailCore/mailcore2/issues/1270")
def date_as_in_c() -> Made:
    """The date is written as C's asctime does, without a zone."""
    raw = head(date="Date: Tue Nov 24 18:55:07 2026") + text()
    return raw, right(date=one_of("2026-11-24T18:55:07+00:00", None))


@odd(55, "https://github.com/stalwartlabs/mail-parser/issues/89", "RFC 5322 4.3")
def date_with_two_digits_and_a_named_zone() -> Made:
    """The year has two digits, the zone a name and the seconds are left out (obs-date)."""
    raw = head(date="Date: Tue, 24 Nov 26 09 : 30 PST") + text()
    return raw, right(date="2026-11-24T17:30:00+00:00")


@odd(
    56,
    "https://github.com/jstedfast/MimeKit/issues/179",
    "https://github.com/tine20/tine20/issues/7402",
)
def date_with_a_zone_in_german() -> Made:
    """The zone stands again in a comment, in German and in raw ISO 8859-1."""
    zone = "Date: Thu, 1 Oct 2026 14:40:57 +0200 (Mitteleuropäische Sommerzeit, GMT+02:00)"
    return head(date=zone.encode("latin-1")) + text(), right(date="2026-10-01T12:40:57+00:00")


@odd(151, "https://github.com/jpmobile/jpmobile/pull/65")
def pictures_of_japanese_phones() -> Made:
    """Phones put their own pictures beyond the rows of Shift_JIS and of ISO-2022-JP."""
    sjis = "申請します".encode("cp932") + b"\xf8\x9f\xf9\x72" + "よろしく".encode("cp932")
    jis = b"\x1b$B" + "送付します".encode("iso-2022-jp")[3:-3] + b"\x75\x41\x7a\x60\x1b(B OK"
    parts = (
        text(sjis, "text/plain; charset=Shift_JIS"),
        text(jis, "text/plain; charset=ISO-2022-JP"),
    )
    return head() + multipart(*parts), right(
        text_has=["申請します", "よろしく", "送付します", "OK"], text_lacks=["\x1b", "$B"]
    )


@odd(152, "https://github.com/deanproxy/eMail/issues/21")
def line_ends_of_two_kinds() -> Made:
    """Some header lines end in CRLF and some in LF, and so do the lines of the body."""
    each = (head() + mixed()).split(CRLF)
    ends = (CRLF, b"\n", b"\n", CRLF, b"\n")
    raw = b"".join(line + ends[n % 5] for n, line in enumerate(each))
    return raw, with_form(text_has=["Our form"])


@odd(153, "RFC 5322 3.6")
def fields_that_come_twice() -> Made:
    """Subject and date stand twice; either may be shown, and the mail is read."""
    raw = head(above=("Subject: Anfrage", "Date: Sun, 22 Nov 2026 10:00:00 +0900")) + mixed()
    return raw, with_form(
        subject=one_of("Anfrage", "WhatsApp form"),
        date=one_of("2026-11-22T01:00:00+00:00", "2026-11-23T01:00:00+00:00"),
    )


@odd(154, "RFC 2231 3")
def charset_and_boundary_in_pieces() -> Made:
    """Not only names: the boundary and the charset come in pieces, the latter extended."""
    words = text(
        "申請書です".encode("iso-2022-jp"), "text/plain; charset*0=iso-2022;\n charset*1=-jp"
    )
    other = text("Grüße".encode("latin-1"), "text/plain; charset*=us-ascii'en'iso-8859-1")
    body = multipart(words, other, file()).replace(
        b'boundary="b1"', b'boundary*0="b";\r\n boundary*1=1'
    )
    return head() + body, with_form(text_has=["申請書です", "Grüße"])


@odd(
    161,
    "https://github.com/getmail6/getmail6/issues/273",
    "https://github.com/knadh/listmonk/pull/2959",
)
def byte_order_mark_below_the_stamps() -> Made:
    """A server has put its own fields above a mail that begins with a byte order mark."""
    above = "Received: from mail.example.co.jp by mx.example.net; Mon, 23 Nov 2026 01:00:01 +0000"
    return lines(above) + b"\xef\xbb\xbf" + head() + mixed(), with_form()


@odd(
    162,
    "https://github.com/neomutt/neomutt/pull/4464",
    "https://github.com/nodemailer/mailparser/issues/423",
)
def byte_order_mark_inside_a_word() -> Made:
    """The subject begins with an encoded byte order mark, and the text with a raw one."""
    raw = head(subject="Subject: =?utf-8?Q?=EF=BB=BFWhatsApp?= form") + text("\ufeffHello")
    return raw, right(text_has=["Hello"], text_lacks=["\ufeff"])
