"""What is said of a command that was typed wrong: click's errors in the operator's language."""

import re
from collections.abc import Sequence

import click

from pipeline.cli.choices import WordChoice
from pipeline.cli.output import inert, tell_lines
from pipeline.wording import console as words

_EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)", re.DOTALL)


def tell_misuse(error: click.ClickException) -> None:
    """Print the usage, the way to the help, and what is wrong; words that are repeated are inert.

    A group that was called alone prints its help.
    """
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        tell_lines(error.format_message())
        return
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    if ctx is not None:
        tell_lines(ctx.get_usage().rstrip())
        if ctx.help_option_names:
            option = max(ctx.help_option_names, key=len)
            tell_lines(words.word("misuse_help", command=f"{ctx.command_path} {option}"))
        tell_lines("")
    tell_lines(words.word("misuse", what=inert(_what(error))))


def _what(error: click.ClickException) -> str:
    match error:
        case click.NoSuchOption():
            said = words.word("misuse_no_option", name=error.option_name)
            return said + _near(error.possibilities)
        case click.exceptions.NoSuchCommand():
            said = words.word("misuse_no_command", name=error.command_name)
            return said + _near(error.possibilities)
        case click.MissingParameter():
            return _missing(error)
        case click.BadParameter():
            return _bad_value(error)
        case click.BadOptionUsage():
            flag = "does not take" in error.message
            key = "misuse_option_flag" if flag else "misuse_option_value"
            return words.word(key, name=error.option_name)
    found = _EXTRA.match(error.message)
    return words.word("misuse_extra", words=found[1]) if found else error.format_message()


def _near(possibilities: Sequence[str] | None) -> str:
    if not possibilities:
        return ""
    return " " + words.word("misuse_near", names=words.listed(possibilities))


def _missing(error: click.MissingParameter) -> str:
    option = error.param is not None and error.param.param_type_name == "option"
    said = words.word("misuse_missing_option" if option else "misuse_missing", name=_name(error))
    if error.param is not None and isinstance(error.param.type, click.Choice):
        said += " " + words.word("misuse_choices", choices=_choices(error.param.type))
    return said


def _bad_value(error: click.BadParameter) -> str:
    """Return what is wrong with a value; of a type that we have no words for, that it is wrong."""
    said = words.word("misuse_value", name=_name(error))
    kind = error.param.type if error.param is not None else None
    match kind:
        case click.Choice():
            more = words.word("misuse_choices", choices=_choices(kind))
        case click.IntRange():
            more = words.word("misuse_range", least=_end(kind.min), most=_end(kind.max))
        case click.DateTime():
            more = words.word("misuse_date", formats=_written(kind.formats))
        case click.Path():
            more = words.word("misuse_path")
        case _:
            more = error.message
    return f"{said} {more}"


def _written(formats: Sequence[str]) -> str:
    """Return how a date or an instant is written, as the help says it."""
    return words.word("type_instant" if any(":" in one for one in formats) else "type_date")


def _name(error: click.BadParameter) -> str:
    """Return the parameter as it is typed."""
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Option):
        return " / ".join(error.param.opts)
    return (error.param.name or "").upper()


def _choices(kind: "click.Choice[str]") -> str:
    return kind.told() if isinstance(kind, WordChoice) else words.listed(kind.choices)


def _end(value: float | None) -> str:
    return "…" if value is None else str(int(value))
