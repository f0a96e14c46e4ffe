"""What the sender wrote now: the text without what is quoted below it and without the signature."""

import re

_CAP_LINES = 20_000
_WINDOW = 6  # lines of a copied header block that we look through
_FENCE = re.compile(
    r"[\s>]*(?:-{2,}|_{2,}|={2,}|－{2,}|―{2,})\s*"
    r"(?:original message|original appointment|forwarded message|forwarded by .{1,80}|"
    r"urspr(?:ü|ue)ngliche nachricht|weitergeleitete nachricht|message d.origine|"
    r"mensaje original|messaggio originale|"
    r"元のメッセージ|元のメール|オリジナルメッセージ|転送メッセージ|转发邮件|原始邮件)"
    r"\s*(?:-{2,}|_{2,}|={2,}|－{2,}|―{2,})?\s*\Z",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\*{0,2}(?:from|von|de|da|差出人|送信者|送信元|发件人|寄件者)\*{0,2}\s*[:：]", re.IGNORECASE
)
_OTHER = re.compile(
    r"\*{0,2}(?:sent|date|to|subject|cc|gesendet|datum|an|betreff|envoyé|objet|à|inviato|oggetto|"
    r"送信日時|送信日|日時|日付|宛先|件名|发送时间|收件人|主题)\*{0,2}\s*[:：]",
    re.IGNORECASE,
)
_DATE = r"(?:\d{1,4}[./年-]\s?\d{1,2}|\d{1,2}:\d{2}|\d{1,2}\.? [^\W\d]{3,9}\.? \d{4}|@)"
_WROTE = re.compile(
    rf"(?:on|am|le|el|il|op|em|den)\b(?=.{{0,300}}{_DATE}).{{4,400}}"
    r"(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev)\b"
    r".{0,120}[:：]\s*\Z"
    r"|.{2,200}\b(?:wrote|writes|schrieb)\s*[:：]\s*\Z"
    r"|.{1,200}(?:さん|様|氏)?(?:は|が)(?:書きました|書いた|wrote)\s*[:：]?\s*\Z"
    r"|.{4,200}のメッセージ\s*[:：]\s*\Z",
    re.IGNORECASE,
)
_DATE_JA = re.compile(
    r"(?:on )?\d{4}\s?[年/.-]\s?\d{1,2}\s?[月/.-]\s?\d{1,2}(.*)[:：]\s*\Z", re.IGNORECASE
)
_LONG = 200
_QUOTE = re.compile(r"\s*(?:[>＞]|[A-Za-z]{1,4}>)")
_SIGNATURE = re.compile(r"--\s?\Z|—\s?\Z")
_RULE = re.compile(
    r"\s*([-=*_━─＿ー－―＊＝・+~☆★◇◆■□]{1,2})\1{4,}\s*\Z|\s*[-=*_━─＿＊＝+]{8,}\s*\Z"
)
_LINE = re.compile(r"\s*(?:_{5,}|-{5,}|─{5,})\s*\Z")
_CONTACT = re.compile(
    r"(?:tel|fax|phone|mobile|e-?mail|mail|url)\b\s*[.:：]|https?://|www\.|〒|株式会社|有限会社|電話|\S@\S",
    re.IGNORECASE,
)
_SIGNATURE_LINES = 15
_DEVICE = re.compile(
    r"(?:sent from my .{2,40}|sent from (?:outlook|mail) for .{2,40}|get outlook for .{2,40}|"
    r"von meinem .{2,40} gesendet|(?:iphone|ipad|android).{0,20}から送信.{0,3}|"
    r"outlook for (?:ios|android) を入手.{0,40})\Z",
    re.IGNORECASE,
)


def new_text(text: str) -> str:
    """Return the lines that the sender wrote now, blank lines at both ends removed.

    Text under an answer written below or between quoted lines is kept; everything below a copied
    header block (Outlook) or below an "… wrote:" line without quote marks is cut.
    """
    lines = text.split("\n", _CAP_LINES)[:_CAP_LINES]
    kept: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index].strip()
        if _FENCE.match(line) or _is_header_block(lines, index):
            while kept and (not kept[-1].strip() or _LINE.match(kept[-1])):
                kept.pop()  # the line that was drawn above the copied header
            break
        if taken := _attribution(lines, index):
            if not _quote_follows(lines, index + taken):
                break
            index += taken
            continue
        if not _QUOTE.match(lines[index]):
            kept.append(lines[index].rstrip())
        index += 1
    return "\n".join(_without_signature(kept)).strip("\n")


def _is_header_block(lines: list[str], index: int) -> bool:
    """Whether a copied header starts here: a From line and two more of its kind below it."""
    if not _FROM.match(lines[index].strip()):
        return False
    block = [line.strip() for line in lines[index + 1 : index + _WINDOW]]
    return sum(1 for line in block if _OTHER.match(line)) >= 2  # noqa: PLR2004 - a real block


def _attribution(lines: list[str], index: int) -> int:
    """Return how many lines an "… wrote:" takes here (it may be folded over three), or 0."""
    first = lines[index].strip()
    if not first or _QUOTE.match(first):
        return 0
    for count in (1, 2, 3):
        part = [line.strip() for line in lines[index : index + count]]
        if count > 1 and (not part[-1] or not _starts_attribution(first)):
            return 0
        joined = " ".join(part)[:600]
        if _is_attribution_ja(joined):
            return count
        if _WROTE.match(joined) and (
            re.search(_DATE, joined) or _quote_follows(lines, index + count)
        ):
            return count
    return 0


def _is_attribution_ja(line: str) -> bool:
    """Whether a line has a date in front and ends in an address, or in "wrote", and a colon."""
    dated = _DATE_JA.match(line)
    if not dated:
        return False
    words = dated[1].rstrip(" \t>])）")
    sign = words.rfind("@", 0, _LONG + 1)
    behind = len(words) - sign - 1
    by_address = sign >= 0 and 1 < behind <= _LONG
    return by_address or (words.lower().endswith("wrote") and len(words) <= _LONG)


def _starts_attribution(line: str) -> bool:
    return bool(re.match(r"(?:on|am|le|el|il|op|em|den)\s|\d{4}\s?[年/-]", line, re.IGNORECASE))


def _quote_follows(lines: list[str], index: int) -> bool:
    following = next((line for line in lines[index : index + 4] if line.strip()), "")
    return bool(_QUOTE.match(following))


def _without_signature(lines: list[str]) -> list[str]:
    """Cut a signature: behind its mark, or below a rule with few lines and contact data under it.

    One pass: a mail may be nothing but rules.
    """
    above, below = False, sum(1 for line in lines if line.strip())
    for index, line in enumerate(lines):
        if _SIGNATURE.match(line):
            return lines[:index]
        below -= bool(line.strip())
        if not _RULE.match(line):
            above = above or bool(line.strip())
        elif (
            above
            and 1 <= below <= _SIGNATURE_LINES
            and any(_CONTACT.search(line) for line in lines[index + 1 :])
        ):
            return lines[:index]
    return [line for line in lines if not _DEVICE.match(line.strip())]
