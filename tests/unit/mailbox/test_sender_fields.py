"""Fields of many servers and many attackers, and the shared rows, each with its verdict."""

import csv
from pathlib import Path

import pytest

from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.sender import SenderPolicy, judge_sender
from tests.unit.mailbox.sender_fields import CASES, MX, Case

ROWS = Path(__file__).parents[3].parent / "shared" / "cases" / "senders" / "results.csv"


def mail_of(case: Case) -> bytes:
    signatures = [
        text if ";" in text else f"v=1; a=rsa-sha256; d={text}; s=s; h=from:to:subject; bh=A; b=B"
        for text in case.signed
    ]
    fields = [
        f"Authentication-Results: {case.field}",
        f"Received: from {case.peer}\n by {MX} with ESMTPS id 5F2; Mon, 23 Nov 2026 09:30:00 +0000",
        f"From: {case.sender}",
        "Subject: form",
        *case.more,
        *(f"DKIM-Signature: {text}" for text in signatures),
    ]
    return ("\n".join(fields) + "\n\nHello\n").replace("\n", "\r\n").encode()


@pytest.mark.parametrize("case", CASES, ids=[f"{at}-{case.kind}" for at, case in enumerate(CASES)])
def test_field_gives_its_verdict(case: Case) -> None:
    ours = SenderPolicy((case.authserv_id,))
    policy = ours if case.authserv_id else SenderPolicy(dialect="microsoft")
    found = judge_sender(parse_message(mail_of(case)), policy)
    assert found.verdict.value == case.expect, found.reason


def test_table_is_large_and_none_of_the_shared_rows() -> None:
    assert len(CASES) >= 120
    assert len({(c.field, c.signed, c.more, c.peer, c.sender) for c in CASES}) >= len(CASES) - 1


def test_shared_rows_come_out_as_written() -> None:
    if not ROWS.is_file():
        pytest.skip("the shared cases are not beside the checkout")
    with ROWS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = {row["id"]: found for row in rows if (found := _verdict(row)) not in _right(row)}
    assert rows
    assert wrong == {}
    ours = {" ".join(case.field.split()) for case in CASES}
    assert not [row["id"] for row in rows if any(field in row["headers"] for field in ours)]


def _right(row: dict[str, str]) -> list[str]:
    return row["verdict"].split("|")


def _verdict(row: dict[str, str]) -> str:
    given = dict(item.split("=", 1) for item in row["settings"].split(";") if item)
    policy = SenderPolicy(
        ("mx.genesys.example",),
        dialect="microsoft" if given.get("dialect") == "microsoft" else "standard",
        inner_hops=int(given.get("inner_hops", "0")),
    )
    text = f"{row['headers']}\\nFrom: {row['from']}\\nSubject: x\\n\\nHello\\n"
    message = parse_message(text.replace("\\n", "\n").replace("\n", "\r\n").encode())
    return judge_sender(message, policy).verdict.value
