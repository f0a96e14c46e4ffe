"""Help that fits the terminal in every language: click counts characters, not columns."""

import re
from collections.abc import Iterable, Sequence

import click

from pipeline.cli.screen import columns, is_measured, width, wrap
from pipeline.wording import console as words

_WIDEST = 80
_LEAST_TEXT = 20
#: The heading that click writes above the options.
_CLICKS_OPTIONS = "Options"
#: What click calls the parts of a command line and the types of values, and our word for each.
_CLICKS_WORDS = {
    "[OPTIONS]": "usage_options",
    "COMMAND [ARGS]...": "usage_command",
    "INTEGER RANGE": "type_integer",
    "INTEGER": "type_integer",
    "TEXT": "type_text",
    "FILE": "type_file",
    "DIRECTORY": "type_folder",
    "PATH": "type_path",
    "FIELD": "type_field",
}
_LONGEST_FIRST = sorted(_CLICKS_WORDS, key=len, reverse=True)
_CLICKS = re.compile("|".join(rf"(?<![\w-]){re.escape(word)}(?!\w)" for word in _LONGEST_FIRST))
#: The formats of a date, as click shows them.
_FORMATS = re.compile(r"\[%[^\]]{1,80}\]")


def in_our_words(text: str) -> str:
    """Return what click wrote of a command or an option with its own words as ours."""
    dated = _FORMATS.sub(lambda found: words.word(_date_type(found.group())), text)
    return _CLICKS.sub(lambda found: words.word(_CLICKS_WORDS[found.group()]), dated)


def _date_type(formats: str) -> str:
    return "type_instant" if ":" in formats else "type_date"


class Formatter(click.HelpFormatter):
    """Click's help, wrapped by the columns that text takes."""

    def __init__(self, *_arguments: object, **_options: object) -> None:
        super().__init__(width=min(_WIDEST, columns()) if is_measured() else _WIDEST)

    def write_heading(self, heading: str) -> None:
        """Write a heading; that of the options, click's own, in the language of the operator."""
        super().write_heading(
            words.word("options_heading") if heading == _CLICKS_OPTIONS else heading
        )

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how the command is typed; a list of choices is broken between them."""
        head = f"{prefix or words.word('usage')} {prog}"
        args = in_our_words(args)
        if width(head) + 1 + width(args) <= self.width:
            self.write(f"{head} {args}".rstrip() + "\n")
            return
        first = f"{head} " if width(head) < self.width // 2 else " " * 4
        if first.isspace():
            self.write("\n".join(wrap(head, self.width)) + "\n")
        lines = wrap(args.replace("|", "| "), max(self.width - width(first), _LEAST_TEXT))
        for number, line in enumerate(lines):
            indent = " " * width(first) if number else first
            self.write(f"{indent}{line.replace('| ', '|')}\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs below the present indentation."""
        indent = " " * self.current_indent
        room = max(self.width - self.current_indent, _LEAST_TEXT)
        for number, paragraph in enumerate(text.split("\n\n")):
            if number:
                self.write("\n")
            for line in wrap(" ".join(paragraph.split()), room):
                self.write(f"{indent}{line}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write names and what they mean in two columns, or below each other where it is narrow."""
        listed = [(in_our_words(name), meaning) for name, meaning in rows]
        widest = max(width(name) for name, _ in listed)
        first = min(widest, col_max, self.width // 3) + col_spacing
        room = max(self.width - self.current_indent - first, _LEAST_TEXT)
        for name, meaning in listed:
            meaning = meaning.replace("[required]", f"[{words.word('required')}]")  # noqa: PLW2901 - click's word
            lines = wrap(" ".join(meaning.split()), room)
            names = self._names(name)
            if width(names[-1]) + col_spacing <= first:
                self._lines(names[:-1])
                lines[0] = names[-1] + " " * (first - width(names[-1])) + lines[0]
            else:
                self._lines(names)
                lines[0] = " " * first + lines[0]
            self._lines([lines[0], *(" " * first + line for line in lines[1:])])

    def _names(self, name: str) -> list[str]:
        """Return the name of an option; a long list of choices is broken between them."""
        room = max(self.width - self.current_indent, _LEAST_TEXT)
        if width(name) <= room:
            return [name]
        return [line.replace("| ", "|") for line in wrap(name.replace("|", "| "), room)]

    def _lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            if line.strip():
                self.write(f"{' ' * self.current_indent}{line}".rstrip() + "\n")


def put_into_words(ctx: click.Context) -> None:
    """Give the command of ``ctx`` and its options their help of ``templates/console``."""
    command = ctx.command
    command.help = words.help_text(_path(ctx))
    for param in command.get_params(ctx):
        if isinstance(param, click.Option):
            param.help = words.option_help(help_key(param))
    option = command.get_help_option(ctx)
    if option is not None:
        option.help = words.word("show_help")


def help_key(option: click.Option) -> str:
    """Return the key of an option's help; flags that set one parameter have one each."""
    name = option.name or ""
    one_of_several = option.is_flag and isinstance(option.flag_value, str)
    return f"{name}_{option.flag_value}" if one_of_several else name


def _path(ctx: click.Context) -> tuple[str, ...]:
    """Return the names of the groups and the command, without that of the programme."""
    if ctx.parent is None:
        return ()
    return (*_path(ctx.parent), ctx.command.name or "")
