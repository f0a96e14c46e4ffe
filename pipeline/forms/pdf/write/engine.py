"""Lays out pages in HTML with the layout engine (WeasyPrint) and the fonts of this package."""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.forms.pdf.fonts import use_own_fonts

#: The standard that our PDFs keep, for readers who hear them (ISO 14289-1).
_VARIANT = "pdf/ua-1"


@dataclass(frozen=True, slots=True)
class LaidOut:
    """Pages that were laid out, not yet written."""

    _document: Any
    _options: dict[str, Any]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return len(self._document.pages)

    def pdf(self) -> bytes:
        """Return the pages as a tagged PDF."""
        return bytes(self._document.write_pdf(**self._options))


def lay_out_page(page: str, styles: Sequence[str], *, forms: bool = False) -> LaidOut:
    """Return an HTML ``page`` on paper, with the style sheets of the texts ``styles``.

    Nothing is fetched: pictures are within the page. With ``forms`` its input elements become
    fields. Raises ConfigurationError (``pango_missing``) when the engine cannot start here.
    """
    engine = _engine()
    options = {"pdf_forms": forms, "pdf_tags": True, "pdf_variant": _VARIANT}
    fetcher = engine.urls.URLFetcher(allowed_protocols={"data"})
    sheets = [engine.CSS(string=style) for style in styles]
    document = engine.HTML(string=page, url_fetcher=fetcher).render(stylesheets=sheets, **options)
    return LaidOut(document, options)


def _engine() -> Any:
    """Return the module weasyprint, told to use our fonts; what it prints goes to stderr."""
    use_own_fonts()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            import weasyprint  # noqa: PLC0415 - slow to import, needs Pango
    except OSError as error:
        raise ConfigurationError("pango_missing", detail=str(error)) from error
    return weasyprint
