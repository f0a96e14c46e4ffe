import io

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from pipeline.qr.click_to_chat import chat_link
from pipeline.qr.make import QrOrder, make
from pipeline.qr.sheet import can_be_printed, printable, sheet_pdf

NUMBER = "+819012345678"
_MM = 72 / 25.4
_TEXTS = ["", "Hello, about my order", "あ" * 140, "Guten Tag! 🎉 Größe?"]
_AGREED = (
    "このコードを読み取ると、株式会社サンプル商事からのメッセージの受信に同意したことになります。"
)


def _pictures(content: bytes) -> list[Image.Image]:
    with pypdfium2.PdfDocument(content) as pdf:
        return [page.render(scale=300 / 72).to_pil().convert("L") for page in pdf]


def _decoded(picture: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture)]


def _words(content: bytes, page: int) -> str:
    return "".join(PdfReader(io.BytesIO(content)).pages[page].extract_text().split())


@pytest.mark.parametrize("text", _TEXTS)
def test_poster_and_card_are_read_back_by_a_scanner(text: str) -> None:
    link = chat_link(NUMBER, text)
    pictures = _pictures(sheet_pdf(link, "ja", "株式会社サンプル商事"))
    assert [_decoded(picture) for picture in pictures] == [[link], [link]]


@pytest.mark.parametrize(("language", "width"), [("en", 85), ("de", 85), ("ja", 91), ("xx", 85)])
def test_poster_is_a4_and_the_card_has_its_bleed(language: str, width: int) -> None:
    pages = PdfReader(io.BytesIO(sheet_pdf(chat_link(NUMBER), language, "Sample"))).pages
    assert [round(float(side) / _MM) for side in pages[0].mediabox[2:]] == [210, 297]
    trimmed, bleed = pages[1].trimbox, pages[1].bleedbox
    assert (round(float(trimmed.width) / _MM), round(float(trimmed.height) / _MM)) == (width, 55)
    assert round(float(bleed.width) / _MM) == width + 6


def test_business_and_what_people_agree_to_stand_beside_each_code() -> None:
    content = sheet_pdf(chat_link(NUMBER), "ja", "株式会社サンプル商事 🎉", _AGREED)
    for page in (0, 1):
        words = _words(content, page)
        assert "株式会社サンプル商事" in words
        assert _AGREED in words


def test_without_room_for_what_people_agree_to_there_is_no_card() -> None:
    content = sheet_pdf(chat_link(NUMBER), "ja", "漢字" * 127, (_AGREED * 22)[:1000])
    (page,) = PdfReader(io.BytesIO(content)).pages
    assert (_AGREED * 22)[:1000] in "".join(page.extract_text().split())
    assert _decoded(_pictures(content)[0]) == [chat_link(NUMBER)]


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Sample 🎉 Shoji", "Sample Shoji"),
        ("Müller &\n Söhne", "Müller & Söhne"),
        ("บริษัท ตัวอย่าง", ""),
        ("Sample สาขา", ""),
        ("🎉🎉", ""),
    ],
)
def test_name_is_printed_whole_or_not_at_all(name: str, printed: str) -> None:
    assert printable(name) == printed


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=http://127.0.0.1/x>', "{{ 7 * 7 }}"]
)
def test_hostile_name_is_inert_text(name: str) -> None:
    content = sheet_pdf(chat_link(NUMBER), "en", name)
    assert "".join(name.split()) in _words(content, 0)


def test_a_sentence_that_our_fonts_lack_makes_no_sheet() -> None:
    agreed = "ฉันยินยอมรับข้อความ"
    assert not can_be_printed(agreed)
    made = make(QrOrder(NUMBER, formats="svg", opt_in=agreed))
    assert [file.name.rpartition(".")[2] for file in made.files] == ["svg", "txt", "txt"]


def test_the_same_values_give_the_same_bytes() -> None:
    first, second = (sheet_pdf(chat_link(NUMBER), "de", "Müller") for _ in range(2))
    assert first == second
