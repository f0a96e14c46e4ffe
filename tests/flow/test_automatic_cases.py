"""Each case of automatic mail from beginning to end: what it is, whether it is answered, its end.

The rows of the shared file come first, then our own; a third of ours was written before the table
of signs was looked at again, and told what it does not know.
"""

import csv
from email import policy
from email.parser import HeaderParser
from pathlib import Path

import pytest

from pipeline.model.message import MessageKind
from pipeline.model.request import HoldReason, Status
from pipeline.terms import Outcome
from tests.world.customers import OLIVER, form
from tests.world.mails import Wording
from tests.world.outbox import Sent
from tests.world.settings import ADDRESS, AUTHSERV
from tests.world.world import World

SHARED = Path(__file__).parents[2].parent / "shared" / "cases" / "mail-in" / "automatic.csv"
Case = dict[str, str]


def _rows(path: Path) -> list[Case]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = _rows(SHARED)


def _mail(world: World, fields: str, carries: str, to: str = "") -> bytes:
    """Return a mail with the fields of a case, from a sender who is proven."""
    given = HeaderParser(policy=policy.compat32).parsestr(fields.replace("\\n", "\n") + "\n\n")
    names = {name.lower() for name in given}
    files = [form(language="en")] if carries == "form" else []
    wording: Wording = {"text": "We would like a number.", "proof": "", "to": to or ADDRESS}
    raw = world.customer.write(OLIVER, *files, **wording)
    head, _, body = raw.partition(b"\r\n\r\n")
    kept, keeps = [], True
    for line in head.split(b"\r\n"):
        if not line.startswith((b" ", b"\t")):
            keeps = line.partition(b":")[0].decode().lower() not in names
        if keeps:
            kept.append(line)
    domain = given["From"].rpartition("@")[2].strip("> ")
    proof = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from={domain}"
    own = [f"{name}: {value}".encode() for name, value in given.items()]
    return b"\r\n".join([proof.encode(), *own, *kept]) + b"\r\n\r\n" + body


def _proven(world: World) -> Sent:
    """Open a request of the sender of the cases; return our mail, whose token replies carry."""
    (ours,) = world.mail(OLIVER, form(language="en"))
    return ours


def end_of(world: World, fields: str, carries: str) -> tuple[str, str, str]:
    """Return what became of a mail: its kind, whether it was answered, and how it ended."""
    token = _proven(world).reply_to if carries == "token" else ""
    before = len(world.alerts())
    world.deliver(_mail(world, fields, carries, token))
    answered = world.run()
    row = world.last_message()
    alerted = len(world.alerts()) > before
    assert row.kind is not None
    if answered:
        right = "request" if carries == "form" else "answered"
    elif row.outcome is Outcome.HELD and alerted:
        (record,) = world.requests_of(row.sender)
        assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.AUTOMATIC)
        right = "held+alert"
    elif row.outcome is Outcome.REPLY and alerted and world.notes(world.request(OLIVER)):
        right = "reply+alert"
    else:
        assert row.outcome in {Outcome.IGNORED, Outcome.BOUNCE}
        right = "ignored"
    return row.kind.value, "yes" if answered else "no", right


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_shared_case_comes_out_as_written(world: World, row: Case) -> None:
    kind, answered, right = end_of(world, row["headers"], row["carries"])
    assert kind in row["class"].split("|")
    assert right in row["right"].split("|")
    # "request|held+alert" stands for either; a note of a token is not answered
    assert answered in row["answered"].split("|") or right in row["answered"].split("|")


def test_shared_cases_are_there() -> None:
    if not SHARED.is_file():
        pytest.skip("the shared cases are not beside the checkout")
    assert {row["id"] for row in ROWS} >= {"HM001", "HM040"}
    assert {row["class"].partition("|")[0] for row in ROWS} <= {kind.value for kind in MessageKind}
