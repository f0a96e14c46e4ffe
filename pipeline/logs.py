"""Structured logs on standard error: one line an event, no raw text of customers.

A line has ids, references, digests, counts and codes. What looks like a mail address or a telephone
number is masked all the same: a server may repeat one in its answer. A line of a run has its id.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TextIO

_FRAMES = 8
#: The run that this thread works for, if it does.
_RUN: ContextVar[str] = ContextVar("run", default="")
_ADDRESS = re.compile(r"(?:\"[^\"\n]{1,64}\"|[^\s@<>\"'()\[\],;:=]*)@[^\s@<>\"'()\[\],;:=]+")
#: Nine digits or more with what people write between them; no part of an id, a digest or a name.
_NUMBER = re.compile(r"(?<![\w-])\+?\(?\d(?:[ \t ().\-/]{0,2}\d){8,}(?![\w-])")
_MASKED_ADDRESS, _MASKED_NUMBER = "[address]", "[number]"


def masked(value: object) -> object:
    """Return a fact as it is logged: addresses and numbers in texts are not told."""
    if isinstance(value, str):
        return _NUMBER.sub(_MASKED_NUMBER, _ADDRESS.sub(_MASKED_ADDRESS, value))
    if isinstance(value, Mapping):
        return {str(name): masked(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else masked(str(value))


@contextmanager
def running(mark: str) -> Iterator[None]:
    """Let every line of the block have the id of its run."""
    token = _RUN.set(mark)
    try:
        yield
    finally:
        _RUN.reset(token)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    run = {"run": mark} if (mark := _RUN.get()) else {}
    return {**run, **{name: masked(fact) for name, fact in getattr(record, "facts", {}).items()}}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "room": record.name,
            "event": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False, default=str)


class _TextLines(logging.Formatter):
    """For a person at a terminal: the same facts, without the time."""

    def format(self, record: logging.LogRecord) -> str:
        facts = (f"{name}={value}" for name, value in _facts(record).items())
        return " ".join([record.levelname, record.name, record.getMessage(), *facts])


class _Libraries(logging.Handler):
    """Logs where a library complained, and never its words: they may have a customer's."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one complaint; ours, and those of a library that is asked apart, are told already."""
        library = record.name.partition(".")[0]
        if library != "pipeline":
            place = f"{record.module}:{record.lineno}"
            # most warnings are of style sheets and fonts, a dozen for each file that is drawn
            level = logging.WARNING if record.levelno >= logging.ERROR else logging.DEBUG
            event("library", "complained", level, library=library, place=place)


def configure(level: str, stream: TextIO | None = None, *, as_json: bool = True) -> None:
    """Send the logs of the programme at ``level`` and above to ``stream`` (standard error).

    JSON lines are for programs: a terminal gets lines of text.
    """
    goal = stream or sys.stderr
    handler = logging.StreamHandler(goal)
    handler.setFormatter(_JsonLines() if as_json and not goal.isatty() else _TextLines())
    # a broken pipe must not bring out the words of the error that was being logged
    logging.raiseExceptions = False
    room = logging.getLogger("pipeline")
    room.handlers[:] = [handler]
    room.setLevel(level.upper())
    room.propagate = False
    everything = logging.getLogger()
    if not any(isinstance(known, _Libraries) for known in everything.handlers):
        everything.addHandler(_Libraries(logging.WARNING))


def unknown(name: str, error: BaseException) -> str:
    """Log an unexpected error's type and location; return an id to quote in support requests.

    Its text is never logged: it may be a customer's.
    """
    import secrets  # noqa: PLC0415 - an error is rare, and --help must not wait for hashes

    mark = secrets.token_hex(4)
    kind = type(error).__name__
    event(name, "unknown_error", logging.ERROR, id=mark, error=kind, places=_places(error))
    return mark


def told(name: str, error: BaseException) -> None:
    """Log, at level debug, where an error arose that the user was told of."""
    event(name, "told", logging.DEBUG, error=type(error).__name__, places=_places(error))


def _places(error: BaseException) -> list[str]:
    import traceback  # noqa: PLC0415 - an error is rare, and --help must not wait for it

    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def event(name: str, event_name: str, level: int = logging.INFO, **facts: object) -> None:
    """Log ``event_name`` of room ``name`` with its facts (ids, counts, codes; never raw text)."""
    logging.getLogger(f"pipeline.{name}").log(level, event_name, extra={"facts": facts})
