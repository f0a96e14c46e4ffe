"""The errors of the programme: codes with parameters; the sentences are in ``templates/console``.

An error is for us and for operators. A customer's mistake is never an exception: it is a
:class:`pipeline.model.problem.Problem`.
"""

import os.path
from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """What a command tells the shell."""

    DONE = 0
    BUG = 1
    USAGE = 2
    UNFINISHED = 3
    CONFIGURATION = 4
    NOT_FOUND = 5
    REFUSED = 6
    TRY_LATER = 75
    INTERRUPTED = 130


class PipelineError(Exception):
    """An error with a code of ``templates/console/<lang>.toml`` and the values for its sentences.

    The catalogue says for each code what happened, why it matters, and what to do next.
    """

    exit_code = ExitCode.BUG

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code}({values})"


class UsageError(PipelineError):
    """The words of a command cannot be followed (an ambiguous prefix, two options at odds)."""

    exit_code = ExitCode.USAGE


class ConfigurationError(PipelineError):
    """The configuration or the environment is invalid; nothing was done."""

    exit_code = ExitCode.CONFIGURATION


class SettingsError(ConfigurationError):
    """Several settings are wrong; all of them are told at once."""

    def __init__(self, errors: Sequence[ConfigurationError]) -> None:
        super().__init__("several", count=len(errors))
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "; ".join(str(error) for error in self.errors)


class NotFoundError(PipelineError):
    """What was named does not exist."""

    exit_code = ExitCode.NOT_FOUND


class RefusedError(PipelineError):
    """A rule forbids it; nothing was changed."""

    exit_code = ExitCode.REFUSED


class TryLaterError(PipelineError):
    """A server is down or a lock is held; the same call may succeed later."""

    exit_code = ExitCode.TRY_LATER


def place_of(error: Exception) -> str:
    """Return file and line where it was raised; never its words, which may be a customer's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    file = os.path.basename(trace.tb_frame.f_code.co_filename)
    return f"{file}:{trace.tb_lineno}"
