"""The words for staff: in the language of who reads them, else in that of the team.

An operator's is what PIPELINE_LANG, LC_ALL, LC_MESSAGES or LANG names, if there are words in it;
the team's is the setting ``team.language``. What a language lacks is said in English.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from pipeline import resources
from pipeline.errors import PipelineError, RefusedError, SettingsError
from pipeline.wording import calling
from pipeline.wording.catalogue import read_table
from pipeline.wording.inert import inert

#: The longest value that a sentence is filled with.
_LONGEST = 300
#: The beginnings of the keys for why a mail has its outcome, in the order in which they are tried.
_KINDS_OF_WHY = ("became_", "rule_", "event_", "automatic_", "")
#: A command or an option in a sentence.
_OF_SHELL = re.compile(r"\bpipeline [a-z]|(?<![\w-])--[a-z]")
#: What stands between the language and the rest of a locale: ``ja_JP.UTF-8``.
_LOCALE = re.compile(r"[_.@-]")


_FALLBACK = "en"


def _unknown() -> str:
    return ""


#: What says the language of the team (``team.language``); asked when the first word is needed.
_TEAM = {"language": _unknown}


#: The language that is spoken while a page is made for somebody; empty: that of the process.
_SPOKEN: ContextVar[str] = ContextVar("spoken", default="")


def language() -> str:
    """Return the language that is spoken now: that of who looks, else that of the process."""
    return _SPOKEN.get() or language_of_process()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak the language ``code`` in this thread or task until the end of the block."""
    token = _SPOKEN.set(_known(code))
    try:
        yield
    finally:
        _SPOKEN.reset(token)


@cache
def language_of_process() -> str:
    """Return the first language that the environment names and we have, else the team's."""
    return named_language() or _known(_TEAM["language"]()) or _FALLBACK


def _known(code: str) -> str:
    return code if code in resources.languages() else ""


def named_language() -> str:
    """Return the language that the environment names, or empty (``C`` names none)."""
    for name in ("PIPELINE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        code = _LOCALE.split(os.environ.get(name, ""), maxsplit=1)[0].lower()
        if code in resources.languages():
            return code
    return ""


def speak_as_team(find: Callable[[], str] = _unknown) -> None:
    """Let ``find`` say the language where the environment names none; empty: English."""
    _TEAM["language"] = find
    language_of_process.cache_clear()


def _table(section: str) -> Mapping[str, Any]:
    return _merged(language(), section)


@cache
def _merged(code: str, section: str) -> Mapping[str, Any]:
    """Return the words of a section in the language ``code``, key by key in English else."""
    english = read_table(section, "console", f"{_FALLBACK}.toml")
    name = f"{code}.toml"
    if code == _FALLBACK or not resources.is_there("console", name):
        return english
    return read_table(section, "console", name).above(english)


def _shared(section: str) -> Mapping[str, Any]:
    """Return words that staff's mails and the console share."""
    return read_table(section, "notices", f"words.{language()}.toml")


def word(key: str, /, **values: object) -> str:
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


def step(status: str) -> str:
    """Return the words for the step that a request is at, as staff read them."""
    text: str = _shared("staff_step").get(status) or _shared("step").get(status) or status
    return text


def reason(code: str) -> str:
    """Return the words for why something was not done; else the code as one, in backticks."""
    reasons = _shared("reason")
    text: str = reasons.get(code) or f"{reasons['other']} (`{code}`)"
    return text


def why(code: str) -> str:
    """Return why a mail has its outcome: what a rule, an event, a refusal or a sign is called."""
    kind, _, refused = code.partition(":")
    if kind == "refused":
        return reason(refused)
    codes = _table("codes")
    found = (codes.get(f"{kind}{code}", "") for kind in _KINDS_OF_WHY)
    return next(filter(None, found), code)


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
    file = own if resources.is_there("notices", code, own) else f"{_FALLBACK}.md"
    name: str = resources.read_documents("notices", code, file)[0][0]["name"]
    return name


def _event(code: str) -> str:
    """Return the words of an event; ``advance`` stands for whichever would be next."""
    return word("next_step") if code == "advance" else named("event", code)


def _events(codes: str) -> str:
    """Return the codes of several events, each with its words."""
    return listed(f"`{code}` ({named('event', code)})" for code in codes.split(", "))


def question_names(fields: Iterable[str], form: str | None) -> str:
    """Return the labels of questions of a form; a command finds a question by its label, too."""
    from pipeline.wording.answers import question_labels  # noqa: PLC0415 - slow to import

    labels = question_labels(language(), form)
    return listed(word("question_quoted", label=labels.get(field, field)) for field in fields)


def _of_any_form(words_of: Callable[[str], str]) -> Callable[[str, str | None], str]:
    return lambda value, _form: words_of(value)


def _questions(codes: str, form: str | None) -> str:
    """Return the labels of several questions as they stand in the form that an error names."""
    return question_names(codes.split(", "), form)


#: Parameters of errors whose value is a code, or several: their words, in the form of the error.
_NAMES: Mapping[str, Callable[[str, str | None], str]] = {
    "status": _of_any_form(step),
    "event": _of_any_form(_event),
    "actor": _of_any_form(status_word),
    "failure": _of_any_form(reason),
    "hold": _of_any_form(status_word),
    "events": _of_any_form(_events),
    "fields": _questions,
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


def explain(error: PipelineError, *, to_type: bool = True) -> str:
    """Return what happened, why it matters, and what to do next; each of several errors.

    Of a refusal without the why: what to type next says enough. Without ``to_type``, for who has no
    shell in front of them, the why is the rule, and what to do next is what a page can do; a
    sentence that says what to type in a shell is left out.
    """
    if isinstance(error, SettingsError):
        return "\n\n".join(explain(single, to_type=to_type) for single in error.errors)
    entry = _table("errors").get(error.code)
    if entry is None:
        return inert(f"{error}")
    if to_type:
        parts = ("what", "next") if isinstance(error, RefusedError) else ("what", "why", "next")
        told = [entry[part] for part in parts]
    else:
        sentences = (entry["what"], entry["why"], _next_here(error.code, entry["next"]))
        told = [text for text in sentences if not _OF_SHELL.search(text)]
    values = _filling(error)
    return "\n".join(_typed(text, escape=True).format_map(values) for text in told)


def _next_here(code: str, to_type: str) -> str:
    """Return what to do next on a page: who cannot do it there tells who operates the program."""
    if not _OF_SHELL.search(to_type):
        return to_type
    operator: str = _table("words")["tell_operator"]
    here: str = _table("here").get(code) or _table("needed").get(code) or operator
    return here


def needed(error: PipelineError) -> str:
    """Return what is still to be filled in where that would help against ``error``, or nothing."""
    text = _table("needed").get(error.code, "")
    return _typed(text, escape=True).format_map(_filling(error))


def _filling(error: PipelineError) -> "_Quiet":
    """Return what fills the sentences of ``error``: its parameters in words."""
    form = error.params.get("form")
    about = None if form is None else str(form)
    return _Quiet({name: _told(name, str(item), about) for name, item in error.params.items()})


def _told(name: str, value: str, form: str | None) -> str:
    """Return the words for the value of an error's parameter; what others wrote is cut."""
    words_of = _NAMES.get(name)
    return inert(words_of(value, form)) if words_of is not None else inert(value)[:_LONGEST]


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
