"""Asking for a secret at the terminal: without an echo, never as an argument."""

import sys

import click

from pipeline.errors import UsageError
from pipeline.wording import console as words


def ask_secret(word: str, *, no_terminal: UsageError | None = None, again: str = "") -> str:
    """Ask for what ``word`` names; with ``again`` a second time, so that no slip is kept.

    Raises ``no_terminal`` where there is none: it says what else can be done. Raises UsageError
    ``password_differs``.
    """
    if no_terminal is not None and not sys.stdin.isatty():
        raise no_terminal
    first = _unseen(word)
    if again and _unseen(again) != first:
        raise UsageError("password_differs")
    return first


def _unseen(word: str) -> str:
    answer: str = click.prompt(words.word(word), hide_input=True, err=True)
    return answer
