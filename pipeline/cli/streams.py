"""Standard input, output and error as every command may rely on them: always there."""

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

_INPUT, _OUTPUT, _ERROR = 0, 1, 2


def secure() -> None:
    """Put ``os.devnull`` in place of each closed stream, and let errors of the error stream pass.

    What a command cannot say must not change its exit code, and no file that it opens may get the
    number of a stream. Output that takes no more is told of: it is the result.
    """
    for number in (_INPUT, _OUTPUT, _ERROR):
        _occupy(number)
    if sys.stdin is None:
        sys.stdin = _nowhere("r")
    if sys.stdout is None:
        sys.stdout = _nowhere("w")
    if sys.stderr is None:
        sys.stderr = _nowhere("w")
    else:
        sys.stderr = _forgiving(sys.stderr)


def _occupy(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        with suppress(OSError):
            found = os.open(os.devnull, os.O_RDWR)
            if found != number:
                os.dup2(found, number)
                os.close(found)


def _nowhere(mode: Literal["r", "w"]) -> TextIO:
    return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123 - for the whole run


class _Lossy(io.FileIO):
    """A file that takes everything: what cannot be written is lost."""

    def write(self, data: "Buffer", /) -> int:
        """Write ``data``, or pretend to."""
        try:
            written = super().write(data)
        except OSError:
            written = None
        return memoryview(data).nbytes if written is None else written


def _forgiving(stream: TextIO) -> TextIO:
    """Return a stream to where ``stream`` goes whose errors pass; a stream without file as is."""
    try:
        raw = _Lossy(stream.fileno(), "w", closefd=False)
    except (OSError, ValueError):
        return stream
    with suppress(OSError):
        stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=True,
    )
