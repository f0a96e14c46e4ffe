"""Making everything that a qr request gets."""

from dataclasses import dataclass

from pipeline.model.notice import MailFile
from pipeline.qr.button import button_html, signature_line
from pipeline.qr.click_to_chat import chat_link
from pipeline.qr.images import qr_png, qr_svg


@dataclass(frozen=True, slots=True)
class QrResult:
    """The chat link, and the files that go out with it (images, button, signature)."""

    link: str
    files: tuple[MailFile, ...]
    button: str
    signature: str


def make(
    number: str, text: str, formats: str, language: str, business: str, reference: str = ""
) -> QrResult:
    """Return the link, images, button and signature line of ``number`` (E.164).

    ``text`` is the message that waits in the chat, or empty; ``formats`` the form's choice:
    ``svg``, ``png``, or ``both`` (which an empty or unknown one is taken for). ``reference`` names
    the file of the button; the number does without one. Raises RefusedError
    when the number is no E.164 number, or the text does not fit into a QR code.
    """
    link = chat_link(number, text)
    name = number.removeprefix("+")
    button = button_html(link, language, business)
    signature = signature_line(link, language)
    files: list[MailFile] = []
    if formats != "png":
        files.append(MailFile(f"whatsapp-qr_{name}.svg", "image/svg+xml", qr_svg(link)))
    if formats != "svg":
        files.append(MailFile(f"whatsapp-qr_{name}.png", "image/png", qr_png(link)))
    # as text: mail gateways take away a page, and its code is to be pasted anyway
    files.append(MailFile(f"button_{reference or name}.txt", "text/plain", button.encode("ascii")))
    line = (signature + "\r\n").encode("utf-8")
    files.append(MailFile(f"whatsapp-signature_{name}.txt", "text/plain", line))
    return QrResult(link=link, files=tuple(files), button=button, signature=signature)
