"""Words that were planted, and every place where a trace of them is left."""

import base64
import json
import quopri
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from email import message_from_bytes, policy
from io import BytesIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.answers_dictionary import DICTIONARIES
from pipeline.store.schema.columns import metadata
from pipeline.store.unit_of_work import Store

#: How a stream of zlib begins (RFC 1950), with a dictionary or without.
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda\x20-\x3f\x7d\xbb\xf9]")
_HAS_DICTIONARY = 0x20
_MOST, _STEP = 1 << 18, 64
_ZIP = b"PK\x03\x04"
#: What mails put into a long text: ends of lines, soft or not.
_FOLDS = re.compile(rb"=?\r?\n[ \t]?")
#: No word goes over it.
_BETWEEN = b"\0|\0|\0"

Traces = dict[str, set[str]]


def traces(store: Store, planted: Mapping[str, str], folder: Path, but: set[str]) -> Traces:
    """Return which ``planted`` words stand in which column and in which file below ``folder``.

    The folders ``but`` are none of ours. What is packed or encoded is looked into.
    """
    places: dict[str, set[bytes]] = defaultdict(set)
    for name, value in _values(store):
        places[name].update(layers_of(value))
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.is_file() and place.parts[0] not in but:
            places[str(place)].update([str(place).encode(), *layers_of(path.read_bytes())])
    return traces_in(places, planted)


def traces_in(places: Mapping[str, Iterable[bytes]], planted: Mapping[str, str]) -> Traces:
    """Return which ``planted`` words stand at which place, in whatever encoding."""
    forms = {kind: _dressed(text) for kind, text in planted.items()}
    found: Traces = {}
    for place, layers in places.items():
        whole = _BETWEEN.join(sorted(layers))
        texts = (whole, _FOLDS.sub(b"", whole))
        kinds = {
            kind
            for kind, dresses in forms.items()
            if any(dress in text for text in texts for dress in dresses)
        }
        if kinds:
            found[place] = kinds
    return found


def _dressed(text: str) -> set[bytes]:
    """Return ``text`` as it is, folded, and as mails, files and JSON encode it."""
    plain = text.encode()
    found = {plain, text.casefold().encode(), text.encode("utf-16-le"), text.encode("utf-16-be")}
    found |= {quopri.encodestring(plain).replace(b"=\n", b"").rstrip(), json.dumps(text).encode()}
    for shift in range(3):  # the edges hold bits of the neighbours
        encoded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        found.add(encoded[4 if shift else 0 : -2])
    return found


def _values(store: Store) -> Iterator[tuple[str, bytes]]:
    """Yield the values of all tables as the programme reads them, with the names of the columns."""
    with store._engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                for name, value in row.items():
                    if value:
                        yield f"{table.name}.{name}", _bytes(value)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def layers_of(content: bytes) -> Iterator[bytes]:
    """Yield the bytes, and what is packed in them: files of archives, parts of mails, zlib."""
    yield content
    if content.startswith(_ZIP):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
        return
    if b"\nContent-Type:" in content[:20_000]:
        yield from _parts(content)
        return
    view = memoryview(content)
    for start in _ZLIB.finditer(content):
        packed = view[start.start() : start.start() + _MOST]
        if int.from_bytes(packed[:2]) % 31 == 0:
            yield _unpacked(packed)


def _parts(content: bytes) -> Iterator[bytes]:
    mail = message_from_bytes(content, policy=policy.default)
    for part in mail.walk():
        yield str(dict(part.items())).encode()
        inner = part.get_payload(decode=True)
        if isinstance(inner, bytes):
            yield from layers_of(inner)


def _unpacked(packed: memoryview) -> bytes:
    """Return what can be unpacked of the beginning of ``packed``."""
    unpacker = zlib.decompressobj()
    if packed[1] & _HAS_DICTIONARY:
        dictionary = DICTIONARIES.get(int.from_bytes(packed[2:6]))
        if dictionary is None:
            return b""
        unpacker = zlib.decompressobj(zdict=dictionary)
    found = b""
    with suppress(zlib.error):
        for start in range(0, len(packed), _STEP):
            found += unpacker.decompress(packed[start : start + _STEP], _MOST)
            if unpacker.eof:
                break
    return found
