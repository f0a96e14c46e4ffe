"""Long values on SQLite: shorter in the file, and read back as they were."""

import zlib
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.routing.rules import RULES, rule_name
from pipeline.store.records import StoredReading
from pipeline.store.schema import columns
from pipeline.store.schema.answers_dictionary import DICTIONARIES
from pipeline.store.schema.packed import PackedJsonOf, PackedText
from pipeline.store.schema.plain import to_plain
from pipeline.store.schema.types import canonical

#: Of all dictionaries, by their checksums: how long they are.
KNOWN = {3158731019: 12790, 1021334209: 12239, 356611824: 318}
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


def test_answers_take_a_ninth() -> None:
    fields = ("contact_name", "country", "website", "notes") * 9
    answers = tuple(
        StoredReading(field, f"answer {row}", f"Form!D{row}", "text", f"answer {row}", "ok")
        for row, field in enumerate(fields)
    )
    stored, read = _there_and_back(PackedJsonOf(tuple[StoredReading, ...]), answers)
    assert read == answers
    assert len(stored) < len(canonical(to_plain(answers))) / 9


@pytest.mark.parametrize(
    "stored",
    ['["a","b"]', zlib.compress(b'["a","b"]')],
    ids=["text", "bytes without a dictionary"],
)
def test_rows_of_any_age_are_read(stored: object) -> None:
    result = _JSON.dialect_impl(sqlite.dialect()).result_processor(sqlite.dialect(), None)
    assert result is not None
    assert result(stored) == ("a", "b")


def test_the_dictionaries_are_those_that_rows_were_packed_with() -> None:
    """A changed one would make stored values unreadable."""
    assert {zlib.adler32(known): len(known) for known in DICTIONARIES.values()} == KNOWN
    assert {known: len(text) for known, text in DICTIONARIES.items()} == KNOWN


def test_rows_of_each_dictionary_are_read() -> None:
    result = _JSON.dialect_impl(sqlite.dialect()).result_processor(sqlite.dialect(), None)
    assert result is not None
    for known in DICTIONARIES.values():
        packer = zlib.compressobj(zdict=known)
        assert result(packer.compress(b'["contact_name","b"]') + packer.flush()) == (
            "contact_name",
            "b",
        )


def test_names_of_rules_take_a_tenth() -> None:
    rules = tuple(rule_name(rule) for rule in RULES[:12])
    kind = columns.misses("any").type
    stored, read = _there_and_back(kind, rules)
    assert read == rules
    assert len(stored) < len(canonical(list(rules))) / 10


def test_a_server_keeps_the_value_as_it_is() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    bind = PackedText().dialect_impl(dialect).bind_processor(dialect)
    assert bind is not None
    assert bind("long " * 200) == "long " * 200
