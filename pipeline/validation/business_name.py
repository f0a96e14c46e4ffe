"""Business names: without their legal form, and found within a sentence."""

import re
import unicodedata
from functools import cache

from pipeline.validation.characters import squeeze

#: Legal forms as written before or after a name, folded; longer ones first.
_FORMS = tuple(
    sorted(
        "株式会社|有限会社|合同会社|合名会社|合資会社|一般社団法人|公益社団法人|一般財団法人|公益財団法人"  # noqa: SIM905 - a list of words
        "|学校法人|医療法人|社会福祉法人|特定非営利活動法人|(株)"
        "|(有)|(同)|co., ltd|co.,ltd|co. ltd|co ltd"
        "|company limited|limited|ltd|inc|incorporated|corp"
        "|corporation|company|co|llc|l.l.c|llp|plc|lp"
        "|gmbh & co. kg|gmbh & co kg|gmbh & co. kgaa|ag & co. kg|ug & co. kg|gmbh|ggmbh|mbh|ag"
        "|kg|ohg|gbr|egbr|partg|partg mbb|e.k|e. k|e.kfm|e.kfr|eg|e.v|e. v"
        "|ug (haftungsbeschränkt)|ug|se|kgaa|sa|s.a|sas|s.a.s|sarl"
        "|s.à r.l|s.a.r.l|srl|s.r.l|spa|s.p.a|sl|s.l|bv|b.v|nv|n.v|ab|as|a/s|oy|oyj|aps|pty ltd"
        "|pty. ltd|pte ltd|pte. ltd|pvt ltd|pvt. ltd|private limited|sdn bhd|sdn. bhd|bhd|tbk"
        "|pt|k.k|kk|g.k"
        "|kabushiki kaisha|有限公司|股份有限公司|有限责任公司"
        "|주식회사|(주)|ltda|s/a|sp. z o.o|s.r.o"
        "|a.s|kft|zrt|doo|d.o.o|ооо|зао|оао|ао".split("|"),
        key=len,
        reverse=True,
    )
)


def _key(text: str) -> str:
    """Return ``text`` for comparison: width and case folded, one kind of blank and apostrophe."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    return squeeze(folded)


def names_without_form(name: str) -> tuple[str, str]:
    """Return ``name`` without its legal form, as written and folded for comparison."""
    shown = squeeze(unicodedata.normalize("NFKC", name))
    changed = True
    while changed:
        changed = False
        for form in _FORMS:
            cut = _cut(shown, form)
            if cut and cut != shown:
                shown, changed = cut, True
                break
    return shown, _key(shown)


def _cut(name: str, form: str) -> str:
    """Return ``name`` without ``form`` at its beginning or end; Latin forms stand apart."""
    before, after = _around(form)
    cut = after.sub("", name)
    if cut == name and before is not None:
        cut = before.sub("", name)
    return cut.strip(" ,")


@cache
def _around(form: str) -> tuple[re.Pattern[str] | None, re.Pattern[str]]:
    """Return what finds ``form`` at the beginning of a name, where it may stand, and at its end."""
    escaped = re.escape(form)
    if not (form[0].isascii() and form[0].isalnum()):
        return re.compile(rf"^{escaped}\s*"), re.compile(rf"\s*{escaped}$", re.IGNORECASE)
    before = re.compile(rf"^{escaped}\.?\s+", re.IGNORECASE)
    after = re.compile(rf"[\s,]+{escaped}\.?$", re.IGNORECASE)
    return before if form in {"pt", "sa", "ooo", "ооо"} else None, after


_JAPANESE_FORMS = (
    "株式会社|有限会社|合同会社|合名会社|合資会社|一般社団法人|公益社団法人|一般財団法人|公益財団法人"
    "|学校法人|医療法人|社会福祉法人|特定非営利活動法人|\\(株\\)|\\(有\\)|㈱|㈲"
)
_JAPANESE_NAME = r"[\u30a1-\u30fe\u3400-\u9fff々A-Za-z0-9&.・]{1,40}"
_JAPANESE = re.compile(
    rf"(?:{_JAPANESE_FORMS})[ 　]?{_JAPANESE_NAME}|{_JAPANESE_NAME}[ 　]?(?:{_JAPANESE_FORMS})"
)
#: A word of a Latin name; the first one and the legal form are written with a capital.
_LATIN_WORD = re.compile(r"[^\s,;:|/()<>\"„“”「」、。]{1,40}")
_PIECES = re.compile(r"[|•·–—;:()<>\"„“”/\t]|\s-\s")
_MOST_WORDS = 8
_LONGEST_LINE = 300
_MOST_NAMES = 10
#: Legal forms that are words or syllables of other languages: nothing is told by them alone.
_WORDS_TOO = frozenset(
    {"as", "ab", "se", "sa", "co", "company", "eg", "spa", "pt", "ao", "sl", "ag", "lp", "nv"}
)


def names_in(text: str) -> tuple[tuple[str, int], ...]:
    """Return the names of companies in ``text`` that have a legal form, with their places.

    In any line of running text: 株式会社 before or behind a name, or words with capitals before a
    Latin form (``Hill & Partners Ltd``, ``Weber Bau GmbH & Co. KG``).
    """
    found: dict[str, int] = {}
    start = 0
    for line in text.splitlines(keepends=True):
        for name, place in _names_in_line(line[:_LONGEST_LINE]):
            found.setdefault(name, start + place)
        start += len(line)
        if len(found) >= _MOST_NAMES:
            break
    return tuple(found.items())


def _names_in_line(line: str) -> list[tuple[str, int]]:
    found = [(match.group().strip(), match.start()) for match in _JAPANESE.finditer(line)]
    found = [(name, place) for name, place in found if names_without_form(name)[0] != name]
    place = 0
    for piece in _PIECES.split(line):
        at = line.find(piece, place)
        place = at + len(piece)
        latin = _latin_name(piece)
        if latin:
            found.append((latin, at + piece.find(latin)))
    return found


def _latin_name(piece: str) -> str:
    """Return the name with a Latin legal form that stands in ``piece``, or empty."""
    words = list(_LATIN_WORD.finditer(piece))
    for last in range(len(words) - 1, 0, -1):
        if not _is_form(words[last].group()):
            continue
        first = last
        while first and last - first < _MOST_WORDS and _in_name(words[first - 1].group()):
            first -= 1
        while first < last and not words[first].group()[:1].isupper():
            first += 1
        name = piece[words[first].start() : words[last].end()].strip(" ,")
        cut, _ = names_without_form(name)
        if first < last and cut != name and cut[:1].isalnum():
            return name
    return ""


def _is_form(word: str) -> bool:
    """Return whether ``word`` is a legal form as they are written: not all in small letters."""
    bare = word.strip(".,").casefold()
    written = any(sign.isupper() for sign in word) or "." in word.strip(".,")
    return (
        written
        and (bare in _FORMS or word.casefold().strip(",") in _FORMS)
        and (bare not in _WORDS_TOO or word.strip(".,").isupper())
    )


def _in_name(word: str) -> bool:
    """Return whether ``word`` can be a part of a name: with a capital, a digit, or ``&``."""
    return (
        word[:1].isupper()
        or word[:1].isdigit()
        or word in {"&", "und", "and", "et", "y", "e", "+", "de", "of"}
    )


def wording_contains(wording: str, names: tuple[str, ...]) -> bool:
    """Return whether ``wording`` contains one of ``names``, with or without its legal form."""
    sentence = _key(wording)
    keys = (names_without_form(name)[1] for name in names if name)
    return any(key and _stands_in(key, sentence) for key in keys)


def _stands_in(name: str, sentence: str) -> bool:
    """Return whether ``name`` stands in ``sentence`` and is no part of a longer Latin word."""
    start = r"(?<![a-z0-9])" if name[0].isascii() and name[0].isalnum() else ""
    end = r"(?![a-z0-9])" if name[-1].isascii() and name[-1].isalnum() else ""
    words = r"\s*".join(map(re.escape, name.split()))
    return bool(re.search(f"{start}{words}{end}", sentence))
