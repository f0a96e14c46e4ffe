"""Column types: both engines take in and give back the same values."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from pipeline.store.schema.plain import from_plain, to_plain

_LONGEST_KEY = 500
_KEPT_OF_LONG_KEY = 400
_DIGEST = 64  # characters
_OFFSET = len("+00:00")

E = TypeVar("E", bound=StrEnum)
N = TypeVar("N", bound=IntEnum)


def clean(text: str) -> str:
    """Return ``text`` without NUL and lone surrogates, which no database stores as text."""
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(
            "\N{REPLACEMENT CHARACTER}" if "\ud800" <= character <= "\udfff" else character
            for character in text
        )
    return text


def key(text: str) -> str:
    """Return ``text`` as it stands in indexes: clean, and short enough for any B-tree page.

    PostgreSQL refuses index rows over 2,704 bytes; a longer text keeps its beginning and gets the
    SHA-256 of the whole.
    """
    text = clean(text)
    if len(text) <= _LONGEST_KEY:
        return text
    return text[:_KEPT_OF_LONG_KEY] + "#" + hashlib.sha256(text.encode()).hexdigest()


class _Direct:
    """A type that SQLite takes as it is made: its rule is all that a value goes through."""

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
        """Return what a value goes through on its way in."""
        if dialect.name != "sqlite":
            found: Callable[[Any], Any] | None = super().bind_processor(dialect)  # type: ignore[misc]
            return found
        return self.way_in(dialect)

    def way_in(self, dialect: sa.Dialect) -> Callable[[Any], Any]:
        """Return the rule as a function of the value alone."""
        rule = self.process_bind_param  # type: ignore[attr-defined]
        return lambda value: rule(value, dialect)


def _cleaned(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _shortened(text: str | None) -> str | None:
    if text is None or (text.isascii() and len(text) <= _LONGEST_KEY and "\0" not in text):
        return text
    return key(text)


class FreeText(_Direct, sa.TypeDecorator[str]):
    """Text of any length that nobody searches by."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - the interface of SQLAlchemy
        """Clean what goes in."""
        return _cleaned(value)

    def way_in(self, dialect: sa.Dialect) -> Callable[[Any], Any]:  # noqa: ARG002 - the interface
        """Return the rule as a function of the value alone."""
        return _cleaned


class KeyText(_Direct, sa.TypeDecorator[str]):
    """Text in an index: sorted by code point on both engines, never too long."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Sort by code point on PostgreSQL as SQLite does."""
        if dialect.name == "postgresql":
            return sa.Text(collation="C")
        return sa.Text()

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - the interface of SQLAlchemy
        """Clean and shorten what goes in; comparisons go the same way."""
        return _shortened(value)

    def way_in(self, dialect: sa.Dialect) -> Callable[[Any], Any]:  # noqa: ARG002 - the interface
        """Return the rule as a function of the value alone."""
        return _shortened


class _OfDigests:
    """How SQLite keeps a SHA-256: its 32 bytes, in rows and indexes; another text as it is."""

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
        """Take a SHA-256 in hexadecimal; comparisons go the same way."""
        found: Callable[[Any], Any] | None = super().bind_processor(dialect)  # type: ignore[misc]
        if dialect.name != "sqlite" or found is None:
            return found
        return lambda value: found(value) if value is None else digest_bytes(value) or found(value)

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        """Return it in hexadecimal."""
        if dialect.name == "sqlite":
            return lambda value: value.hex() if isinstance(value, bytes) else value
        found: Callable[[Any], Any] | None = super().result_processor(dialect, coltype)  # type: ignore[misc]
        return found


def digest_bytes(text: str) -> bytes | None:
    """Return the bytes of a SHA-256 in lower-case hexadecimal; None: ``text`` is none."""
    if len(text) != _DIGEST:
        return None
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return found if found.hex() == text else None


class DigestKey(_OfDigests, KeyText):
    """A SHA-256 in an index."""

    cache_ok = True


class DigestText(_OfDigests, FreeText):
    """A SHA-256 that nobody searches by."""

    cache_ok = True


class EnumText(_Direct, sa.TypeDecorator[E], Generic[E]):
    """The value of a :class:`StrEnum` as text."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def result_processor(
        self,
        dialect: sa.Dialect,  # noqa: ARG002 - the interface of SQLAlchemy
        coltype: Any,  # noqa: ARG002 - as above
    ) -> Callable[[Any], Any] | None:
        """Return what looks a member up by its word; neither engine converts text by itself."""
        members: dict[Any, E] = {member.value: member for member in self.kind}
        kind = self.kind

        def read(word: Any) -> E | None:
            member = members.get(word)
            return kind(word) if member is None and word is not None else member

        return read

    def process_bind_param(self, value: E | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - the interface of SQLAlchemy
        """Store the value of the member."""
        return None if value is None else self.kind(value).value

    def way_in(self, dialect: sa.Dialect) -> Callable[[Any], Any]:
        """Return what looks the word of a member up; what is none goes through the rule."""
        words: dict[Any, str | None] = {None: None, **{one: one.value for one in self.kind}}
        rule = super().way_in(dialect)
        return lambda value: words[value] if value in words else rule(value)

    def process_literal_param(self, value: E | None, dialect: sa.Dialect) -> str:  # noqa: ARG002 - the interface of SQLAlchemy
        """Write the value of the member into the statement (partial indexes need constants)."""
        return "" if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> E | None:  # noqa: ARG002 - the interface of SQLAlchemy
        """Return the member."""
        return None if value is None else self.kind(value)


class NumberOf(_Direct, sa.TypeDecorator[N], Generic[N]):
    """The value of an :class:`IntEnum` as a whole number."""

    impl = sa.BigInteger
    cache_ok = True

    def __init__(self, kind: type[N]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: N | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002 - the interface of SQLAlchemy
        """Store the number of the member."""
        return None if value is None else int(self.kind(value))

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> N | None:  # noqa: ARG002 - the interface of SQLAlchemy
        """Return the member."""
        return None if value is None else self.kind(value)


class UtcDateTime(_Direct, sa.TypeDecorator[datetime]):
    """An aware instant in UTC: ``timestamptz``, or sortable text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the engine's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(
        self, value: datetime | None, dialect: sa.Dialect
    ) -> datetime | str | None:
        """Take an aware instant; a naive one is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"a naive instant cannot be stored: {value!r}")
        instant = value.astimezone(UTC)
        if dialect.name == "postgresql":
            return instant
        return instant.isoformat(timespec="microseconds")[:-_OFFSET] + "Z"

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the interface of SQLAlchemy
        """Return the aware instant in UTC."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value).astimezone(UTC)

    def result_processor(
        self,
        dialect: sa.Dialect,  # noqa: ARG002 - the interface of SQLAlchemy
        coltype: Any,  # noqa: ARG002 - as above
    ) -> Callable[[Any], Any] | None:
        """Return what makes an instant of what either driver gives."""
        return _instant


def _instant(value: Any) -> datetime | None:
    if value is None:
        return None
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


class JsonOf(sa.TypeDecorator[Any]):
    """A value of a plain type (tuples, frozen dataclasses) as JSON.

    The engine's serializer (:func:`canonical`) escapes everything outside ASCII, so that NUL and
    lone surrogates of hostile answers come back as they were on both engines.
    """

    impl = sa.JSON
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - the interface of SQLAlchemy
        """Make plain what goes in."""
        return None if value is None else to_plain(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - the interface of SQLAlchemy
        """Return the value of the column's type."""
        return None if value is None else from_plain(self.kind, value)


def as_read(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    """Return ``value`` as it is read again after it was stored in a column of ``kind``."""
    if value is None:
        return None
    match kind:
        case FreeText():
            return clean(value)
        case KeyText():
            return key(value)
        case EnumText():
            return kind.kind(value)
        case UtcDateTime():
            return value.astimezone(UTC)
    return value


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def canonical(value: object) -> str:
    """Return the one JSON text of a plain value."""
    return _ENCODER.encode(value)
