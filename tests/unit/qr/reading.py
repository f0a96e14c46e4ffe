"""Texts that people put into a chat link, and programs that draw and read its codes."""

import io
import random
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
import zxingcpp
from PIL import Image

from tests.servers.needed import skip_without

LIMIT = 140
_KANA = "あいうえおかきくけこさしすせそアイウエオガギグゲゴッャュョー、。「」・"
_KANJI = "予約確認電話番号株式会社東京大阪髙﨑㈱①𠮷𩸽"
_LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,!-"
_GERMAN = "äöüßÄÖÜẞ€„“–…"
_SIGNS = "&?#%+=/\\\"'<>{}[]|^~`@:;,$*() "
_BREAKS = ("\n", "\r\n", "\n\n", "\t")
_PICTURES = (
    "😀",
    "👨‍👩‍👧‍👦",
    "👩🏽‍🚀",
    "🏳️‍🌈",
    "🇯🇵",
    "❤️",
    "1️⃣",
    "🤦🏼‍♂️",
)
_MARKS = ("e\u0301", "ü", "u\u0308", "か\u3099", "n\u0303", "a\u0328\u0301", "ក្ក", "க்ஷி")
_FROM_THE_RIGHT = "שלוםמרחבאעالسلامعليكمپچگ٠١٢۳"
_MAKERS = tuple(
    tuple(alphabet)
    for alphabet in (
        _LATIN,
        _KANA,
        _KANJI,
        _LATIN + _GERMAN,
        _SIGNS,
        _BREAKS,
        _PICTURES,
        _MARKS,
        _FROM_THE_RIGHT,
        ("%20", "%0A", "&text=", "?text=", "#", "\u200f", "\u00a0"),
    )
)


def units(text: str) -> int:
    """Return how long ``text`` is in UTF-16 units, as forms and WhatsApp count it."""
    return len(text.encode("utf-16-le")) // 2


def texts(seed: int, count: int) -> list[str]:
    """Return ``count`` texts of up to 140 units; each mixes one to four kinds of characters."""
    chosen = random.Random(seed)
    return [_text(chosen) for _ in range(count)]


def _text(chosen: random.Random) -> str:
    kinds = chosen.sample(_MAKERS, chosen.randint(1, 4))
    longest = chosen.choice((chosen.randint(1, LIMIT), LIMIT))
    text = ""
    while units(more := text + chosen.choice(chosen.choice(kinds))) <= longest:
        text = more
    return text


def of_png(content: bytes) -> Image.Image:
    """Return the picture of a PNG, grey."""
    return Image.open(io.BytesIO(content)).convert("L")


def of_pdf(content: bytes, dots_per_inch: int = 300) -> list[Image.Image]:
    """Return the pages of a PDF as a printer of so many dots draws them."""
    with pypdfium2.PdfDocument(content) as pdf:
        return [page.render(scale=dots_per_inch / 72).to_pil().convert("L") for page in pdf]


def by_librsvg(svg: bytes, width: int = 1200) -> Image.Image:
    """Return an SVG as librsvg draws it."""
    program = shutil.which("rsvg-convert")
    skip_without(program, "rsvg-convert")
    command = [str(program), "--width", str(width), "--keep-aspect-ratio"]
    return of_png(subprocess.run(command, input=svg, capture_output=True, check=True).stdout)


def by_zxing(pictures: Sequence[Image.Image]) -> list[str]:
    """Return what ZXing reads in each picture; one with no code, or with two, gives nothing.

    Asked for all kinds of codes, it takes a row of modules for a bar code now and then.
    """
    kind = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = [zxingcpp.read_barcodes(picture, formats=kind) for picture in pictures]
    return [codes[0].text if len(codes) == 1 else "" for codes in found]


def by_zbar(pictures: Sequence[Image.Image]) -> list[str]:
    """Return what ZBar reads in all pictures together."""
    program = shutil.which("zbarimg")
    skip_without(program, "zbarimg")
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder, f"{index}.pgm")) for index in range(len(pictures))]
        for name, picture in zip(names, pictures, strict=True):
            picture.save(name)
        options = ["--raw", "--quiet", "--nodbus", "-Sdisable", "-Sqrcode.enable"]
        command = [str(program), *options, *names]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()
