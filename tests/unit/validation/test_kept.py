"""The tables of names that are kept beside the code are what the libraries say today."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version

import pytest

from pipeline.validation import kept
from pipeline.validation.calendar import date_names
from pipeline.validation.geography import country_names, places, zone_names

_SOURCES = ", ".join(f"{name} {version(name)}" for name in ("babel", "holidays"))


@pytest.mark.parametrize("name", kept.MADE)
def test_the_tables_are_fresh(name: str) -> None:
    made = kept.packed(kept.MADE[name](), _SOURCES)
    if os.environ.get("GOLDEN") == "write":
        kept.file_of(name).write_text(made, encoding="utf-8")
    assert kept.file_of(name).read_text(encoding="utf-8") == made


def test_no_table_is_left_over() -> None:
    files = {file.stem for file in kept.file_of("").parent.glob("*.txt")}
    assert files == set(kept.MADE)


@pytest.mark.parametrize(
    "read",
    [
        country_names.names_of_countries,
        country_names.names_in_common,
        date_names.names_of_months,
        date_names.names_of_weekdays,
        places.names_of_subdivisions,
        zone_names.names_of_cities,
    ],
)
def test_a_kept_table_is_read_as_it_was_made(read: Callable[[], kept.Table]) -> None:
    made = kept.MADE[read.__name__]()
    assert list(read().items()) == list(made.items())


def test_a_name_with_a_sign_between_entries_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match=r"^a=b$"):
        kept.packed({"a=b": ("x",)}, "")


def test_a_judged_form_loads_the_languages_of_the_forms_alone() -> None:
    """CLDR has a file for each language, which takes milliseconds and a megabyte."""
    code = (
        "from datetime import UTC, datetime\n"
        "from pipeline.flow.answers.judge import judge\n"
        "from pipeline.flow.inbound.ready import FORMS, _made_up\n"
        "from pipeline.validation.phone.policy import PhonePolicy\n"
        "for kind in FORMS:\n"
        "    judge(PhonePolicy(), _made_up(kind), datetime(2026, 1, 5, tzinfo=UTC))\n"
        "from babel import localedata\n"
        "print(*sorted(localedata._cache))\n"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert set(loaded.stdout.decode().split()) <= {"root", "en", "ja", "de"}
