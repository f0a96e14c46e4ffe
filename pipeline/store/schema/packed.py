"""Column types for long values that no statement looks into: compressed on SQLite.

PostgreSQL compresses long values itself. On SQLite the column holds the text as it was before, or
the bytes of zlib (RFC 1950) where these are shorter: a column takes both, so rows of any age are
read. Answers are stored with all their cells, places and escapes; a seventh of it remains.
"""

import json
import zlib
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.answers_dictionary import ANSWERS, DICTIONARIES
from pipeline.store.schema.plain import from_plain, to_plain
from pipeline.store.schema.types import FreeText, JsonOf, canonical, clean

_WORTH_IT = 400  # characters
_HAS_DICTIONARY = 0x20
_CHECKSUM = slice(2, 6)
_Convert = Callable[[Any], Any]


class PackedText(FreeText):
    """Text of any length."""

    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> _Convert | None:
        """Clean and compress what goes in."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)
        return lambda value: None if value is None else _packed(clean(value))

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> _Convert | None:
        """Return the text."""
        return _unpacked if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


class PackedJsonOf(JsonOf):
    """A value of a plain type as JSON.

    It is compressed with what such values have in ``common``, from ``worth_it`` characters on.
    """

    cache_ok = True

    def __init__(self, kind: Any, common: bytes = ANSWERS, worth_it: int = _WORTH_IT) -> None:
        super().__init__(kind)
        self.common = common
        self.worth_it = worth_it

    def bind_processor(self, dialect: sa.Dialect) -> _Convert | None:
        """Make plain and compress what goes in."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def packed(value: Any) -> str | bytes | None:
            if value is None:
                return None
            return _packed(canonical(to_plain(value)), self.common, self.worth_it)

        return packed

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> _Convert | None:
        """Return the value of the column's type."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        kind = self.kind
        return lambda value: (
            None if value is None else from_plain(kind, json.loads(_unpacked(value)))
        )


def _packed(text: str, common: bytes = ANSWERS, worth_it: int = _WORTH_IT) -> str | bytes:
    if len(text) < worth_it:
        return text
    packer = zlib.compressobj(zdict=common)
    packed = packer.compress(text.encode()) + packer.flush()
    return packed if len(packed) < len(text) else text


def _unpacked(value: str | bytes) -> Any:
    if not isinstance(value, bytes):
        return value
    if not value[1] & _HAS_DICTIONARY:
        return zlib.decompress(value).decode()
    known = DICTIONARIES[int.from_bytes(value[_CHECKSUM])]
    return zlib.decompressobj(zdict=known).decompress(value).decode()
