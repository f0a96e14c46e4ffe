"""Words and signs of yes and no, in the languages and programs of the world.

What is yes in one language and no in another is neither here; what only may be meant so is a
proposal. What is in no list is asked about.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from pipeline.validation.characters import fold, squeeze

#: Language → words for yes, words for no (CLDR's yesstr and nostr, and how people write them).
_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "en": ("yes|y|yeah|yep|yup|ok|okay|done", "no|n|nope|nah"),
        "ja": (
            "はい|ハイ|有|有り|あり|ある|可|済|済み|確認|あります|います|そうです|該当|該当する|該当します",
            ("いいえ|いえ|イイエ|無|無し|なし|ない|不可|未|未済|否|ありません|いません|ないです|該当なし"
            "|該当しない|該当しません|違います|ちがいます|非該当"),
        ),
        "de": ("ja|j", "nein|nee"), "fr": ("oui|o", "non"), "es": ("sí|si", "no"),
        "it": ("sì|si", "no"), "pt": ("sim", "não|nao"), "nl": ("ja", "nee|neen"),
        "sv": ("ja", "nej"), "da": ("ja", "nej"), "nb": ("ja", "nei"), "is": ("já", "nei"),
        "fi": ("kyllä|joo", "ei"), "et": ("jah", "ei"), "lv": ("jā", "nē"), "lt": ("taip", "ne"),
        "pl": ("tak", "nie"), "cs": ("ano", "ne"), "sk": ("áno", "nie"), "sl": ("da|ja", "ne"),
        "hr": ("da", "ne"), "sr": ("да|da", "не|ne"), "bg": ("да", "не"), "mk": ("да", "не"),
        "ru": ("да", "нет"), "uk": ("так", "ні"), "be": ("так", "не"), "ro": ("da", "nu"),
        "hu": ("igen", "nem"), "tr": ("evet", "hayır|hayir|yok"), "az": ("bəli|hə", "xeyr|yox"),
        "el": ("ναι", "όχι|οχι"), "sq": ("po", ""), "ca": ("sí", "no"), "eu": ("bai", "ez"),
        "gl": ("si", "non"), "ga": ("tá", "níl"), "cy": ("ydy|oes", "nac ydy|nac oes"),
        "ar": ("نعم|أجل", "لا|كلا"), "he": ("כן", "לא"), "fa": ("بله|آری", "خیر|نه"),
        "ur": ("جی ہاں|ہاں", "نہیں|جی نہیں"), "hi": ("हाँ|हां|जी हाँ", "नहीं|जी नहीं"),
        "bn": ("হ্যাঁ", "না"), "ta": ("ஆம்", "இல்லை"), "te": ("అవును", "కాదు|లేదు"),
        "mr": ("होय|हो", "नाही"), "gu": ("હા", "ના"), "pa": ("ਹਾਂ", "ਨਹੀਂ"), "ne": ("हो", "होइन"),
        "si": ("ඔව්", "නැත|නැහැ"), "th": ("ใช่|มี", "ไม่|ไม่ใช่|ไม่มี"), "lo": ("ແມ່ນ", "ບໍ່"),
        "km": ("បាទ|ចាស", "ទេ"), "my": ("ဟုတ်ကဲ့|ဟုတ်", "မဟုတ်ဘူး|မဟုတ်"), "vi": ("có|vâng|dạ", "không"),
        "id": ("ya|iya", "tidak|bukan"), "ms": ("ya", "tidak|tak ada"), "fil": ("oo|opo", "hindi"),
        "ko": ("네|예|있음|있습니다", "아니요|아니오|아뇨|아니|없음|없습니다"),
        "zh": ("是|是的|对|對|有|没错", "否|不|不是|没有|沒有|不对|無"),
        "ka": ("დიახ|კი", "არა"), "hy": ("այո", "ոչ"),

        "kk": ("иә", "жоқ"), "uz": ("ha", "yo'q|yoʻq"),
        "mn": ("тийм", "үгүй"), "sw": ("ndiyo", "hapana"), "af": ("ja", "nee"), "am": ("አዎ", "አይ"),
        "mt": ("iva", "le"), "lb": ("jo", "neen"), "sq no": ("", "jo"),
    }
)  # fmt: skip
#: What Excel shows for TRUE and FALSE (Microsoft's function translations).
_BOOLEANS = (
    (
        "true|wahr|vrai|verdadero|vero|verdadeiro|verdader|waar|sant|sand|sann|tosi|prawda|pravda"
        "|igaz|истина|істина|doğru|dogru|doğri|adevărat|istina|resnica|αληθης|αληθής|tõene"
        "|teisinga|patiess"
        "|đúng|benar|จริง|אמת|صحيح|真|참|/yes|/on|/ja|/はい|/oui|/sí|/si|/sim|/true|/1|checked"
    ),
    (
        "false|falsch|faux|falso|fals|onwaar|falskt|falsk|usann|epätosi|fałsz|falsz|nepravda|hamis"
        "|ложь|хибність|yanlış|yanlis|yanliş|laž|neresnično|ψευδης|ψευδής|väär|klaidinga|aplams"
        "|sai|salah"
        "|เท็จ|שקר|خطأ|偽|假|거짓|/off|/no|/nein|/いいえ|/non|/não|/false|/0|unchecked"
    ),
)
_NUMBERS = ("1|1.0|1,0", "0|0.0|0,0")
#: A cross is a yes in the West and a no in Japan.
UNCLEAR = frozenset("x|X|×|✕|✖|✗|✘|❌|☒|☓|+|-|❎|△|▲|on|off".casefold().split("|"))
#: A box that nobody ticked is no consent; beside a question it may be a no, or not touched at all.
EMPTY_BOXES = frozenset("☐□⬜◻▢◽")
_SIGNS = (
    "✓|✔|☑|✅|○|◯|〇|●|◎|⭕|レ|ㇾ|🗸|🗹|👍|⍻|🆗",
    "☐|□|⬜|◻|▢|◽|👎|🙅",
)
_ASSENT = (
    "agreed|i agree|agree|confirmed|i confirm|accepted|i accept"
    "|同意|同意する|同意します|確認しました"
    "|了承|了承しました|承知しました|了解しました|了解"
)
#: What may be meant as yes or no: a proposal.
_PROPOSED = (
    (
        "of course|sure|certainly|correct|right|exactly|affirmative|definitely|absolutely|indeed"
        "|it is|it does|we do|we have|natürlich|klar|genau|sicher|richtig|korrekt|stimmt"
        "|selbstverständlich"
        "|もちろん|その通り|その通りです|correcto|claro|bien sûr|exact|certo|needed|required"
        "|necessary|applicable"
        "|applies|yes please|ja bitte|erforderlich|nötig|notwendig|benötigt|zutreffend|trifft zu|要"
        "|必要|必要です|要します|必須|nécessaire|necesario|necessario|必要な|需要|필요|対応済み"
        "|済んでいる"
        "|👌|🙆|🆗|■|▣|◉|◼|▪|⚫|🔘|🟢|v|t|s|j|√|まる|マル|丸|𐄂|true.|positive"
    ),
    (
        "not needed|not required|unnecessary|not necessary|no need|not applicable|does not apply"
        "|certainly not|of course not|not at all|absolutely not|negative|never|it is not|it isn't"
        "|we don't|we do not|is not|nicht erforderlich|nicht nötig|nicht notwendig|nicht benötigt"
        "|nicht zutreffend|trifft nicht zu|entfällt|keineswegs|auf keinen fall|不要|不要です"
        "|必要ない"
        "|必要なし|必要ありません|要りません|いらない|いりません|不需要|没必要|不必要|필요없음"
        "|필요 없음"
        "|pas nécessaire|non nécessaire|no es necesario|non necessario|não necessário|not yes"
        "|対応なし"
        "|未対応|not m2m|🚫|⛔|🔴|f|ばつ|バツ|罰|not"
    ),
)
#: Stems of assent in a sentence, and the words that turn it round.
_STEMS = re.compile(
    r"\b(?:agree|accept|consent|confirm|underst|acknowledg|noted|einverstanden|zugestimmt|zustimm"
    r"|akzeptier|verstanden|verstehe|bestätig|kenntnis|d'accord|accepte|compris|lu et approuv"
    r"|acuerdo|acept|entend|concord|aceit|accett|capito|akkoord|godkänn|accepter|hyväksy|zgadzam"
    r"|akceptuj|souhlas|elfogad|kabul|onaylı|anladı|согла|принима|понял|ознаком|setuju|đồng ý)"
    r"|同意|承知|了解|理解|承諾|了承|確認|知悉|동의|확인|이해|ยอมรับ|ตกลง|موافق|أوافق|מסכים",
    re.IGNORECASE,
)
NEGATED = re.compile(
    r"\b(?:no|not|never|none|without|except|other than|ausser|disagree|decline|refuse|don't|doesn't"
    r"|isn't|aren't|can't|cannot|won't|nicht|kein|keine|keinen|nie|ohne|pas|jamais|sin|nunca|tampoco"
    r"|não|non|niet|geen|inte|ikke|ei|nie|nem|не|нет)\b|n't\b|ません|ない|なし|不同意|未|非|拒|以外"
    r"|除[くい]|안 |않|不",
    re.IGNORECASE,
)
_SKIN_TONES = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")


def bare_signs(text: str) -> str:
    """Return ``text`` without variation selectors and skin tones: the sign itself counts."""
    return _SKIN_TONES.sub("", text)


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for many in words for word in many.split("|") if word)


@cache
def words() -> Mapping[str, str]:
    """Return the folded words and signs that mean ``yes`` or ``no`` everywhere."""
    yes = _folded(
        (*(pair[0] for pair in _WORDS.values()), _BOOLEANS[0], _NUMBERS[0], _SIGNS[0], _ASSENT)
    )
    no = _folded((*(pair[1] for pair in _WORDS.values()), _BOOLEANS[1], _NUMBERS[1], _SIGNS[1]))
    both = (yes & no) | _folded(["tak ada"])
    found = dict.fromkeys(yes - both, "yes") | dict.fromkeys(no - both, "no")
    return MappingProxyType(found)


@cache
def proposals() -> Mapping[str, str]:
    """Return the folded words that may be meant as ``yes`` or ``no``."""
    yes, no = (_folded([side]) for side in _PROPOSED)
    return MappingProxyType(dict.fromkeys(yes - no, "yes") | dict.fromkeys(no - yes, "no"))


def is_negated(text: str) -> bool:
    """Return whether a word of ``text`` turns its meaning round."""
    return bool(NEGATED.search(fold(text)))


def assents(text: str) -> bool:
    """Return whether ``text`` is a sentence of assent, in words that are in no list."""
    folded = squeeze(fold(text))
    return bool(_STEMS.search(folded)) and not is_negated(folded)
