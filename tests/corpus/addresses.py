"""Sender fields: comments, routes, commas, names without an address and the other way round."""

import base64
from collections.abc import Sequence

from tests.corpus.making import ADDRESS, Made, head, odd, one_of, right, text

_NAMED = [["Taro Kojima", ADDRESS]]


def _from(sender: str, *senders: Sequence[object]) -> Made:
    wanted = right(**{"from": [list(each) for each in senders], "text_has": ["Our form"]})
    return head(sender="From: " + sender) + text(), wanted


@odd(
    57,
    "https://github.com/SpamScope/mail-parser/issues/146",
    "https://github.com/the-djmaze/snappymail/issues/1403",
)
def encoded_comma_in_a_name() -> Made:
    """A name holds an encoded comma, and the address stands on the next line."""
    sender = "=?iso-8859-1?Q?K=F6hler=2C_J=FCrgen_-_EXAMPLE?=\n \t<jk@example.com>"
    return _from(sender, ["Köhler, Jürgen - EXAMPLE", "jk@example.com"])


@odd(58, "https://github.com/SpamScope/mail-parser/issues/105")
def plain_comma_and_blank_in_a_word() -> Made:
    """A comma and a blank stand in an encoded word as they are."""
    sender = "=?utf-8?Q?K=C3=B6hler, J=C3=BCrgen?= <jk@example.com>"
    return _from(sender, ["Köhler, Jürgen", "jk@example.com"])


@odd(
    59,
    "https://github.com/modoboa/modoboa/pull/4179",
    "https://github.com/nodemailer/mailparser/issues/375",
)
def commas_and_dashes_without_quotes() -> Made:
    """Outlook's "Last, First - Place" without the quotes that it needs; there is one address."""
    sender = "Kojima, Taro T - Osaka, JP <taro@example.co.jp>"
    return _from(sender, [one_of("Kojima, Taro T - Osaka, JP", "JP"), ADDRESS])


@odd(
    60,
    "https://github.com/golang/go/issues/22670",
    "https://github.com/roundcube/roundcubemail/issues/5402",
    "RFC 822 6.1",
)
def name_in_a_comment() -> Made:
    """The old way to write a name, with parentheses of its own."""
    sender = r"taro@example.co.jp (Taro \(Legal\) Kojima)"
    return _from(sender, ["Taro (Legal) Kojima", ADDRESS])


@odd(61, "RFC 5322 A.5", "https://github.com/jstedfast/MimeKit/issues/1146")
def comments_everywhere() -> Made:
    """Comments stand in the name, the local part and the domain."""
    sender = r"Pete(A nice \) chap) <pete(his account)@silly.example(his host)>"
    name = one_of("Pete", "Pete (A nice ) chap)", "Pete(A nice ) chap)", "A nice ) chap")
    return _from(sender, [name, "pete@silly.example"])


@odd(62, "RFC 5322 4.4 (obs-route)")
def source_route() -> Made:
    """The angle brackets hold a route before the address."""
    return _from("Taro Kojima <@a.example,@b.example:taro@example.co.jp>", *_NAMED)


@odd(63, "RFC 5322 4.4 (obs-local-part, obs-domain)")
def blanks_around_dots_and_at() -> Made:
    """Blanks and a fold stand around the dots and the at sign."""
    sender = "Taro Kojima <taro . kojima @ example . co\n . jp>"
    return _from(sender, ["Taro Kojima", "taro.kojima@example.co.jp"])


@odd(64, "RFC 5322 3.4.1", "RFC 5321 4.1.2")
def quoted_local_part() -> Made:
    """The local part is quoted because of a blank and an at sign."""
    sender = 'Taro Kojima <"taro kojima@osaka"@example.co.jp>'
    return _from(sender, ["Taro Kojima", '"taro kojima@osaka"@example.co.jp'])


@odd(65, "RFC 5322 3.4.1")
def name_and_address_without_brackets() -> Made:
    """No brackets part the name from the address."""
    return _from("Taro Kojima taro@example.co.jp", *_NAMED)


@odd(66, "RFC 5322 3.4")
def bracket_never_closed() -> Made:
    """The closing angle bracket is missing."""
    return _from("Taro Kojima <taro@example.co.jp", *_NAMED)


@odd(67, "https://github.com/jstedfast/MimeKit/issues/662")
def name_without_an_address() -> Made:
    """There is a name and no address: it is shown, nobody can be answered."""
    return _from("=?utf-8?Q?WhatsApp_B=C3=BCro?=", ["WhatsApp Büro", ""])


@odd(68, "RFC 6532", "RFC 6531")
def address_of_other_scripts() -> Made:
    """Local part and domain are not ASCII."""
    address = one_of("jürgen@bücher.example", "jürgen@xn--bcher-kva.example")
    return _from("Jürgen Bücher <jürgen@bücher.example>", ["Jürgen Bücher", address])


@odd(69, "RFC 2047 2", "https://github.com/purebred-mua/purebred-email/issues/93")
def name_of_words_in_three_charsets() -> Made:
    """The parts of a name are encoded each in another charset, with a plain word behind."""
    sender = "=?iso-8859-1?Q?J=FCrgen?= =?utf-8?B?0JjQstCw0L3QvtCy?=\n =?koi8-r?B?y8/U?= Muster"
    return _from(sender + " <jm@example.com>", ["JürgenИвановкот Muster", "jm@example.com"])


@odd(
    70,
    "https://github.com/KumoCorp/kumomta/issues/77",
    "https://github.com/PHPMailer/PHPMailer/issues/418",
)
def dots_that_no_standard_allows() -> Made:
    """Japanese phones have addresses with two dots in a row and one before the at sign."""
    return _from("<taro..kojima.@example.co.jp>", ["", "taro..kojima.@example.co.jp"])


@odd(71, "RFC 5322 3.6.2", "RFC 6854")
def two_senders() -> Made:
    """A From field with two mailboxes names both; there is no one sender."""
    sender = "Taro Kojima <taro@example.co.jp>,\n , hanako@example.co.jp (Hanako),"
    return _from(sender, *_NAMED, ["Hanako", "hanako@example.co.jp"])


@odd(155, "https://github.com/jstedfast/MimeKit/issues/662", "RFC 2047 5 (3)")
def mailbox_inside_an_encoded_word() -> Made:
    """Name and address are encoded together: what is decoded is a name and never an address."""
    name = base64.b64encode(b"Taro <taro@example.co.jp>").decode()
    shown = one_of("Taro <taro@example.co.jp>", "Taro", "taro@example.co.jp")
    made, wanted = _from(f"=?utf-8?B?{name}?=", [shown, ""])
    return made, wanted | {"from": one_of([[shown, ""]], [])}


@odd(163, "https://github.com/SpamScope/mail-parser/issues/132")
def address_as_its_own_name() -> Made:
    """The display name is the address once more, without quotes."""
    return _from("taro@example.co.jp <taro@example.co.jp>", [one_of(ADDRESS, ""), ADDRESS])


@odd(164, "https://github.com/nodemailer/addressparser/issues/12")
def comment_closed_by_a_wide_parenthesis() -> Made:
    """A Japanese name opens a parenthesis and closes it with the full-width one: no comment."""
    name = one_of("小島(大阪）", "小島（大阪）", "小島")
    return _from("小島(大阪）<taro@example.co.jp>", [name, ADDRESS])
