"""Writes the objects of a PDF as bytes (ISO 32000-2, 7.3 and 7.5).

What all copies of a form have in common is written, packed and listed once (``Stock``); a copy is
these bytes with its own objects behind them, which takes a fraction of what a library needs to open
a form, change it and write it whole.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.forms.pdf.own import digest_of
from pipeline.forms.pdf.values import encode_string

_BEGIN, _END = b">>stream\n", b"\nendstream"
_HEAD = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"
_TO_ESCAPE = re.compile(rb"[()\\\r\n]")
_ESCAPED = {b"\r": b"\\r", b"\n": b"\\n"}
#: Kinds of entries in the list of references (Table 18), and how many bytes its columns have.
_FREE, _IN_FILE, _PACKED = 0, 1, 2
_COLUMNS = (1, 4, 2)


@dataclass(frozen=True, slots=True)
class Stock:
    """The beginning of a file: its bytes, and the references to its objects from ``first`` on.

    The numbers below ``first`` are those of objects that each copy writes itself. ``digests`` are
    those of its streams, as they are packed and unpacked.
    """

    content: bytes
    first: int
    references: bytes
    next_number: int
    digests: Mapping[int, tuple[bytes, bytes]]


def make_stock(first: int, objects: Mapping[int, bytes], streams: Mapping[int, bytes]) -> Stock:
    """Return the stock of ``objects`` and ``streams`` (whole, from :func:`stream`).

    Their numbers together are those from ``first`` on.
    """
    last = first + len(objects) + len(streams)
    pack, places = _packed(last, objects.items())
    content = bytearray(_HEAD)
    for number, body in [*streams.items(), (last, pack)]:
        places[number] = _reference(_IN_FILE, len(content), 0)
        content += _whole(number, body)
    listed = b"".join(places[number] for number in range(first, last + 1))
    digests = {number: _digests(body) for number, body in streams.items()}
    return Stock(bytes(content), first, listed, last + 1, digests)


class Copy:
    """One file in the making: a stock, and the objects that this copy has to itself."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._next = stock.next_number
        self._objects: dict[int, bytes] = {}
        self._streams: dict[int, bytes] = {}

    def reserve(self, count: int = 1) -> int:
        """Return the first of ``count`` new numbers; each of them has to be written."""
        first = self._next
        self._next += count
        return first

    def put(self, number: int, body: bytes) -> None:
        """Write the object of a number that was reserved, or is below the stock."""
        self._objects[number] = body

    def add(self, body: bytes) -> int:
        """Write a new object; return its number."""
        number = self.reserve()
        self._objects[number] = body
        return number

    def add_stream(self, content: bytes, entries: bytes = b"", *, pack: bool = False) -> int:
        """Write a new stream with ``entries`` in its dictionary; return its number."""
        number = self.reserve()
        self._streams[number] = stream(content, entries, pack=pack)
        return number

    def page_digests(self, contents: Iterable[int]) -> bytes:
        """Return the digests by which a page with the streams ``contents`` is known for ours."""
        known = self._stock.digests
        pairs = [known.get(each) or _digests(self._streams[each]) for each in contents]
        packed, unpacked = (digest_of(digests) for digests in zip(*pairs, strict=True))
        return f"{packed} {unpacked}".encode()

    def finished(self, root: int, information: int) -> bytes:
        """Return the file whose catalogue is ``root``."""
        packs = self.reserve()
        pack, places = _packed(packs, self._objects.items())
        parts, at = [self._stock.content], len(self._stock.content)
        for number, body in [*self._streams.items(), (packs, pack)]:
            places[number] = _reference(_IN_FILE, at, 0)
            whole = _whole(number, body)
            parts.append(whole)
            at += len(whole)
        own = self.reserve()
        places[own] = _reference(_IN_FILE, at, 0)
        free = _reference(_FREE, 0, 0xFFFF)
        below = b"".join(places.get(number, free) for number in range(self._stock.first))
        listed = b"".join(places[number] for number in range(self._stock.next_number, own + 1))
        identity = hashlib.sha256(b"".join(parts)).digest()[:16].hex().encode()
        entries = b"/Type/XRef/Size %d/W[%d %d %d]/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]" % (
            *(own + 1, *_COLUMNS, root, information, identity, identity),
        )
        rows = below + self._stock.references + listed
        parts.append(_whole(own, stream(rows, entries, pack=True)))
        return b"%sstartxref\n%d\n%%%%EOF\n" % (b"".join(parts), at)


def stream(content: bytes, entries: bytes = b"", *, pack: bool = False) -> bytes:
    """Return a whole stream object, packed by Flate where ``pack`` says so."""
    if pack:
        content, entries = zlib.compress(content, 6), entries + b"/Filter/FlateDecode"
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def form_xobject(content: bytes, width: float, height: float, fonts: bytes = b"") -> bytes:
    """Return a form XObject of ``width`` by ``height`` points that draws ``content``."""
    return stream(content, form_entries(width, height, fonts))


def form_entries(width: float, height: float, fonts: bytes = b"") -> bytes:
    """Return what the dictionary of a form XObject says (8.10.2); ``fonts`` are its fonts."""
    return b"/Type/XObject/Subtype/Form/BBox[0 0 %s %s]/Resources<<%s>>" % (
        *(number(width), number(height), b"/Font<<%s>>" % fonts if fonts else b""),
    )


def number(value: float) -> bytes:
    """Return a number with two decimal places, which is a tenth of what a printer shows."""
    return (b"%.2f" % value).rstrip(b"0").rstrip(b".")


def rectangle(edges: Iterable[float]) -> bytes:
    """Return the array of a rectangle: left, bottom, right, top."""
    return b"[%s]" % b" ".join(map(number, edges))


def references(numbers: Iterable[int]) -> bytes:
    """Return the array of references to the objects ``numbers``."""
    return b"[%s]" % b" ".join(b"%d 0 R" % each for each in numbers)


def string(text: str) -> bytes:
    """Return a text string that can be read in one way only; no lone surrogates may be in it."""
    content = encode_string(text)
    if not text.isascii() or content[:1] == b"\xfe":
        return b"<%s>" % content.hex().encode()
    return b"(%s)" % _TO_ESCAPE.sub(
        lambda found: _ESCAPED.get(found.group(), b"\\" + found.group()), content
    )


def _packed(number: int, objects: Iterable[tuple[int, bytes]]) -> tuple[bytes, dict[int, bytes]]:
    """Return the object stream ``number`` (7.5.7), and the references to what is in it."""
    heads, bodies, places, at = [], [], {}, 0
    for index, (each, body) in enumerate(objects):
        heads.append(b"%d %d" % (each, at))
        bodies.append(body)
        places[each] = _reference(_PACKED, number, index)
        at += len(body) + 1
    head = b" ".join(heads) + b"\n"
    entries = b"/Type/ObjStm/N %d/First %d" % (len(heads), len(head))
    return stream(head + b"\n".join(bodies), entries, pack=True), places


def _reference(kind: int, place: int, index: int) -> bytes:
    return bytes([kind]) + place.to_bytes(_COLUMNS[1]) + index.to_bytes(_COLUMNS[2])


def _digests(whole: bytes) -> tuple[bytes, bytes]:
    """Return the digests of what is in a whole stream object: packed, and unpacked."""
    head, _, _ = whole.partition(_BEGIN)
    packed = whole[len(head) + len(_BEGIN) : -len(_END)]
    unpacked = zlib.decompress(packed) if b"FlateDecode" in head else packed
    return hashlib.sha256(packed).digest(), hashlib.sha256(unpacked).digest()


def _whole(number: int, body: bytes) -> bytes:
    return b"%d 0 obj\n%s\nendobj\n" % (number, body)
