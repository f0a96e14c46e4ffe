"""Which form the words of a mail without one speak of; a suggestion to staff, never a decision."""

import re
import unicodedata

from pipeline.intake.phrases import load_suggestions
from pipeline.model.form import FormKind

_CAP = 20_000
#: Links and addresses: they are often in a signature, and say nothing of what the mail is about. In
#: ASCII only, because Japanese text may follow without a blank. A bare ``wa.me`` is a word.
#: Each piece begins where a word does or has an end, or a text without blanks takes seconds (a
#: label of a host name has up to 63 signs, RFC 1035, 2.3.4).
_LINKS = re.compile(
    r"(?:(?i:[a-z][a-z0-9+.-]{0,30}:/|www\.|mailto:)|(?<![\w.+-])[\w.+-]+@"
    r"|(?<![\w-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,20}(?=/))[!-~]+"
    r"|(?<![\w.-])(?!wa\.me(?![\w.-]))[\w-]+(?:\.[a-z][a-z0-9-]+)+",
    re.ASCII,
)


def suggest_form(text: str) -> FormKind | None:
    """Return the kind of form whose words appear most often in ``text``; None when two tie.

    Links are no words.
    """
    folded = _folded(text)
    scores = sorted(
        ((sum(_says(folded, word) for word in words), kind) for kind, words in _words()),
        reverse=True,
    )
    (best, kind), (second, _) = scores[0], scores[1]
    return FormKind(kind) if best > second else None


def wished_forms(text: str) -> tuple[tuple[FormKind, str], ...]:
    """Return each kind of form that words of ``text`` speak of, with those words; best first."""
    folded = _folded(text)
    said = [
        (FormKind(kind), [word for word in words if _says(folded, word)])
        for kind, words in _words()
    ]
    ranked = sorted(said, key=lambda item: -len(item[1]))
    return tuple((kind, ", ".join(words)) for kind, words in ranked if words)


def _folded(text: str) -> str:
    words_only = _LINKS.sub(" ", unicodedata.normalize("NFKC", text[:_CAP]))
    return " ".join(words_only.casefold().split())


def _words() -> list[tuple[str, tuple[str, ...]]]:
    said = load_suggestions()
    return [(kind.value, said.get(kind.value, ())) for kind in FormKind]


def _says(text: str, word: str) -> bool:
    folded = unicodedata.normalize("NFKC", word).casefold()
    if folded.isascii():
        return bool(re.search(rf"(?<![a-z0-9]){re.escape(folded)}(?![a-z0-9])", text))
    return folded in text
