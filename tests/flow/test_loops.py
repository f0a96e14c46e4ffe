"""Who answers every mail of ours: each loop is bounded by budgets, whatever signs it lacks."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest

from pipeline.flow.views.doctor import examine
from pipeline.terms import Outcome
from tests.world.customers import HANAKO, OLIVER, File, form
from tests.world.fixtures import MakeWorld
from tests.world.mails import trace_of
from tests.world.outbox import Sent, notices, parsed
from tests.world.settings import ADDRESS
from tests.world.world import START, World

#: Makes the answer of a responder to a mail of ours: sender, text, files, header fields, To.
Responder = Callable[[Sent, int], dict[str, object]]
#: The most that one mailbox gets in a day: ten answers to forms, and the reminders of those days.
_A_DAY = 14
_BROKEN = ("scan.pdf", b"%PDF-1.4 broken")


def _plain(ours: Sent, number: int) -> dict[str, object]:
    return {"text": "Thank you for your mail. We will get back to you.", "subject": "Your mail"}


def _numbered(ours: Sent, number: int) -> dict[str, object]:
    return {"text": f"Your ticket is {number}.", "subject": f"Ticket {number} - {ours.subject}"}


def _quoting(ours: Sent, number: int) -> dict[str, object]:
    text = f"Thank you. Ticket {number}.\n\n" + "\n".join(f"> {x}" for x in ours.text.split("\n"))
    return {"text": text, "subject": f"Re: {ours.subject}"}


def _on_thread(ours: Sent, number: int) -> dict[str, object]:
    headers = {"In-Reply-To": ours.message_id, "References": ours.message_id}
    return _quoting(ours, number) | {"to": ours.reply_to, "headers": headers}


def _tagged(ours: Sent, number: int) -> dict[str, object]:
    return _numbered(ours, number) | {"sender": OLIVER.replace("@", f"+{number}@")}


def _with_broken_file(ours: Sent, number: int) -> dict[str, object]:
    return _numbered(ours, number) | {"files": [_BROKEN]}


def _tagged_with_broken_file(ours: Sent, number: int) -> dict[str, object]:
    return _tagged(ours, number) | {"files": [_BROKEN]}


def _with_our_files(ours: Sent, number: int) -> dict[str, object]:
    return _numbered(ours, number) | {"files": list(ours.files.items())}


def _tagged_with_our_files(ours: Sent, number: int) -> dict[str, object]:
    return _tagged(ours, number) | {"files": list(ours.files.items())}


def _on_thread_with_our_files(ours: Sent, number: int) -> dict[str, object]:
    return _on_thread(ours, number) | {"files": list(ours.files.items())}


RESPONDERS = (
    _plain,
    _numbered,
    _quoting,
    _on_thread,
    _tagged,
    _with_broken_file,
    _tagged_with_broken_file,
    _with_our_files,
    _tagged_with_our_files,
    _on_thread_with_our_files,
)


def _play(
    world: World, first: list[Sent], respond: Responder, *, days: int, rounds: int
) -> list[list[Sent]]:
    """Let the responder answer each of our mails; return what we sent, day by day."""
    number = itertools.count(1)
    sent, waiting = [], list(first)
    for _ in range(days):
        of_day: list[Sent] = []
        for _ in range(rounds):
            for ours in waiting:
                answer = respond(ours, next(number))
                sender = str(answer.pop("sender", OLIVER))
                files: list[File] = answer.pop("files", [])  # type: ignore[assignment]
                world.deliver(world.customer.write(sender, *files, **answer))  # type: ignore[arg-type]
            waiting = world.later(minutes=10)
            of_day += waiting
            if not waiting:
                break
        sent.append(of_day)
        waiting += world.later(days=1)
        of_day += waiting
    return sent


@pytest.mark.parametrize(
    ("begun", "respond"),
    [
        *(("words", respond) for respond in RESPONDERS),
        *(("wrong form", respond) for respond in RESPONDERS[-3:]),
        *(("form", respond) for respond in RESPONDERS[-7:-5]),
    ],
    ids=lambda value: getattr(value, "__name__", value).strip("_"),
)
def test_responder_without_a_sign_gets_a_few_mails_a_day(
    world: World, begun: str, respond: Responder
) -> None:
    filled = {
        "words": [],
        "form": [form(language="en")],
        "wrong form": [form(language="en", phone_number="12")],
    }
    first = world.mail(OLIVER, *filled[begun], text="We would like a number.")
    assert len(first) == 1
    sent = _play(world, first, respond, days=2, rounds=16)
    assert [notices(day) for day in sent if len(day) > _A_DAY] == []


def _handed_over(mails: list[Sent], *, without: tuple[str, ...] = ()) -> Iterator[bytes]:
    """Yield mails as the server of another mailbox stores them; a gateway dropped some fields."""
    for mail in mails:
        kept: EmailMessage = parsed(mail.raw)
        for name in without:
            del kept[name]
        sender = str(kept["From"]).rpartition("<")[2].strip(">")
        yield trace_of("pass", sender, sender.rpartition("@")[2], START) + kept.as_bytes()


_SIGNS = ("Auto-Submitted", "X-Auto-Response-Suppress", "X-Notice-Template")


@pytest.mark.parametrize("dropped", [(), _SIGNS, (*_SIGNS, "Reply-To")], ids=len)
def test_two_instances_of_this_programme_that_write_to_each_other_stop(
    make_world: MakeWorld, dropped: tuple[str, ...]
) -> None:
    here = make_world()
    there = make_world(
        mailbox={"address": "requests@there.example"},
        courier={"message_id_domain": "there.example"},
    )
    there.deliver(there.customer.write(ADDRESS, text="We would like a number."))
    sent = [there.run()]
    for _ in range(6):
        here_gets, sent = sent[-1], [*sent, []]
        for raw in _handed_over(here_gets, without=dropped):
            here.deliver(raw)
        back = here.later(minutes=5)
        for raw in _handed_over(back, without=dropped):
            there.deliver(raw)
        sent[-1] = there.later(minutes=5)
    assert 1 <= sum(len(mails) for mails in sent) <= 4
    assert sent[-1] == []


_NEW_ID = {"Message-ID": "<1.2@lists.firma.example>"}
_NEW_SENDER = {**_NEW_ID, "From": "Requests via Team <team@lists.firma.example>"}
_ALL_NEW = {**_NEW_SENDER, "Reply-To": "team@lists.firma.example", "Auto-Submitted": "no"}


@pytest.mark.parametrize("rewritten", [{}, _NEW_ID, _NEW_SENDER, _ALL_NEW], ids=len)
def test_our_own_mail_that_comes_back_through_a_list_is_not_answered(
    world: World, rewritten: dict[str, str]
) -> None:
    team = "team@lists.firma.example"
    listed = {"List-Id": "Team <team.lists.firma.example>", "Precedence": "list"}
    world.deliver(world.customer.write(OLIVER, form(language="en", phone_number="12")))
    ours = world.run()
    for round_number in range(4):
        for mail in ours:
            back = parsed(mail.raw)
            for name, value in (rewritten | listed).items():
                del back[name]
                back[name] = value.replace("<1.", f"<{round_number}.")
            world.deliver(trace_of("pass", team, "lists.firma.example", START) + back.as_bytes())
        again = world.later(minutes=5)
        assert again == []
    assert {row.outcome for row in world.messages()[1:]} <= {
        Outcome.IGNORED,
        Outcome.HELD,
        Outcome.REPLY,
    }


def test_answers_of_all_kinds_to_sub_addresses_count_as_one_mailbox(world: World) -> None:
    """Header-less, and each mail from another name of the same mailbox.

    Each name is a requester of its own, who must not learn of the other ones: what bounds them is
    the mailbox's part of the hour, and then the new requests of a day.
    """
    courier = world.services.settings.courier.model_copy(update={"hourly_cap": 30})
    world.change(courier=courier)
    filled = form(language="en")
    answers = [
        len(world.mail(OLIVER.replace("@", f"+{number}@"), filled, text=f"Again {number}"))
        for number in range(6)
    ]
    assert sum(answers) == 3


def test_one_mailbox_takes_a_tenth_of_the_hour_and_its_mail_is_late_but_not_lost(
    world: World,
) -> None:
    courier = world.services.settings.courier.model_copy(update={"hourly_cap": 30})
    world.change(courier=courier)
    for number in range(8):
        own = f"+44 7400 1234{number:02}"
        filled = form(language="en", phone_number=own, phone_number_again=own)
        world.deliver(world.customer.write(OLIVER, filled))
    world.deliver(world.customer.write(HANAKO, form()))
    first = world.run()
    assert Counter(mail.to for mail in first) == {OLIVER: 3, HANAKO: 1}
    later = [Counter(mail.to for mail in world.later(hours=1)) for _ in range(3)]
    assert later == [{OLIVER: 3}, {OLIVER: 2}, {}]


def test_run_and_doctor_warn_when_most_mails_come_through_one_list(world: World) -> None:
    """In the ledger of a real run; the words of the console are looked at by its own tests."""
    for number in range(21):
        listed = {"List-Id": f"Team <{'team' if number % 2 == 0 else number}.firma.example>"}
        world.deliver(world.customer.write(HANAKO, text=f"News {number}", headers=listed))
    world.run()
    assert world.summary.one_list == ""  # 10 of the last 20
    for number in range(2):
        listed = {"List-Id": "<TEAM.firma.example>"}
        world.deliver(world.customer.write(HANAKO, text=f"More {number}", headers=listed))
    world.run()
    assert (world.summary.one_list, world.summary.exit_code) == ("team.firma.example", 0)
    assert world.alerts() == ["one_list"]
    findings = {found.check: found for found in examine(world.services.settings)}
    assert findings["lists"].state == "warn"
    assert dict(findings["lists"].values) == {"name": "team.firma.example"}


def test_responder_that_is_never_proven_gets_a_few_receipts(world: World) -> None:
    def respond(ours: Sent, number: int) -> dict[str, object]:
        return _tagged(ours, number) | {"proof": "none"}

    first = world.mail(OLIVER, text="We would like a number.", proof="none")
    sent = _play(world, first, respond, days=2, rounds=16)
    assert [notices(day) for day in sent if len(day) > _A_DAY] == []
