"""How a reader's language writes what a chart says: words, numbers, days and durations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from math import ceil, floor, log10

from babel import Locale
from babel.dates import format_skeleton, format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from pipeline.forms.texts import form_texts
from pipeline.wording import console

#: A grid has about so many lines.
_LINES = 4
#: Units of a duration with their hours, the longest first.
_UNITS = (("day", 24.0), ("hour", 1.0), ("minute", 1 / 60))


@dataclass(frozen=True, slots=True)
class Voice:
    """The words of one reader: the language, and how keys and codes are said in it."""

    language: str
    word: Callable[..., str]
    step: Callable[[str], str]
    code: Callable[[str], str]


def console_voice() -> Voice:
    """Return the voice of the command line."""
    return Voice(console.language(), console.word, console.step, console.status_word)


@dataclass(frozen=True)
class Formats:
    """How numbers, days and durations are written in a language.

    ``quantity`` is how a number stands with its unit: beside each other in some, apart in others.
    """

    language: str
    quantity: str = "{number} {unit}"

    @cached_property
    def locale(self) -> Locale:
        """The locale that numbers, dates and durations are written in."""
        return Locale.parse(form_texts(self.language).locale)

    def number(self, value: float) -> str:
        """Return a number as the reader's language groups its digits."""
        return format_decimal(value, locale=self.locale)

    def day(self, day: date, skeleton: str = "yMMMd") -> str:
        """Return a day as the reader's language writes it."""
        return format_skeleton(skeleton, day, locale=self.locale)

    def span(self, took: timedelta) -> str:
        """Return a duration in the unit that fits: two days, three hours, a few minutes."""
        took = max(took, timedelta(seconds=1))
        return self._joined(format_timedelta(took, threshold=1.5, locale=self.locale))

    def share(self, part: int, whole: int) -> str:
        """Return how much ``part`` is of ``whole``, in per cent."""
        return format_percent(part / whole if whole else 0, locale=self.locale)

    def lines(
        self, most: float, shown: Callable[[float], str] | None = None
    ) -> tuple[tuple[float, str], ...]:
        """Return the lines of a grid that ``most`` fits into, with their words."""
        step, write = _round_step(max(most, 1) / _LINES), shown or self.number
        count = ceil(max(most, 1) / step)
        return tuple((step * at, write(step * at)) for at in range(count + 1))

    def time_lines(self, hours: float) -> tuple[tuple[float, str], ...]:
        """Return the lines of a grid of hours, in minutes, hours or days."""
        unit, size = next((pair for pair in _UNITS if hours >= pair[1]), _UNITS[-1])
        write = partial(self._in_unit, unit)
        return tuple((at * size, text) for at, text in self.lines(hours / size, write))

    def _in_unit(self, unit: str, value: float) -> str:
        written = format_unit(value, f"duration-{unit}", length="short", locale=self.locale)
        return self._joined(written)

    def _joined(self, text: str) -> str:
        number, unit = text.split(maxsplit=1)
        return self.quantity.format(number=number, unit=unit)


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20 … that is not below ``least``; one at least."""
    power = 10 ** floor(log10(max(least, 1)))
    return float(next(size * power for size in (1, 2, 5, 10) if size * power >= least))
