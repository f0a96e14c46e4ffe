"""What is shown of mails and texts: values that the guarded child hands back."""

from dataclasses import dataclass
from enum import StrEnum


class Preview(StrEnum):
    """How a file can be looked at; a file without one can be taken down as it is."""

    PAGES = "pages"
    SHEET = "sheet"
    PICTURE = "picture"
    TEXT = "text"
    NONE = "none"


class HtmlFault(StrEnum):
    """Why the HTML of a mail is not shown; its text is."""

    ENCODED = "encoded"
    TOO_DEEP = "too_deep"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of a mail, also one inside another: its safe name, and what its bytes are.

    ``is_form`` tells that a form of ours was read in it, ``secret`` that it holds a certificate or
    a key: who takes it down is to be named in the audit.
    """

    sha256: str
    name: str
    kind: str
    size: int
    preview: Preview
    is_form: bool
    inline: bool
    secret: bool


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail: header fields decoded, its text, its HTML made safe (empty: none), its files.

    ``headers`` are those that people read, ``all_headers`` all of them. Encoded data, as of
    certificates and keys, is left out of the texts (``encoded``). ``html_fault`` tells why there is
    no HTML although the mail has it (None: it has none, or it is shown). ``remote_pictures`` were
    not fetched, ``left_out_pictures`` are not shown; ``hiding``: the mail hides words that the HTML
    here shows; ``cut``: there is more text.
    """

    headers: tuple[tuple[str, str], ...]
    all_headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    html_fault: HtmlFault | None
    encoded: bool
    remote_pictures: int
    left_out_pictures: int
    hiding: bool
    cut: bool
    files: tuple[ShownFile, ...]
    defects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextView:
    """The text of a file, without encoded data (``encoded``: some was left out)."""

    text: str
    encoded: bool
    cut: bool
