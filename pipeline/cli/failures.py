"""What is said of a command that failed, and its exit code."""

import click

from pipeline import logs
from pipeline.cli.misuse import tell_misuse
from pipeline.cli.output import tell_lines
from pipeline.errors import ConfigurationError, ExitCode, PipelineError
from pipeline.wording import console as words


def tell(error: BaseException) -> ExitCode:
    """Print what happened, why it matters and what to do next; return the exit code."""
    match error:
        case click.ClickException():
            tell_misuse(error)
            return ExitCode.USAGE
        case click.Abort() | KeyboardInterrupt():
            tell_lines(words.word("interrupted"))
            return ExitCode.INTERRUPTED
        case PipelineError():
            return _explained(error, error)
        case OSError():
            return _explained(_of_the_machine(error), error)
    # told by its type: its words may be a customer's
    mark = logs.unknown("cli", error)
    tell_lines(words.word("unknown_error", kind=type(error).__name__, mark=mark))
    return ExitCode.BUG


def _explained(told: PipelineError, error: BaseException) -> ExitCode:
    tell_lines(words.explain(told))
    for remark in getattr(error, "__notes__", ()):
        tell_lines(remark)
    return told.exit_code


def _of_the_machine(error: OSError) -> PipelineError:
    """Return what to tell of a file, a folder or a device that cannot be used."""
    logs.told("cli", error)
    reason = error.strerror or type(error).__name__
    return ConfigurationError("file_unusable", path=error.filename or "-", reason=reason)
