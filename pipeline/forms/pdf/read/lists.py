"""Reads what a list showed to the person who chose from it, where a program changed the list."""

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pikepdf

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.read.fields import PdfField, read_form
from pipeline.forms.pdf.values import read_text
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import choice_vocabulary, fold_word
from pipeline.model.form import FormKind

_BLANKS_KEPT = 32
_MOST_OPTIONS = 500
_PAIR = 2
_NOTHING = frozenset({"-", "—"})

#: The options of a list: what stands in the file for each, and what is shown.
Options = tuple[tuple[str, str], ...]


def options_of(listed: Any) -> Options:
    """Return the options of a list, pairs or one text for both (ISO 32000-2, table 234)."""
    found = []
    for item in list(listed)[:_MOST_OPTIONS] if isinstance(listed, pikepdf.Array) else ():
        parts = list(item) if isinstance(item, pikepdf.Array) else [item]
        if parts:
            texts = [read_text(part)[0].strip() for part in parts[:_PAIR]]
            found.append((texts[0], texts[-1]))
    return tuple(found)


def changed_lists(
    fields: Mapping[str, PdfField], kind: FormKind, stamp: Stamp | None
) -> Mapping[str, Options]:
    """Return, for each question whose list is another than that of the blank, its other options.

    Words of ours in any language are no others where they stand for what they mean.
    """
    known = _known(stamp) if stamp else {}
    words = choice_vocabulary(kind)
    found = {}
    for name in FORMS[kind].questions:
        there = fields.get(name)
        if there is None or there.options is None:
            continue
        packed, own = known.get(name, (b"", ()))
        if packed and there.options.unparse(resolved=True) == packed:
            continue
        codes = words.get(name, {})
        others = [
            option
            for option in options_of(there.options)
            if option not in own and not _is_ours(option, codes)
        ]
        if others:
            found[name] = tuple(others)
    return found


def as_shown(field: PdfField, others: Options, codes: tuple[str, ...]) -> PdfField:
    """Return the ``field`` of a list with the word that it showed for its value.

    ``others`` are the options that are not ours, ``codes`` what is ours: a value of these that
    was shown as another word is doubtful, and any other value means what was shown.
    """
    shown = [word for code, word in others if field.text in {code, word}]
    if not field.text or not shown or field.text in shown:
        return field
    if field.text in codes or field.text in _NOTHING:
        return field._replace(disagrees=shown[0])
    other = next((word for word in shown if word != shown[0]), field.disagrees)
    return field._replace(text=shown[0], disagrees=other)


def shown_in(field: PdfField) -> str:
    """Return the text of ``field``; of a list the word that it shows for it."""
    found = (word for code, word in options_of(field.options) if code == field.text)
    return next(found, field.text)


def foreign_words(others: Options, name: str, kind: FormKind) -> list[str]:
    """Return the words of ``others`` that are none of ours, or stand for something else of ours."""
    words, codes = choice_vocabulary(kind).get(name, {}), FORMS[kind].questions[name].choices
    meanings = [(code, word, words.get(fold_word(word))) for code, word in others]
    return [
        word
        for code, word, meant in meanings
        if word not in {"", *_NOTHING} and (meant is None or code in codes)
    ]


def _is_ours(option: tuple[str, str], codes: Mapping[str, str]) -> bool:
    """Return whether the word of an option is one of ours and stands for what it means."""
    code, word = option
    if word in _NOTHING:
        return code in _NOTHING
    meant = codes.get(fold_word(word))
    return meant is not None and code in {meant, word}


@lru_cache(maxsize=_BLANKS_KEPT)
def _known(stamp: Stamp) -> Mapping[str, tuple[bytes, Options]]:
    """Return the lists of the blank, packed and as options; none when it is not at hand."""
    blank = published(stamp.kind, stamp.language, version=stamp.version)
    if blank is None:
        return {}
    with pikepdf.open(io.BytesIO(blank)) as pdf:
        return {
            field.name: (field.options.unparse(resolved=True), options_of(field.options))
            for field in read_form(pdf).fields
            if field.options is not None
        }
