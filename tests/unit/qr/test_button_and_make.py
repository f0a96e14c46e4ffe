import html
import io
from html.parser import HTMLParser

import pytest
import zxingcpp
from PIL import Image

from pipeline.errors import RefusedError
from pipeline.qr.button import button_html, signature_line
from pipeline.qr.click_to_chat import chat_link
from pipeline.qr.make import QrOrder, make

NUMBER = "+81312345678"
LINK = chat_link(NUMBER, "予約 & 変更")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    page.close()
    return page


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en", "Chat with Sample Shoji on WhatsApp"),
        ("ja", "WhatsAppでSample Shojiにメッセージを送る"),
        ("xx", "Chat with Sample Shoji on WhatsApp"),
    ],
)
def test_button_is_one_link_with_words_in_the_language(language: str, label: str) -> None:
    page = _read(button_html(LINK, language, "Sample Shoji"))
    assert [(tag, values["href"]) for tag, values in page.tags] == [("a", LINK)]
    assert page.tags[0][1]["lang"] == ("ja" if language == "ja" else "en")
    assert page.text.strip() == label


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x>', "{{ link }}", "{link}", "A &amp; B"]
)
def test_a_hostile_business_name_is_inert_text(name: str) -> None:
    page = _read(button_html(LINK, "en", name))
    assert [tag for tag, _ in page.tags] == ["a"]
    assert page.text.strip() == f"Chat with {name} on WhatsApp"


@pytest.mark.parametrize(
    ("language", "label"),
    [("en", "Chat with us on WhatsApp"), ("ja", "WhatsAppでメッセージを送る")],
)
def test_button_without_a_business_speaks_of_us(language: str, label: str) -> None:
    assert _read(button_html(LINK, language, " ")).text.strip() == label


def test_button_is_ascii_so_that_the_charset_of_the_page_does_not_matter() -> None:
    made = button_html(LINK, "ja", "株式会社サンプル商事")
    assert made.isascii()
    assert "株式会社サンプル商事" in html.unescape(made)


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_button_has_enough_contrast_to_be_read() -> None:
    style = _read(button_html(LINK, "en", "X")).tags[0][1]["style"]
    assert style
    values = dict(part.split(":", 1) for part in style.split(";"))
    light, dark = _luminance(values["color"]), _luminance(values["background-color"])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", f"Chat with us on WhatsApp: {LINK}"),
        ("ja", f"WhatsAppでのお問い合わせはこちら：{LINK}"),
    ],
)
def test_signature_is_one_line_with_the_link(language: str, line: str) -> None:
    assert signature_line(LINK, language) == line


@pytest.mark.parametrize(
    ("formats", "images"),
    [
        ("svg", ["whatsapp-qr_81312345678.svg", "whatsapp-qr_81312345678.pdf"]),
        ("png", ["whatsapp-qr_81312345678.png"]),
        ("both", [f"whatsapp-qr_81312345678.{kind}" for kind in ("svg", "pdf", "png")]),
        ("", [f"whatsapp-qr_81312345678.{kind}" for kind in ("svg", "pdf", "png")]),
    ],
)
def test_make_gives_the_asked_images_and_always_button_and_signature(
    formats: str, images: list[str]
) -> None:
    made = make(QrOrder(NUMBER, "予約 & 変更", formats, "ja", "サンプル"))
    assert made.link == LINK
    assert [file.name for file in made.files] == [
        *images,
        "button_81312345678.txt",
        "whatsapp-signature_81312345678.txt",
    ]
    assert made.files[-2].content.decode("ascii") == made.button
    assert made.files[-1].content.decode("utf-8") == made.signature + "\r\n"


def test_make_gives_images_that_open_the_link() -> None:
    made = make(QrOrder(NUMBER, "予約 & 変更", "png", "ja", "サンプル"))
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(made.files[0].content)))
    assert [code.text for code in codes] == [made.link]


def test_make_gives_the_same_bytes_again() -> None:
    order = QrOrder(NUMBER, "x", "both", "en", "X")
    assert make(order) == make(order)


def test_make_refuses_a_text_that_no_code_can_hold() -> None:
    with pytest.raises(RefusedError, match="qr_text_too_long"):
        make(QrOrder(NUMBER, "あ" * 300, "png", "ja", "X"))
