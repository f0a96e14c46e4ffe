"""What we draw is read back by real decoders, to the exact link and the exact text."""

import base64
import os
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image, ImageFilter

from pipeline.qr.click_to_chat import chat_link
from pipeline.qr.images import print_side, qr_png, qr_svg
from pipeline.qr.make import QrOrder, make
from pipeline.qr.sheet import sheet_pdf
from tests.servers.needed import skip_without
from tests.unit.qr.reading import (
    LIMIT,
    by_librsvg,
    by_zbar,
    by_zxing,
    of_pdf,
    of_png,
    texts,
    units,
)

_NUMBER = "+819012345678"
_SHORT = "https://wa.me/message/K7QX2ZBYWD4I1M"
#: The least and the most that a code has to hold, and what programs stumble over.
_EDGES = (
    "",
    "Hello, I have a question about my order.",
    "予約について質問があります。",
    "Grüße! Ich hätte gern 100 % mehr & zwar #1 + 2?",
    "あ" * LIMIT,
    "👨‍👩‍👧‍👦" * (LIMIT // 11),
    "e\u0301か\u3099" * 35,
    "שלום עליכם, السلام عليكم",
    "one\r\ntwo\n\nthree\tfour",
    "%41%0A&text=x#y+z?text=",
    "~" * LIMIT,
)


def _links(seed: int, count: int) -> list[str]:
    return [chat_link(_NUMBER, text) for text in texts(seed, count)]


_SAMPLE = [chat_link(_NUMBER, text) for text in _EDGES] + _links(1, 12) + [_SHORT]


def _meant(text: str) -> str:
    """Return what ``text`` is in the chat: line ends are line feeds, the ends have no blanks."""
    return "\n".join(text.splitlines()).strip()


def test_a_browser_finds_the_exact_text_in_the_link() -> None:
    for text in (*_EDGES, *texts(2, 500)):
        assert units(text) <= LIMIT
        link = chat_link(_NUMBER, text)
        assert link.isascii()
        parts = urlsplit(link)
        assert parts[:3] == ("https", "wa.me", "/819012345678")
        assert not parts.fragment
        expected = {"text": [_meant(text)]} if _meant(text) else {}
        assert parse_qs(parts.query, strict_parsing=bool(expected), errors="strict") == expected


def test_every_png_is_read_by_two_decoders() -> None:
    pictures = [of_png(qr_png(link)) for link in _SAMPLE]
    assert all(min(picture.size) >= 1024 for picture in pictures)
    assert by_zxing(pictures) == _SAMPLE
    assert by_zbar(pictures) == _SAMPLE


def test_every_svg_drawn_by_librsvg_is_read() -> None:
    pictures = [by_librsvg(qr_svg(link)) for link in _SAMPLE]
    assert by_zxing(pictures) == _SAMPLE
    assert by_zbar(pictures) == _SAMPLE


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """Yield a page of a real Chromium."""
    program = shutil.which("chromium")
    skip_without(program, "chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser.new_page(viewport={"width": 900, "height": 900})
        finally:
            browser.close()


def _by_chromium(page: Any, svg: bytes) -> Image.Image:
    data = base64.b64encode(svg).decode("ascii")
    page.set_content(
        f'<body style="margin:0;background:#888"><img width=900 height=900 '
        f'src="data:image/svg+xml;base64,{data}"></body>'
    )
    page.wait_for_function("document.images[0].complete && document.images[0].naturalWidth > 0")
    return of_png(page.screenshot())


def test_an_svg_on_a_coloured_page_of_a_browser_is_read(page: Any) -> None:
    links = [_SAMPLE[4], _SAMPLE[9], _SHORT]
    pictures = [_by_chromium(page, qr_svg(link)) for link in links]
    assert by_zxing(pictures) == links
    assert by_zbar(pictures) == links


@pytest.mark.parametrize("link", [_SAMPLE[4], _SHORT])
def test_poster_and_card_are_read_by_two_decoders(link: str) -> None:
    pictures = of_pdf(sheet_pdf(link, "ja", "株式会社サンプル商事"))
    assert by_zxing(pictures) == [link, link]
    assert by_zbar(pictures) == [link, link]


@pytest.mark.parametrize("link", [_SAMPLE[4], _SHORT])
def test_codes_are_black_on_white_with_four_light_modules_around(link: str) -> None:
    picture = of_png(qr_png(link))
    assert {value for _count, value in picture.getcolors() or ()} == {0, 255}
    dark = picture.point(lambda value: 255 - value).getbbox()
    assert dark is not None
    left, top, right, bottom = dark
    corner = next(column for column in range(left, right) if picture.getpixel((column, top)) == 255)
    module = (corner - left) / 7
    margins = {left, top, picture.width - right, picture.height - bottom}
    assert margins == {4 * module}


@pytest.mark.parametrize(
    ("text", "side"), [("", 20), ("Hello, I have a question about my order.", 20), ("あ" * 140, 44)]
)
def test_a_print_as_small_as_we_say_is_read_by_a_camera(text: str, side: int) -> None:
    link = chat_link(_NUMBER, text)
    assert print_side(link) == side
    dots = round(side / 25.4 * 300)
    printed = of_png(qr_png(link)).resize((dots, dots), Image.Resampling.BOX)
    # 14 pixels a millimetre, and a little out of focus
    seen = printed.resize((side * 14, side * 14), Image.Resampling.BICUBIC)
    seen = seen.filter(ImageFilter.GaussianBlur(1.6))
    assert by_zxing([seen]) == [link]
    assert by_zbar([seen]) == [link]


def test_a_short_link_needs_no_more_than_two_centimetres() -> None:
    assert print_side(_SHORT) == 20


@pytest.mark.long
def test_two_thousand_seeded_texts_are_read_back() -> None:
    links = _links(int(os.environ.get("SEED", "20261129")), 2000)
    for begin in range(0, len(links), 100):
        some = links[begin : begin + 100]
        drawn = [of_png(qr_png(link)) for link in some]
        assert by_zxing(drawn) == some
        assert by_zbar(drawn) == some
        drawn = [by_librsvg(qr_svg(link)) for link in some]
        assert by_zxing(drawn) == some
        assert by_zbar(drawn) == some


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ja", "de"])
def test_sheets_of_seeded_texts_are_read_back(language: str) -> None:
    business = {"en": "Sample Trading", "ja": "株式会社サンプル商事", "de": "Müller & Söhne"}
    for text in texts(len(language) + ord(language[0]), 40):
        made = make(QrOrder(_NUMBER, text, "both", language, business[language]))
        (sheet,) = [file.content for file in made.files if file.name.endswith(".pdf")]
        pictures = of_pdf(sheet)
        assert by_zxing(pictures) == [made.link] * 2
        assert by_zbar(pictures) == [made.link] * 2


@pytest.mark.long
def test_svgs_of_seeded_texts_drawn_by_a_browser_are_read_back(page: Any) -> None:
    links = _links(5, 150)
    pictures = [_by_chromium(page, qr_svg(link)) for link in links]
    assert by_zxing(pictures) == links
    assert by_zbar(pictures) == links
