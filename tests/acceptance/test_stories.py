"""The stories in the folders beside: mails in; ledger, requests, mails and words out."""

import json
import tomllib
from pathlib import Path

import pytest

from pipeline.flow.views.messages import shown_messages
from pipeline.model.request import NumberState
from tests.world.fixtures import MakeWorld
from tests.world.outbox import Sent
from tests.world.world import World

_HERE = Path(__file__).parent
_SAMPLES = _HERE.parents[1] / "samples" / "mails"
_STORIES = sorted(path.parent.name for path in _HERE.glob("*/story.toml"))


@pytest.mark.parametrize("name", _STORIES)
def test_story(make_world: MakeWorld, name: str) -> None:
    folder = _HERE / name
    story = tomllib.loads((folder / "story.toml").read_text(encoding="utf-8"))
    world = make_world()
    for known in story.get("numbers", ()):
        world.set_number(known["number"], NumberState.ACTIVE, known["organisation"])
    sent: list[Sent] = []
    for mail in story["mails"]:
        world.deliver((_SAMPLES / mail).read_bytes())
        sent += world.run()
    outcome = json.dumps(_outcome(world, sent), indent=2, ensure_ascii=False) + "\n"
    words = "".join(f"{_line(mail)}\n\n{mail.text.rstrip()}\n\n" for mail in sent)
    references = _references(world)
    different = [
        path.name
        for path, actual in (
            (folder / "expected.json", _neutral(outcome, references)),
            (folder / "reply.txt", _neutral(words, references)),
        )
        if not _same(path, actual)
    ]
    assert different == [], f"compare with the _actual file beside it in {folder}"


def _line(mail: Sent) -> str:
    return f"=== {mail.to}: {mail.subject}"


def _references(world: World) -> list[str]:
    with world.services.store.read() as tx:
        found = {
            record.reference: record.id
            for row in world.messages()
            for record in tx.requests.of_sender(row.sender)
        }
    return sorted(found, key=lambda reference: found[reference])


def _neutral(text: str, references: list[str]) -> str:
    for number, reference in enumerate(references, 1):
        text = text.replace(reference, f"REF-{number}")
    return text


def _outcome(world: World, sent: list[Sent]) -> dict[str, object]:
    messages = world.messages()
    with world.services.store.read() as tx:
        shown = shown_messages(tx, messages)
    records = {record.id: record for row in messages for record in world.requests_of(row.sender)}
    return {
        "messages": [
            {
                "sender": mail.row.sender,
                "verdict": mail.row.sender_verdict,
                "kind": mail.row.kind,
                "outcome": mail.row.outcome,
                "why": mail.why,
            }
            for mail in shown
        ],
        "requests": [
            {
                "reference": record.reference,
                "form": record.form,
                "track": record.state.track,
                "status": record.status,
                "hold": record.state.hold_reason,
                "rule": record.route_rule,
                "suggestion": record.suggestion,
                "number": record.number,
                "language": record.language,
                "zone": record.time_zone,
                "company": record.company,
                "problems": [
                    f"{item.field}: {item.code} ({item.severity}, {item.audience})"
                    for revision in world.revisions(record)[-1:]
                    for item in revision.problems
                ],
            }
            for _, record in sorted(records.items())
        ],
        "mails": [
            {
                "notice": mail.notice,
                "variant": mail.variant,
                "to": mail.to,
                "subject": mail.subject,
                "files": sorted(mail.files),
            }
            for mail in sent
        ],
    }


def _same(path: Path, actual: str) -> bool:
    """Compare with the expected file; write the actual one beside it when they differ."""
    beside = path.with_name(f"{path.stem}_actual{path.suffix}")
    if path.exists() and path.read_text(encoding="utf-8") == actual:
        beside.unlink(missing_ok=True)
        return True
    beside.write_text(actual, encoding="utf-8")
    return False
