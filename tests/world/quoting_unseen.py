"""The second half of the styles of :mod:`tests.world.quoting`: written before the mechanism."""

import html
import re
import unicodedata

from pipeline.mailbox.body_text import html_to_text
from tests.world.quoting import (
    Original,
    Style,
    body_of,
    escaped,
    filled,
    marked,
    rewrapped,
    said,
)

UNSEEN: dict[str, Style] = {}

_BLOCKS = {
    "outlook desktop da": ("Fra: ", "Sendt: ", "Til: ", "Emne: "),
    "outlook desktop ro": ("De la: ", "Trimis: ", "Către: ", "Subiect: "),
    "outlook desktop he": ("מאת: ", "נשלח: ", "אל: ", "נושא: "),
    "outlook desktop th": ("จาก: ", "ส่ง: ", "ถึง: ", "เรื่อง: "),
    "outlook desktop uk": ("Від: ", "Надіслано: ", "Кому: ", "Тема: "),
    "outlook desktop zh-tw": ("寄件者: ", "寄件日期: ", "收件者: ", "主旨: "),
    "outlook desktop vi": ("Từ: ", "Đã gửi: ", "Đến: ", "Chủ đề: "),
    "foxmail zh": ("发件人： ", "发送时间： ", "收件人： ", "主题： "),
}


def _block(sender: str, sent: str, to: str, subject: str) -> Style:
    def write(original: Original, words: str) -> str:
        return (
            f"{words}\n\n*{sender.strip()}* {original.name} <{original.address}>\n"
            f"*{sent.strip()}* 2026-11-23 10:02\n*{to.strip()}* {original.to}\n"
            f"*{subject.strip()}* {original.subject}\n\n{original.text}"
        )

    return write


UNSEEN.update({name: _block(*labels) for name, labels in _BLOCKS.items()})

_LINES = {
    "gmail app hu": "{who} <{address}> ezt írta (időpont: 2026. nov. 23., H, 10:02):\n",
    "gmail app tr": "{who} <{address}>, 23 Kas 2026 Pzt, 10:02 tarihinde şunu yazdı:\n",
    "gmail app th": "เมื่อ จ. 23 พ.ย. 2026 เวลา 10:02 {who} <{address}> เขียนว่า:\n",
    "gmail app fi": "ma 23. marrask. 2026 klo 10.02 {who} <{address}> kirjoitti:\n",
    "gmail app ja": "2026年11月23日(月) 10:02 {who} <{address}>:\n",
    "zimbra fr": 'Le 23 Nov 26, à 10:02, "{who}" <{address}> a écrit :\n',
    "groupwise": '>>> "{who}" <{address}> 23.11.2026 10:02 >>>',
    "spark": "On 23 Nov 2026 at 10:02 +0000, {who} <{address}>, wrote:",
    "superhuman": "On Mon, Nov 23, 2026 at 10:02 AM, {who} < {address} > wrote:\n",
    "evolution": "On Mon, 2026-11-23 at 10:02 +0000, {who} wrote:",
    "gmail web ko, folded": "2026년 11월 23일 (월) 오전 10:02, {who}\n<{address}>님이 작성:\n",
    "kmail pt": "Em segunda-feira, 23 de novembro de 2026, às 10:02:13 WET, {who} escreveu:",
}


def _line(line: str) -> Style:
    def write(original: Original, words: str) -> str:
        head = line.format(who=original.name, address=original.address)
        return f"{words}\n\n{head}\n{marked(original.text)}\n"

    return write


UNSEEN.update({name: _line(line) for name, line in _LINES.items()})


def _add(name: str, style: Style) -> None:
    assert name not in UNSEEN
    UNSEEN[name] = style


_add(
    "shuriken, wide marks",
    lambda o, w: (
        f"{w}\n\n{o.name} <{o.address}> さんは書きました：\n{marked(rewrapped(o.text, 66), '＞')}\n"
    ),
)
_add(
    "cybozu",
    lambda o, w: (
        f"{w}\n\n----- 元のメッセージ -----\n差出人：{o.name} <{o.address}>\n"
        f"送信日時：2026/11/23 (月) 19:02\n宛先：{o.to_address}\n件名：{o.subject}\n\n{o.text}"
    ),
)
_add(
    "notes",
    lambda o, w: (
        f'{w}\n\n\n\nFrom:   "{o.name}" <{o.address}>\nTo:     {o.to_address}\n'
        f"Date:   23/11/2026 10:02\nSubject:        {o.subject}\n\n\n\n{o.text}"
    ),
)
_add(
    "qq",
    lambda o, w: html_to_text(
        f"{said(w)}<div><br></div><div style='font-size:12px'>------------------&nbsp;"
        "原始邮件&nbsp;------------------</div><div style='background:#efefef;padding:8px'><div><b>"
        f"发件人:</b> {escaped(o)};</div><div><b>发送时间:</b> 2026年11月23日(星期一) 18:02</div>"
        f"<div><b>收件人:</b> {o.to_address};</div><div><b>主题:</b> {o.subject}</div></div>"
        f"<div>{body_of(o.html)}</div>"
    ),
)
_add(
    "naver",
    lambda o, w: html_to_text(
        f"<div>{said(w, 'p')}</div><div style='border-bottom:1px solid #ddd'></div>"
        f"<p>-----Original Message-----<br><b>From:</b> {escaped(o)}<br><b>To:</b> "
        f"{o.to_address}<br><b>Cc:</b> <br><b>Sent:</b> 2026-11-23 (월) 19:02:11 (GMT+09:00)<br>"
        f"<b>Subject:</b> {o.subject}</p>{body_of(o.html)}"
    ),
)
_add(
    "zoho",
    lambda o, w: html_to_text(
        f"{said(w)}<div class='zmail_extra_hr' style='border-top:1px solid rgb(204,204,204)'></div>"
        "<div class='zmail_extra'><div>---- On Mon, 23 Nov 2026 10:02:00 +0000 "
        f"<b>{escaped(o)}</b> wrote ---</div><blockquote id='blockquote_zmail' style='margin:0px'>"
        f"{body_of(o.html)}</blockquote></div>"
    ),
)
_add(
    "web.de html",
    lambda o, w: html_to_text(
        f"{said(w)}<div name='quote' style='margin:10px 5px 5px 10px;padding:10px 0 10px 10px;"
        "border-left:2px solid #C3D9E5'><div style='margin:0 0 10px 0'><b>Gesendet:</b> Montag, "
        f"23. November 2026 um 10:02<br><b>Von:</b> {escaped(o)}<br><b>An:</b> {o.to_address}<br>"
        f"<b>Betreff:</b> {o.subject}</div><div name='quoted-content'>{body_of(o.html)}</div></div>"
    ),
)
_add(
    "outlook mobile html",
    lambda o, w: html_to_text(
        f"<body>{said(w)}<div id='ms-outlook-mobile-body-separator-line'><br></div>"
        "<div id='ms-outlook-mobile-signature'>Get <a href='https://aka.ms/o0ukef'>Outlook for iOS"
        "</a></div><div id='mail-editor-reference-message-container'><hr><div id='divRplyFwdMsg'>"
        f"<strong>Da:</strong> {o.name} &lt;{o.address}&gt;<br><strong>Inviato:</strong> lunedì, "
        f"novembre 23, 2026 10:02<br><strong>A:</strong> {o.to_address}<br><strong>Oggetto:"
        f"</strong> {o.subject}</div>{body_of(o.html)}</div></body>"
    ),
)
_add(
    "help desk (Zendesk)",
    lambda o, w: (
        f"##- Please type your reply above this line -##\n\n{w}\n\n"
        f"{o.name}\n\n23 Nov 2026, 10:02 GMT\n\n{o.text}\n"
    ),
)
_add(
    "help desk (Freshdesk)",
    lambda o, w: html_to_text(
        f"{said(w)}<div class='freshdesk_quote'><blockquote class='freshdesk_quote'>On Mon, 23 Nov "
        f"at 10:02 AM , {o.name} &lt;{o.address}&gt; wrote:<br>{body_of(o.html)}</blockquote></div>"
    ),
)
_add(
    "gateway's banner inside the quote",
    lambda o, w: (
        f"{w}\n\n________________________________\nVan: {o.name} <{o.address}>\n"
        f"Verzonden: maandag 23 november 2026 10:02\nAan: {o.to}\nOnderwerp: {o.subject}\n\n"
        "LET OP: deze e-mail komt van buiten. Klik op geen link, als u de afzender niet kent.\n\n"
        f"{o.text}"
    ),
)
_add(
    "hyphens, wide blanks and straight quotes",
    lambda o, w: (
        f"{w}\n\n"
        + marked(re.sub(r"[„“”‘’]", '"', o.text).replace("–", "-").replace(" ", "\u00a0"), "| ")
    ),
)
_add(
    "soft hyphens, no marks",
    lambda o, w: f"{w}\n\n" + re.sub(r"(\w{4})(?=\w)", "\\1\u00ad", o.text),
)
_add(
    "links as footnotes",
    lambda o, w: (
        f"{w}\n\nOn Nov 23, 2026, {o.name} wrote:\n\n"
        + o.text.replace("Genesys", "Genesys<https://www.genesys.com/cloud?x=1>")
    ),
)
_add("initials", lambda o, w: f"{w}\n\n{marked(filled(o.text, 72), 'GC> ')}\n")
_add(
    "decomposed letters (macOS)",
    lambda o, w: f"{w}\n\n" + unicodedata.normalize("NFD", filled(o.text, 79)),
)
_add(
    "one pre element",
    lambda o, w: html_to_text(
        f"<pre>{html.escape(w)}\n\n{o.name} &lt;{o.address}&gt; schrieb am 23.11.2026 10:02:"
        f"\n\n{html.escape(rewrapped(o.text, 74))}</pre>"
    ),
)
