"""The tables of names that are kept beside the code are what the libraries say today."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.validation import kept
from pipeline.validation.calendar import date_names
from pipeline.validation.geography import country_names, places, zone_names

_PAGE = Path(kept.__file__).with_name("tables.py")
_HEAD = '''"""Names of CLDR and of ISO 3166-2, as {} and {} have them.

Generated: ``GOLDEN=write pytest --no-cov tests/unit/validation/test_kept.py``.
Licences, beside this file: LICENSE.unicode of the names of CLDR, LICENSE.holidays of subdivisions.
"""

TABLES = {{
'''
_WIDTH = 90


def _written() -> str:
    libraries = [f"{name} {version(name)}" for name in ("babel", "holidays")]
    tables = [
        f"    {json.dumps(name)}: (\n{_lines(kept.packed(make()))}    ),\n"
        for name, make in kept.MADE.items()
    ]
    return _HEAD.format(*libraries) + "".join(tables) + "}\n"


def _lines(text: str) -> str:
    lines: list[str] = []
    line = ""
    for entry in text.split("|"):
        piece = f"|{entry}" if lines or line else entry
        if len(line) + len(piece) > _WIDTH:
            lines.append(line)
            line = ""
        line += piece
    return "".join(f"        {json.dumps(each, ensure_ascii=False)}\n" for each in [*lines, line])


def test_the_tables_are_fresh() -> None:
    if os.environ.get("GOLDEN") == "write":
        _PAGE.write_text(_written(), encoding="utf-8")
    assert _PAGE.read_text(encoding="utf-8") == _written()


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
    with pytest.raises(ValueError, match=r"^a\|b$"):
        kept.packed({"a|b": ("x",)})


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
