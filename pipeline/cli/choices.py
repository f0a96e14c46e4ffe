"""Choices that are typed as codes or in the words of the operator's language."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import click
from click.shell_completion import CompletionItem

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import fold_word, form_texts
from pipeline.model.request import EventName
from pipeline.resources import languages
from pipeline.wording import console as words
from pipeline.wording.answers import question_labels

#: So many codes are listed in the help; of more, only the name of the value.
_LISTED = 8


class WordChoice(click.Choice[str]):
    """A choice of codes, each of which has a word; a word that two codes share is not taken."""

    def __init__(self, codes: Iterable[str], word: Callable[[str], str], metavar: str = "") -> None:
        """Take codes and their words; ``metavar`` stands for a long list in the help."""
        super().__init__(tuple(map(str, codes)))
        self.word = word
        self._metavar = metavar

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """Return the codes, or the name of the value where they are many."""
        if self._metavar and len(self.choices) > _LISTED:
            return self._metavar
        return super().get_metavar(param, ctx)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the code that ``value`` is, or is the word of."""
        if value in self.choices:
            return str(value)
        meant = [code for code in self.choices if fold_word(self.word(code)) == fold_word(value)]
        return meant[0] if len(meant) == 1 else super().convert(value, param, ctx)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the codes with their words, of which one or the other begins so."""
        return _completed({code: self.word(code) for code in self.choices}, incomplete)

    def told(self) -> str:
        """Return the codes with their words, for an error."""
        return words.listed(f"`{code}` ({self.word(code)})" for code in self.choices)


class EventWord(WordChoice):
    """An event by its code or in words; what is none stays, and is refused with the request."""

    def __init__(self) -> None:
        super().__init__(EventName, lambda code: words.named("event", code), "EVENT")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the code of the event; what is none as it was typed."""
        with suppress(click.BadParameter):
            return super().convert(value, param, ctx)
        return str(value)


class FieldName(click.ParamType[str]):
    """A question of a form: its id, or its label in any language of the forms."""

    name = "field"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> str:
        """Return the id; what is no label stays, and is refused with the form at hand."""
        return field_id(value)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the ids with their labels, of which one or the other begins so."""
        return _completed(question_labels(words.language()), incomplete)


def field_id(text: str) -> str:
    """Return the id of the question that ``text`` is the label of, in any language; else itself."""
    wanted = fold_word(text)
    found = (
        field
        for texts in map(form_texts, languages())
        for kind, form in FORMS.items()
        for field in form.questions
        if fold_word(texts.label(kind, field)) == wanted
    )
    return next(found, text.strip())


def _completed(found: dict[str, str], incomplete: str) -> list[CompletionItem]:
    begun = fold_word(incomplete)
    return [
        CompletionItem(code, help=word)
        for code, word in found.items()
        if code.startswith(incomplete) or fold_word(word).startswith(begun)
    ]
