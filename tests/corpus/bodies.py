"""Bodies: flowed text, HTML, delimiters and transfer encodings that are not as they should be."""

from tests.corpus.making import (
    CRLF,
    FORM,
    Made,
    base64_lines,
    entity,
    file,
    head,
    lines,
    mixed,
    multipart,
    octets,
    odd,
    right,
    sha,
    text,
    with_form,
)

_NOTE = b"Order of the parts:\r\n" + bytes(range(32, 127)) + b"\r\n" + bytes(range(128, 256))
_BINARY = 'Content-Disposition: attachment; filename="parts.bin"'
_OCTETS = "Content-Type: application/octet-stream"
_FILE = [{"name": "parts.bin", "sha256": sha(_NOTE)}]
_FORM_FILE = [{"name": "form.xlsx", "sha256": sha(FORM)}]


@odd(72, "RFC 3676 4.1", "https://github.com/roundcube/roundcubemail/pull/5702")
def flowed_without_the_blanks() -> Made:
    """Thunderbird flows Japanese with DelSp=yes: the blank at a soft line end is none."""
    words = "お世話になっております。申請 \n書をお送りいたします。\n"
    kind = "text/plain; charset=iso-2022-jp; format=flowed; delsp=yes"
    return head() + text(octets(words).decode().encode("iso-2022-jp"), kind), right(
        text_has=["申請書をお送りいたします。"]
    )


@odd(73, "RFC 3676 4", "https://github.com/thunderbird/thunderbird-android/issues/5424")
def flowed_and_stuffed() -> Made:
    """Soft line ends are joined, stuffed lines lose one blank, and "-- " stays a line."""
    words = "This sentence goes \nover two lines.\n From is a word here.\n-- \nTaro\n"
    return head() + text(words, "text/plain; charset=utf-8; format=flowed"), right(
        text_has=["This sentence goes over two lines.\nFrom is a word here."]
    )


@odd(
    74,
    "https://github.com/jhillyerd/go.enmime/pull/19",
    "https://github.com/Alir3z4/html2text/issues/438",
)
def html_that_names_its_charset_itself() -> Made:
    """There is only HTML, and only its meta element says GB18030."""
    page = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=GB18030">'
    page += "<title>x</title><style>p {color: red}</style></head>"
    page += "<body><p>您好，附上申请表。</p></body></html>"
    return head() + text(page.encode("gb18030"), "text/html"), right(
        text_has=["您好，附上申请表。"], text_lacks=["color", "<p"]
    )


@odd(75, "https://github.com/hypermail-project/hypermail/issues/52")
def form_in_the_html_branch() -> Made:
    """Apple Mail puts the attachment into the HTML alternative."""
    page = text("<p>Our <b>form</b> is attached.</p>", "text/html; charset=utf-8")
    branch = multipart(page, file(), boundary="inner")
    return head() + multipart(text(), branch, kind="alternative"), with_form(
        text_has=["Our form is attached."], files=_FORM_FILE
    )


@odd(76, "RFC 2046 5.1.4")
def form_as_an_alternative() -> Made:
    """A system sends the file as one more alternative of the text."""
    return head() + multipart(text(), file(), kind="alternative"), with_form(files=_FORM_FILE)


@odd(
    77,
    "https://github.com/zammad/zammad/issues/2407",
    "https://github.com/ikvk/imap_tools/issues/247",
)
def text_before_and_after_the_file() -> Made:
    """Apple Mail shows the file between two texts, inline."""
    inline = file(disposition='Content-Disposition: inline; filename="form.xlsx"')
    return head() + multipart(
        text("Please read this form."), inline, text("Thank you!")
    ), with_form(text_has=["Please read this form.", "Thank you!"], files=_FORM_FILE)


@odd(78, "RFC 2387", "https://github.com/rails/rails/issues/2686")
def file_among_the_related_pictures() -> Made:
    """The form stands beside a picture in multipart/related, in mixed, named by its type."""
    page = text('<p>Form: <img src="cid:1@x"></p>', "text/html; charset=utf-8")
    both = multipart(text("Form:"), page, kind="alternative", boundary="alt")
    picture = file(b"GIF89a", "Content-Type: image/gif", "Content-ID: <1@x>")
    form = file(
        kind=f'Content-Type: {"application/octet-stream"}; name="form.xlsx"', disposition=""
    )
    inner = multipart(both, picture, form, kind="related", boundary="rel", more="; type=text/html")
    return head() + multipart(inner), with_form(text_has=["Form:"], files=_FORM_FILE)


@odd(
    79,
    "https://github.com/golang/go/issues/10616",
    "https://github.com/staktrace/mailparse/issues/100",
)
def boundary_that_begins_another() -> Made:
    """The outer boundary is the beginning of the inner one."""
    inner = multipart(text(), text("<p>x</p>", "text/html"), kind="alternative", boundary="b1_alt")
    return head() + multipart(inner, file()), with_form(text_has=["Our form"], files=_FORM_FILE)


@odd(80, "https://github.com/zbateson/mail-mime-parser/issues/266", "RFC 2046 5.1.1")
def boundary_that_ends_in_a_blank() -> Made:
    """The boundary ends in a blank in the header; delimiter lines end in other blanks."""
    body = mixed().replace(b'"b1"', b'"b1 "').replace(b"--b1\r\n", b"--b1 \t\r\n")
    return head() + body, with_form(text_has=["Our form"], files=_FORM_FILE)


@odd(81, "RFC 2046 5.1.1", "https://github.com/DockYard/elixir-mail/pull/46")
def boundary_of_odd_characters() -> Made:
    """The boundary is not quoted although it holds an equals sign, a slash and a question mark."""
    boundary = "----=_Part/1?(2):3.4"
    body = multipart(text(), file(), boundary=boundary)
    return head() + body.replace(octets(f'"{boundary}"'), octets(boundary)), with_form(
        text_has=["Our form"], files=_FORM_FILE
    )


@odd(82, "https://github.com/Webklex/php-imap/issues/544")
def boundary_of_one_dash() -> Made:
    """The boundary is a single dash, so a delimiter is three and the last one five."""
    return head() + multipart(text(), file(), boundary="-"), with_form(
        text_has=["Our form"], files=_FORM_FILE
    )


@odd(83, "https://github.com/zbateson/mail-mime-parser/issues/55")
def boundary_folded_inside_its_quotes() -> Made:
    """Notes folds the header in the middle of the quoted boundary."""
    body = multipart(text(), file(), boundary="=_mixed 004A=_")
    return head() + body.replace(b'"=_mixed ', b'"=_mixed\r\n ', 1), with_form(
        text_has=["Our form"], files=_FORM_FILE
    )


@odd(84, "RFC 2046 5.1.1")
def words_before_and_after_the_parts() -> Made:
    """Preamble and epilogue are nobody's text."""
    body = mixed().replace(b"\r\n\r\n--b1", b"\r\n\r\nThis mail needs MIME.\r\n--b1", 1)
    return head() + body + lines("Sent by a gateway."), with_form(
        text_has=["Our form"], text_lacks=["needs MIME", "a gateway"]
    )


@odd(
    85,
    "https://github.com/mailcow/mailcow-dockerized/issues/5892",
    "https://github.com/rspamd/rspamd/pull/5334",
)
def inner_end_behind_the_file() -> Made:
    """A footer robot puts the last delimiter of the inner multipart behind the attachment."""
    inner = multipart(text(), text("<p>x</p>", "text/html"), kind="alternative", boundary="in")
    body = multipart(inner, file()).replace(b"--in--\r\n", b"", 1)
    return head() + body.replace(b"--b1--", b"--in--\r\n\r\n--b1--"), with_form(
        text_has=["Our form"], files=_FORM_FILE
    )


@odd(86, "https://github.com/mailcow/mailcow-dockerized/pull/6865")
def outer_end_before_the_file() -> Made:
    """The last delimiter stands before the attachment; Thunderbird shows it all the same."""
    body = mixed().replace(b"--b1--\r\n", b"")
    first, _, rest = body.rpartition(b"--b1\r\n")
    return head() + first + b"--b1--\r\n--b1\r\n" + rest + b"--b1--\r\n", with_form(
        text_has=["Our form"], files=_FORM_FILE
    )


@odd(87, "RFC 2046 5.1", "RFC 2045 5.2")
def parts_without_header_or_body() -> Made:
    """Parts have no header, no body, neither, and one multipart has no parts at all."""
    hollow = entity("", 'Content-Type: multipart/mixed; boundary="none"')
    parts = (
        b"\r\nWords without a header.\r\n",
        b"",
        b"\r\n",
        hollow,
        lines("Content-Type: x"),
        file(),
    )
    return head() + multipart(*parts), with_form(text_has=["Words without a header."])


@odd(88, "https://github.com/bbottema/simple-java-mail/issues/456", "RFC 2045 6.1")
def encodings_written_oddly() -> Made:
    """The encoding is in capitals with a comment, quoted, and with a semicolon behind."""
    note = file(_NOTE, _OCTETS, _BINARY)
    odd_ones = (
        file().replace(b"Encoding: base64", b"Encoding: BASE64 (as always)"),
        note.replace(b"Encoding: base64", b'Encoding: "base64"'),
        note.replace(b"Encoding: base64", b"Encoding:Base64; x=1").replace(b"parts.", b"other."),
    )
    files = [*_FORM_FILE, *_FILE, {"name": "other.bin", "sha256": sha(_NOTE)}]
    return head() + multipart(text(), *odd_ones), with_form(files=files)


@odd(89, "RFC 2045 6.4", "https://github.com/IndySockets/Indy/issues/59")
def encoding_on_the_multipart() -> Made:
    """The multipart claims to be base64 and is not: it may only be 7bit, 8bit or binary."""
    return head("Content-Transfer-Encoding: base64") + mixed(), with_form(
        text_has=["Our form"], files=_FORM_FILE
    )


@odd(90, "RFC 2045 6.8", "https://github.com/odoo/odoo/issues/25828")
def base64_with_litter() -> Made:
    """The base64 has blanks, empty lines, marks that are no base64, and no padding."""
    plain = base64_lines(_NOTE[:-1]).replace(CRLF, b"").rstrip(b"=")
    pieces = [plain[n : n + 7] for n in range(0, len(plain), 7)]
    body = b" \r\n\r\n!".join(pieces) + CRLF
    part = entity(body, _OCTETS, _BINARY, "Content-Transfer-Encoding: base64")
    return head() + multipart(text(), part, file()), with_form(
        files=[{"name": "parts.bin", "sha256": sha(_NOTE[:-1])}]
    )


@odd(
    91,
    "https://github.com/staktrace/mailparse/pull/95",
    "https://github.com/beatgammit/base64-js/issues/42",
)
def base64_padded_in_the_middle() -> Made:
    """Each block was encoded by itself, so there is padding inside."""
    blocks = (_NOTE[n : n + 50] for n in range(0, len(_NOTE), 50))
    body = b"".join(base64_lines(block) for block in blocks)
    part = entity(body, _OCTETS, _BINARY, "Content-Transfer-Encoding: base64")
    return head() + multipart(text(), part), right(files=_FILE)


def _quoted(content: bytes) -> bytes:
    marks = [
        b"=%02X" % byte if byte < 33 or byte > 126 or byte == 61 else bytes([byte])
        for byte in content
    ]
    return b"=\r\n".join(b"".join(marks[n : n + 24]) for n in range(0, len(marks), 24))


@odd(
    92,
    "https://github.com/nodemailer/mailparser/issues/17",
    "https://github.com/Webklex/php-imap/issues/175",
)
def workbook_in_quoted_printable() -> Made:
    """Apple Mail may send a binary file in quoted-printable."""
    fields = (
        "Content-Type: application/octet-stream",
        'Content-Disposition: attachment; filename="form.xlsx"',
    )
    part = entity(_quoted(FORM), *fields, "Content-Transfer-Encoding: quoted-printable")
    return head() + multipart(text(), part), with_form(files=_FORM_FILE)


@odd(93, "RFC 2045 6.7", "https://github.com/zbateson/mail-mime-parser/issues/31")
def quoted_printable_with_faults() -> Made:
    """Small hex digits, blanks behind soft line ends, raw octets, equals signs that are none."""
    body = "Gr=c3=bc=c3=9fe aus=20K=C3=B6=  \r\nln, mit rohem ß: price=cheap 100=\r\n%\r\n".encode()
    kind = "Content-Type: text/plain; charset=utf-8"
    return head() + entity(body, kind, "Content-Transfer-Encoding: Quoted-Printable"), right(
        text_has=["Grüße aus Köln, mit rohem ß: price=cheap 100%"]
    )


@odd(94, "RFC 2045 2.9", "RFC 3030")
def workbook_as_it_is() -> Made:
    """The file is in the mail octet by octet (BINARYMIME)."""
    fields = (f'{_OCTETS}; name="form.xlsx"', "Content-Transfer-Encoding: binary")
    body = multipart(text(), entity(FORM, *fields) + CRLF)
    return head() + body, with_form(files=_FORM_FILE)


@odd(95, "https://github.com/stalwartlabs/mail-parser/issues/78")
def enclosed_mail_that_is_not_base64() -> Made:
    """An enclosed message says base64 and is plain."""
    inner = head(subject="Subject: inner") + mixed()
    fields = ("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64")
    return head() + multipart(text(), entity(inner, *fields), boundary="out"), with_form()


@odd(
    96,
    "https://github.com/mat-sz/letterparser/issues/17",
    "https://github.com/mikel/mail/issues/412",
)
def blanks_and_semicolons_among_parameters() -> Made:
    """Blanks stand around the equals sign, and a semicolon too many before the next parameter."""
    body = multipart(
        text("Grüße".encode("latin-1"), 'text/plain; charset = "iso-8859-1" ;'), file()
    )
    body = body.replace(
        b'mixed; boundary="b1"', b'Mixed (a comment) ; ; boundary = "b1";; charset="us-ascii"'
    )
    return head() + body, with_form(text_has=["Grüße"], files=_FORM_FILE)


@odd(165, "https://github.com/karastojko/mailio/issues/225", "RFC 2046 5.1.2")
def multipart_that_ends_before_it_begins() -> Made:
    """The last delimiter of an inner multipart comes before its first; the outer one goes on."""
    hollow = entity(
        lines("--in--", "", "--in", "", "x"), 'Content-Type: multipart/mixed; boundary="in"'
    )
    return head() + multipart(text(), hollow, file()), with_form(
        text_has=["Our form"], files=_FORM_FILE
    )


@odd(166, "https://github.com/mailgun/flanker/issues/64")
def enclosed_mail_that_is_missing() -> Made:
    """A part says message/rfc822, names no encoding, and ends with its header."""
    hollow = lines("Content-Transfer-Encoding: ", "Content-Type: message/rfc822; name=fwd;",
                   "Content-Disposition: inline;", ' filename="fwd";')  # fmt: skip
    return head() + multipart(text(), hollow, file()), with_form(
        text_has=["Our form"], files=_FORM_FILE
    )


@odd(
    168,
    "https://github.com/namecheap/fast_mail_parser/issues/25",
    "https://github.com/linagora/james-project/issues/435",
)
def words_with_a_name_and_inline() -> Made:
    """The one text of the mail has a file name and is inline: it is the text all the same."""
    fields = (
        'Content-Type: text/plain; charset=utf-8; name="body.txt"',
        "Content-Disposition: inline",
    )
    return head() + multipart(entity(lines("Our form is attached."), *fields), file()), with_form(
        text_has=["Our form is attached."], files=_FORM_FILE
    )
