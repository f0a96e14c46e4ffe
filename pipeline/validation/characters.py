"""Characters of all answers: widths, invisible signs, blanks, damage, and marks for "nothing"."""

import re
import unicodedata

_KANA_WIDTH = re.compile("[\uff61-\uff9f]+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u180e\u034f\u115f\u1160")
_JOINERS = frozenset("\u200c\u200d")
#: Control characters as workbooks escape them (ECMA-376, 22.4.2.4), shown by careless programs.
_ESCAPED = re.compile("_x000[9ADad]_")
_BLANK_LETTERS = {"\u3164": " ", "\uffa0": " ", "\u2800": " "}
_KEPT_CONTROLS = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")
#: Errors that programs show in one sign or two: not available, in the languages of Excel.
_SHORT_ERRORS = frozenset(
    "#n/a|#n/d|#nv|#n/b|#n/disp|#н/д|#i/t|#yok|#na|#saknas|#puuttuu|#hiányzik|#nedostupný"  # noqa: SIM905 - a list of words
    "|#nedostupné|#none|#error|#getting_data|#n/dostęp|#brak|#není_k_dispozici|#ikke tilgjengelig"
    "|#n/tilgængelig|#d/n|#nd|#n.d.|#nil|#null|#nan|#value|#ref|#name|#div/0|#num".split("|")
)
#: So many number signs show that a column is too narrow.
_NARROW = 3
_WELL_KNOWN = frozenset(
    {"#name?", "#value!", "#ref!", "#div/0!", "#num!", "#null!", "#spill!", "#calc!", "#wert!"}
)
#: What all others have in common: a number sign, a word in capitals, a mark (#ЗНАЧ! #¿NOMBRE?).
_ERROR = re.compile(r"#[¡¿]?\s?([^\W\d_]{1,16}(?:[/.](?:0|[^\W\d_]{1,8}))?)\s?[!?]")
_LIBREOFFICE_ERROR = re.compile(
    r"(?:err|error|fehler|fout|erreur|errore|erro|virhe|fel|feil|fejl|chyba|hiba|hata|błąd"
    r"|ошибка|エラー)\s?[:：.]\s?5\d\d",
    re.IGNORECASE,
)
#: What people write instead of an answer, folded.
_PLACEHOLDERS = frozenset(
    "n/a|n.a.|n.a|na|not applicable|tbd|tba|tbc|t.b.d.|to be decided|to be confirmed|pending"  # noqa: SIM905 - a list of words
    "|none|nil|null|nothing|see email|see e-mail|see mail|see above|same as above|as above|ditto"
    "|later|unknown|not yet|don't know|see attached|see attachment|to follow"
    "|未定|未記入|同上|なし|無し|無|該当なし|特になし|特に無し|不明"
    "|後日|後日連絡|検討中|調整中|メール参照|別途連絡|別途通知|无|無資料"
    "|確認中|後ほど|後ほど連絡|別紙参照|添付参照"
    "|keine|entfällt|siehe oben|siehe unten|siehe e-mail|siehe anhang|s.o.|s. o.|unbekannt|k.a."
    "|wird nachgereicht|noch offen|folgt|folgt noch|später|in klärung|steht noch nicht fest"
    "|liegt nicht vor|aucun|aucune|néant|ninguno|ninguna|nessuno".split("|")
)
#: What people write when they do not know, folded.
UNKNOWN_WORDS = frozenset(
    "unknown|not known|don't know|do not know|i don't know|i do not know|not sure|no idea|?"  # noqa: SIM905 - a list of words
    "|不明|不明です|わからない|分からない|わかりません|分かりません"
    "|unbekannt|weiss nicht|weiss ich nicht|ich weiss nicht|ich weiss es nicht|keine ahnung"
    "|nicht bekannt|inconnu|desconocido|未知|不知道|je ne sais pas|aucune idée|no sé|no lo sé"
    "|no se|non lo so|não sei|nao sei|nie wiem|nevím|neviem|nem tudom|не знаю|не відомо|невідомо"
    "|неизвестно|weet ik niet|weet niet|onbekend|vet ej|vet inte|okänt|ved ikke|vet ikke|ukendt"
    "|en tiedä|bilmiyorum|bilinmiyor|모름|모르겠습니다|모릅니다|不清楚|不确定|不確定|不詳|未確認"
    "|わかりかねます|存じません|不明確|tidak tahu|không biết|ไม่ทราบ|ไม่รู้|לא יודע|לא ידוע|لا أعرف"
    "|غير معروف|sconosciuto|desconhecido|nieznane|neznámé|we do not know|we don't know"
    "|noch unbekannt|ist mir nicht bekannt|no clue|dunno|idk".split("|")
)
_MASK = re.compile(r"[x?*.…。・_/\\]{2,12}|[?.*…]", re.IGNORECASE)
_LETTER = re.compile(r"[A-Za-z0-9]")
#: What stands around one word: stops, brackets, quotation marks.
_MARKS_AROUND = " .!。()[]（）「」『』„“”‚‘’«»‹›\"'"
_BLANKS = frozenset({"", "-", "--", "---", "—", "–", "ー", "―", "−", "‐"})


def fold(text: str) -> str:
    """Return ``text`` for comparison: NFKC, case folded, stripped, one apostrophe."""
    if text.isascii():
        return text.lower().strip()
    return unicodedata.normalize("NFKC", text).casefold().strip().replace("’", "'")


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, as Meta and Excel count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def damaged(text: str) -> str:
    """Return the characters that tell of damage: U+FFFD, lone surrogates, private use."""
    if text.isascii():
        return ""
    found = [
        character
        for character in text
        if character == "\ufffd" or unicodedata.category(character) in {"Cs", "Co"}
    ]
    return "".join(dict.fromkeys(found))


def is_blank(text: str) -> bool:
    """Return whether ``text`` shows nothing, or only the dash of an unanswered drop-down."""
    if _LETTER.match(text):
        return False
    return squeeze(clean(text)[0]) in _BLANKS


def is_unknown(text: str) -> bool:
    """Return whether ``text`` says "unknown" and nothing else, in quotation marks as hints do."""
    return squeeze(fold(text)).strip(_MARKS_AROUND) in UNKNOWN_WORDS


def is_placeholder(text: str) -> bool:
    """Return whether ``text`` only says that there is no answer (未定, N/A, see e-mail, xxx)."""
    folded = squeeze(fold(clean(text)[0])).strip("()[]（）「」 ")
    return folded in _PLACEHOLDERS or bool(
        _MASK.fullmatch(folded.replace("-", "").replace(" ", ""))
    )


#: Words that take an answer back, or put it off: what stands beside them is not simply right.
_TAKEN_BACK = re.compile(
    r"\b(?:not|no longer|never|old|former|formerly|previous|previously|obsolete|expired|cancelled"
    r"|canceled|invalid|wrong|inactive|until|unless|except|maybe|perhaps|probably|tentative|to be"
    r"|tbc|tbd|check|pending|outdated|temporary|provisional|veraltet|überholt|vorläufig"
    r"|vorbehaltlich|ungeprüft|noch zu|wird noch|unsure"
    r"|nicht|kein|keine|alt|alte|alter|altes|früher|frühere|ehemals|ungültig|falsch|bisher"
    r"|vielleicht"
    r"|ancien|ancienne|pas|antiguo|vecchio|oud|stary|gammal|старый|не)\b"
    r"|要確認|確認中|変更予定|未確定"
    r"|待定|待确认|待確認|미정|예정|보류|확인 필요"
    r"|退職|異動|転勤|（仮）|\(仮\)|未定|未確定|未確認|abgemeldet|stillgelegt"
    r"|gekündigt|deaktiviert|旧|以前|古い|無効|廃止|解約|使用停止|使えません|仮|たぶん"
    r"|ではない|ではありません|不要",
    re.IGNORECASE,
)


def takes_back(text: str) -> bool:
    """Return whether words in ``text`` say that the answer beside them may not hold."""
    return bool(_TAKEN_BACK.search(text))


def is_cell_error(text: str) -> bool:
    """Return whether ``text`` is an error value of a spreadsheet, in whatever language."""
    plain = squeeze(text.translate(_FULL_WIDTH)).rstrip(".").lstrip("+-='\"")
    if not plain.startswith("#"):
        return bool(_LIBREOFFICE_ERROR.fullmatch(plain))
    pieces = plain.split("#")[1:]
    if len(pieces) > 1 and all(pieces):
        return all(is_cell_error(f"#{piece}") for piece in pieces)
    named = _ERROR.fullmatch(plain)
    known = named is not None and (named[1] == named[1].upper() or plain.casefold() in _WELL_KNOWN)
    narrow = len(plain) >= _NARROW and not plain.strip("#")
    return (
        known
        or narrow
        or plain.casefold().partition("/a ")[0] == "#n"
        or (plain.casefold() in _SHORT_ERRORS)
    )


def squeeze(text: str) -> str:
    """Return ``text`` in one line, with single blanks."""
    return " ".join(text.split())


def _joins(text: str, index: int) -> bool:
    """Return whether the joiner at ``index`` means something (emoji, Persian, Indic)."""
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    return bool(before and after) and not (before.isascii() or after.isascii())


def clean(text: str) -> tuple[str, tuple[str, ...]]:
    """Return ``text`` as it is stored and shown, and the codes of the repairs.

    NFC; full-width ASCII and half-width katakana folded; invisible characters, direction marks and
    controls removed; blanks of all kinds become a space. Lines are kept.
    """
    if "_x00" in text:
        text = _ESCAPED.sub("\n", text)
    if text.isascii() and text.isprintable():
        return text.strip(), ()  # nothing of it is ever repaired
    notes: list[str] = []
    kept: list[str] = []
    for index, character in enumerate(text):
        if character in _BIDI:
            notes.append("direction_marks")
        elif character in _INVISIBLE or (character in _JOINERS and not _joins(text, index)):
            notes.append("invisible")
        elif unicodedata.category(character) == "Cc" and character not in _KEPT_CONTROLS:
            notes.append("control_characters")
        else:
            kept.append(_BLANK_LETTERS.get(character, character))
    visible = "".join(kept).replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    visible = "".join(
        " " if unicodedata.category(character) == "Zs" or character in "\t\x0b\x0c" else character
        for character in visible
    )
    folded = visible.translate(_FULL_WIDTH)
    if folded != visible:
        notes.append("fullwidth")
    whole = _KANA_WIDTH.sub(lambda run: unicodedata.normalize("NFKC", run.group()), folded)
    if whole != folded:
        notes.append("halfwidth_kana")
    return unicodedata.normalize("NFC", whole).strip(), tuple(dict.fromkeys(notes))


def decimal_digits(text: str) -> str:
    """Return ``text`` with every decimal digit of every script as ASCII; ① and ¹ stay."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in text
    )


_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")


def mixed_letters(text: str) -> str:
    """Return the letters that do not belong in a word of look-alike alphabets, or empty.

    Words of one alphabet are fine; a word that has both Latin and Cyrillic (or Greek …) is not.
    """
    if text.isascii():
        return ""
    found: list[str] = []
    for word in re.findall(r"[^\W\d_]+", text):
        scripts: dict[str, list[str]] = {}
        for letter in word:
            script = next((s for s in _SCRIPTS if unicodedata.name(letter, "").startswith(s)), "")
            if script:
                scripts.setdefault(script, []).append(letter)
        if len(scripts) > 1:
            fewest = min(scripts, key=lambda name: len(scripts[name]))
            found += scripts[fewest]
    return "".join(dict.fromkeys(found))
