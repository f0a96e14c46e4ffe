"""Strings of a PDF as text."""

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms.pdf.values import decode_string, encode_string, read_text, without_surrogates


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"Sample", ("Sample", False)),
        (b"\xa9 \x80 \x18", ("© • ˘", False)),
        ("田中".encode("utf-16"), ("田中", False)),
        (b"\xfe\xff" + "田中𠮷".encode("utf-16-be"), ("田中𠮷", False)),
        (b"\xfe\xff\x00\x1b\x00j\x00a\x00\x1b\x30\x42", ("あ", False)),
        (b"\xef\xbb\xbf" + "田中".encode(), ("田中", False)),
        (b"one\r\ntwo\rthree", ("one\ntwo\nthree", False)),
        (b"", ("", False)),
    ],
)
def test_string_in_a_declared_encoding_is_decoded(
    content: bytes, expected: tuple[str, bool]
) -> None:
    assert decode_string(content) == expected


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("田中".encode(), "田中"),
        (b"\xfe\xff\x30\x42\x30", "あ"),
        (b"\xfe\xff\xd8\x42", "\ud842"),
        (b"\xfe\xff\xf6\x00", "\uf600"),
        (b"\xfe\xff" + "吉野ஷ".encode("utf-16-be"), "吉野ஷ"),
        (b"\x7f", "\ufffd"),
    ],
)
def test_string_with_damage_is_decoded_and_marked(content: bytes, text: str) -> None:
    assert decode_string(content) == (text, True)


@given(st.text(st.characters(exclude_categories=["Cs", "Co", "Cc"]), max_size=60))
def test_string_that_was_encoded_is_decoded_to_itself(text: str) -> None:
    assert decode_string(encode_string(text))[0] == text


def test_tamil_alone_is_not_damaged() -> None:
    assert decode_string("தமிழ்".encode("utf-16")) == ("தமிழ்", False)


def test_lone_surrogate_becomes_storable() -> None:
    assert without_surrogates("a\ud842b𠮷") == "a\ufffdb𠮷"


def test_values_of_other_types_are_read() -> None:
    pdf = pikepdf.new()
    assert read_text(None) == ("", False)
    assert read_text(pikepdf.Name.Yes) == ("Yes", False)
    assert read_text(42) == ("42", False)
    assert read_text(pikepdf.Array([b"one", b"two"])) == ("one\ntwo", False)
    assert read_text(pdf.make_stream(b"\xfe\xff\x30\x42")) == ("あ", False)
    assert read_text(pikepdf.Dictionary(A=1))[1] is True
