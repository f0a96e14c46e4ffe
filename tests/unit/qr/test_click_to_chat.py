from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.errors import RefusedError
from pipeline.qr.click_to_chat import chat_link


def test_link_has_the_digits_without_the_plus() -> None:
    assert chat_link("+81312345678") == "https://wa.me/81312345678"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Hi", "Hi"),
        ("a b", "a%20b"),
        ("100% & more?", "100%25%20%26%20more%3F"),
        ("予約", "%E4%BA%88%E7%B4%84"),
        ("😀", "%F0%9F%98%80"),
        ("one\r\ntwo", "one%0Atwo"),
        ("https://example.com/a#b", "https%3A%2F%2Fexample.com%2Fa%23b"),
        ("a+b", "a%2Bb"),
        ("half \ud83d", "half%20%3F"),
    ],
)
def test_text_is_percent_encoded_utf8(text: str, query: str) -> None:
    assert chat_link("+81312345678", text) == f"https://wa.me/81312345678?text={query}"


@pytest.mark.parametrize("text", ["", "  ", "\r\n"])
def test_an_empty_text_leaves_no_query(text: str) -> None:
    assert chat_link("+81312345678", text) == "https://wa.me/81312345678"


def test_a_browser_reads_the_text_back() -> None:
    text = "ご予約の件 #1\n&text=x%20"
    assert parse_qs(urlsplit(chat_link("+4930123456", text)).query) == {"text": [text]}


@pytest.mark.parametrize(
    "number",
    [
        "81312345678",
        "+0312345678",
        "+81 3 1234",
        "+８１３１２３４５６７８",
        "",
        "+1\n",
        "+81312345678\n",
    ],
)
def test_a_number_that_is_not_e164_is_refused(number: str) -> None:
    with pytest.raises(RefusedError, match="number_not_e164"):
        chat_link(number)
