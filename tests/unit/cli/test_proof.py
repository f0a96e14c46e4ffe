"""The commands of proof: accept a reply, drop what is held, replace the key of the tokens."""

import stat
from datetime import UTC, datetime
from pathlib import Path

from tests.world.customers import OLIVER
from tests.world.mails import stored
from tests.world.outbox import parsed
from tests.world.settings import ADDRESS

from .conftest import Call

WORDS = "Which form do we need for our shops?"


def come_in(
    call: Call, folder: Path, name: str, sender: str, to: str = ADDRESS, text: str = WORDS
) -> None:
    """Let an unproven mail come in and be decided."""
    path = folder / f"{name}.eml"
    path.write_bytes(stored(sender, name, datetime.now(UTC), text=text, proof="none", to=to))
    assert call("mail", "inject", str(path)).code == 0
    assert call("run").code == 0


def held(call: Call) -> dict[str, str]:
    """Return the sender of each request that is held, by its reference."""
    rows = call("queue", "held", "--json").json()
    return {row["reference"]: row["address"] for row in rows}


def test_a_reply_that_waits_is_shown_and_accepted(
    fresh_pipeline: Call, tmp_path: Path, empty_home: Path
) -> None:
    call = fresh_pipeline
    come_in(call, tmp_path, "first", OLIVER)
    (reference,) = held(call)
    (sent,) = (empty_home / "state" / "sent" / "new").iterdir()
    reply_to = str(parsed(sent.read_bytes())["Reply-To"])
    come_in(call, tmp_path, "second", OLIVER, reply_to, "I am not sure what you mean.")
    assert f"request accept {reference}" in call("request", "show", reference).out
    done = call("request", "accept", reference, "--as", "hana", "--json")
    assert (done.code, done.json()["status"]) == (0, "triage")
    shown = call("request", "show", reference)
    assert "request accept" not in shown.out
    assert "Reply accepted by staff" in shown.out
    assert "hana" in shown.out
    again = call("request", "accept", reference)
    assert (again.code, again.err.splitlines()[0]) == (
        6, f"No reply of {reference} waits for you to accept it."
    )  # fmt: skip


def test_held_requests_are_dropped_by_name_or_as_a_heap(
    fresh_pipeline: Call, tmp_path: Path
) -> None:
    call = fresh_pipeline
    for name in ("one", "two", "three"):
        come_in(call, tmp_path, name, f"{name}@spam.example")
    come_in(call, tmp_path, "four", OLIVER)
    before = held(call)
    heap = ("request", "drop", "--held-for", "sender", "--from", "spam.example")
    seen = call(*heap, "--preview", "--json").json()
    assert (seen["dropped"], len(seen["references"]), held(call)) == (False, 3, before)
    one = seen["references"][0]
    named = call("request", "drop", one)
    assert (named.code, named.out.splitlines()[-1]) == (0, "Dropped: 1. Nobody was mailed.")
    done = call(*heap, "--as", "hana", "--json").json()
    assert sorted(done["references"]) == sorted(set(seen["references"]) - {one})
    assert list(held(call).values()) == [OLIVER]
    assert "hana" in call("request", "show", done["references"][0]).out
    assert call("request", "drop", one).code == 6
    assert len(call("outbox", "list", "all", "--json").json()) == len(before)
    for unclear in ((), ("--held-for", "sender"), (one, "--from", "x.example")):
        assert call("request", "drop", *unclear).code == 2


def test_a_new_key_is_made_beside_the_old_one(fresh_pipeline: Call, empty_home: Path) -> None:
    key = empty_home / "state" / "token.key"
    old = key.read_bytes()
    done = fresh_pipeline("token", "rotate", "--as", "hana")
    assert done.code == 0
    previous = empty_home / "state" / "token-previous.key"
    assert previous.read_bytes() == old != key.read_bytes()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (key, previous)} == {0o600}
    told = " ".join(done.out.split())
    assert str(key) in told.replace(" ", "") or key.name in told
    findings = {row["check"]: row for row in fresh_pipeline("doctor", "--json").json()}
    assert findings["token_key"]["word"] == "token_keys_made"
    key.write_bytes(old)
    findings = {row["check"]: row for row in fresh_pipeline("doctor", "--json").json()}
    assert (findings["token_key"]["state"], findings["token_key"]["word"]) == (
        "warn", "token_key_behind"
    )  # fmt: skip
