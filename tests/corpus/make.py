"""Write the odd mails from number 26 on and what must be read in them: ``-m tests.corpus.make``.

``mail/README.md`` says what the fields of ``NN-name.right.json`` mean.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.corpus import addresses, bodies, files, headers, wrapped
from tests.corpus.making import MAKERS, Odd

MAIL = Path(__file__).parent / "mail"
#: Importing them registers their makers.
ROOMS = (headers, addresses, bodies, files, wrapped)


def all_odd() -> Iterator[Odd]:
    """Yield the odd mails in the order of their numbers."""
    for number in sorted(MAKERS):
        yield MAKERS[number]()


def written(odd: Odd) -> dict[Path, bytes]:
    """Return the two files of an odd mail, by path."""
    stem = f"{odd.number:02}-{odd.name}"
    right = {"kind": odd.kind, "source": list(odd.source)} | odd.right
    return {
        MAIL / f"{stem}.eml": odd.raw,
        MAIL / f"{stem}.right.json": (
            json.dumps(right, ensure_ascii=False, indent=1) + "\n"
        ).encode(),
    }


def main() -> None:
    """Write all files, and delete those of mails that are no more."""
    wanted = {path: content for odd in all_odd() for path, content in written(odd).items()}
    for old in MAIL.glob("*.right.json"):
        for path in (old, old.with_name(old.name.replace(".right.json", ".eml"))):
            if path not in wanted:
                path.unlink(missing_ok=True)
    for path, content in wanted.items():
        path.write_bytes(content)


if __name__ == "__main__":
    main()
