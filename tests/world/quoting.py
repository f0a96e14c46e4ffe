"""How mail programs quote: each style is a small function around a mail of ours.

A style gets the mail that is answered and the words that the customer wrote, and returns the text
of the reply as the reader of bodies gives it. ``STYLES`` were looked at while the mechanism was
written, ``UNSEEN`` (``quoting_unseen``) were not.
"""

import html
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.mailbox.body_text import html_to_text, unflow


@dataclass(frozen=True)
class Original:
    """A mail of ours, as the customer's program shows it."""

    text: str
    html: str
    subject: str
    name: str = "Genesys Cloud WhatsApp requests"
    address: str = "requests@genesys.example"
    to: str = "Oliver Whitcombe"
    to_address: str = "oliver@harbour-books.example"


Style = Callable[[Original, str], str]
STYLES: dict[str, Style] = {}


def style(name: str) -> Callable[[Style], Style]:
    """Register a style of the first half."""

    def register(function: Style) -> Style:
        assert name not in STYLES
        STYLES[name] = function
        return function

    return register


# pieces


def rewrapped(text: str, width: int) -> str:
    """Fold each line at ``width``, as a program does that knows nothing of paragraphs."""
    return "\n".join(
        part
        for line in text.split("\n")
        for part in (textwrap.wrap(line, width, break_long_words=True) if line.strip() else [""])
    )


def filled(text: str, width: int) -> str:
    """Join the lines of each paragraph and fold them anew."""
    paragraphs = re.split(r"\n{2,}", text.strip("\n"))
    return "\n\n".join(textwrap.fill(" ".join(p.split("\n")), width) for p in paragraphs)


def marked(text: str, mark: str = "> ") -> str:
    """Put ``mark`` before each line."""
    return "\n".join(f"{mark}{line}".rstrip() for line in text.strip("\n").split("\n"))


def body_of(page: str) -> str:
    """What stands in the body of an HTML page."""
    return page.partition("<body")[2].partition(">")[2].rpartition("</body>")[0]


def said(words: str, tag: str = "div") -> str:
    """The customer's words as HTML, a blank line as an empty element."""
    return "".join(
        f"<{tag}>{html.escape(line) if line else '<br>'}</{tag}>" for line in words.split("\n")
    )


def escaped(original: Original) -> str:
    """Name and address as HTML shows them."""
    return html.escape(f"{original.name} <{original.address}>")


# header blocks of Outlook and its kin: rule, then the words before the four values

OUTLOOK = {
    "outlook desktop en": ("", "From: ", "Sent: ", "To: ", "Subject: "),
    "outlook web de": ("_" * 32, "Von: ", "Gesendet: ", "An: ", "Betreff: "),
    "outlook web fr": ("_" * 32, "De : ", "Envoyé : ", "À : ", "Objet : "),
    "outlook desktop it": ("", "Da: ", "Inviato: ", "A: ", "Oggetto: "),
    "outlook web pt": ("_" * 32, "De: ", "Enviado: ", "Para: ", "Assunto: "),
    "outlook desktop pl": ("", "Od: ", "Wysłano: ", "Do: ", "Temat: "),
    "outlook desktop cs": ("", "Od: ", "Odesláno: ", "Komu: ", "Předmět: "),
    "outlook web ja": ("_" * 32, "差出人: ", "送信日時: ", "宛先: ", "件名: "),
    "outlook web zh": ("_" * 32, "发件人: ", "发送时间: ", "收件人: ", "主题: "),
    "outlook desktop ru": ("", "От: ", "Отправлено: ", "Кому: ", "Тема: "),
    "outlook mobile el": ("_" * 32, "Από: ", "Στάλθηκε: ", "Προς: ", "Θέμα: "),
}


def _outlook(rule: str, sender: str, sent: str, to: str, subject: str) -> Style:
    def write(original: Original, words: str) -> str:
        block = [
            *([rule] if rule else ["", ""]),
            f"{sender}{original.name} <{original.address}>",
            f"{sent}Monday, 23 November 2026 10:02",
            f"{to}{original.to} <{original.to_address}>",
            f"{subject}{original.subject}",
        ]
        return f"{words}\n\n" + "\n".join(block) + f"\n\n{original.text}"

    return write


STYLES.update({name: _outlook(*labels) for name, labels in OUTLOOK.items()})

# one line that tells who wrote when, then marks

ATTRIBUTIONS = {
    "gmail web en": "On Mon, 23 Nov 2026 at 10:02, {who} <{address}> wrote:\n",
    "gmail web es": "El lun, 23 nov 2026 a las 10:02, {who} (<{address}>) escribió:\n",
    "thunderbird de": "Am 23.11.26 um 10:02 schrieb {who}:",
    "thunderbird sv": "Den 2026-11-23 kl. 10:02, skrev {who}:",
    "apple mail it": "Il giorno 23 nov 2026, alle ore 10:02, {who} <{address}> ha scritto:\n",
    "apple mail ja": "2026/11/23 10:02、{who} <{address}>のメール:\n",
    "k-9 nl": "Op 23 november 2026 10:02:13 CET schreef {who} <{address}>:",
    "roundcube pl": "W dniu 2026-11-23 10:02, {who} napisał(a):\n",
    "mutt": "* {who} <{address}> [2026-11-23 10:02 +0000]:\n",
    "gmail web zh": "{who} <{address}> 于2026年11月23日周一 10:02写道：\n",
    "gmail web ar": "في الاثنين، 23 نوفمبر 2026 في 10:02 ص تمت كتابة ما يلي بواسطة "
    "{who} <{address}>:\n",
    "yandex ru": '23.11.2026, 10:02, "{who}" <{address}>:',
}  # fmt: skip


def _attributed(line: str) -> Style:
    def write(original: Original, words: str) -> str:
        head = line.format(who=original.name, address=original.address)
        return f"{words}\n\n{head}\n{marked(original.text)}\n"

    return write


STYLES.update({name: _attributed(line) for name, line in ATTRIBUTIONS.items()})

# the others


@style("samsung")
def _samsung(original: Original, words: str) -> str:
    return (
        f"{words}\n\n\nSent from my Galaxy\n\n\n-------- Original message --------\n"
        f"From: {original.name} <{original.address}>\nDate: 23/11/2026  10:02  (GMT+00:00)\n"
        f"To: {original.to_address}\nSubject: {original.subject}\n\n{original.text}"
    )


@style("yahoo web")
def _yahoo(original: Original, words: str) -> str:
    return html_to_text(
        f"<div class='ydp'>{said(words)}</div><div id='yahoo_quoted_123' class='yahoo_quoted'>"
        "<div style='font-size:13px;color:#26282a'><div>En lunes, 23 de noviembre de 2026, "
        f"10:02:00 GMT+1, {escaped(original)} escribió: </div><div><br></div>"
        f"<div>{body_of(original.html)}</div></div></div>"
    )


@style("gmail web html")
def _gmail(original: Original, words: str) -> str:
    return html_to_text(
        f"<div dir='ltr'>{said(words)}</div><br><div class='gmail_quote gmail_quote_container'>"
        f"<div dir='ltr' class='gmail_attr'>Dne po 23. 11. 2026 v 10:02 odesílatel "
        f"{escaped(original)} napsal:<br></div><blockquote class='gmail_quote' style='margin:0px "
        "0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex'>"
        f"{body_of(original.html)}</blockquote></div>"
    )


@style("outlook desktop html")
def _outlook_html(original: Original, words: str) -> str:
    return html_to_text(
        f"<html><body><div class='WordSection1'>{said(words, 'p')}<p class=MsoNormal>&nbsp;</p>"
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
        f"<p class=MsoNormal><b>Lähettäjä:</b> {original.name} <br><b>Lähetetty:</b> maanantai 23. "
        f"marraskuuta 2026 10.02<br><b>Vastaanottaja:</b> {original.to}<br><b>Aihe:</b> "
        f"{original.subject}</p></div></div>{body_of(original.html)}</div></body></html>"
    )


@style("outlook web html")
def _outlook_web_html(original: Original, words: str) -> str:
    return html_to_text(
        f"<body dir='ltr'>{said(words)}<div id='appendonsend'></div><hr style='width:98%' "
        "tabindex='-1'><div id='divRplyFwdMsg' dir='ltr'><font><b>Από:</b> "
        f"{escaped(original)}<br><b>Στάλθηκε:</b> Δευτέρα, 23 Νοεμβρίου 2026 10:02<br><b>Προς:</b> "
        f"{original.to}<br><b>Θέμα:</b> {original.subject}</font><div>&nbsp;</div></div>"
        f"<div>{body_of(original.html)}</div></body>"
    )


@style("proton")
def _proton(original: Original, words: str) -> str:
    return html_to_text(
        f"{said(words)}<div class='protonmail_quote'>On Monday, November 23rd, 2026 at 10:02, "
        f"{escaped(original)} wrote:<br><br><blockquote class='protonmail_quote' type='cite'>"
        f"{body_of(original.html)}</blockquote><br></div>"
    )


@style("flowed")
def _flowed(original: Original, words: str) -> str:
    quoted = "\n".join(f"> {line} " for line in original.text.split("\n"))
    return unflow(f"{words}\n\nOn 23/11/2026 10:02, {original.name} wrote:\n{quoted}\n")


@style("becky")
def _becky(original: Original, words: str) -> str:
    return (
        f"{words}\n\nOn Mon, 23 Nov 2026 10:02:00 +0000\n{original.name} <{original.address}> "
        f"wrote:\n\n{marked(rewrapped(original.text, 70))}\n"
    )


@style("no marks, unwrapped")
def _bare(original: Original, words: str) -> str:
    return f"{words}\n\n{filled(original.text, 400)}\n"


@style("no marks, one paragraph at 60")
def _one_paragraph(original: Original, words: str) -> str:
    return f"{words}\n\n{textwrap.fill(' '.join(original.text.split()), 60)}\n"


@style("answer below")
def _below(original: Original, words: str) -> str:
    return (
        f"On Mon, 23 Nov 2026 at 10:02, {original.name} <{original.address}> wrote:\n"
        f"{marked(original.text)}\n\n{words}\n"
    )


@style("marks at 65 that lose their tails")
def _tails(original: Original, words: str) -> str:
    quoted = rewrapped(marked(original.text), 65)
    return f"{words}\n\nOn 23 Nov 2026, {original.name} wrote:\n\n{quoted}\n"


@style("mail.ru")
def _mail_ru(original: Original, words: str) -> str:
    return html_to_text(
        f"<div>{said(words)}</div><div>&nbsp;</div><blockquote style='border-left:1px solid blue;"
        "margin:10px'>Понедельник, 23 ноября 2026, 13:02 +03:00 от "
        f"{escaped(original)}:<br>&nbsp;<div>{body_of(original.html)}</div></blockquote>"
    )


@style("outlook, quoted with tabs")
def _tabs(original: Original, words: str) -> str:
    block = (
        f"-----Ursprüngliche Nachricht-----\nVon:\t{original.name} [mailto:{original.address}]\n"
        f"Gesendet:\tMontag, 23. November 2026 10:02\nAn:\t{original.to}\n"
        f"Betreff:\t{original.subject}\n\n{original.text}"
    )
    return f"{words}\n\n" + "\n".join(f"\t{line}" for line in block.split("\n"))


@style("outlook web sv, warned of a new sender")
def _first_contact(original: Original, words: str) -> str:
    return html_to_text(
        f"<div class='elementToProof'>{said(words)}</div><hr><div id='divRplyFwdMsg'><b>Från:</b> "
        f"{escaped(original)}<br><b>Skickat:</b> den 23 november 2026 10:02<br><b>Till:</b> "
        f"{original.to}<br><b>Ämne:</b> {original.subject}</div><div>[Du får inte ofta e-post från "
        f"{original.address}. Läs mer på https://aka.ms/LearnAboutSenderIdentification ]</div>"
        f"{body_of(original.html)}"
    )


@style("answer below an outlook header")
def _below_header(original: Original, words: str) -> str:
    return (
        f"From: {original.name} <{original.address}>\nSent: Monday, 23 November 2026 10:02\n"
        f"To: {original.to}\nSubject: {original.subject}\n\n{original.text}\n\n{words}\n"
    )


@style("supercite")
def _supercite(original: Original, words: str) -> str:
    return f"{words}\n\n{marked(original.text, 'Genesys> ')}\n"


@style("marks of its own kind")
def _hashes(original: Original, words: str) -> str:
    return f"{words}\n\n{original.name} <{original.address}> wrote:\n{marked(original.text, '# ')}"


@style("header as a table")
def _table(original: Original, words: str) -> str:
    return html_to_text(
        f"{said(words)}<table><tr><td>Von:</td><td>{escaped(original)}</td></tr><tr><td>An:</td>"
        f"<td>{original.to}</td></tr><tr><td>Datum:</td><td>23.11.2026 10:02</td></tr><tr>"
        f"<td>Betreff:</td><td>{original.subject}</td></tr></table>{body_of(original.html)}"
    )


@style("quoted twice")
def _twice(original: Original, words: str) -> str:
    return f"{words}\n\n{original.text}\n\n{original.text}"


@style("each word on a line")
def _words(original: Original, words: str) -> str:
    return f"{words}\n\n" + "\n".join(original.text.split())
