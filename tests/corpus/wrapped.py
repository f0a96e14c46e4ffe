"""Mails inside mails and wrappers: enclosed messages, winmail.dat, S/MIME, PGP, lists."""

import base64
import struct

from tests.corpus.making import (
    FORM,
    Made,
    base64_lines,
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
    text,
    with_form,
)

_ATTACHED = "Content-Disposition: attachment"
_RFC822 = "Content-Type: message/rfc822"
_INNER = (
    "From: Hanako <hanako@example.co.jp>", "Subject: the filled form",
    "Date: Fri, 20 Nov 2026 09:00:00 +0900", "Message-ID: <inner@example.co.jp>",
    "MIME-Version: 1.0",
)  # fmt: skip


def _inner(*above: str, words: bytes | None = None) -> bytes:
    return lines(*above, *_INNER) + multipart(words or text("Here it is."), file(), boundary="in")


def _around(part: bytes) -> bytes:
    return head() + multipart(text("See below."), part, boundary="out")


@odd(
    124,
    "https://github.com/jakartaee/mail-api/issues/147",
    "https://github.com/cyrusimap/cyrus-imapd/issues/2385",
)
def enclosed_mail_in_base64() -> Made:
    """An enclosed message is encoded in base64, which RFC 2046 5.2.1 forbids."""
    kind = f'{_RFC822}; name="form.eml"'
    part = entity(base64_lines(_inner()), kind, "Content-Transfer-Encoding: base64")
    return _around(part), with_form(text_has=["See below."])


@odd(125, "https://github.com/cyrusimap/cyrus-imapd/issues/2385", "RFC 2046 5.2.1")
def enclosed_mail_in_quoted_printable() -> Made:
    """An enclosed message is encoded in quoted-printable."""
    body = _inner().replace(b"=", b"=3D").replace(b"\r\n", b"=0D=0A=\r\n")
    part = entity(body, _RFC822, "Content-Transfer-Encoding: quoted-printable")
    return _around(part), with_form(text_has=["See below."])


@odd(126, "https://github.com/roundcube/roundcubemail/issues/8486")
def enclosed_mail_as_any_file() -> Made:
    """The message was dragged into the mail and is application/octet-stream, form.eml."""
    part = file(
        _inner(), "Content-Type: application/octet-stream", f"{_ATTACHED}; filename=form.eml"
    )
    return _around(part), with_form(text_has=["See below."])


@odd(
    127,
    "https://github.com/stalwartlabs/mail-parser/issues/78",
    "https://github.com/mailcow/mailcow-dockerized/issues/7399",
)
def forwarded_twice_as_an_attachment() -> Made:
    """The form is in a message in a message; the outer words are the sender's."""
    jis = text("申請書です".encode("iso-2022-jp"), "text/plain; charset=iso-2022-jp")
    middle = lines(*_INNER) + multipart(
        text("FYI"), entity(_inner(words=jis), _RFC822), boundary="mid"
    )
    return _around(entity(middle, _RFC822, f"{_ATTACHED}; filename=fwd.eml")), with_form(
        text_has=["See below."]
    )


@odd(128, "https://github.com/kisli/vmime/issues/238", "RFC 4155")
def enclosed_mail_with_a_false_start() -> Made:
    """The enclosed message begins with the line that parted it from others in an mbox."""
    return _around(entity(_inner("From hanako Fri Nov 20 09:00:00 2026"), _RFC822)), with_form()


@odd(129, "RFC 2046 5.1.5")
def digest_without_types() -> Made:
    """In multipart/digest a part without a type is a message."""
    digest = multipart(entity(_inner()), boundary="dig", kind="digest")
    return _around(digest), with_form(text_has=["See below."])


@odd(130, "RFC 2046 5.2.2")
def piece_of_a_message() -> Made:
    """A program cut a large mail in pieces; this is the first and holds no whole file."""
    inner = _inner()
    field = 'Content-Type: message/partial; id="odd@example.co.jp"; number=1; total=3'
    return head() + entity(inner[: len(inner) // 3], field), right(forms=[])


@odd(131, "RFC 2046 5.2.3", "RFC 2017")
def file_that_is_somewhere_else() -> Made:
    """message/external-body: the file is at an address; nothing is fetched and nothing opened."""
    field = 'Content-Type: message/external-body; access-type=URL;\n URL="https://files.example/form.xlsx"'
    part = entity(
        lines("Content-Type: application/octet-stream", "Content-ID: <1@example.co.jp>", ""), field
    )
    return _around(part), right(text_has=["See below."], forms=[], attachments=one_of(0, 1))


@odd(132, "RFC 8098 3", "RFC 3798")
def receipt_of_a_reader() -> Made:
    """A notice that somebody has read a mail is text, and no form and no unreadable file."""
    report = lines("Reporting-UA: mua.example", "Final-Recipient: rfc822;taro@example.co.jp",
                   "Disposition: manual-action/MDN-sent-manually; displayed")  # fmt: skip
    parts = (
        text("Your mail was displayed."),
        entity(report, "Content-Type: message/disposition-notification"),
    )
    body = multipart(*parts, kind="report", more="; report-type=disposition-notification")
    return head() + body, right(text_has=["Your mail was displayed."], forms=[], told=[])


def _attribute(level: int, ident: int, value: bytes) -> bytes:
    sum_ = sum(value) & 0xFFFF
    return struct.pack("<BII", level, ident, len(value)) + value + struct.pack("<H", sum_)


def _property(kind: int, ident: int, value: bytes) -> bytes:
    if kind == 0x0003:
        return struct.pack("<HH", kind, ident) + value
    return struct.pack("<HHII", kind, ident, 1, len(value)) + value + bytes(-len(value) % 4)


def _tnef(*parts: bytes, code_page: int = 1252) -> bytes:
    """Return a TNEF stream (MS-OXTNEF 2.1)."""
    version = _attribute(1, 0x00089006, struct.pack("<I", 0x10000))
    page = _attribute(1, 0x00069007, struct.pack("<II", code_page, 0))
    return struct.pack("<IH", 0x223E9F78, 1) + version + page + b"".join(parts)


def _tnef_file(title: bytes, content: bytes | None, *properties: bytes) -> bytes:
    begin = _attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 32, 32, 0))
    data = _attribute(2, 0x0006800F, content) if content is not None else b""
    rest = struct.pack("<I", len(properties)) + b"".join(properties)
    more = _attribute(2, 0x00069005, rest) if properties else b""
    return begin + _attribute(2, 0x00018010, title + b"\0") + data + more


def _winmail(stream: bytes) -> bytes:
    name = "Content-Type: application/ms-tnef; name=winmail.dat"
    return head() + mixed(file(stream, name, f"{_ATTACHED}; filename=winmail.dat"))


@odd(
    133,
    "https://github.com/Coffey-Labs/ihasmail/pull/205",
    "https://github.com/bertjohnson/OpaqueMail/issues/50",
)
def winmail_with_a_long_name() -> Made:
    """The title in winmail.dat has eight letters; the whole name is a MAPI property."""
    name = "WhatsApp 申請書.xlsx"
    long_name = _property(0x001F, 0x3707, (name + "\0").encode("utf-16-le"))
    return _winmail(_tnef(_tnef_file(b"WHATSA~1.XLS", FORM, long_name))), with_form(
        form_names=[name]
    )


@odd(134, "https://github.com/verdammelt/tnef/issues/12", "MS-OXTNEF 2.1.3.3.5 (attOemCodepage)")
def winmail_in_a_japanese_code_page() -> Made:
    """The name in winmail.dat is in the code page that the stream names."""
    name = "申請書.xlsx"
    return _winmail(_tnef(_tnef_file(name.encode("cp932"), FORM), code_page=932)), with_form(
        form_names=[name]
    )


@odd(135, "https://github.com/verdammelt/tnef/issues/25", "MS-OXTNEF 2.1.3.4")
def winmail_with_a_message_inside() -> Made:
    """A forwarded message lies in winmail.dat as a stream of its own, with the form in it."""
    inner = bytes.fromhex("0703020000000000c000000000000046") + _tnef(
        _tnef_file(b"form.xlsx", FORM)
    )
    method = _property(0x0003, 0x3705, struct.pack("<I", 5))
    part = _tnef_file(b"the form", None, method, _property(0x000D, 0x3701, inner))
    return _winmail(_tnef(part)), with_form(form_names=["form.xlsx"])


def _der(tag: int, *contents: bytes) -> bytes:
    """Return one DER value (X.690 10)."""
    content = b"".join(contents)
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    return (
        bytes([tag])
        + (bytes([size]) if size < 128 else bytes([128 | len(length)]) + length)
        + content
    )


def _ber(tag: int, *contents: bytes) -> bytes:
    """Return one BER value of indefinite length (X.690 8.1.3.6)."""
    return bytes([tag, 128]) + b"".join(contents) + b"\0\0"


def _oid(dotted_hex: str) -> bytes:
    return _der(6, bytes.fromhex(dotted_hex))


_DATA = _oid("2a864886f70d010701")
_SIGNED = _oid("2a864886f70d010702")
_ENVELOPED = _oid("2a864886f70d010703")
_AUTH_ENVELOPED = _oid("2a864886f70d0109100117")
_SHA256 = _der(0x30, _oid("608648016503040201"))
_RSA = _der(0x30, _oid("2a864886f70d010101"), b"\5\0")
_ISSUER = _der(
    0x30,
    _der(0x30, _der(0x31, _der(0x30, _oid("550403"), _der(12, b"Taro Kojima")))),
    _der(2, b"\x01"),
)


def _signed(content: bytes) -> bytes:
    """Return CMS signed data (RFC 5652 5) of ``content``; the signature is made up."""
    signer = _der(0x30, _der(2, b"\1"), _ISSUER, _SHA256, _RSA, _der(4, noise(256)))
    inside = _der(0x30, _DATA, _der(0xA0, _der(4, content)))
    body = _der(0x30, _der(2, b"\1"), _der(0x31, _SHA256), inside, _der(0x31, signer))
    return _der(0x30, _SIGNED, _der(0xA0, body))


def _signed_ber(content: bytes) -> bytes:
    """Return the same with indefinite lengths and the content in pieces, as streams are signed."""
    pieces = [_der(4, content[n : n + 1000]) for n in range(0, len(content), 1000)]
    signer = _der(0x30, _der(2, b"\1"), _ISSUER, _SHA256, _RSA, _der(4, noise(256)))
    inside = _ber(0x30, _DATA, _ber(0xA0, _ber(0x24, *pieces)))
    body = _ber(0x30, _der(2, b"\1"), _der(0x31, _SHA256), inside, _der(0x31, signer))
    return _ber(0x30, _SIGNED, _ber(0xA0, body))


def _encrypted(length: int) -> bytes:
    """Return CMS enveloped data (RFC 5652 6) that nobody can open."""
    recipient = _der(0x30, _der(2, b"\0"), _ISSUER, _RSA, _der(4, noise(256)))
    cipher = _der(0x30, _oid("60864801650304012a"), _der(4, noise(16)))
    inside = _der(0x30, _DATA, cipher, _der(0x80, noise(length, b"body")))
    return _der(
        0x30, _ENVELOPED, _der(0xA0, _der(0x30, _der(2, b"\0"), _der(0x31, recipient), inside))
    )


def _auth_encrypted(length: int) -> bytes:
    """Return CMS authenticated-enveloped data (RFC 5083)."""
    recipient = _der(0x30, _der(2, b"\0"), _ISSUER, _RSA, _der(4, noise(256)))
    gcm = _der(0x30, _oid("60864801650304012e"), _der(0x30, _der(4, noise(12)), _der(2, b"\x10")))
    inside = _der(0x30, _DATA, gcm, _der(0x80, noise(length, b"body")))
    value = _der(0x30, _der(2, b"\0"), _der(0x31, recipient), inside, _der(4, noise(16)))
    return _der(0x30, _AUTH_ENVELOPED, _der(0xA0, value))


def _p7m(content: bytes, kind: str) -> bytes:
    return file(content, f"Content-Type: {kind}", f"{_ATTACHED}; filename=smime.p7m")


_OPAQUE = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"
_SEALED = "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"


@odd(136, "RFC 8551 3.5.3", "RFC 1847 2.1")
def clear_signed() -> Made:
    """The mail is signed beside its content; the signature is no file to be told of."""
    signature = _der(
        0x30,
        _SIGNED,
        _der(0xA0, _der(0x30, _der(2, b"\1"), _der(0x31), _der(0x30, _DATA), _der(0x31))),
    )
    part = file(
        signature,
        "Content-Type: application/pkcs7-signature; name=smime.p7s",
        f"{_ATTACHED}; filename=smime.p7s",
    )
    more = '; protocol="application/pkcs7-signature"; micalg=sha-256'
    return head() + multipart(mixed(), part, kind="signed", boundary="sig", more=more), with_form(
        text_has=["Our form"]
    )


@odd(137, "https://github.com/zammad/zammad/issues/6376", "RFC 8551 3.5.2")
def opaque_signed() -> Made:
    """The whole content lies inside the signature."""
    return head() + _p7m(_signed(mixed()), _OPAQUE), with_form(text_has=["Our form"])


@odd(138, "https://github.com/linagora/tmail-backend/issues/1159", "RFC 5652 5.2", "X.690 8.1.3.6")
def opaque_signed_in_pieces() -> Made:
    """The signature has indefinite lengths; the type is the old one and does not say signed."""
    return head() + _p7m(
        _signed_ber(mixed()), "application/x-pkcs7-mime; name=smime.p7m"
    ), with_form(text_has=["Our form"])


@odd(139, "https://github.com/HiraokaHyperTools/msgreader/issues/49", "RFC 8551 3.2.1")
def opaque_signed_as_a_file() -> Made:
    """A list put its footer beside it, and the signed part is called octet-stream, smime.p7m."""
    part = _p7m(_signed(mixed()), "application/octet-stream")
    return head() + multipart(part, text("Forms mailing list"), boundary="out"), with_form(
        text_has=["Forms mailing list"]
    )


@odd(140, "RFC 2634 1.1", "https://github.com/bbottema/simple-java-mail/issues/252")
def signed_twice() -> Made:
    """A gateway signs what its user had signed: one signature lies in the other."""
    inner = _p7m(_signed(mixed()), _OPAQUE)
    return head() + _p7m(_signed(inner), _OPAQUE), with_form(text_has=["Our form"])


@odd(141, "RFC 8551 3.3")
def encrypted_for_others() -> Made:
    """The mail is encrypted: the sender must hear just that."""
    return head() + _p7m(_encrypted(4000), _SEALED), right(forms=[], told=["encrypt"])


@odd(142, "RFC 5083", "RFC 8551 3.4")
def encrypted_in_the_newer_way() -> Made:
    """The content is authenticated too, as programs do since 2019."""
    kind = "application/pkcs7-mime; smime-type=authEnveloped-data; name=smime.p7m"
    return head() + _p7m(_auth_encrypted(4000), kind), right(forms=[], told=["encrypt"])


@odd(143, "RFC 2634 1.1")
def signed_encrypted_signed() -> Made:
    """Triple wrapped: the outer signature holds an encrypted part."""
    inner = _p7m(_encrypted(4000), _SEALED)
    return head() + _p7m(_signed(inner), _OPAQUE), right(forms=[], told=["encrypt"])


@odd(144, "RFC 8551 3.2.1", "https://github.com/simple-java-mail/java-utils-mail-smime/issues/8")
def encrypted_and_called_signed() -> Made:
    """A gateway calls the type octet-stream; only the octets say that it is encrypted."""
    return head() + _p7m(_encrypted(4000), "application/octet-stream; name=smime.p7m"), right(
        forms=[], told=["encrypt"]
    )


_ARMOUR = lines(
    "-----BEGIN PGP MESSAGE-----", "", *base64.encodebytes(noise(600)).decode().splitlines(),
    "=ODD1", "-----END PGP MESSAGE-----",
)  # fmt: skip
_VERSION = entity(lines("Version: 1"), "Content-Type: application/pgp-encrypted")


@odd(145, "RFC 3156 4", "https://github.com/thunderbird/thunderbird-android/issues/1054")
def pgp_encrypted() -> Made:
    """PGP/MIME: a control part and an encrypted one."""
    part = entity(_ARMOUR, "Content-Type: application/octet-stream; name=encrypted.asc")
    more = '; protocol="application/pgp-encrypted"'
    return head() + multipart(_VERSION, part, kind="encrypted", more=more), right(
        forms=[], told=["encrypt"]
    )


@odd(
    146, "https://github.com/chatmail/core/pull/2321", "draft-dkg-openpgp-pgpmime-message-mangling"
)
def pgp_encrypted_and_mixed_up() -> Made:
    """Exchange makes PGP/MIME a multipart/mixed with an empty text before it."""
    version = file(
        b"Version: 1\r\n", "Content-Type: application/pgp-encrypted", f"{_ATTACHED}; filename=a.pgp"
    )
    part = file(
        _ARMOUR, "Content-Type: application/octet-stream", f"{_ATTACHED}; filename=encrypted.asc"
    )
    return head() + multipart(text(""), version, part), right(forms=[], told=["encrypt"])


@odd(147, "RFC 9580 6.2", "https://github.com/FlowCrypt/flowcrypt-android/issues/1475")
def pgp_inside_the_text() -> Made:
    """The text is an encrypted block, and the file was encrypted by itself."""
    part = file(
        noise(900, b"\x85"),
        "Content-Type: application/octet-stream",
        f"{_ATTACHED}; filename=form.xlsx.pgp",
    )
    return head() + multipart(text(_ARMOUR), part), right(forms=[], told=["encrypt"])


@odd(148, "RFC 9580 7")
def pgp_signed_text() -> Made:
    """A clear-signed text can be read; the form stands beside it."""
    words = octets(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOur form is attached.\n- -- \nTaro\n"
    )
    words += lines(
        "-----BEGIN PGP SIGNATURE-----", "", "iQEzODD=", "=ODD1", "-----END PGP SIGNATURE-----"
    )
    return head() + multipart(text(words), file()), with_form(text_has=["Our form is attached."])


@odd(149, "https://github.com/mailcow/mailcow-dockerized/issues/7399", "RFC 7960 4.1.3.3")
def list_that_wraps_each_mail() -> Made:
    """A mailing list sends the mail in a mail of its own, with a footer beside it."""
    inner = head(sender="From: Taro Kojima <taro@example.co.jp>") + mixed()
    outer = head(sender='From: "Taro via Forms" <forms@lists.example.org>')
    body = multipart(
        entity(inner, _RFC822, "Content-Disposition: inline"),
        text("Forms mailing list"),
        boundary="out",
    )
    return outer + body, with_form(from_=[["Taro via Forms", "forms@lists.example.org"]])


@odd(150, "RFC 3464 2", "RFC 6533")
def bounce_with_our_form_inside() -> Made:
    """A delivery report encloses the mail that did not arrive, in base64 and as message/global."""
    status = lines("Reporting-MTA: dns; mx.example", "", "Final-Recipient: rfc822; x@example.co.jp",
                   "Action: failed", "Status: 5.1.1")  # fmt: skip
    parts = (
        text("Your mail could not be delivered."),
        entity(status, "Content-Type: message/global-delivery-status"),
        entity(
            base64_lines(_inner()),
            "Content-Type: message/global",
            "Content-Transfer-Encoding: base64",
        ),
    )
    body = multipart(*parts, kind="report", boundary="rep", more="; report-type=delivery-status")
    sender = "From: Mail Delivery Subsystem <MAILER-DAEMON>"
    return head(sender=sender) + body, right(
        from_=[["Mail Delivery Subsystem", one_of("", "MAILER-DAEMON")]],
        text_has=["Your mail could not be delivered."],
    )


@odd(158, "RFC 8551 3.1.2", "RFC 2045 6.2")
def opaque_signed_in_binary() -> Made:
    """A gateway hands the signature on octet by octet."""
    fields = (f"Content-Type: {_OPAQUE}", "Content-Transfer-Encoding: binary")
    return head() + entity(_signed_ber(mixed()), *fields), with_form(text_has=["Our form"])


@odd(159, "MS-OXTNEF 1.3", "https://github.com/verdammelt/tnef/issues/47")
def winmail_in_a_forwarded_message() -> Made:
    """Exchange's winmail.dat lies in a message that was forwarded as an attachment."""
    stream = _tnef(_tnef_file(b"form.xlsx", FORM))
    part = file(stream, "Content-Type: application/octet-stream; name=winmail.dat", _ATTACHED)
    inner = lines(*_INNER) + multipart(text("FYI"), part, boundary="in")
    return _around(entity(inner, _RFC822)), with_form(form_names=["form.xlsx"])


@odd(160, "RFC 3156 5", "RFC 1847")
def pgp_signed() -> Made:
    """PGP/MIME signs the mail beside its content; the signature is no file to be told of."""
    armour = lines(
        "-----BEGIN PGP SIGNATURE-----", "", "iQEzODD=", "=ODD1", "-----END PGP SIGNATURE-----"
    )
    part = entity(armour, "Content-Type: application/pgp-signature; name=signature.asc")
    more = '; protocol="application/pgp-signature"; micalg=pgp-sha256'
    return head() + multipart(mixed(), part, kind="signed", boundary="sig", more=more), with_form(
        text_has=["Our form"]
    )


@odd(172, "https://github.com/simple-java-mail/java-utils-mail-smime/issues/8")
def opaque_signed_in_a_signed_multipart() -> Made:
    """Outlook stores multipart/signed without a protocol and with smime.p7m as its only part."""
    part = _p7m(_signed(mixed()), "application/x-pkcs7-mime; name=smime.p7m")
    return head() + multipart(part, kind="signed", boundary="sig"), with_form(text_has=["Our form"])
