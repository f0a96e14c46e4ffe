"""What lies in a Maildir."""

from pathlib import Path


def mails_in(folder: Path) -> list[Path]:
    """Return the files of the mails of one folder, by name; none where there is no folder."""
    found = (path for name in ("new", "cur") for path in (folder / name).glob("*"))
    return sorted(found, key=lambda path: path.name)


def counted(root: Path) -> dict[str, int]:
    """Return how many mails lie in each folder of a Maildir; empty ones are left out."""
    folders = {"INBOX": root, **{path.name[1:]: path for path in sorted(root.glob(".*"))}}
    counts = {name: len(mails_in(folder)) for name, folder in folders.items()}
    return {name: count for name, count in counts.items() if count}
