"""Labels lie; bytes do not."""

import pytest

from pipeline.mailbox.charsets import canonical, decode
from tests.folded import folded


@pytest.mark.parametrize(
    ("raw", "label", "expected", "sure"),
    [
        (b"plain", "us-ascii", "plain", True),
        ("é".encode(), "utf-8", "é", True),
        ("é".encode("latin-1"), "iso-8859-1", "é", True),
        (b"\x93quoted\x94", "iso-8859-1", "“quoted”", True),
        (b"\x93quoted\x94", "", "“quoted”", False),
        ("é".encode(), "us-ascii", "é", True),
        ("こんにちは".encode("iso2022_jp"), "", "こんにちは", True),
        ("こんにちは".encode("iso2022_jp"), "utf-8", "こんにちは", True),
        ("こんにちは".encode("cp932"), "iso-2022-jp", "こんにちは", False),
        ("こんにちは".encode("euc_jp"), "", "こんにちは", False),
        ("こんにちは".encode("cp932"), "", "こんにちは", False),
        ("髙①㈱".encode("cp932"), "shift_jis", "髙①㈱", True),
        ("髙①㈱".encode("cp932"), "x-sjis", "髙①㈱", True),
        ("髙①㈱".encode("cp932"), "windows-31j", "髙①㈱", True),
        ("ｱｲｳ".encode("cp932"), "Shift_JIS", "ｱｲｳ", True),
        (b"\x1b(I123\x1b(B", "iso-2022-jp", "ｱｲｳ", True),
        (b"\x1b$B-j|b\x1b(B!", "iso-2022-jp", "㈱髙!", True),
        (b"\x1b$B\x7f\x7f\x1b(Bok", "iso-2022-jp", "\ufffdok", True),
        (b"\x1b$B$3", "iso-2022-jp", "こ", True),
        ("镕€".encode("gb18030"), "gb2312", "镕€", True),
        ("똠".encode("cp949"), "ks_c_5601-1987", "똠", True),
        ("\u5497".encode("big5hkscs"), "big5", "\u5497", True),
        ("résumé".encode(), "x-unknown", "résumé", False),
        ("привет".encode("koi8-r"), "koi8-r", "привет", True),
        (b"\xef\xbb\xbfmark", "shift_jis", "mark", True),
        ("wide".encode("utf-16"), "", "wide", True),
        (b"\xff", "utf-8", "ÿ", False),
        (b"", "", "", True),
        (b"nul\x00nul", "us-ascii", "nulnul", True),
        (b"+2D0-", "utf-7", "+2D0-", False),
    ],
)
def test_decode_reads_what_was_meant(raw: bytes, label: str, expected: str, sure: bool) -> None:
    assert decode(raw, label) == (expected, sure)


def test_decode_text_cut_inside_a_character_keeps_the_rest() -> None:
    raw = ("あ" * 50).encode()[:-1]
    assert decode(raw, "utf-8") == ("あ" * 49 + "\ufffd", False)


def test_decode_uses_a_charset_named_elsewhere_in_the_mail() -> None:
    assert decode("привет".encode("cp1251"), "", ("windows-1251",)) == ("привет", False)


@pytest.mark.parametrize("label", ["idna", "punycode", "unicode_escape", "base64", "x" * 50, "a b"])
def test_canonical_codec_that_is_no_charset_is_unknown(label: str) -> None:
    assert canonical(label) is None


@folded("number", range(256), by=lambda number: f"from {number // 64 * 64}")
def test_decode_every_byte_gives_text_that_can_be_stored(number: int) -> None:
    for label in ("", "utf-8", "iso-2022-jp", "shift_jis", "utf-7", "utf-16", "hz"):
        text, _ = decode(bytes((number, 0x41, number)), label)
        assert text.encode("utf-8").count(b"\x00") == 0
