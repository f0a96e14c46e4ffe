"""Making everything that a qr request gets."""

from dataclasses import dataclass

from pipeline.model.notice import MailFile
from pipeline.qr.button import button_html, signature_line
from pipeline.qr.click_to_chat import chat_link
from pipeline.qr.images import print_side, qr_png, qr_svg
from pipeline.qr.sheet import can_be_printed, sheet_pdf


@dataclass(frozen=True, slots=True)
class QrOrder:
    """What a code is made for.

    ``text`` is the message that waits in the chat, or empty; ``formats`` the form's choice:
    ``svg``, ``png``, or ``both`` (which an empty or unknown one is taken for). ``reference`` names
    the file of the button; the number (E.164) does without one. ``opt_in`` is the sentence that
    people agree to by using the code. ``short_link``, when there is one, is what everything carries
    in place of the chat link.
    """

    number: str
    text: str = ""
    formats: str = "both"
    language: str = "en"
    business: str = ""
    reference: str = ""
    opt_in: str = ""
    short_link: str = ""


@dataclass(frozen=True, slots=True)
class QrResult:
    """The link of the code, and the files that go out with it (images, sheet, button, signature).

    ``chat_link`` is the click-to-chat link, which ``link`` is too unless there is a short one.
    ``print_mm`` is how many millimetres wide the code has to be on paper.
    """

    link: str
    chat_link: str
    files: tuple[MailFile, ...]
    button: str
    signature: str
    print_mm: int = 0


def make(order: QrOrder) -> QrResult:
    """Return the link, images, sheet for print, button and signature line of ``order``.

    Who asked for print gets the sheet, unless our fonts lack characters of the sentence that has
    to stand on it. Raises RefusedError when the number is no E.164 number, or the text does not
    fit into a QR code; ConfigurationError (``pango_missing``).
    """
    chat = chat_link(order.number, order.text)
    link = order.short_link or chat
    name = order.number.removeprefix("+")
    button = button_html(link, order.language, order.business)
    signature = signature_line(link, order.language)
    files: list[MailFile] = []
    if order.formats != "png":
        files.append(MailFile(f"whatsapp-qr_{name}.svg", "image/svg+xml", qr_svg(link)))
        if can_be_printed(order.opt_in):
            sheet = sheet_pdf(link, order.language, order.business, order.opt_in)
            files.append(MailFile(f"whatsapp-qr_{name}.pdf", "application/pdf", sheet))
    if order.formats != "svg":
        files.append(MailFile(f"whatsapp-qr_{name}.png", "image/png", qr_png(link)))
    # as text: mail gateways take away a page, and its code is to be pasted anyway
    button_file = f"button_{order.reference or name}.txt"
    files.append(MailFile(button_file, "text/plain", button.encode("ascii")))
    line = (signature + "\r\n").encode("utf-8")
    files.append(MailFile(f"whatsapp-signature_{name}.txt", "text/plain", line))
    return QrResult(link, chat, tuple(files), button, signature, print_side(link))
