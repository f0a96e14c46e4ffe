"""Write the odd mails from number 26 on and what must be read in them: ``-m tests.corpus.make``.

Beside ``NN-name.eml`` stands ``NN-name.right.json``. Its fields: ``kind`` and ``source`` for
people; ``from``, ``subject``, ``date`` (UTC); ``text_has`` and ``text_lacks``; ``files`` that are
among the attachments (``name``, ``size``, ``sha256``); ``attachments``, their number;
``names_safe``; ``forms``, the kinds of all forms read; ``form_names``; ``told``, words of the codes
of all files that are refused. A field that is missing may be anything; ``{"any": [...]}`` lists
values of which each is right.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.corpus.odd import addresses, bodies, files, headers, wrapped
from tests.corpus.odd.making import MAKERS, Odd

MAIL = Path(__file__).parent / "mail"
_ROOMS = (headers, addresses, bodies, files, wrapped)


def all_odd() -> Iterator[Odd]:
    """Yield the odd mails in the order of their numbers."""
    assert _ROOMS
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
