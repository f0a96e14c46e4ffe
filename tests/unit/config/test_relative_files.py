"""A file that a setting names is looked for beside the file of settings, wherever we start."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Secret, read_values
from pipeline.config.reading import section_at
from pipeline.config.sections import Settings


def _named() -> list[tuple[str, str, bool]]:
    """Return section and key of what sounds like a file, and whether it is a secret."""
    found = []
    for section in Settings.types:
        declared = section_at([section])
        for key, kind in declared.types.items() if declared else ():
            is_secret = isinstance(kind, type) and issubclass(kind, Secret)
            if is_secret or key.endswith("file"):
                found.append((section, key, is_secret))
    return found


@pytest.mark.parametrize(("section", "key", "is_secret"), _named(), ids=str)
def test_relative_name_is_taken_from_the_folder_of_the_settings(
    section: str, key: str, *, is_secret: bool
) -> None:
    value: Any = {"file": "beside/it"} if is_secret else "beside/it"
    read = read_values(Path("/etc/requests/pipeline.toml"), {section: {key: value}}, {}).values
    found = read[section][key]
    assert (found["file"] if is_secret else found) == "/etc/requests/beside/it"


def test_folders_of_mail_stay_below_the_home_of_the_store() -> None:
    written = {"mailbox": {"path": "inbox"}, "store": {"home": "state"}}
    read = read_values(Path("/etc/requests/pipeline.toml"), written, {}).values
    assert (read["mailbox"]["path"], read["store"]["home"]) == ("inbox", "/etc/requests/state")
