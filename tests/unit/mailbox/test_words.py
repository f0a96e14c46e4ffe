"""Header fields: words, parameters, addresses, ids and dates as they come."""

from datetime import UTC, datetime

import pytest

from pipeline.mailbox import words
from pipeline.mailbox.addresses import parse_addresses, parse_senders


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain text", "plain text"),
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?utf-8?Q?caf=C3=A9?= =?utf-8?Q?_cr=C3=A8me?=", "café crème"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8?b?44GC?= x =?utf-8?b?44GE?=", "あ x い"),
        ("=?utf-8?b?44GC", "あ"),
        ("=?utf-8?b?4?=", ""),
        ("=?utf-8?q?Why??=", "Why?"),
        ("=?utf-8*ja?q?x?=", "x"),
        ("=?utf-8?x?y?=", "=?utf-8?x?y?="),
        ("=?utf-8?q?with blanks?=", "with blanks"),
        ("=?us-ascii?q?=1B=00=07bell?=", "bell"),
        ("folded\r\n line", "folded line"),
        ("raw \udce3\udc81\udc82", "raw あ"),
        ("=?iso-2022-jp?B?GyRCJDMbKEI=?=", "こ"),
        ("=?iso-8859-1?Q?Fr\udcf6sche?=", "Frösche"),
        ("=?iso-8859-1?Q?Fr\udcc3\udcb6sche?=", "Frösche"),
        ("=?shift_jis?Q?\udc82\udca0?=", "あ"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("=?utf-8?b?44G?= =?utf-8?b?C?=", "あ"),
        ("=?cp-850?Q?M=81ller?=", "Müller"),
        ("=?x-mac-roman?Q?M=9Fller?=", "Müller"),
        ("=?x-mac-cyrillic?Q?=80?=", "А"),
        ("=?utf-7?Q?+AOQ-?=", "ä"),
        ("=?iso-2022-jp-ms?B?GyRCJDMbKEI=?=", "こ"),
        ("=?windows1252?Q?=80?=", "€"),
        ("=?x-unknown?Q?M=FCller?=", "Müller"),
        ("=?no-such?Q?M=C3=BCller?=", "Müller"),
    ],
)
def test_decode_words_reads_subject(value: str, expected: str) -> None:
    assert words.decode_words(value) == expected


@pytest.mark.parametrize(
    ("value", "main", "parameters"),
    [
        ("text/plain", "text/plain", {}),
        ("TEXT/HTML; Charset=UTF-8", "text/html", {"charset": "UTF-8"}),
        ('a/b; name="x;y.pdf"', "a/b", {"name": "x;y.pdf"}),
        (r'a/b; name="x\"y.pdf"', "a/b", {"name": 'x"y.pdf'}),
        ("a/b; name=my form.pdf", "a/b", {"name": "my form.pdf"}),
        ("a/b; name*=UTF-8''%E3%81%82.pdf", "a/b", {"name": "あ.pdf"}),
        ("a/b; name*=UTF-8''%E3%81%82; name=x", "a/b", {"name": "あ"}),
        ("a/b; name=x; name*=UTF-8''%E3%81%82", "a/b", {"name": "あ"}),
        ("a/b; name*1*=b; name*0*=UTF-8''a", "a/b", {"name": "ab"}),
        ('a/b; name*0="form "; name*1="two.pdf"', "a/b", {"name": "form two.pdf"}),
        ('a/b; name="=?utf-8?b?44GCLnBkZg==?="', "a/b", {"name": "あ.pdf"}),
        ('a/b; name="unclosed.pdf', "a/b", {"name": "unclosed.pdf"}),
        ("a/b;; ;x; =y; name=z", "a/b", {"name": "z"}),
        ("a/b; name=first; name=second", "a/b", {"name": "first"}),
        ("a/b; name=utf-8''%E3%81%82.pdf", "a/b", {"name": "あ.pdf"}),
        ('a/b; name*="form%20x.pdf"', "a/b", {"name": "form x.pdf"}),
        ("a/b; name*1*=UTF-8''%E3%81; name*2*=%82.pdf", "a/b", {"name": "あ.pdf"}),
        ("a/b; name=John's '50% form'.pdf", "a/b", {"name": "John's '50% form'.pdf"}),
        ("", "", {}),
    ],
)
def test_parse_parameters_reads_field(value: str, main: str, parameters: dict[str, str]) -> None:
    assert words.parse_parameters(value) == (main, parameters)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("form.pdf", "form.pdf"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\x\form.xlsx", "form.xlsx"),
        ("a\r\nb.pdf", "a b.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("x" * 300, "x" * 255),
    ],
)
def test_file_name_is_shown_text_and_no_path(name: str, expected: str) -> None:
    assert words.file_name(name) == expected


@pytest.mark.parametrize(
    ("value", "addresses", "good"),
    [
        ("a@example.com", [("", "a@example.com")], True),
        ("Taro <taro@Example.COM>", [("Taro", "taro@example.com")], True),
        ('"Yamada, Taro" <t@example.com>', [("Yamada, Taro", "t@example.com")], True),
        ("a@example.com, b@example.com", [("", "a@example.com"), ("", "b@example.com")], True),
        ("Team: a@example.com;, b@x.example", [("", "a@example.com"), ("", "b@x.example")], True),
        ("undisclosed-recipients:;", [], True),
        ("=?utf-8?b?5bGx55Sw?= <a@example.com>", [("山田", "a@example.com")], True),
        ("=?utf-8?q?a=2C_b@c.example?= <a@x.example>", [("a, b@c.example", "a@x.example")], True),
        ("a@example.com (Taro (T))", [("Taro (T)", "a@example.com")], True),
        ('"a@example.com" <b@example.net>', [("a@example.com", "b@example.net")], True),
        ("a@example.com <a@example.com>", [("a@example.com", "a@example.com")], True),
        ("a@example.com <b@example.net>", [("a@example.com", "b@example.net")], False),
        ("<a@example.com> <b@example.net>", [("<a@example.com>", "b@example.net")], False),
        ("a@example.com <b@example.net> x", [("a@example.com", "b@example.net")], False),
        ("a@example.com>b@example.net", [], False),
        ("alice@example.org)bob@example.net", [], False),
        ("a@b@example.com", [], False),
        ("no address", [], False),
        ("a@", [], False),
        ("@example.com", [], False),
        ("a b@example.com", [("a", "b@example.com")], False),
        ("Taro T. Kojima - taro@example.com", [("Taro T. Kojima", "taro@example.com")], False),
        ("Taro Kojima [taro@example.com]", [("Taro Kojima", "taro@example.com")], False),
        ("taro@example.com Taro Kojima", [("Taro Kojima", "taro@example.com")], False),
        ("taro@example.com hanako@example.com", [], False),
        ("Taro taro@example.com Kojima", [], False),
        ('"taro@example.com" taro@example.org', [], False),
        ("Taro @ Work taro@example.com", [], False),
        ("Taro taro@", [], False),
        ("a, b, c <c@example.com>, d, e <e@example.com>",
         [("a, b, c", "c@example.com"), ("d, e", "e@example.com")], False),
        ("Taro (Osaka <taro@example.com>", [("Taro (Osaka", "taro@example.com")], False),
        ("Taro (a(b) <taro@example.com>, (x) <e@example.com>",
         [("Taro (a(b)", "taro@example.com"), ("(x)", "e@example.com")], False),
        ('"Taro, K <taro@example.com>', [('"Taro, K', "taro@example.com")], False),
        ('"a <a@example.com>, b <b@example.com>',
         [('"a', "a@example.com"), ("b", "b@example.com")], False),
        ("小島(大阪）<taro@example.com>", [("小島(大阪）", "taro@example.com")], False),
        ('"unclosed <a@example.com>', [('"unclosed', "a@example.com")], False),
        ("a@exämple.example", [("", "a@xn--exmple-cua.example")], True),
        ("da.me..x.@docomo.ne.jp", [("", "da.me..x.@docomo.ne.jp")], True),
        ("a@-x.example", [], False),
        ("=?iso-8859-1?Q?Whitcombe,=20Oliver?= <o@x.example>",
         [("Whitcombe, Oliver", "o@x.example")], True),
        ("=?utf-8?q?a;_b:_(c)?= <o@x.example>", [("a; b: (c)", "o@x.example")], True),
        ("=?utf-8?q?evil@b.example,?= <o@x.example>", [("evil@b.example,", "o@x.example")], False),
        ("=?utf-8?q?<evil>?= <o@x.example>", [("<evil>", "o@x.example")], False),
        ("Whitcombe, Oliver <o@x.example>", [("Whitcombe, Oliver", "o@x.example")], False),
        ("o@x.example (Oliver Whitcombe)", [("Oliver Whitcombe", "o@x.example")], True),
        ("(Oliver) o@x.example", [("Oliver", "o@x.example")], True),
        ("<o@x.example> (=?utf-8?q?M=C3=BCller=2C_A?=)", [("Müller, A", "o@x.example")], True),
        ("Oliver <o@x.example> (at home)", [("Oliver", "o@x.example")], True),
        ("o@x.example (boss@b.example)", [("", "o@x.example")], True),
        ("pete(his account)@silly.test(his host)", [("his host", "pete@silly.test")], True),
        ("a @ b . example", [("", "a@b.example")], True),
        ('"oliver w"@b.example', [("", '"oliver w"@b.example')], True),
        (r'"a\"b"@b.example', [("", r'"a\"b"@b.example')], True),
        ("'o@x.example' <o@x.example>", [("'o@x.example'", "o@x.example")], True),
        ("DHL: Info <a@b.example>", [("DHL: Info", "a@b.example")], True),
        ("Oliver <mailto:a@b.example>", [("Oliver", "a@b.example")], False),
        ("<a@b.example> Oliver", [("Oliver", "a@b.example")], False),
        ("<@hop.example:a@b.example>", [("", "a@b.example")], False),
        ('"Oliver" (x) "Whitcombe" <o@x.example>', [("Oliver Whitcombe", "o@x.example")], True),
    ],
)  # fmt: skip
def test_parse_addresses_reads_field(
    value: str, addresses: list[tuple[str, str]], good: bool
) -> None:
    found, fine = parse_addresses((value,))
    assert ([(item.name, item.address) for item in found], fine) == (addresses, good)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Moderator-Address", "Moderator-Address"),
        ("MAILER-DAEMON <>", "MAILER-DAEMON"),
        ("Mail Delivery Subsystem <MAILER-DAEMON>", "Mail Delivery Subsystem"),
        ("<moderator>", "moderator"),
        ("=?utf-8?q?M=C3=BCller?=", "Müller"),
        ("Big Bug bb@bug.example bb@bug.example", "Big Bug bb@bug.example bb@bug.example"),
    ],
)
def test_parse_senders_keeps_what_a_person_sees(value: str, name: str) -> None:
    found, good = parse_senders((value,))
    assert ([(item.name, item.address) for item in found], good) == ([(name, "")], False)


def test_parse_senders_keeps_the_address_alone_where_there_is_one() -> None:
    found, good = parse_senders(("Somebody", "a@example.com"))
    assert ([(item.name, item.address) for item in found], good) == ([("", "a@example.com")], False)
    assert parse_senders(("<>",)) == ((), False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Sun, 22 Nov 2026 10:00:00 +0900", datetime(2026, 11, 22, 1, tzinfo=UTC)),
        ("22 Nov 2026 10:00:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 10:00:00 -0000", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 10:00:00 +09:00", datetime(2026, 11, 22, 1, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 10:00 GMT+0900 (JST)", datetime(2026, 11, 22, 1, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 10:00:00 JST", datetime(2026, 11, 22, 1, tzinfo=UTC)),
        ("2026-11-22T10:00:00+09:00", datetime(2026, 11, 22, 1, tzinfo=UTC)),
        ("2026-11-22 10:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("Sun, 22 Nov 99999 10:00:00 +0900", None),
        ("Sun, 22 Nov 2026 10:00:00 +9999999999", None),
        ("Tue, 24 Nov 26 09 : 30 PST", datetime(2026, 11, 24, 17, 30, tzinfo=UTC)),
        ("Tue (x), 24 Nov (y) 2026 09:30 : 05 EST", datetime(2026, 11, 24, 14, 30, 5, tzinfo=UTC)),
        ("24 Nov 2026 09: 30: 05 +0900", datetime(2026, 11, 24, 0, 30, 5, tzinfo=UTC)),
        ("24 Nov 99 09:30 GMT", datetime(1999, 11, 24, 9, 30, tzinfo=UTC)),
        ("24 Nov 126 09:30 UT", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("24 Nov 2026 09:30 A", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("24 Nov 2026 09:30 NOZONE", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("2026年11月22日", None),
        ("", None),
    ],
)
def test_date_is_aware_or_none(value: str, expected: datetime | None) -> None:
    assert words.date(value) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["<a@b>"], "<a@b>"),
        (["  <[x]>  "], "<[x]>"),
        (["no brackets"], "no brackets"),
        (["", "<a@b>"], "<a@b>"),
        ([], ""),
    ],
)
def test_message_id_is_found(values: list[str], expected: str) -> None:
    assert words.message_id(values) == expected


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_mark_of_utf_16_hides_no_words_of_a_field(mark: bytes) -> None:
    value = (mark + "WhatsApp für uns".encode()).decode("utf-8", "surrogateescape")
    assert words.plain(value) == "WhatsApp für uns"
