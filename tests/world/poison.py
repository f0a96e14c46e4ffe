"""A mail that kills the process that reads it."""

import os
import signal

import pytest

from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.child import read_message

_POISON = b"X-Kills-The-Reader: yes"


def poisoned(raw: bytes) -> bytes:
    """Return the mail with the poison on top."""
    return _POISON + b"\r\n" + raw


def reads_or_dies(raw: bytes) -> ReadMessage:
    """Read a message as the flow does; the poison ends the process that reads it."""
    if _POISON in raw:
        os.kill(os.getpid(), signal.SIGKILL)
    return read_message(raw)


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let the real guarded child run a reader that one message kills."""
    monkeypatch.setattr("pipeline.flow.inbound.read.read_message", reads_or_dies)
    return monkeypatch
