"""A text that is parsed alone is the text of the whole catalogue."""

import tomllib

import pytest

from pipeline.resources import template
from pipeline.wording.catalogue import Table, read_table

CATALOGUES = sorted(
    (folder, path.name)
    for folder, pattern in (("console", "??.toml"), ("notices", "words.??.toml"))
    for path in template(folder).glob(pattern)
)


@pytest.mark.parametrize("parts", CATALOGUES, ids="/".join)
def test_every_table_is_as_toml_reads_it(parts: tuple[str, str]) -> None:
    whole = tomllib.loads(template(*parts).read_text(encoding="utf-8"))
    assert len(whole) > 4
    for name, table in whole.items():
        assert dict(read_table(name, *parts)) == table
        assert list(read_table(name, *parts)) == list(table), "in the order of the file"


def test_a_table_that_is_not_there_is_empty() -> None:
    assert dict(read_table("nonsense", "console", "en.toml")) == {}


def test_a_table_above_another_goes_first_key_by_key() -> None:
    below = Table({"a": '"" = "one"', "b": '"" = "two"'})
    above = Table({"b": '"" = "zwei"', "c": '"" = "drei"'})
    assert dict(above.above(below)) == {"a": "one", "b": "zwei", "c": "drei"}
