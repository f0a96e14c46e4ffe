"""A line of the log has codes, ids and digests; addresses and numbers are masked."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipeline import logs
from pipeline.model.identifiers import new_id, new_reference
from pipeline.terms import Outcome


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, to the last line."""
    stream, room = io.StringIO(), logging.getLogger("pipeline")
    before = (room.handlers[:], room.level, room.propagate)
    logs.configure("debug", stream)
    yield stream
    room.handlers[:], room.propagate = before[0], before[2]
    room.setLevel(before[1])


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().rstrip("\n").split("\n")]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 5.1.1 <hanako@sakura-denki.example>: who?", "550 5.1.1 <[address]>: who?"),
        ("user=花子@例え.テスト;x", "user=[address];x"),
        ('to "a b"@c.example', "to [address]"),
        ("call +49 30 1234567 now", "call [number] now"),
        ("tel:+81-3-1234-5670", "tel:[number]"),
        ("(030) 123 45 67 8", "[number]"),
        ("030/12345678", "[number]"),
    ],
)  # fmt: skip
def test_addresses_and_numbers_are_masked(text: str, masked: str) -> None:
    assert logs.masked(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30T09:30:00.000000Z",
        "2026-11-30",
        "550 5.7.1",
        "whatsapp-requests-2026-11-30T023000Z.tar",
        "fetch.py:123 fetch",
        "> 25000000 bytes",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_ids_instants_and_digests_are_told(text: str) -> None:
    assert logs.masked(text) == text


@pytest.mark.parametrize("new", [new_id, new_reference])
def test_what_we_name_things_by_is_told(new: Callable[[], str]) -> None:
    for _ in range(50):
        text = new()
        assert logs.masked(text) == text


def test_facts_are_masked_however_deep_they_are(written: io.StringIO) -> None:
    class Thing:
        def __str__(self) -> str:
            return "of hanako@sakura-denki.example"

    logs.event(
        "room",
        "happened",
        many=["a@b.example", {"c": "+49 30 1234567"}],
        thing=Thing(),
        outcome=Outcome.REQUEST,
        count=1234567890,
        nothing=None,
        yes=True,
    )
    (line,) = lines(written)
    del line["at"]
    assert line == {
        "level": "info",
        "room": "pipeline.room",
        "event": "happened",
        "many": ["[address]", {"c": "[number]"}],
        "thing": "of [address]",
        "outcome": "request",
        "count": 1234567890,
        "nothing": None,
        "yes": True,
    }


def test_lines_of_a_run_have_its_id(written: io.StringIO) -> None:
    logs.event("room", "before")
    with logs.running("0a1b2c3d"):
        logs.event("room", "within")
    logs.event("room", "after")
    assert [line.get("run") for line in lines(written)] == [None, "0a1b2c3d", None]


def test_library_that_complains_is_named_without_its_words(
    written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("weasyprint.css").warning("the words of hanako@sakura-denki.example")
    logging.getLogger("weasyprint.css").info("not even that")
    logging.getLogger("imapclient").error("hanako once more")
    line, fault = lines(written)
    assert (line["level"], fault["level"]) == ("debug", "warning")
    assert (line["room"], line["event"]) == ("pipeline.library", "complained")
    assert (line["library"], line["place"].partition(":")[0]) == ("weasyprint", "test_logs")
    assert "hanako" not in written.getvalue() + capsys.readouterr().err


def test_no_line_is_cut_in_two(written: io.StringIO) -> None:
    logs.event("room", "happened", reason="one\ntwo\r\u2028three")
    assert lines(written)[0]["reason"] == "one\ntwo\r\u2028three"
    assert len(written.getvalue().encode().splitlines()) == 1
