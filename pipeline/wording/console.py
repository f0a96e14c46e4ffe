"""The words of the command line, in the operator's language (LC_ALL, LC_MESSAGES, LANG)."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from pipeline import resources
from pipeline.errors import PipelineError, RefusedError, SettingsError
from pipeline.wording import calling
from pipeline.wording.inert import inert

#: The longest value that a sentence is filled with.
_LONGEST = 300


@cache
def language() -> str:
    """Return the operator's language: the first that the environment names and we have."""
    for name in ("PIPELINE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        code = os.environ.get(name, "")[:2].lower()
        if code and resources.template("console", f"{code}.toml").is_file():
            return code
    return "en"


def _table(section: str) -> dict[str, Any]:
    own: dict[str, Any] = resources.read_toml("console", f"{language()}.toml").get(section, {})
    english: dict[str, Any] = resources.read_toml("console", "en.toml").get(section, {})
    return {**english, **own}


def word(key: str, **values: object) -> str:
    """Return the words of ``key`` with its placeholders filled; texts that fill them are inert."""
    text = _typed(_table("words")[key], escape=bool(values))
    filling = {
        name: inert(value) if isinstance(value, str) else value for name, value in values.items()
    }
    return text.format(**filling) if filling else text


def listed(items: Iterable[str]) -> str:
    """Return ``items`` beside each other with the comma of the language."""
    return str(_table("words")["list_comma"]).join(items)


def counted(key: str, count: int) -> str:
    """Return the words of ``key`` for so many, those of ``key_one`` for one."""
    return word(f"{key}_one" if count == 1 else key, count=count)


def status_word(code: str) -> str:
    """Return the words for a status, track, verdict or the like; the code itself when unknown."""
    text: str = _table("codes").get(code, code)
    return text


def mail_state(code: str) -> str:
    """Return the words for what became of a mail: its state, or what a reply was taken for."""
    codes = _table("codes")
    found = (codes.get(f"{kind}{code}", "") for kind in ("became_", "event_", ""))
    text: str = next(filter(None, found), code)
    return text


def named(kind: str, code: str) -> str:
    """Return the words for an event, deadline, repair or the like; else the code."""
    text: str = _table("codes").get(f"{kind}_{code}", code)
    return text


def fault(code: str) -> str:
    """Return why a message could not be processed; an error that nobody foresaw by its type."""
    text: str = _table("codes").get(f"fault_{code}", "")
    return text or word("fault_unforeseen", kind=code)


def notice_name(code: str) -> str:
    """Return what staff call a notice: the ``name`` of its template."""
    own = f"{language()}.md"
    known = resources.template("notices", code, own).is_file()
    name: str = resources.read_documents("notices", code, own if known else "en.md")[0][0]["name"]
    return name


def _event(code: str) -> str:
    """Return the words of an event; ``advance`` stands for whichever would be next."""
    return word("next_step") if code == "advance" else named("event", code)


#: Parameters of errors whose value is a code that has words.
_NAMES: Mapping[str, Callable[[str], str]] = {
    "status": status_word,
    "event": _event,
    "actor": status_word,
}


def help_text(path: tuple[str, ...]) -> str:
    """Return the help of the command at ``path`` (empty path: the programme)."""
    return _typed(_table("help")[".".join(path) or "pipeline"]).strip()


def helped_paths() -> list[tuple[str, ...]]:
    """Return the path of every group and command that has help, in their order."""
    return [tuple(key.split(".")) for key in _table("help") if key != "pipeline"]


def option_help(name: str) -> str:
    """Return the help of an option by its parameter name, or empty."""
    return _typed(_table("options").get(name, ""))


def explain(error: PipelineError) -> str:
    """Return what happened, why it matters, and what to do next; each of several errors.

    Of a refusal without the why: it is nothing but a rule at work.
    """
    if isinstance(error, SettingsError):
        return "\n\n".join(explain(single) for single in error.errors)
    entry = _table("errors").get(error.code)
    if entry is None:
        return inert(f"{error}")
    values = _Quiet(
        {
            name: inert(_NAMES.get(name, str)(str(item)))[:_LONGEST]
            for name, item in error.params.items()
        }
    )
    parts = ("what", "next") if isinstance(error, RefusedError) else ("what", "why", "next")
    texts = [_typed(entry[part], escape=True) for part in parts]
    return "\n".join(text.format_map(values) for text in texts)


def _typed(text: str, *, escape: bool = False) -> str:
    """Return ``text`` with every command of ours as it has to be typed here."""
    if "pipeline " not in text:
        return text
    commands = {key.partition(".")[0] for key in _table("help")}
    return calling.with_programme(text, commands, escape=escape)


class _Quiet(dict[str, str]):
    """A mapping that leaves an unknown placeholder blank: a bad sentence must not hide an error."""

    def __missing__(self, key: str) -> str:
        return ""
