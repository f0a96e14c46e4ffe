"""Structured logs on standard error: one line an event, no raw text of customers."""

import json
import logging
import sys
from typing import TextIO


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


def configure(level: str, stream: TextIO | None = None, *, as_json: bool = True) -> None:
    """Send the logs of the programme at ``level`` and above to ``stream`` (standard error)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    plain = logging.Formatter("%(levelname)s %(name)s %(message)s")
    handler.setFormatter(_JsonLines() if as_json else plain)
    room = logging.getLogger("pipeline")
    room.handlers[:] = [handler]
    room.setLevel(level.upper())
    room.propagate = False


def event(name: str, event_name: str, level: int = logging.INFO, **facts: object) -> None:
    """Log ``event_name`` of room ``name`` with its facts (ids, counts, codes; never raw text)."""
    logging.getLogger(f"pipeline.{name}").log(level, event_name, extra={"facts": facts})
