import io
import re
from itertools import product

import pytest
import zxingcpp
from PIL import Image

from pipeline.errors import RefusedError
from pipeline.qr.click_to_chat import chat_link
from pipeline.qr.images import qr_png, qr_svg

LINKS = [
    chat_link("+81312345678"),
    chat_link("+81312345678", "こんにちは。商品について質問があります。"),
    chat_link("+493012345678", "Äpfel & Birnen? 100 %\nGrüße"),
    chat_link("+81312345678", "あ" * 140),
]


def _decode(picture: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture)]


def _rasterise(svg: bytes, pixels: int = 8) -> Image.Image:
    """Draw the two paths of the SVG: a background, and horizontal strokes of whole modules."""
    text = svg.decode("utf-8")
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', text)
    background = re.search(r'fill="(#fff)" d="M0 0h(\d+)v\d+h-\d+z"', text)
    strokes = re.search(r'stroke="#000" d="([^"]+)"', text)
    assert size
    assert background
    assert strokes
    side = int(size[1])
    assert int(background[2]) == side
    picture = Image.new("L", (side, side), 255)
    column, row = 0.0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-0-9. ]+)", strokes[1]):
        values = [float(number) for number in re.findall(r"-?[0-9.]+", numbers)]
        if command == "M":
            column, row = values
        elif command == "m":
            column, row = column + values[0], row + values[1]
        else:
            for offset in range(int(values[0])):
                picture.putpixel((int(column) + offset, int(row)), 0)
            column += values[0]
    return picture.resize((side * pixels, side * pixels), Image.Resampling.NEAREST)


@pytest.mark.parametrize("link", LINKS)
def test_png_is_read_back_by_a_scanner(link: str) -> None:
    assert _decode(Image.open(io.BytesIO(qr_png(link)))) == [link]


@pytest.mark.parametrize("link", LINKS)
def test_svg_is_read_back_by_a_scanner(link: str) -> None:
    assert _decode(_rasterise(qr_svg(link))) == [link]


@pytest.mark.parametrize("minimum", [100, 1024, 2000])
def test_png_is_at_least_as_large_as_asked(minimum: int) -> None:
    picture = Image.open(io.BytesIO(qr_png(LINKS[0], minimum)))
    assert picture.width == picture.height
    assert minimum <= picture.width < minimum + 60


def test_png_has_a_quiet_zone_of_four_modules() -> None:
    picture = Image.open(io.BytesIO(qr_png(LINKS[0]))).convert("L")
    dark = [
        (column, row)
        for column, row in product(range(picture.width), range(picture.height))
        if picture.getpixel((column, row)) == 0
    ]
    # The finder pattern in the corner is seven modules wide.
    first = min(dark)[0]
    width = next(
        column for column in range(first, picture.width) if picture.getpixel((column, first)) != 0
    )
    assert first == 4 * (width - first) // 7
    assert picture.width - 1 - max(dark)[0] == first


@pytest.mark.parametrize("link", LINKS)
def test_codes_correct_at_least_15_percent(link: str) -> None:
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr_png(link))))
    assert code.ec_level in {"M", "Q", "H"}


@pytest.mark.parametrize("make", [qr_svg, qr_png])
def test_the_same_link_gives_the_same_bytes(make: "object") -> None:
    assert callable(make)
    assert make(LINKS[1]) == make(LINKS[1])


def test_svg_is_measured_in_millimetres_and_has_no_script_or_link() -> None:
    text = qr_svg(LINKS[0]).decode("utf-8")
    assert re.search(r'width="\d+mm" height="\d+mm" viewBox="0 0 \d+ \d+"', text)
    assert not re.search(r"<script|href|http://(?!www\.w3\.org)", text)


def test_a_link_that_no_code_can_hold_is_refused() -> None:
    with pytest.raises(RefusedError, match="qr_text_too_long"):
        qr_png("https://wa.me/1?text=" + "a" * 2400)
