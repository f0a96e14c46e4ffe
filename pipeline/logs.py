"""Structured logs on standard error: one line an event, no raw text of customers."""

import json
import logging
import sys
from pathlib import Path
from typing import TextIO

_FRAMES = 8


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "room": record.name,
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False, default=str)


class _TextLines(logging.Formatter):
    """For a person at a terminal: the same facts, without the time."""

    def format(self, record: logging.LogRecord) -> str:
        facts = (f"{name}={value}" for name, value in getattr(record, "facts", {}).items())
        return " ".join([record.levelname, record.name, record.getMessage(), *facts])


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
