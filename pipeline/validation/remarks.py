"""Words around a value: labels and names are harmless, whatever else is there makes it a question.

No list of doubts ends; what is known to be harmless does.
"""

import re
from functools import cache

from pipeline.validation.business_name import names_without_form
from pipeline.validation.characters import fold, takes_back
from pipeline.validation.geography.country import is_country_name

#: Words that only say what the value is, in the languages of most customers.
_LABELS = (
    "phone|phones|telephone|tel|tél|téléphone|telefon|telefono|teléfono|telefone|telefoon|puhelin"
    "|тел|телефон|номер|number|numbers|no|nr|num|numéro|numero|número|nummer|rufnummer|mobile|mobil"
    "|mobilnummer|mob|móvil|movil|celular|cell|cellphone|cellulare|handy|handynummer|gsm|portable"
    "|whatsapp|wa|viber|telegram|line|direct|direkt|main|office|work|business|home|hq|reception"
    "|switchboard|hotline|support|contact|call|landline|fixed|festnetz|company|customer|service"
    "|primary|official|zentrale|büro|intl|international|national|voice|sms|text|plus|please|our"
    "|my|the|is|for|of|at|to|und|and|der|die|das|ist|unsere|meine|le|la|el|de|du|von|vom|bei|im"
    "|in|il|notre|mon|nuestro|nostro|country|code|area|with|incl|including|i|e|ie|d|h|dh|eg|z|b"
    "|number's|fax|m|t|p|f|a|o|s|via|under|dept|department|team|sales|shop|store|desk|help|info"
    "|email|e-mail|mail|emails|address|adresse|adresa|mailto|correo|courriel|e|from|firma|fa"
    "|private|dienstlich|geschäftlich|privat|werktags|tagsüber|nur|siehe|wie|oben|neue|same|as"
    "|above|new|weekdays|daytime|mornings|hours|only|front|shared|group|inbox|mailbox|preferred|use"
    "|van"
    "|business|work|herr|frau|mr|mrs|ms|dr|prof|sr|sra|mme|monsieur|madame|san|sama|c|co|per"
)
_ID_LABELS = (
    "id|ids|bm|bmid|orgid|organizationid|no|nr|num|number|nummer|code|codes|org|organization|organisation|organisations"
    "|organizations|genesys|cloud|meta|business|manager|facebook|portfolio|waba|whatsapp|account"
    "|konto|kontonummer|unternehmens|kennung|uuid|guid|urn|link|is|our|the|ist|die|unsere|lautet"
    "|qr|short|existing|current|of|for|und|and|identifier|kurzlink|bestehender|vorhandener|ma|le"
    "|la|el|numéro|numero|número|der|das|my|your|in|on|from|de|key|value|this|here|hier"
    "|company|firma|production|prod|live|main|produktion|本番"
)
_EAST_ASIAN = (
    "受付|総務|営業|人事|経理|情報システム|東京|大阪|新規取得|新規|平日|のみ|まで|用|ひかり|"
    "電話番号|電話|携帯電話|携帯番号|携帯|番号|代表番号|代表|代|直通|会社|本社|支社|弊社|当社|自宅|勤務先|固定電話"
    "|固定|連絡先|窓口|担当者|担当|お客様|サポート|問い合わせ|お問い合わせ|ビジネス用|ビジネス"
    "|業務用|専用|国番号"
    "|国内|国際|音声|メールアドレス|メール|アドレス|様|さん|氏|御中|部|課|係|室|店|支店|本店|の"
    "|は|です|こちら|組織|企業|事業"
    "|アカウント|コード|識別子|既存|リンク|手机|手机号|手机号码|手機|电话|電話號碼|电话号码|号码"
    "|公司|邮箱|邮件|电子邮件"
    "|联系|전화|전화번호|휴대폰|휴대전화|핸드폰|번호|회사|이메일|메일|대표|담당자|هاتف|جوال|رقم"
    "|الهاتف|טלפון|נייד|מספר"
    "|โทร|โทรศัพท์|มือถือ|เบอร์|फोन|मोबाइल|नंबर|日本|アメリカ|ドイツ|株式会社|有限会社|合同会社"
)
_DOUBT_SIGNS = re.compile(r"[?？¿؟~～〜≈±]|<\s?/?\s?(?:s|del|strike)\b")
#: A label that is glued to its value: orgId=, "organizationId":, ID#.
_GLUED = re.compile(r"^[^=:#：＝]{1,30}[=:#：＝]")
#: States of a number, an address or an id that make it another one, or none (a name has none).
_STATES = re.compile(
    r"\b(?:test\w*|sandbox|staging|dev|placeholder|example|dummy|disconnected|ceased|suspended"
    r"|blocked|replaced|porting|lost|awaiting|confirm|unconfirmed|retired|left|bounces|ends|iot"
    r"|m2m|pager|other|platzhalter|beispiel|gesperrt|sperre|abgeschaltet|prüfen"
    r"|rückfrage|vorbehalt|vorgänger|portierung|ausgeschieden|falsche[rsn]?|bis)\b"
    r"|テスト|停止|禁止|不達|不可|違い|違う",
    re.IGNORECASE,
)
#: Other things that have an id.
_OTHER_IDS = re.compile(r"\b(?:phone|page|app|pixel|ad|seite)\b|ページ", re.IGNORECASE)
_EITHER = re.compile(
    r"\b(?:or|oder|ou|either|entweder|else|another|andere)\b|または|もしくは|或", re.IGNORECASE
)
#: A piece with a digit, an address or a link: the value itself, in any spelling.
_VALUES = re.compile(r"[^\s()（）<>「」]{0,300}[\d@/][^\s()（）<>「」]{0,300}")
_REMARK = re.compile(r"\s[(（]\s?([^()（）]{2,200})[)）]$")
_LONGEST = 1_000
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e'’])*")


#: How people are addressed, before or behind their names.
_ADDRESSES = frozenset(
    "herr|herrn|frau|mr|mrs|ms|miss|mx|dr|prof|sir|mme|mlle|monsieur|madame|sr|sra|señor|señora"  # noqa: SIM905 - a list of words
    "|sig|signor|signora|dott|pan|pani|dhr|mevr|mw|san|sama".split("|")
)
_DETERMINERS = frozenset(
    "our|my|the|is|it|by|der|die|das|ist|unser|unsere|mein|meine|le|la|notre|el|nuestro".split("|")  # noqa: SIM905 - a list of words
)
#: Who runs a system: "system administrator", テナント管理者. What stands before it must be a name.
_RUNS_IT = re.compile(r"admin(?:istrator(?:in|en|innen|s)?|s)?\Z")
_ADDRESSED = re.compile(
    r"[々\u30a0-\u30ff\u3400-\u9fff]{1,8}[\s\u3000]?(?:様|さま|さん|氏|殿)"
    r"|[々\u30a0-\u30ff\u3400-\u9fff]{0,8}管理者|(?:が|です|に(?:あり|付与)?|の)"
)
_FEW_WORDS = 4


def names_who(rest: str, known: frozenset[str]) -> bool:
    """Return whether ``rest`` names a person or who runs a system, and says nothing else.

    ``known`` are words of the customer's own names; another name needs a form of address. So a word
    with a capital alone is none: "Pending".
    """
    if _EITHER.search(rest) or _says_another_thing(rest) or any(map(str.isdecimal, rest)):
        return False
    words = _WORD.findall(_ADDRESSED.sub(" ", rest))
    folded = [fold(word) for word in words]
    if not words:
        return bool(_ADDRESSED.search(rest))
    is_person = not _ADDRESSES.isdisjoint(folded) or bool(_RUNS_IT.search(folded[-1]))
    return len(words) <= _FEW_WORDS and all(
        word in known
        or (is_person and word in _DETERMINERS)
        or (is_person and (word in _ADDRESSES or bool(_RUNS_IT.search(word)) or name[0].isupper()))
        for word, name in zip(folded, words, strict=True)
    )


@cache
def _known(labels: str) -> frozenset[str]:
    return frozenset(fold(word) for word in labels.split("|"))


@cache
def _east_asian() -> re.Pattern[str]:
    longest_first = sorted(_EAST_ASIAN.split("|"), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))


#: A name in brackets that has no capitals: （田中 愛子）.
_NAME = re.compile(r"[(（]\s?(?:[々\u3040-\u30ff\u3400-\u9fff]{1,6}\s?){1,2}[)）]")


def words_of(text: str) -> frozenset[str]:
    """Return the words of ``text``, folded, as those beside a value are compared."""
    return frozenset(map(fold, _WORD.findall(text[:_LONGEST])))


def unlisted(text: str, value: str, known: frozenset[str]) -> str:
    """Return the words of ``text`` beside ``value`` that are not known to be harmless.

    Words with a capital pass as names, and may be more than that. ``known`` are words of the
    customer's own names.
    """
    bare = _VALUES.sub(" ", text[:_LONGEST].replace(value, " ") if value else text[:_LONGEST])
    harmless = _known(_LABELS) | _known(_ID_LABELS) | known
    words = _WORD.findall(_east_asian().sub(" ", bare))
    return " ".join(
        word for word in words if fold(word) not in harmless and not is_country_name(word)
    )


def without_remark(name: str) -> str:
    """Return ``name`` without the remark in brackets behind it: (see note); nothing without one.

    What belongs to a name begins with a capital there, or its script has none.
    """
    found = _REMARK.search(name)
    if found is None or not found[1][:1].islower() or not is_doubted(found[1]):
        return ""
    if fold(found[1]) not in names_without_form(name)[1]:  # UG (haftungsbeschränkt)
        return ""
    return name[: found.start()].strip()


def is_doubted(rest: str, *, names: bool = False) -> bool:
    """Return whether ``rest``, what stands beside a number or an address, may change it.

    Labels, names (words with a capital) and countries do not.
    """
    if not rest.strip(" .,;:-–—()（）[]{}<>\"'/|*•・+"):
        return False
    if _EITHER.search(rest) or _says_another_thing(rest):
        return True
    bare = _east_asian().sub(" ", _NAME.sub(" ", rest) if names else rest)
    return any(not _is_harmless(word) for word in _WORD.findall(bare))


def _is_harmless(word: str) -> bool:
    folded = fold(word)
    if folded in _known(_LABELS) or is_country_name(word):
        return True
    cased = word.upper() != word.lower()
    return cased and word[0].isupper()


def _says_another_thing(rest: str) -> bool:
    return bool(_DOUBT_SIGNS.search(rest) or _STATES.search(rest)) or takes_back(rest)


def is_more_than_labels(rest: str, known: frozenset[str] = frozenset()) -> bool:
    """Return whether ``rest``, what stands beside an id, has a word that is no label of it.

    ``known`` are words of the customer's own names, folded.
    """
    if _OTHER_IDS.search(rest) or _says_another_thing(rest):
        return True
    bare = _east_asian().sub(" ", _GLUED.sub(" ", rest))
    harmless = _known(_ID_LABELS) | known
    return any(fold(word) not in harmless for word in _WORD.findall(bare))
