"""The HTML button for a web site and the line for a mail signature."""

from functools import cache
from typing import TYPE_CHECKING

from pipeline.qr.spoken import spoken, words
from pipeline.resources import read_text

if TYPE_CHECKING:
    from jinja2 import Template


def button_html(link: str, language: str, business: str) -> str:
    """Return a link that looks like a button, ready to be pasted into a page; ASCII only.

    Every character beyond ASCII is a character reference, so that the page's charset does not
    matter; all values are escaped. A language that we have no words for gets English; without a
    ``business`` the button says "us".
    """
    speaks = spoken(language)
    name = " ".join(business.split())
    label = words(speaks, "button" if name else "button_unnamed").replace("{business}", name)
    html = _button().render(link=link, language=speaks, label=label)
    return html.encode("ascii", "xmlcharrefreplace").decode("ascii")


def signature_line(link: str, language: str) -> str:
    """Return one line of plain text for a mail signature."""
    return words(spoken(language), "signature").replace("{link}", link)


@cache
def _button() -> "Template":
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - used only when one is made

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.from_string(read_text("qr", "button.html.j2"))
