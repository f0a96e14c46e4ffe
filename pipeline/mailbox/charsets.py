"""Bytes to text, as the world sends them: labels lie, so each step proves itself by decoding.

The ladder: byte order mark → escape sequences (JIS) → the label, widened to what mail programs
really mean by it → UTF-8 → charsets named elsewhere in the mail → Japanese that shows itself by its
kana → Windows-1252.
"""

import codecs
import re
from collections.abc import Iterable

_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "hz",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "big5": "big5hkscs",
    "ascii": "utf-8",
}
"""What a label stands for, by Python's own name of it (WHATWG Encoding, "names and labels")."""

_ALIASES = {
    "sjis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "cswindows31j": "cp932",
    "mac-japanese": "cp932",
    "ms932": "cp932",
    "cp943": "cp932",
    "iso-2022-jp-ms": "iso2022_jp",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "cp50222": "iso2022_jp",
    "jis": "iso2022_jp",
    "cp51932": "euc_jp",
    "cp51949": "euc_kr",
    "cp54936": "gb18030",
    "mac-korean": "cp949",
    "mac-chinesesimp": "gb18030",
    "mac-chinesetrad": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "gb_2312-80": "gb18030",
    "chinesebig5": "big5hkscs",
    "x-big5": "big5hkscs",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-2-0-utf-7": "utf-7",
    "iso-10646-ucs-2": "utf-16-be",
    "ucs-2": "utf-16-be",
    "cp65001": "utf-8",
    "cp65000": "utf-7",
    "koi8-ru": "koi8_u",
    "ansi": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "mac": "mac_roman",
    "macintosh": "mac_roman",
    "mac-ce": "mac_latin2",
    "mac-centraleurroman": "mac_latin2",
}
_NO_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs"}
_CODE_PAGE = re.compile(r"(?:cp|ibm|ms|win|windows|microsoft|microsoft-cp|dos)[-_]?(\d{3,5})\Z")
_LATIN = re.compile(r"iso[-_]?8859[-_]?(\d{1,2})(?![\d-])")
_LABEL = re.compile(r"[A-Za-z0-9_.:+\-]{1,40}\Z")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([@BCDQ]|\([BJIH]|\$A|\.[AF]|&@)")
_EIGHT_BIT = re.compile(rb"[\x80-\xff]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_ENOUGH_KANA = 2
_FIRST_EIGHT_BIT = 0x80


def canonical(label: str) -> str | None:
    """Return Python's name of the charset that ``label`` really stands for; None: unknown."""
    name = label.strip().strip("\"'").lower()
    if not _LABEL.match(name):
        return None
    try:
        known = _codec(name).name
        b"AAAA".decode(known, "replace")  # refuses base64 and its like, which are no charsets
    except (LookupError, ValueError):
        return None
    return None if known.replace("-", "_") in _NO_CHARSETS else _WIDER.get(known, known)


def _codec(name: str) -> codecs.CodecInfo:
    """Return the codec of a label as it is spelt, or as programs misspell it.

    An ``x-`` before it, another dash in it, a code page named by its maker. Raises LookupError.
    """
    bare = name.removeprefix("x-")
    spelt = _CODE_PAGE.sub(r"cp\1", bare)
    latin = _LATIN.match(bare)
    spellings = (
        *(_ALIASES.get(form, form) for form in (name, bare, spelt)),
        *((f"iso8859-{latin[1]}",) if latin else ()),
        bare.replace("-", "_"),
    )
    for form in spellings:
        try:
            return codecs.lookup(form)
        except LookupError:
            continue
    raise LookupError(name)


def decode(  # noqa: PLR0911 - one return a rung of the ladder
    raw: bytes, label: str = "", hints: Iterable[str] = ()
) -> tuple[str, bool]:
    """Return the text of ``raw`` and whether it was read without a guess.

    ``label`` is the charset the mail names for it (may be empty or wrong); ``hints`` are charsets
    named elsewhere in the mail. Never raises; what cannot be read becomes U+FFFD.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return _clean(raw.removeprefix(mark) if name == "utf-8" else raw, name), True
    if _ESCAPE.search(raw) and not _EIGHT_BIT.search(raw):
        return decode_jis(raw), True
    named = canonical(label)
    if named and (text := _strict(raw, named)) is not None:
        return text, True
    if (text := _strict(raw, "utf-8")) is not None:
        return text, not label or named == "ascii"
    for hint in _guesses(named, hints):
        if (text := _strict(raw, hint)) is not None:
            return text, False
    for name in ("cp932", "euc_jp"):
        text = _strict(raw, name)
        if text and len(_KANA.findall(text)) >= _ENOUGH_KANA and not _PRIVATE.search(text):
            return text, False
    if named and named not in {"utf-8", "utf-16", "utf-32", "utf-7"}:
        return _clean(raw, named), False
    if _mostly_utf8(raw):
        return _clean(raw, "utf-8"), False
    return _clean(raw, "cp1252"), False


def fits(raw: bytes, label: str) -> bool:
    """Return whether ``raw`` is text in the charset that ``label`` names, or in UTF-8 for none."""
    return _strict(raw, canonical(label) or "utf-8") is not None


def _guesses(named: str | None, hints: Iterable[str]) -> Iterable[str]:
    if named and named.startswith("iso2022_jp"):
        yield from ("cp932", "euc_jp")  # the label of one, the bytes of the other
    for hint in hints:
        if (name := canonical(hint)) and name not in {named, "utf-8", "cp1252"}:
            yield name


def _mostly_utf8(raw: bytes) -> bool:
    """Whether only little of it is broken, as when a text was cut in the middle of a character."""
    lost = raw.decode("utf-8", "replace").count("\ufffd")
    return lost * 10 <= len(_EIGHT_BIT.findall(raw))


def _strict(raw: bytes, name: str) -> str | None:
    try:
        text = raw.decode(name)
        text.encode("utf-8")  # UTF-7 and UTF-16 can smuggle lone surrogates
    except (UnicodeError, ValueError, LookupError):
        return None
    return text.replace("\x00", "")


def _clean(raw: bytes, name: str) -> str:
    try:
        text = raw.decode(name, "replace")
    except (UnicodeError, ValueError, LookupError):
        text = raw.decode("latin-1")
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def decode_jis(raw: bytes) -> str:
    """Return the text of an ISO-2022 byte string with the characters that vendors added.

    Strict first; where a vendor's row (㈱ ① 髙) makes that fail, the JIS rows go through code page
    932, which knows them. Never raises.
    """
    for name in ("iso2022_jp", "iso2022_jp_2", "iso2022_kr"):
        if (text := _strict(raw, name)) is not None:
            return text
    found: list[str] = []
    charset, start = b"(B", 0
    for escape in _ESCAPE.finditer(raw):
        found.append(_jis_run(raw[start : escape.start()], charset))
        charset, start = escape.group(1), escape.end()
    found.append(_jis_run(raw[start:], charset))
    return "".join(found).replace("\x00", "")


def _jis_run(run: bytes, charset: bytes) -> str:
    if charset == b"(I":
        return bytes(byte | 0x80 for byte in run).decode("cp932", "replace")
    if charset in (b"$B", b"$@", b"$(B", b"$(@", b"$(Q"):
        return "".join(_jis_line(line) for line in re.split(rb"([\r\n]+)", run))
    if charset == b"$(D":
        pairs = [run[index : index + 2] for index in range(0, len(run) - 1, 2)]
        raw = b"".join(b"\x8f" + bytes(byte | 0x80 for byte in pair) for pair in pairs)
        return raw.decode("euc_jp", "replace")
    if charset == b"$A":
        return bytes(byte | 0x80 for byte in run).decode("gb2312", "replace")
    return run.decode("latin-1")


def _jis_line(line: bytes) -> str:
    """Decode a run of JIS X 0208 pairs; a line end inside it ends the double bytes."""
    if line[:1] in (b"\r", b"\n"):
        return line.decode("ascii")
    pairs = (line[index : index + 2] for index in range(0, len(line), 2))
    return "".join(_jis_pair(pair) for pair in pairs)


def _jis_pair(pair: bytes) -> str:
    """Decode one pair by its place in Shift_JIS (JIS X 0208, annex 1)."""
    if len(pair) == 1:
        return pair.decode("latin-1")
    row, cell = pair
    if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):  # noqa: PLR2004 - the 94 x 94 square
        return "\ufffd"
    first = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)  # noqa: PLR2004 - the gap of kana
    odd = cell + (0x1F if cell < 0x60 else 0x20)  # noqa: PLR2004 - 0x7F is left out
    second = odd if row % 2 else cell + 0x7E
    return bytes((first, second)).decode("cp932", "replace")


def looks_encoded(raw: bytes) -> bool:
    """Return whether ``raw`` is more than plain ASCII: eight-bit bytes or JIS escapes."""
    return bool(_EIGHT_BIT.search(raw) or _ESCAPE.search(raw))
