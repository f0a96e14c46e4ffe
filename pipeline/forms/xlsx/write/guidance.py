"""Leads through a form: prompts at the answers, links, and where the cursor stands at first."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.forms.texts import FormTexts
from pipeline.model.form import FormKind

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

#: The most characters of a prompt and of its title (ECMA-376 part 1, 18.3.1.32).
_PROMPT, _PROMPT_TITLE = 255, 32


def prompt(texts: FormTexts, kind: FormKind, field: str) -> tuple[str, str]:
    """Return the title and the text that programs show while an answer is typed."""
    title, text = texts.label(kind, field), texts.explanation(kind, field)
    if len(title) > _PROMPT_TITLE:
        title = f"{title[: _PROMPT_TITLE - 1]}…"
    if len(text) > _PROMPT:
        text = texts.statement(kind, field) or texts.hint(kind, field)
    return title, text[:_PROMPT]


def mail_link(address: str, subject: str) -> str:
    """Return the link that opens a mail to ``address`` (RFC 6068)."""
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject, safe='')}"


def select(sheet: "Worksheet", cell: str) -> None:
    """Let the cursor stand in ``cell`` when a sheet with frozen rows is opened."""
    for selection in sheet.sheet_view.selection:
        if selection.pane == "bottomLeft":
            selection.activeCell = selection.sqref = cell
