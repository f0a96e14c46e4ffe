"""A stranger with a DKIM key of its own writes into the result of the real OpenDKIM.

The mail goes through the real Postfix and the real OpenDKIM, both on loopback; what Postfix
delivers is read by the whole pipeline.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.sender import SenderPolicy, judge_sender
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import HoldReason, Status
from tests.servers.needed import skip_without
from tests.servers.opendkim import opendkim_program, running_opendkim
from tests.servers.postfix import Postfix, postfix_program, running_postfix
from tests.servers.signing import record_name, signed, signing_key
from tests.world.command_line import caller, english
from tests.world.customers import OLIVER, form
from tests.world.fixtures import MakeWorld
from tests.world.mails import letter
from tests.world.outbox import Sent
from tests.world.settings import ADDRESS, AUTHSERV, write_settings
from tests.world.world import START

__all__ = ["english"]

VICTIM = OLIVER.rpartition("@")[2]
ATTACKS = (
    f"x=20header.d=3D{VICTIM}=20@evil.example",
    f'"x=20header.d=3D{VICTIM}"@evil.example',
    f"x=3Bdkim=3Dpass=20header.d=3D{VICTIM}=3B@evil.example",
    f"x=3Bdmarc=3Dpass=20header.from=3D{VICTIM}=3B@evil.example",
    f"x=3Bdmarc=3Dpass=20header.from=3D{VICTIM}=3Bspf=3Dnone=20smtp.mailfrom=3Da@evil.example",
    f"x=28=29=3Bdmarc=3Dpass=20header.from=3D{VICTIM}=3Ba=3Db@evil.example",
)


@dataclass(frozen=True)
class Line:
    """The servers, and a signer whose keys they know."""

    postfix: Postfix
    sign: Callable[..., bytes]

    def arrives(self, sender: str, domain: str, agent: str = "", *, length: bool = False) -> bytes:
        """Return a mail with a good form, signed by ``domain``, as it is delivered."""
        mail = letter(
            sender,
            form(FormKind.ONBOARDING, "en"),
            headers={
                "Message-ID": f"<1.{abs(hash((sender, agent)))}@{domain}>",
                "Date": f"{START:%a, %d %b %Y %H:%M:%S} +0000",
            },
        )
        raw = self.sign(mail.as_bytes(), domain, agent, length=length)
        return self.postfix.deliver(raw, sender=f"a@{domain}", recipient=ADDRESS, helo=domain)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    skip_without(opendkim_program(), "OpenDKIM")
    skip_without(postfix_program(), "Postfix (with the rights of root)")
    keys = {record_name(domain): signing_key().record for domain in (VICTIM, "evil.example")}
    folder = tmp_path_factory.mktemp("opendkim")
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0o755)
    domain = ADDRESS.rpartition("@")[2]
    with (
        running_opendkim(folder, AUTHSERV, keys) as port,
        running_postfix(AUTHSERV, domain, port) as postfix,
    ):
        yield Line(postfix, signed)


@pytest.mark.parametrize("agent", ATTACKS)
def test_text_in_the_signature_proves_nothing(line: Line, agent: str) -> None:
    raw = line.arrives(OLIVER, "evil.example", agent)
    message = parse_message(raw)
    assert "dkim=pass" in message.header("Authentication-Results")[0]
    assert VICTIM in message.header("Authentication-Results")[0]
    found = judge_sender(message, SenderPolicy((AUTHSERV,)))
    assert (found.verdict, found.reason) == (SenderVerdict.NONE, "results_tainted")


@pytest.mark.parametrize("agent", ["", f"@mail.{VICTIM}", f"oliver=2Bforms@{VICTIM}"])
def test_honest_signature_is_proven(line: Line, agent: str) -> None:
    found = judge_sender(
        parse_message(line.arrives(OLIVER, VICTIM, agent)), SenderPolicy((AUTHSERV,))
    )
    assert (found.verdict, found.reason) == (SenderVerdict.PASS, "dkim_aligned")


def test_signature_of_a_part_of_the_body_proves_nothing(line: Line) -> None:
    found = judge_sender(
        parse_message(line.arrives(OLIVER, VICTIM, length=True)), SenderPolicy((AUTHSERV,))
    )
    assert found.verdict is SenderVerdict.NONE


def test_signature_of_a_stranger_proves_nothing(line: Line) -> None:
    found = judge_sender(
        parse_message(line.arrives(OLIVER, "evil.example")), SenderPolicy((AUTHSERV,))
    )
    assert (found.verdict, found.reason) == (SenderVerdict.NONE, "not_proven")


@pytest.mark.parametrize("agent", [ATTACKS[0], ATTACKS[4]])
def test_forged_form_is_held_and_its_victim_learns_nothing(
    line: Line, make_world: MakeWorld, agent: str
) -> None:
    world = make_world()
    world.deliver(line.arrives(OLIVER, "evil.example", agent))
    sent: list[Sent] = world.run()
    record = world.request(OLIVER)
    assert (record.state.status, record.state.hold_reason) == (Status.HELD, HoldReason.SENDER)
    assert record.sender_verdict is SenderVerdict.NONE
    (receipt,) = [mail for mail in sent if mail.to == OLIVER]
    assert record.company
    assert record.company not in receipt.text
    assert record.number not in receipt.text


@pytest.mark.usefixtures("english")
def test_forged_mail_is_held_from_the_command_line_too(
    line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(tmp_path / "pipeline.toml")
    call = caller(tmp_path, capsys)
    for number, agent in enumerate(ATTACKS):
        mail = tmp_path / f"{number}.eml"
        mail.write_bytes(line.arrives(f"o{number}@{VICTIM}", "evil.example", agent))
        assert call("mail", "inject", str(mail)).code == 0
    assert call("run").code == 0
    rows = call("queue", "all", "--json").json()
    assert [row["status"] for row in rows] == ["held"] * len(ATTACKS)
    shown = call("request", "show", rows[0]["reference"], "--json").json()
    assert (shown["sender_verdict"], shown["hold_reason"]) == ("none", "sender")


def test_honest_form_goes_on_by_itself(line: Line, make_world: MakeWorld) -> None:
    world = make_world()
    world.deliver(line.arrives(OLIVER, VICTIM))
    world.run()
    record = world.request(OLIVER)
    assert record.sender_verdict is SenderVerdict.PASS
    assert record.state.status is not Status.HELD
