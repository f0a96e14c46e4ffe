"""Each odd mail is read as a good mail program would show it."""

import json
import re
import time
import unicodedata
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.child import read_message
from pipeline.guard import Guard
from pipeline.mailbox.parse import parse_message
from tests.corpus.make import MAIL, all_odd, written
from tests.world.pace import soon

_RIGHT = sorted(MAIL.glob("*.right.json"))
_CPU_SECONDS = 5
_LONGEST_NAME = 255
_UNSAFE = frozenset("/\\\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _fits(found: object, wanted: Any) -> bool:
    """Tell whether ``found`` is ``wanted``, or one of its ``any``, at any depth."""
    if isinstance(wanted, dict) and "any" in wanted:
        return any(_fits(found, value) for value in wanted["any"])
    if isinstance(wanted, list):
        return (
            isinstance(found, list) and len(found) == len(wanted) and all(map(_fits, found, wanted))
        )
    return bool(found == wanted)


def _safe(name: str) -> bool:
    plain = not any(sign in _UNSAFE or unicodedata.category(sign) == "Cc" for sign in name)
    return plain and len(name) <= _LONGEST_NAME and name not in {".", ".."}


def _shown(raw: bytes, read: ReadMessage) -> dict[str, object]:
    """Return what was read, in the terms of the right reading."""
    message = read.message
    return {
        "from": [[sender.name, sender.address] for sender in message.senders],
        "subject": message.subject,
        "date": message.date.astimezone(UTC).isoformat() if message.date else None,
        "attachments": len(message.attachments),
        "forms": sorted(str(submission.form) for submission in read.submissions),
        "form_names": sorted(submission.file_name for submission in read.submissions),
        "names_safe": all(_safe(attachment.file_name) for attachment in message.attachments),
        "text": message.text,
        "files": [
            {"name": file.file_name, "size": len(file.content), "sha256": file.sha256}
            for file in parse_message(raw).attachments
        ],
        "told": sorted(file.problem.code for file in read.unreadable),
    }


def _differences(shown: dict[str, Any], right: dict[str, Any]) -> list[str]:
    plain = set(right) - {"kind", "source", "text_has", "text_lacks", "files", "told"}
    found = [
        f"{key}: {right[key]!r} is right, {shown[key]!r} was read"
        for key in sorted(plain)
        if not _fits(shown[key], right[key])
    ]
    text = shown["text"]
    found += [
        f"text lacks {words!r}: {text!r}"
        for words in right.get("text_has", ())
        if words not in text
    ]
    found += [
        f"text has {words!r}: {text!r}" for words in right.get("text_lacks", ()) if words in text
    ]
    for wanted in right.get("files", ()):
        fitting = (all(_fits(file[key], wanted[key]) for key in wanted) for file in shown["files"])
        if not any(fitting):
            found.append(f"no file {wanted}: {shown['files']}")
    told = right.get("told")
    if told is not None and not (
        all(any(word in code for code in shown["told"]) for word in told)
        and all(any(word in code for word in told) for code in shown["told"])
    ):
        found.append(f"told: {told} is right, {shown['told']} was said")
    return found


@pytest.mark.parametrize("path", _RIGHT, ids=lambda path: path.name.removesuffix(".right.json"))
def test_odd_mail_is_read_as_a_person_would_see_it(path: Path) -> None:
    raw = path.with_name(path.name.replace(".right.json", ".eml")).read_bytes()
    started = time.process_time()
    read = read_message(raw)
    taken = time.process_time() - started
    assert _differences(_shown(raw, read), json.loads(path.read_text("utf-8"))) == []
    assert soon(taken, _CPU_SECONDS)


def test_odd_mails_come_out_of_the_guarded_child_as_they_are_read() -> None:
    with Guard(preload=("pipeline.flow.inbound.read",)) as guard:
        for path in sorted(MAIL.glob("*.eml")):
            raw = path.read_bytes()
            assert guard.call(read_message, raw) == read_message(raw), path.name


def test_odd_mails_on_disk_are_those_that_the_makers_make() -> None:
    wanted = {path: content for odd in all_odd() for path, content in written(odd).items()}
    stale = [path.name for path, content in wanted.items() if path.read_bytes() != content]
    assert stale == [], "run: python -m tests.corpus.make"
    assert {path.name for path in _RIGHT} == {
        path.name for path in wanted if path.suffix == ".json"
    }


def test_odd_mails_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name.partition("-")[0]) for path in MAIL.glob("*.eml"))
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 80


def test_odd_mails_of_the_log_name_the_report_that_they_come_from() -> None:
    log = (MAIL.parent / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| \[.+?\]\((.+?)\) \| .+? \| ([\d, ]+): ", log, re.MULTILINE)
    assert len(rows) == log.count("\n| [") >= 20
    for url, numbers in rows:
        for number in numbers.split(", "):
            (path,) = MAIL.glob(f"{number}-*.right.json")
            if url in json.loads(path.read_text("utf-8"))["source"]:
                break
        else:
            pytest.fail(f"no mail of {numbers} names {url}")


def test_odd_readings_that_differ_are_seen() -> None:
    right = {
        "subject": {"any": ["a", "b"]},
        "from": [["x", {"any": ["y"]}]],
        "text_has": ["w"],
        "told": ["encrypt"],
    }
    shown = {
        "subject": "b",
        "from": [["x", "y"]],
        "text": "w",
        "files": [],
        "told": ["file_encrypted"],
    }
    assert _differences(shown, right) == []
    for key, value in {"subject": "c", "from": [], "text": "", "told": []}.items():
        assert len(_differences(shown | {key: value}, right)) == 1
