"""Makes a picture that somebody sent anew, from its pixels alone."""

import warnings
from io import BytesIO

from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.forms.shown.pages import Picture

#: Formats of points; those of drawing commands, such as SVG or EPS, are never opened.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
#: More than any camera takes; four bytes each fit into the child.
_MOST_PIXELS = 64_000_000
_FAST = 3


def picture_png(raw: bytes, longest: int = 1_600) -> Picture | NotShown:
    """Return the (first) picture of a file as PNG, its longer side at most ``longest`` pixels.

    Nothing of the file but its pixels is in the result: no text, no place, no profile.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - slow to import

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # how large it is, we look at ourselves
            with Image.open(BytesIO(raw), formats=_FORMATS) as picture:
                if picture.width * picture.height > _MOST_PIXELS:
                    return NotShown(WhyNot.TOO_LARGE)
                picture.draft("RGB", (longest, longest))  # a JPEG is decoded smaller at once
                small = picture.convert("RGBA" if _is_clear(picture.mode, picture.info) else "RGB")
                turned = ImageOps.exif_transpose(small)
        turned.thumbnail((longest, longest))
        target = BytesIO()
        turned.save(target, "PNG", compress_level=_FAST, icc_profile=None)
    except Image.DecompressionBombError:
        return NotShown(WhyNot.TOO_LARGE)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, KeyError):
        return NotShown(WhyNot.DAMAGED)
    return Picture(target.getvalue(), *turned.size)


def _is_clear(mode: str, info: dict[str | tuple[int, int], object]) -> bool:
    return mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in info
