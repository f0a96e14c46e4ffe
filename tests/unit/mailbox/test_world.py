"""Every mail of the shared corpus is read, quickly, and as its expected reading says.

Where ours differs, ``cases/world.csv`` says why; a line there that differs no more fails too.
"""

import csv
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.flow.inbound.child import read_message
from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.sender import SenderPolicy, judge_sender
from pipeline.model.message import InboundMessage, SenderVerdict
from tests.world.pace import soon

SHARED = Path(__file__).parents[3].parent / "shared"
WORLD = SHARED / "corpus"
EXPECTED = WORLD / "stalwart-mail-parser"
MAILS = SHARED / "cases" / "mail-in"
pytestmark = pytest.mark.skipif(
    not WORLD.is_dir(), reason="the corpus of odd mails is not beside the checkout"
)


def test_world_every_mail_is_read_within_five_seconds() -> None:
    mails = sorted(WORLD.rglob("*.eml"))
    assert len(mails) > 300
    for path in mails:
        started = time.process_time()
        read = read_message(path.read_bytes())
        assert soon(time.process_time() - started, 5), path
        assert read.message.size == path.stat().st_size


def test_world_readings_agree_or_their_difference_is_justified() -> None:
    with (Path(__file__).parent / "cases" / "world.csv").open(encoding="utf-8") as file:
        justified = {(row["mail"], row["what"]) for row in csv.DictReader(file) if row["why"]}
    found = set()
    for path in sorted(EXPECTED.rglob("*.eml")):
        expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
        name = str(path.relative_to(EXPECTED).with_suffix(""))
        message = parse_message(path.read_bytes())
        found |= {(name, what) for what in differences(expected, message)}
    assert found == justified


def differences(expected: dict[str, Any], message: InboundMessage) -> Iterator[str]:
    """Yield what differs: subject, senders, or the first of files (names), count and sizes."""
    head = expected["parts"][0]
    if folded(subject_of(head)) != folded(message.subject):
        yield "subject"
    ours = [(folded(item.name), item.address.lower()) for item in message.senders]
    if senders_of(head) != ours:
        yield "senders"
    files = [file_of(expected["parts"][index]) for index in expected["attachments"]]
    names = Counter(name for name, _ in files if name)
    if names != Counter(folded(item.file_name) for item in message.attachments if item.file_name):
        yield "files"
    elif len(files) != len(message.attachments):
        yield "count"
    elif any(
        size is not None and size != len(item.content)
        for (_, size), item in zip(files, message.attachments, strict=True)
    ):
        yield "sizes"


def values(part: dict[str, Any], name: str) -> list[Any]:
    """Return the values of a field, whatever the reading calls it."""
    return [field["value"] for field in part["headers"] if name_of(field) == name]


def name_of(field: dict[str, Any]) -> str:
    name = field["name"]
    return str(next(iter(name.values()))).lower() if isinstance(name, dict) else str(name)


def subject_of(part: dict[str, Any]) -> str:
    first = next(iter(values(part, "subject")), None)
    return str(first.get("Text") or "") if isinstance(first, dict) else ""


def senders_of(part: dict[str, Any]) -> list[tuple[str, str]]:
    first = next(iter(values(part, "from")), None)
    addresses = first.get("Address", {}) if isinstance(first, dict) else {}
    listed = addresses.get("List") or [
        item for group in addresses.get("Group", []) for item in group["addresses"]
    ]
    return [(folded(item["name"]), (item["address"] or "").lower()) for item in listed]


def file_of(part: dict[str, Any]) -> tuple[str, int | None]:
    """Return the name of a file and its size, where the reading gives bytes."""
    name = ""
    for kind, parameter in (("content_type", "name"), ("content_disposition", "filename")):
        for value in values(part, kind):
            told = value.get("ContentType", {}) if isinstance(value, dict) else {}
            pairs = {item["name"].lower(): item["value"] for item in told.get("attributes") or []}
            name = pairs.get(parameter) or name
    body = next(iter(part["body"].items()))
    is_bytes = body[0] in {"Binary", "InlineBinary"}
    size = len(body[1].encode() if isinstance(body[1], str) else body[1]) if is_bytes else None
    return folded(name).replace("\\", "/").rpartition("/")[2], size


def folded(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.fixture(scope="module")
def mail_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the mails of ``cases/mail-in`` with their own script."""
    found = tmp_path_factory.mktemp("mail-in")
    checkout = Path(__file__).parents[3]
    script = MAILS / "make_mails.py"
    subprocess.run([sys.executable, script, checkout, found], check=True)
    return found


def test_world_mails_with_a_form_in_an_odd_shape_are_read(mail_in: Path) -> None:
    with (MAILS / "expected.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    policy = SenderPolicy(("mx.genesys.example",))
    for row in rows:
        read = read_message((mail_in / f"{row['id']}.eml").read_bytes())
        codes = [file.problem.code for file in read.unreadable]
        sender = judge_sender(read.message, policy)
        encrypted = row["right"].startswith("told: encrypted")
        assert codes == (["file_encrypted_mail"] if encrypted else []), row["id"]
        assert len(read.submissions) == (0 if encrypted else 1), row["id"]
        assert (sender.verdict, read.message.subject) == (SenderVerdict.PASS, "WhatsApp form")
        if "name Oliver" in row["right"]:
            assert sender.name == "Oliver Whitcombe"
    assert len(rows) >= 10
