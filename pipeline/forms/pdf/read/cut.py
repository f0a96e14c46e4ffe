"""Detects characters that PDFium (Chrome, Edge) cut to 16 bits when they were pasted.

Where a wide character has 32 bits (Linux, macOS) PDFium keeps the lower 16 of each pasted one
(U+2550E becomes U+550E: a kanji too, but another). What is typed keeps half of a surrogate pair
instead, which any file shows. A cut character does not show, so the customer is asked about each
character that such a cut produces and that hardly anybody writes. A kanji that is cut to an
everyday one (U+24E8B to 事) cannot be told from it; to ask about each 事 would be worse.
"""

import re
import unicodedata
from functools import cache

#: What PDFium writes at the beginning of each file that it saves whole.
_HEAD = re.compile(rb"%PDF-\d\.\d\r\n%\xa1\xb3\xc5\xd7")
_HEAD_LENGTH = 1024
#: The kanji of JIS X 0213 beyond the basic plane, and the one of many people named Yoshida.
_KANJI = (
    "𠮷𠀋𠂉𠂢𠂤𠆢𠈓𠌫𠍱𠎁𠏹𠑊𠔉𠗖𠘨𠝏𠠇𠠺𠢹𠥼𠦝𠫓𠬝𠮟𠵅𠷡𠹤𠹭𠺕𠽟𡈁𡈽𡉕𡉴𡉻𡋗𡋤𡋽𡌛𡌶𡍄𡏄𡑭𡑮𡗗𡙇𡚴"
    "𡜆𡝂𡢽𡧃𡱖𡴭𡵅𡵢𡵸𡶒𡶜𡶡𡶷𡷠𡸳𡸴𡼞𡽶𡿺𢅻𢈘𢌞𢎭𢛳𢡛𢢫𢦏𢪸𢭆𢭏𢭐𢮦𢰝𢰤𢷡𣆶𣇃𣇄𣇵𣍲𣏐𣏒𣏓𣏕𣏚𣏟"
    "𣏤𣑊𣑋𣑑𣑥𣓤𣕚𣖔𣗄𣘸𣘹𣘺𣙇𣜌𣜜𣜿𣝣𣝤𣟧𣟿𣠤𣠽𣪘𣱿𣳾𣴀𣴎𣵀𣷓𣷹𣷺𣽾𤂖𤄃𤇆𤇾𤎼𤘩𤚥𤟱𤢖𤩍𤭖𤭯𤰖𤴔"
    "𤸎𤸷𤹪𤺋𥁊𥁕𥄢𥆩𥇍𥇥𥈞𥉌𥐮𥒎𥓙𥔎𥖧𥝱𥞩𥞴𥧄𥧔𥫣𥫤𥫱𥮲𥱋𥱤𥶡𥸮𥹖𥹢𥹥𥻂𥻘𥻨𥼣𥽜𥿔𥿠𥿻𦀌𦀗𦁠𦃭𦉰"
    "𦊆𦍌𦐂𦙾𦚰𦜝𦣝𦣪𦥑𦥯𦧝𦨞𦩘𦪌𦪷𦫿𦰩𦱳𦳝𦹀𦹥𦾔𦿶𦿷𦿸𧃴𧄍𧄹𧏚𧏛𧏾𧐐𧑉𧘔𧘕𧘱𧚄𧚓𧜎𧜣𧝒𧦅𧪄𧮳𧮾𧯇"
    "𧲸𧶠𧸐𧾷𨂊𨂻𨉷𨊂𨋳𨏍𨐌𨑕𨕫𨗈𨗉𨛗𨛺𨥆𨥉𨥫𨦇𨦈𨦺𨦻𨨞𨨩𨩃𨩱𨪙𨫍𨫝𨫤𨯁𨯯𨴐𨵱𨷻𨸟𨸶𨺉𨻫𨼲𨿸𩊠𩊱𩒐"
    "𩗏𩙿𩛰𩜙𩝐𩣆𩩲𩷛𩸕𩸽𩹉𩺊𩻄𩻛𩻩𩿎𪀚𪀯𪂂𪃹𪆐𪎌𪐷𪗱𪘂𪘚𪚲"
)
_BASIC_EMOJI = "⛳⭐"
_LEAST = 0x100  # what Western keyboards write is left alone, but for control characters
#: Emoji (U+1F900 to U+1FAFF) become compatibility kanji, other than those of Japanese names.
_EMOJI = re.compile("[\uf900-\ufa0d\ufa2e-\ufaff]")
#: A variation selector after a kanji becomes a Latin letter with an accent.
_VARIANT = re.compile("[㐀-䶿一-鿿豈-﫿][\u0100-\u01ef]")
#: Letters of mathematics become syllables from here on, without any of the earlier ones.
_HANGUL = re.compile("[가-\ud7ff]")
_MATHEMATICS = "\ud400"
#: Whatever the three of them can begin to find.
_DOUBTFUL = re.compile("[\u0100-\u01ef가-\ud7ff\uf900-\ufa0d\ufa2e-\ufaff]")


def saved_by_pdfium(content: bytes) -> bool:
    """Return whether the file was written whole by PDFium."""
    return _HEAD.search(content[:_HEAD_LENGTH]) is not None


def may_be_cut(text: str) -> bool:
    """Return whether ``text``, from a file of PDFium, may have held characters of other planes."""
    if text.isascii() and text.isprintable():
        return False
    if _DOUBTFUL.search(text):
        if _EMOJI.search(text) or _VARIANT.search(text):
            return True
        syllables = _HANGUL.findall(text)
        if syllables and min(syllables) >= _MATHEMATICS:
            return True
    halves = _halves()
    return not halves.isdisjoint(text) and any(
        character in halves and not _belongs(text, index) for index, character in enumerate(text)
    )


@cache
def _halves() -> frozenset[str]:
    """Return what the kanji become, without what is in everyday use."""
    cut = {chr(ord(kanji) & 0xFFFF) for kanji in _KANJI}
    return frozenset(one for one in cut if not one.isprintable() or not _everyday(one))


def _everyday(character: str) -> bool:
    if ord(character) < _LEAST:
        return True
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return character in _BASIC_EMOJI
    return True


def _belongs(text: str, index: int) -> bool:
    """Return whether a letter stands beside another of its alphabet; kanji never do."""
    script = _script(text[index])
    if script in {"", "CJK"}:
        return False
    beside = text[max(index - 1, 0) : index] + text[index + 1 : index + 2]
    return script in map(_script, beside)


def _script(character: str) -> str:
    is_letter = unicodedata.category(character)[0] in "LM"
    return unicodedata.name(character, "").partition(" ")[0] if is_letter else ""
