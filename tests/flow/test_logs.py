"""What whole batches log: codes, references, digests, the id of the run, and nobody's words."""

import hashlib
import io
import json
import logging
from collections.abc import Iterator

import pytest

from pipeline import logs
from pipeline.errors import RefusedError
from pipeline.flow.staff import certificates, review
from tests.flow.test_certificates import issued
from tests.flow.test_corrections import wrong
from tests.world.customers import HANAKO, JULIA, OLIVER, form
from tests.world.needles import Needles
from tests.world.outbox import parsed
from tests.world.world import World

_NAME, _COMPANY = "Planted Person", "Planted Company KG"
_SHORT = 20
_WORDS = "These planted words are read by staff alone."


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged at the level debug."""
    stream, room = io.StringIO(), logging.getLogger("pipeline")
    before = (room.handlers[:], room.level, room.propagate)
    logs.configure("debug", stream)
    yield stream
    room.handlers[:], room.propagate = before[0], before[2]
    room.setLevel(before[1])


def played(world: World) -> bytes:
    """Play a request to its certificate and beyond it, mistakes, words, files that are none."""
    record = issued(world, contact_name=_NAME, company_legal_name=_COMPANY)
    world.staff_mails()
    raw = world.deliver(world.customer.write(HANAKO, text=_WORDS, subject="Planted subject"))
    world.run()
    world.mail(OLIVER, wrong("en"), ("planted-name.pdf", b"%PDF-1.7 planted, and no PDF"))
    world.mail(JULIA, text=_WORDS, subject="+49 151 23456789")
    world.mail("eve@planted.example", form(language="de"), proof="fail")
    world.reply(record, f"{_WORDS}\nNEW CERTIFICATE")
    world.staff_mails()
    certificates.revoke_certificate(world.services, world.request(), "saki", "exposed")
    with pytest.raises(RefusedError):
        review.approve(world.services, world.request(), "saki", ticked="all")
    world.later(days=8)
    return raw


def test_whole_batches_log_nothing_of_a_person(world: World, written: io.StringIO) -> None:
    raw = played(world)
    text = written.getvalue()
    needles = Needles()
    needles.add("address", HANAKO, OLIVER, JULIA, "eve@planted.example", "sakura-denki")
    needles.add("words", _NAME, _COMPANY, _WORDS, "Planted subject", "planted", "山田")
    for record in world.requests():
        needles.add("number", *filter(None, (record.number, record.number[-8:])))
    needles.add("number", "15123456789", "23456789")
    rows = world.certificates(world.request())
    assert rows
    bodies = (line for row in rows for line in row.text.splitlines() if len(line) > _SHORT)
    needles.add("certificate", *bodies)
    reply_to = str(parsed(world.mails_of(world.request(HANAKO))[-1].content)["Reply-To"])
    token = reply_to.partition("@")[0].rpartition(".")[2]
    assert len(token) > _SHORT // 2, reply_to
    needles.add("token", token)
    assert needles.found_in(text) == set()

    lines = [json.loads(line) for line in text.splitlines()]
    events = {line["event"] for line in lines}
    assert {"decided", "issued", "done"} <= events
    references = {line["reference"] for line in lines if "reference" in line}
    assert {record.reference for record in world.requests()} <= references
    digests = {line["sha256"] for line in lines if line["event"] == "decided"}
    assert hashlib.sha256(raw).hexdigest() in digests
    decided = [line for line in lines if line["event"] == "decided"]
    assert all(line["run"] for line in decided)
    assert len({line["run"] for line in decided}) > 3
