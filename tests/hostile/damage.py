"""Damage by chance: cut, flipped, lost, doubled or swapped bytes and parts, by a seed."""

import random
import re
import struct
from collections.abc import Callable
from functools import partial

from tests.hostile.documents import plain_pdf
from tests.hostile.making import (
    GOOD,
    Hostile,
    edited,
    good,
    good_pdf,
    shared,
)

Random = random.Random
_SHEET = "xl/worksheets/sheet2.xml"
_CUTS = 20
_BLOCK = 512
_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*>(?:(?!</c>).)*</c>')


def cut(content: bytes, part: int) -> bytes:
    """Return the first ``part`` of 21 equal parts of ``content``."""
    return content[: len(content) * part // (_CUTS + 1)]


# --- bytes, of any file ---------------------------------------------------------------------


def _flip(content: bytes, chance: Random) -> bytes:
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def _block(content: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(content))
    return start, min(start + chance.randint(1, _BLOCK), len(content))


def _lose(content: bytes, chance: Random) -> bytes:
    start, end = _block(content, chance)
    return content[:start] + content[end:]


def _double(content: bytes, chance: Random) -> bytes:
    start, end = _block(content, chance)
    return content[:end] + content[start:end] + content[end:]


def _zero(content: bytes, chance: Random) -> bytes:
    start, end = _block(content, chance)
    return content[:start] + bytes(end - start) + content[end:]


def _swap(content: bytes, chance: Random) -> bytes:
    one, two = sorted(chance.sample(range(len(content) - _BLOCK), 2))
    length = min(chance.randint(1, _BLOCK), two - one)
    first, second = content[one : one + length], content[two : two + length]
    return content[:one] + second + content[one + length : two] + first + content[two + length :]


def _tail(content: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(1, len(content))]


BYTES: tuple[Callable[[bytes, Random], bytes], ...] = (_flip, _lose, _double, _zero, _swap, _tail)


# --- the XML of a workbook ------------------------------------------------------------------


def _moved_cell(sheet: bytes, chance: Random) -> bytes:
    """Let a cell say that it is another one."""
    cells = list(_CELL.finditer(sheet))
    one, two = chance.sample(cells, 2)
    place = b'r="%b%b"'
    new = one.group().replace(place % one.groups(), place % two.groups())
    return sheet[: one.start()] + new + sheet[one.end() :]


def _swapped_cells(sheet: bytes, chance: Random) -> bytes:
    cells = list(_CELL.finditer(sheet))
    one, two = sorted(chance.sample(cells, 2), key=lambda cell: cell.start())
    between = sheet[one.end() : two.start()]
    return sheet[: one.start()] + two.group() + between + one.group() + sheet[two.end() :]


def _doubled_cell(sheet: bytes, chance: Random) -> bytes:
    cell = chance.choice(list(_CELL.finditer(sheet)))
    return sheet[: cell.end()] + cell.group() + sheet[cell.end() :]


def _doubled_row(sheet: bytes, chance: Random) -> bytes:
    row = chance.choice(list(re.finditer(rb"<row .*?</row>", sheet)))
    return sheet[: row.end()] + row.group() + sheet[row.end() :]


def _lost_index(sheet: bytes, chance: Random) -> bytes:
    """Let a cell point to a shared string that is not there."""
    cell = chance.choice([cell for cell in _CELL.finditer(sheet) if b't="s"' in cell.group()])
    new = re.sub(rb"<v>\d+</v>", b"<v>%d</v>" % chance.randint(5_000, 10**9), cell.group())
    return sheet[: cell.start()] + new + sheet[cell.end() :]


def _cut_sheet(sheet: bytes, chance: Random) -> bytes:
    return sheet[: chance.randrange(len(sheet))]


PARTS: tuple[Callable[[bytes, Random], bytes], ...] = (
    _moved_cell,
    _swapped_cells,
    _doubled_cell,
    _doubled_row,
    _lost_index,
    _cut_sheet,
)


def damaged_workbook(seed: int) -> bytes:
    """Return our filled workbook with damage: of its bytes, or of the XML of a sound zip."""
    chance = Random(seed)
    if chance.random() < 0.5:
        return chance.choice(BYTES)(chance.choice((good, shared))(), chance)
    change = chance.choice(PARTS)
    return edited({_SHEET: lambda sheet: change(sheet, chance)}, shared)


# --- PDF ------------------------------------------------------------------------------------


def _lost_entries(content: bytes, chance: Random) -> bytes:
    """Let entries of the reference table point elsewhere."""
    entries = list(re.finditer(rb"\d{10} 00000 n", content))
    found = content
    for entry in chance.sample(entries, min(len(entries), chance.randint(1, 3))):
        place = b"%010d 00000 n" % chance.randrange(len(content))
        found = found[: entry.start()] + place + found[entry.end() :]
    return found


def _other_reference(content: bytes, chance: Random) -> bytes:
    """Let one of the references between objects name an object that is not there."""
    reference = chance.choice(list(re.finditer(rb"\b(\d+) 0 R\b", content)))
    number = b"9" * len(reference.group(1))
    return content[: reference.start(1)] + number + content[reference.end(1) :]


def damaged_pdf(seed: int, *, packed: bool) -> bytes:
    """Return our filled PDF with damage: of its bytes, or of the way from one object to another.

    In the form that is not ``packed`` strings stand byte for byte and nothing guards them: what
    is changed there reads as if it had been typed, so only references are damaged.
    """
    chance = Random(seed)
    if packed:
        return chance.choice(BYTES)(good_pdf(), chance)
    return chance.choice((_lost_entries, _other_reference, _tail))(plain_pdf(), chance)


CUTS = (
    *(
        Hostile(f"workbook cut at {part} of 21", "form.xlsx",
                partial(lambda part: cut(good(), part), part), "file_damaged")
        for part in range(1, _CUTS + 1)
    ),
    *(
        Hostile(f"PDF cut at {part} of 21", "form.pdf",
                partial(lambda part: cut(good_pdf(), part), part), "file_damaged")
        for part in range(1, _CUTS + 1)
    ),
    Hostile("nothing", "form.xlsx", bytes, "file_damaged"),
    Hostile("only NULs", "form.xlsx", lambda: bytes(9000), "file_damaged"),
    Hostile("workbook with a line end behind it", "form.xlsx", lambda: good() + b"\r\n", GOOD),
    Hostile("workbook with a footer behind it", "form.xlsx",
            lambda: good() + b"\r\n-- \r\n" + b"Sent through the gateway\r\n" * 100, GOOD),
    Hostile("workbook with two letters behind it", "form.xlsx", lambda: good() + b"\x8a\x78", GOOD),
    Hostile("workbook with another entry behind it", "form.xlsx",
            lambda: good() + b"PK\x03\x04" + bytes(26), "file_damaged"),
    Hostile("workbook whose line ends a mail program changed", "form.xlsx",
            lambda: good().replace(b"\n", b"\r\n"), "file_damaged"),
    Hostile("workbook read as text", "form.xlsx",
            lambda: good().decode("latin-1").encode("utf-8"), "file_damaged"),
    Hostile("workbook without its last sector", "form.xlsx", lambda: good()[:-512],
            "file_damaged"),
    Hostile("workbook with a directory of NULs", "form.xlsx",
            lambda: good()[:-900] + bytes(878) + struct.pack("<IHHHHIIH", 0x06054B50, *[0] * 7),
            "file_damaged"),
)  # fmt: skip
