"""What is new in the replies of the shared cases, whose notices we sent."""

import csv
import re
from pathlib import Path

import pytest

from pipeline.intake.reply.vocabulary import is_reply
from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.reply.digests import digests_of
from pipeline.mailbox.reply.new_text import read_new_text
from pipeline.mailbox.reply.quotes import Ours
from pipeline.mailbox.reply.sent_text import SentText
from pipeline.model.message import NewText

CASES = Path(__file__).parents[3].parent / "shared" / "cases" / "replies"
Row = dict[str, str]
#: Nothing of ours is known but what we sent: addresses and names in the rows are of others.
OURS = Ours(frozenset({"genesyscloudwhatsapprequests@genesys.com"}))


def _rows() -> list[Row]:
    if not CASES.exists():
        return []
    with (CASES / "expected.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read(row: Row) -> NewText:
    path = CASES / row["file"]
    raw = path.read_bytes()
    text = parse_message(raw).text if path.suffix == ".eml" else raw.decode()
    if not row["notice_sent"]:
        return read_new_text(text, OURS)
    notice = (CASES / row["notice_sent"]).read_text(encoding="utf-8")

    digests = digests_of(notice, notice, "request", is_reply)
    return read_new_text(text, OURS, SentText([digests], "request"))


def _blanks(text: str) -> str:
    return re.sub(r"\s*\n\s*", "\n", text.replace("\\n", "\n")).strip()


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not beside the checkout")
@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["file"])
def test_new_text_of_a_reply_is_what_the_customer_wrote(row: Row) -> None:
    found = _read(row)
    if row["new_text"].startswith("contains: "):
        assert row["new_text"].removeprefix("contains: ") in found.text
        assert found.ours
    else:
        assert _blanks(found.text) == _blanks(row["new_text"])
        assert found.said == found.text
