import pytest
from cryptography import x509

from pipeline.certificates import der


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, "3000"),
        (127, "307f"),
        (128, "308180"),
        (255, "3081ff"),
        (256, "30820100"),
        (65_536, "3083010000"),
    ],
)
def test_lengths_are_written_in_the_shortest_form(size: int, header: str) -> None:
    encoded = der.sequence(bytes(size))
    assert encoded == bytes.fromhex(header) + bytes(size)
    assert der.whole_length(encoded) == len(encoded)


@pytest.mark.parametrize(
    "text", ["", "a", "株式会社サンプル商事", "x" * 127, "あ" * 255, "𠮷" * 70_000]
)
def test_texts_come_back(text: str) -> None:
    assert der.read_utf8_string(der.utf8_string(text)) == text


@pytest.mark.parametrize(
    "content",
    [b"", b"\x0c", b"\x0c\x05abc", b"\x0c\x01abc", b"\x13\x03abc", b"\x0c\x80abc", b"\x0c\x82\x01"],
)
def test_bytes_that_are_no_whole_text_read_as_nothing(content: bytes) -> None:
    assert der.read_utf8_string(content) == ""


def test_our_text_is_what_the_library_writes() -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "サンプル")])
    assert name.public_bytes().endswith(der.utf8_string("サンプル"))
