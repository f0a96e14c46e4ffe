"""Groups cells in which something was added: those of a row, and those that belong together."""

from collections.abc import Iterator

#: So many characters of what was added are kept.
LONGEST = 1_000

#: A place, what was added there, and whether it is struck out.
Found = tuple[tuple[int, int], str, bool]


def lines_of(cells: list[Found]) -> Iterator[str]:
    """Yield the texts of ``cells``, those of a row in one line, up to what is kept."""
    line: list[str] = []
    last, length = 0, 0
    for (row, _), text, _ in cells:
        if row != last and line:
            yield " ".join(line)
            line = []
        last = row
        line.append(text.strip()[: LONGEST + 1])
        length += len(line[-1]) + 1
        if length > LONGEST:
            break
    if line:
        yield " ".join(line)


def rows_of(cells: list[Found]) -> Iterator[list[Found]]:
    """Yield ``cells`` row by row, those that are struck out apart."""
    rows: dict[tuple[int, bool], list[Found]] = {}
    for item in cells:
        rows.setdefault((item[0][0], item[2]), []).append(item)
    yield from rows.values()


def blocks_of(cells: list[Found]) -> Iterator[list[Found]]:
    """Yield ``cells`` in groups: those of following rows belong together."""
    block: list[Found] = []
    for item in cells:
        if block and (item[0][0] - block[-1][0][0] > 1 or item[2] != block[-1][2]):
            yield block
            block = []
        block.append(item)
    if block:
        yield block
