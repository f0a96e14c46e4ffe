"""Fill PDF forms with poppler-glib, the engine of Evince: python3 fill_poppler.py JOBS.

A script for the interpreter of the system, which has the bindings; JOBS is a list of
{blank, target, entries: [{field, text, code, way}]} with ``index`` of the choice for lists.
"""

import json
import sys
from pathlib import Path
from typing import Any

import gi  # type: ignore[import-not-found] # a package of the system's Python only

gi.require_version("Poppler", "0.18")
from gi.repository import Poppler  # type: ignore[import-not-found] # noqa: E402 - needs the version


def fill(job: dict[str, Any]) -> None:
    """Do one job."""
    document = Poppler.Document.new_from_file(Path(job["blank"]).as_uri(), None)
    entries = {entry["field"]: entry for entry in job["entries"]}
    for number in range(document.get_n_pages()):
        for mapping in document.get_page(number).get_form_field_mapping():
            field = mapping.field
            entry = entries.get(field.get_name())
            if entry is None:
                continue
            kind = field.get_field_type()
            if kind == Poppler.FormFieldType.TEXT:
                field.text_set_text(entry["text"])
            elif kind == Poppler.FormFieldType.CHOICE:
                field.choice_select_item(_index(field, entry["text"]))
            elif _is_meant(field, entry):
                field.button_set_state(True)
    if not document.save(Path(job["target"]).as_uri()):
        raise SystemExit(f"{job['target']} was not saved")


def _index(field: Any, word: str) -> int:
    count = field.choice_get_n_items()
    words = [field.choice_get_item(index) for index in range(count)]
    return words.index(word)


def _is_meant(field: Any, entry: dict[str, Any]) -> bool:
    """Whether this button is the one that is clicked: each radio button has its own."""
    return bool(entry["way"] == "tick" or field.get_partial_name() == entry["code"])


def main() -> None:
    """Do all jobs."""
    for job in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        fill(job)


main()
