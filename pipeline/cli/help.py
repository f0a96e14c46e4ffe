"""Help that fits the terminal in every language: click counts characters, not columns."""

from collections.abc import Iterable, Sequence

import click

from pipeline.cli.screen import columns, is_measured, width, wrap

_WIDEST = 80
_LEAST_TEXT = 20


class Formatter(click.HelpFormatter):
    """Click's help, wrapped by the columns that text takes."""

    def __init__(self, *_arguments: object, **_options: object) -> None:
        super().__init__(width=min(_WIDEST, columns()) if is_measured() else _WIDEST)

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
        listed = list(rows)
        widest = max(width(name) for name, _ in listed)
        first = min(widest, col_max, self.width // 3) + col_spacing
        room = max(self.width - self.current_indent - first, _LEAST_TEXT)
        for name, meaning in listed:
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


class Context(click.Context):
    """A context whose help is written by :class:`Formatter`."""

    formatter_class = Formatter
