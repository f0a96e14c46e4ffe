"""Files that are named on the command line: what can be read is, the others are told of."""

from collections.abc import Iterable
from pathlib import Path

import click

from pipeline.errors import (
    ConfigurationError,
    ExitCode,
    NotFoundError,
    PipelineError,
    UsageError,
)
from pipeline.wording import console as words

_WORST_FIRST = (
    ExitCode.USAGE,
    ExitCode.CONFIGURATION,
    ExitCode.NOT_FOUND,
    ExitCode.UNFINISHED,
)


def read_named(path: Path) -> bytes:
    """Return the bytes of a file that the command names.

    Raises NotFoundError ``path_missing``, UsageError ``path_is_folder`` or ConfigurationError
    ``file_unusable``.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFoundError("path_missing", path=path) from error
    except IsADirectoryError as error:
        raise UsageError("path_is_folder", path=path) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError("file_unusable", path=path, reason=reason) from error
    except ValueError as error:  # a name that no file can have
        raise NotFoundError("path_missing", path=path) from error


def tell(error: PipelineError) -> ExitCode:
    """Say on standard error why a file could not be read; return the exit code it stands for."""
    click.echo(words.explain(error), err=True)
    return error.exit_code


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code of a call with several files: misuse before faults before failures."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), ExitCode.DONE)
