"""How texts are compared when they are searched, and the tokens by which they are found.

Both engines are given tokens that are made here, so both find the same. Japanese and other
scripts without blanks are cut into pairs of characters, all else into words. What an index finds
by its tokens is compared once more with the folded text (:func:`stands_in`).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

#: Longer texts are searched by their beginning: no answer, note or mail of a person is so long.
MOST_FOLDED = 60_000
#: The longest token; PostgreSQL takes no lexeme above 2 KB.
_LONGEST = 60
#: A part of a number has so many digits, and is found by runs of as many.
DIGITS_OF_PART = 4
_LEAST_DIGITS = 7
#: Scripts that write without blanks: Han, kana, Thai, Lao, Burmese, Khmer.
_CLOSE = (
    "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\U00020000-\U0003ffff"
)
_IS_CLOSE = re.compile(f"[{_CLOSE}]")
_SEGMENT = re.compile(f"[{_CLOSE}]+|[^\\W{_CLOSE}]+")
_NO_WORD = re.compile(r"[\W_]+")
_BLANK_AT_CLOSE = re.compile(f"(?<=[{_CLOSE}]) (?=[{_CLOSE}])")
_PHONE = re.compile(r"\d(?:[\s().\-/]{0,3}\d){6,19}")
_TRUNK = re.compile(r"\(0\)")
_NO_DIGIT = re.compile(r"[^0-9]")
#: What begins the line of the company, and that of the marks: no text that is folded has these.
_COMPANY, _MARKS = "\ue000", "\ue001"
#: Katakana to hiragana.
_KANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)} | {0x30FD: 0x309D, 0x30FE: 0x309E}
#: Letters that Unicode does not take for others with a mark.
_LETTERS = str.maketrans(
    {
        **{chr(code): chr(kana) for code, kana in _KANA.items()},
        **dict.fromkeys("øǿ", "o"),
        **dict.fromkeys("đð", "d"),
        "ł": "l",
        "ı": "i",
        "æ": "a",
        "œ": "o",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
    }
)
#: An umlaut may be written with an e behind the vowel.
_UMLAUT = re.compile("(?<=[aou])e")
#: The marks of voiced kana tell words apart; other marks are left out.
_KEPT_MARKS = {"\u3099", "\u309a"}


def is_close(text: str) -> bool:
    """Tell whether ``text`` begins in a script without blanks."""
    return bool(_IS_CLOSE.match(text))


class _Marks(dict[int, int | None]):
    """What becomes of each character: marks of letters are left out; filled as they are met."""

    def __missing__(self, code: int) -> int | None:
        letter = chr(code)
        is_mark = unicodedata.category(letter).startswith("M")
        kept = not is_mark or letter in _KEPT_MARKS or is_close(letter)
        self[code] = found = code if kept else None
        return found


_WITHOUT_MARKS = _Marks()
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u30fc", "-"))


def fold(text: str) -> str:
    """Return ``text`` as it is compared: no case, width, kind of kana, accents, punctuation.

    Lines stay apart, so that no phrase is found across two of them.
    """
    plain = unicodedata.normalize("NFKC", text[:MOST_FOLDED]).casefold()
    if not plain.isascii():
        apart = unicodedata.normalize("NFD", plain).translate(_WITHOUT_MARKS)
        plain = unicodedata.normalize("NFC", apart).translate(_LETTERS)
    plain = _UMLAUT.sub("", plain)
    lines = (_NO_WORD.sub(" ", line).strip() for line in plain.splitlines())
    return "\n".join(_BLANK_AT_CLOSE.sub("", line) for line in lines if line)


def numbers_in(text: str) -> Iterator[str]:
    """Yield the digits of what in ``text`` may be a telephone number."""
    plain = unicodedata.normalize("NFKC", text[:MOST_FOLDED]).translate(_DASHES)
    for found in _PHONE.findall(_TRUNK.sub(" ", plain)):
        digits = _NO_DIGIT.sub("", found)
        if digits.isascii() and len(digits) >= _LEAST_DIGITS:
            yield digits


def document(texts: Iterable[str], company: str = "", marks: Iterable[str] = ()) -> str:
    """Return ``texts`` folded as they are kept: each line once, numbers in lines of ``#``.

    The company has a line of its own beside, and so have ``marks``: what filters ask for.
    """
    whole = "\n".join(text for text in (company, *texts) if text)[:MOST_FOLDED]
    lines = dict.fromkeys([_COMPANY + one_line(company), _MARKS + " ".join(marks)])
    lines.update(dict.fromkeys(fold(whole).split("\n")))
    lines.update(dict.fromkeys(f"#{digits}" for digits in numbers_in(whole)))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """Return ``text`` folded, as one line."""
    return fold(text).replace("\n", " ")


def tokens(kept: str) -> list[str]:
    """Return the tokens of a :func:`document`, each once, in order.

    The index of SQLite forgets a text by its tokens. Whoever changes what is returned here writes a
    migration that empties the index and has it built again.
    """
    found: set[str] = set()
    for line in kept.split("\n"):
        match line[:1]:
            case "#":
                found.update(grams(line[1:]))
            case "\ue000":
                found.update(map(of_company, _words(line[1:])))
            case "\ue001":
                found.update(map(of_mark, line[1:].split()))
            case _:
                found.update(_words(line))
    return sorted(found)


def of_company(token: str) -> str:
    """Return the token of a word in the name of the company."""
    return _COMPANY + token


def of_mark(mark: str) -> str:
    """Return the token of a mark."""
    return _MARKS + mark


def parts_of(kept: str) -> tuple[str, str]:
    """Return the words of a :func:`document` without its marks, and its company."""
    lines = kept.split("\n")
    words = [line for line in lines if not line.startswith((_COMPANY, _MARKS))]
    company = next((line[1:] for line in lines if line.startswith(_COMPANY)), "")
    return "\n".join(words), company


def _words(line: str) -> Iterator[str]:
    for segment in _SEGMENT.findall(line):
        if _IS_CLOSE.match(segment):
            yield from (segment[at : at + 2] for at in range(len(segment)))
        else:
            yield segment[:_LONGEST]


def grams(digits: str) -> list[str]:
    """Return the tokens by which a part of a number is found."""
    last = len(digits) - DIGITS_OF_PART + 1
    return [f"n{digits[at : at + DIGITS_OF_PART]}" for at in range(last)]


@lru_cache(maxsize=64)
def tokens_of_term(folded: str) -> tuple[tuple[str, ...], str]:
    """Return the whole tokens of a folded term, and the last one, which may be a beginning.

    The last one is empty where the term ends within a script without blanks.
    """
    whole: list[str] = []
    segments = _SEGMENT.findall(folded)
    last = ""
    for place, segment in enumerate(segments, 1):
        if not _IS_CLOSE.match(segment):
            whole.append(segment[:_LONGEST])
            last = whole.pop() if place == len(segments) else ""
        elif len(segment) == 1:
            # it stands at the beginning of a pair, or alone at the end of a run
            last = segment if place == len(segments) else ""
        else:
            whole.extend(segment[at : at + 2] for at in range(len(segment) - 1))
    return tuple(whole), last


def stands_in(folded: str, kept: str) -> bool:
    """Tell whether a folded term stands in a :func:`document`; a word may go on behind it."""
    at = kept.find(folded)
    anywhere = is_close(folded)
    while at >= 0:
        before = kept[at - 1] if at else " "
        if anywhere or not before.isalnum() or _IS_CLOSE.match(before):
            return True
        at = kept.find(folded, at + 1)
    return False
