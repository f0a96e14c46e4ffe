"""Long values on SQLite: shorter in the file, and read back as they were."""

import zlib
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.store.schema.answers_dictionary import ANSWERS, DICTIONARIES
from pipeline.store.schema.packed import PackedJsonOf, PackedText
from pipeline.store.schema.types import canonical

CHECKSUM = 3158731019
_JSON = PackedJsonOf(tuple[str, ...])
_TEXTS = ("", "short", "long " * 200, "値" * 300, "\ud800 half a pair" * 100, "a\0b" * 300)


def _there_and_back(kind: sa.types.TypeEngine[Any], value: object) -> tuple[Any, Any]:
    """Return what is stored, and what is read of it."""
    dialect = sqlite.dialect()
    own = kind.dialect_impl(dialect)
    bind, result = own.bind_processor(dialect), own.result_processor(dialect, None)
    assert bind is not None
    assert result is not None
    stored = bind(value)
    return stored, result(stored)


@pytest.mark.parametrize("text", _TEXTS)
def test_a_text_comes_back_clean(text: str) -> None:
    stored, read = _there_and_back(PackedText(), text)
    clean = text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass")
    assert read == clean.decode("utf-16", "replace")
    assert len(stored) <= max(len(read), 400)


@pytest.mark.parametrize("text", _TEXTS)
def test_a_json_value_comes_back_as_it_was(text: str) -> None:
    assert _there_and_back(_JSON, (text, text[::-1]))[1] == (text, text[::-1])


def test_answers_take_a_sixth() -> None:
    answers = [
        {"field": field, "raw": f"answer {row}", "where": f"Form!D{row}", "cell_type": "text"}
        for row, field in enumerate(("contact_name", "country", "website", "notes") * 9)
    ]
    text = canonical(answers)
    assert len(_there_and_back(PackedText(), text)[0]) < len(text) / 6


@pytest.mark.parametrize(
    "stored",
    ['["a","b"]', zlib.compress(b'["a","b"]')],
    ids=["text", "bytes without a dictionary"],
)
def test_rows_of_any_age_are_read(stored: object) -> None:
    result = _JSON.dialect_impl(sqlite.dialect()).result_processor(sqlite.dialect(), None)
    assert result is not None
    assert result(stored) == ("a", "b")


def test_the_dictionary_is_the_one_that_rows_were_packed_with() -> None:
    """A changed one would make all stored answers unreadable."""
    assert zlib.adler32(ANSWERS) == CHECKSUM
    assert DICTIONARIES[CHECKSUM] == ANSWERS


def test_a_server_keeps_the_value_as_it_is() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    bind = PackedText().dialect_impl(dialect).bind_processor(dialect)
    assert bind is not None
    assert bind("long " * 200) == "long " * 200
