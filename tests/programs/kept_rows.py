"""Keeps what was read of flattened forms, so that a run that takes hours can be gone on with.

Rows are those of one reader: any change of the code that reads or judges forms makes them anew.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

from tests.programs.flattened import FlattenedRow

_ROOT = Path(__file__).parents[2]
#: The code on which the rows depend, and the blanks.
_FOLDERS = ("pipeline/forms", "pipeline/validation", "pipeline/intake", "tests/programs", "forms")


def rows_kept(
    folder: Path, forms: str, make: Callable[[], tuple[FlattenedRow, ...]]
) -> tuple[FlattenedRow, ...]:
    """Return the rows of ``forms`` that this reader kept in ``folder``, or ``make`` them."""
    path = folder / f"rows_{forms}_{reader_digest()}.json"
    if path.is_file():
        return tuple(_row(item) for item in json.loads(path.read_text(encoding="utf-8")))
    rows = make()
    path.write_text(
        json.dumps([asdict(row) | {"counts": row.counts} for row in rows]), encoding="utf-8"
    )
    return rows


@cache
def reader_digest() -> str:
    """Return what stands for the code that reads forms, and for the blanks that it reads by."""
    files = sorted(
        path
        for folder in _FOLDERS
        for path in (_ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in {".py", ".toml", ".tsv", ".csv", ".pdf", ".js"}
    )
    whole = hashlib.sha256()
    for path in files:
        whole.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:16]


def _row(item: dict[str, object]) -> FlattenedRow:
    forms, refused, told = (list(item[name]) for name in ("forms", "refused", "told"))  # type: ignore[call-overload]
    return FlattenedRow(
        filler=str(item["filler"]),
        flattener=str(item["flattener"]),
        language=str(item["language"]),
        forms=tuple(forms),
        counts=Counter(item["counts"]),  # type: ignore[call-overload]
        refused=tuple(refused),
        told=tuple(tuple(one) for one in told),
    )
