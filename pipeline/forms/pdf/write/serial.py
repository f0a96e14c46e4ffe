"""Writes objects of an open PDF as bytes under other numbers (ISO 32000-2, 7.3)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pipeline.forms.pdf.write.objects import stream

Generation = tuple[int, int]


class Serial:
    """Numbers the objects of a PDF anew, and writes those that are the same in every copy.

    The objects ``own`` have the numbers from 1 on and are left to each copy. What else is reached
    from what is written gets the numbers behind them.
    """

    def __init__(self, own: Iterable[Any]) -> None:
        self._numbers = {item.objgen: number for number, item in enumerate(own, 1)}
        #: The number of the first object that all copies have in common.
        self.first = len(self._numbers) + 1
        self.objects: dict[int, bytes] = {}
        self.streams: dict[int, bytes] = {}
        self._next = self.first

    def number_of(self, item: Any) -> int:
        """Return the number of the indirect object ``item``; write it unless it is its copy's."""
        number = self._numbers.get(item.objgen)
        if number is None:
            number = self.reserve()
            self._numbers[item.objgen] = number
            self._write(number, item)
        return number

    def reserve(self) -> int:
        """Return the number of an object that is put into ``objects`` or ``streams``."""
        self._next += 1
        return self._next - 1

    def body(self, value: Any) -> bytes:
        """Return the bytes of a value; of an indirect object the reference."""
        import pikepdf  # noqa: PLC0415 - slow to import

        if isinstance(value, pikepdf.Object) and value.is_indirect:
            return b"%d 0 R" % self.number_of(value)
        return self._direct(value)

    def entries(self, dictionary: Any, without: Iterable[str] = ()) -> bytes:
        """Return the entries of ``dictionary``, but those ``without``."""
        return b" ".join(
            key.encode() + b" " + self.body(value)
            for key, value in dictionary.items()
            if key not in without
        )

    def _direct(self, value: Any) -> bytes:
        import pikepdf  # noqa: PLC0415 - slow to import

        match value:
            case None:
                return b"null"
            case bool():
                return b"true" if value else b"false"
            case int() | Decimal():
                return str(value).encode()
            case pikepdf.Dictionary():
                return b"<<%s>>" % self.entries(value)
            case pikepdf.Array():
                return b"[%s]" % b" ".join(map(self.body, value))
        return bytes(value.unparse())

    def _write(self, number: int, item: Any) -> None:
        import pikepdf  # noqa: PLC0415 - slow to import

        if isinstance(item, pikepdf.Stream):
            entries = self.entries(item, ("/Length",))
            self.streams[number] = stream(bytes(item.read_raw_bytes()), entries)
        else:
            self.objects[number] = self._direct(item)
