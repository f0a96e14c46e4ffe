"""Rows as plain values that are the same on both engines, to be kept, compared and written back."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.types import canonical
from pipeline.store.statements import Statement, param, run

#: The columns of a row by their names, in the form in which SQLite keeps them.
Image = Mapping[str, Any]
Key = tuple[Any, ...]

_BYTES = "bytes"


@cache
def _dialect() -> sa.Dialect:
    """Return the one form that is used on every engine."""
    kind: Any = sa.make_url("sqlite://").get_dialect()
    made: sa.Dialect = kind(json_serializer=canonical)
    return made


def kept(column: sa.Column[Any], value: Any) -> Any:
    """Return a value of ``column`` as plain JSON."""
    convert = _way_in(column)
    found = value if convert is None else convert(value)
    if isinstance(found, bytes | bytearray | memoryview):
        return {_BYTES: base64.b64encode(bytes(found)).decode()}
    return found


def value_of(column: sa.Column[Any], plain: Any) -> Any:
    """Return the value of ``column`` that :func:`kept` made ``plain`` from."""
    if isinstance(plain, dict):
        plain = base64.b64decode(plain[_BYTES])
    convert = _way_out(column)
    return plain if convert is None else convert(plain)


def image_of(table: sa.Table, row: Mapping[Any, Any]) -> Image:
    """Return the image of a row that was read."""
    return {column.name: kept(column, row[column.name]) for column in table.columns}


def key_of(table: sa.Table, image: Image) -> Key:
    """Return the primary key of an image."""
    return tuple(image[column.name] for column in table.primary_key)


def digest_of(image: Image | None) -> str:
    """Return the SHA-256 of an image; empty where there is no row."""
    return "" if image is None else hashlib.sha256(canonical(dict(image)).encode()).hexdigest()


def read(
    connection: sa.Connection, table: sa.Table, key: Key, *, lock: bool = False
) -> Image | None:
    """Return the image of the row as it is stored, or None; ``lock`` keeps others from it."""
    names = [column.name for column in table.columns]
    values = {
        column.name: value_of(column, plain)
        for column, plain in zip(table.primary_key, key, strict=True)
    }
    call = _reading(table).first(connection.dialect, values, locks=lock)
    row = run(connection, [call])
    return None if row is None else image_of(table, dict(zip(names, row, strict=True)))


@cache
def _reading(table: sa.Table) -> Statement:
    """Return what reads one row of ``table`` by its primary key."""
    is_it = [column == param(column.name) for column in table.primary_key]
    return Statement(lambda: sa.select(table).where(*is_it), lock="wait")


def is_row(table: sa.Table, key: Key) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of the one row with ``key``."""
    columns = zip(table.primary_key, key, strict=True)
    return [column == value_of(column, plain) for column, plain in columns]


@cache
def _way_in(column: sa.Column[Any]) -> Any:
    return column.type.dialect_impl(_dialect()).bind_processor(_dialect())


@cache
def _way_out(column: sa.Column[Any]) -> Any:
    return column.type.dialect_impl(_dialect()).result_processor(_dialect(), None)
