"""The code on paper: a poster (A4), and a card with its bleed and crop marks, in one PDF."""

import base64
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.forms.pdf.fonts import drawable
from pipeline.forms.pdf.write.engine import LaidOut, lay_out_page
from pipeline.forms.pdf.write.typesetting.phrases import phrase_filter
from pipeline.qr.images import qr_svg
from pipeline.qr.spoken import spoken, words
from pipeline.resources import read_text

if TYPE_CHECKING:
    from jinja2 import Template

#: Width and height of a business card in millimetres, by language: in Japan 4号, else 85 × 55.
_CARDS = {"ja": (91, 55)}
_CARD = (85, 55)
#: Symbols, and what only joins or colours them (Unicode general categories): no name lacks a word
#: without them.
_SYMBOLS = frozenset({"So", "Sk", "Cf", "Mn", "Me", "Zs"})


def sheet_pdf(link: str, language: str, business: str, opt_in: str = "") -> bytes:
    """Return a PDF with the code of ``link`` for print; the same values give the same bytes.

    ``business`` stands beside the code unless our fonts lack letters of it; ``opt_in`` is the
    sentence that people agree to, which :func:`can_be_printed`. Raises RefusedError
    (``qr_text_too_long``), ConfigurationError (``pango_missing``).
    """
    language = spoken(language)
    width, height = _CARDS.get(language, _CARD)
    values = {
        "language": language,
        "width": width,
        "height": height,
        "code": "data:image/svg+xml;base64," + base64.b64encode(qr_svg(link)).decode("ascii"),
        "business": printable(business),
        "opt_in": printable(opt_in),
        **{name: words(language, f"sheet_{name}") for name in ("title", "how", "alternative")},
    }
    return _whole(language, values).pdf()


def _whole(language: str, values: Mapping[str, Any]) -> LaidOut:
    """Return the first way of setting the sheet that its words fit into.

    The sentence that people agree to has to stand beside the code: without room for it there is no
    card.
    """
    for size, card in (("large", True), ("small", True), ("small", False), ("least", False)):
        page = _sheet(language).render(values, size=size, card=card)
        laid_out = lay_out_page(page, [read_text("qr", "sheet.css")])
        if laid_out.pages == 1 + card:
            break
    return laid_out


def can_be_printed(text: str) -> bool:
    """Return whether our fonts have every character of ``text``."""
    return printable(text) == " ".join(text.split())


def printable(text: str) -> str:
    """Return ``text`` in one line without the symbols that our fonts lack; empty without letters.

    A text of which letters would be missing is not printed at all.
    """
    line = " ".join(text.split())
    kept = "".join(
        one for one in line if drawable(one) == one or unicodedata.category(one) not in _SYMBOLS
    )
    kept = " ".join(kept.split())
    return kept if drawable(kept) == kept else ""


@cache
def _sheet(language: str) -> "Template":
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - used only when one is made

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["phrases"] = phrase_filter(language)
    return environment.from_string(read_text("qr", "sheet.html.jinja"))
