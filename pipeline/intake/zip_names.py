"""What an entry of a zip is called, as its maker saw it (APPNOTE 4.4.17, 4.6.9, appendix D).

Old zips tell no charset: programs wrote names in the code page of their system. Each that could be
meant is tried, and the one whose letters make words as people write them wins: one script in a
word, everyday characters before rare ones, no signs and frames. The mail's language and the
system that the zip names settle what is left.
"""

import struct
import unicodedata
import zlib
from zipfile import ZipInfo

_UNICODE_PATH = 0x7075
_UTF_8 = 0x800
_DOS, _UNIX, _NTFS = 0, 3, 10
_CODE_PAGES = {
    "cp932": "ja",
    "gbk": "zh",
    "cp949": "ko",
    "big5": "zh",
    "cp866": "ru",
    "cp437": "",
    "cp850": "",
    "cp852": "",
    "cp737": "el",
    "cp862": "he",
    "cp857": "tr",
    "cp1252": "",
    "cp1251": "ru",
    "cp1250": "",
    "cp1253": "el",
}
_COMMON = {"cp437": 0.03, "cp850": 0.02, "cp1252": 0.02, "cp932": 0.02, "cp866": 0.05}
"""What decides between equals: the code page that more zips are written in."""
_CYRILLIC = frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk"})
_EVERYDAY = {
    "cp932": ((0x88, 0x97), 0x40),
    "gbk": ((0xB0, 0xD7), 0xA1),
    "cp949": ((0xB0, 0xC8), 0xA1),
    "big5": ((0xA4, 0xC6), 0x40),
}
"""The leading bytes and the least second byte of the characters of everyday use: level 1 of
JIS X 0208 and GB 2312, the syllables of KS X 1001, the frequent ones of Big5."""
_ALPHABETS = frozenset({"LATIN", "CYRILLIC", "GREEK", "HEBREW"})
_EAST = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
_RARE_PLANES = 0x20000
_HANGUL = range(0xAC00, 0xD7A4)
_PLAIN_FIRST = frozenset({0, 2, 3, 5, 6, 7, 9, 11, 12, 14, 15, 16, 17, 18})
_PLAIN_LAST = frozenset({0, 1, 4, 8, 16, 17, 19, 20, 21})
_PLAIN_VOWELS = frozenset({0, 1, 2, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19, 20})
"""The letters of everyday syllables by their place in them (Unicode 3.12): no doubled consonant
in front, no cluster behind."""
_LONGEST = 600
"""Paths of such systems are shorter (Windows: 260 characters): a longer one is not judged."""
_HALF_WIDTH = range(0xFF61, 0xFFA0)


def entry_name(info: ZipInfo, language: str = "") -> str:
    """Return the name of an entry; ``language`` is that of the mail it came with (may be empty)."""
    if info.flag_bits & _UTF_8:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    return _unicode_path(info.extra, raw) or read_name(raw, language, info.create_system)


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """Return the name in Info-ZIP's extra field, when it belongs to the name ``raw``."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + size]
        if kind == _UNICODE_PATH and len(body) > 5 and body[0] == 1:  # noqa: PLR2004 - its head
            (crc,) = struct.unpack_from("<I", body, 1)
            if crc == zlib.crc32(raw):
                return body[5:].decode("utf-8", "replace")
        at += 4 + size
    return ""


def read_name(raw: bytes, language: str = "", system: int = _DOS) -> str:
    """Return the name that ``raw`` most likely is; ``system`` is the one that made the zip."""
    if (text := _utf_8(raw)) is not None:
        return text
    if len(raw) > _LONGEST:
        return raw.decode("cp437")
    found: list[tuple[float, str]] = []
    for code_page, spoken in _CODE_PAGES.items():
        try:
            name = raw.decode(code_page)
        except UnicodeDecodeError:
            continue
        worth = _worth(name, code_page) + _likelihood(code_page, spoken, language, system)
        found.append((worth, name))
    return max(found, key=lambda pair: pair[0])[1] if found else raw.decode("cp437")


def _utf_8(raw: bytes) -> str | None:
    """Return the UTF-8 text of ``raw``, unless it is rarities alone: chance, not writing."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    beyond = [character for character in text if not character.isascii()]
    return None if beyond and all(ord(item) >= _RARE_PLANES for item in beyond) else text


def _likelihood(code_page: str, spoken: str, language: str, system: int) -> float:
    """Return what speaks for a code page beside the bytes: language, and the maker's system."""
    worth = 0.0
    same = spoken == language or (spoken == "ru" and language in _CYRILLIC)
    if language and spoken:
        worth += 0.25 if same else 0.0
    is_windows_only = code_page.startswith("cp125")
    if is_windows_only:
        worth -= 0.3 if system in {_DOS, _NTFS} else 0.0
    elif not spoken and system == _UNIX:
        worth -= 0.2
    return worth + _COMMON.get(code_page, 0.0)


def _worth(name: str, code_page: str) -> float:
    """Return how much the characters beyond ASCII look like words, for each byte of them."""
    total, size = 0.0, 0
    beyond = [(at, character) for at, character in enumerate(name) if not character.isascii()]
    kana = [at for at, character in beyond if ord(character) in _HALF_WIDTH]
    if len(kana) == len(beyond) > 2 and not any(_clash(name, at) for at in kana):  # noqa: PLR2004 - a word
        return 0.75  # a name all in half-width kana, as old Japanese systems have
    for at, character in beyond:
        raw = character.encode(code_page)
        size += len(raw)
        total += len(raw) * _worth_of(character, raw, code_page)
        total -= _clash(name, at)
    return total / size if size else 0.0


def _worth_of(character: str, raw: bytes, code_page: str) -> float:
    category = unicodedata.category(character)
    if not category.startswith("L") or "SUPERSCRIPT" in unicodedata.name(character, ""):
        is_sign = category.startswith("C") or category in {"So", "Sm", "Sc", "Sk"}
        sign = 0.5 if character == "№" else -1.0
        return sign if is_sign else 0.2 if len(raw) > 1 else -0.5
    if ord(character) in _HALF_WIDTH:
        return -0.2
    if len(raw) == 1:
        return 0.75
    return _worth_of_pair(character, raw, code_page)


def _worth_of_pair(character: str, raw: bytes, code_page: str) -> float:
    script = _script(character)
    if script in {"HIRAGANA", "KATAKANA"}:
        return 1.0 if code_page == "cp932" else 0.4
    if ord(character) in _HANGUL:
        return 1.0 if _is_plain(ord(character) - _HANGUL.start) else 0.3
    (first, last), second = _EVERYDAY[code_page]
    if first <= raw[0] <= last and raw[1] >= second:
        return 0.95 if script == "CJK" else 0.0
    return 0.1 if script == "CJK" and raw[1] >= second else -0.3


def _is_plain(syllable: int) -> bool:
    first, rest = divmod(syllable, 588)
    vowel, last = divmod(rest, 28)
    return first in _PLAIN_FIRST and vowel in _PLAIN_VOWELS and last in _PLAIN_LAST


def _clash(name: str, at: int) -> float:
    """Return how little a character goes with its neighbours.

    Scripts mixed in a word, capitals inside one, three accents in a row.
    """
    character = name[at]
    before = name[at - 1 : at] if at else ""
    after = name[at + 1 : at + 2]
    script = _script(character)
    worth = sum(_mixed(script, _script(other)) for other in (before, after) if other.isalpha())
    if (
        (character.isupper() and before.islower())
        or (character.islower() and after.isupper())
        or (
            character.islower()
            and len(name[max(at - 2, 0) : at]) > 1
            and name[at - 2 : at].isupper()
        )
    ):
        worth += 0.8
    if script == "LATIN" and not before.isascii() and not after.isascii():
        worth += 0.5
    return worth


def _mixed(one: str, other: str) -> float:
    if one == other or {one, other} <= _EAST:
        return 0.0
    return 1.5 if {one, other} <= _ALPHABETS else 0.5


def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
