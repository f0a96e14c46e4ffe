"""Pictures with words in them."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw


@cache
def picture_of(words: str, size: tuple[int, int] = (300, 60)) -> bytes:
    """Return a PNG that shows ``words``."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((8, 8), words, fill="black")
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()
