"""kill -9 of two workers on one IMAP mailbox while mail comes in, on either database."""

from collections import Counter
from pathlib import Path

import pytest
from imapclient import IMAPClient

from pipeline.model.notice import NoticeName
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import MessageState
from pipeline.terms import Outcome
from tests.faults.killing import Killing, killing
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.needed import skip_without
from tests.servers.postgresql import postgresql_programs, running_postgresql
from tests.world.crowd import number_of, sender_of

_SEED = 20261128
_USER = "requests"
_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]

pytestmark = pytest.mark.dovecot


@pytest.mark.parametrize("database", _DATABASES)
def test_killed_workers_decide_every_mail_once(tmp_path: Path, database: str) -> None:
    _kill_and_look(tmp_path, database, kills=2, mails=5)


@pytest.mark.long
@pytest.mark.parametrize("database", _DATABASES)
def test_killed_workers_decide_every_mail_once_long(tmp_path: Path, database: str) -> None:
    _kill_and_look(tmp_path, database, kills=100, mails=300)


def _kill_and_look(folder: Path, database: str, *, kills: int, mails: int) -> None:
    skip_without(dovecot_program(), "Dovecot")
    with running_dovecot(folder) as server:
        if database == "sqlite":
            _on(server, folder, "", kills, mails)
            return
        skip_without(postgresql_programs(), "PostgreSQL")
        with running_postgresql(folder) as url:
            _on(server, folder, url, kills, mails)


def _on(server: Dovecot, folder: Path, url: str, kills: int, mails: int) -> None:
    with killing(folder, _SEED, url=url, server=server, user=_USER) as state:
        state.measure()
        while state.kills < kills:
            state.deliver(min(mails - state.delivered, -(-2 * mails // kills)))
            state.call_two(kill=True)
        state.deliver(mails - state.delivered)
        state.settle()
        assert set(state.codes) == {0}, state.codes
        _decided_once(state, mails)
        _acknowledged_once(state, mails)
        _in_one_folder(server, mails)


def _decided_once(state: Killing, mails: int) -> None:
    with state.services.store.read() as tx:
        rows = tx.messages.list("all", 10_000)
    assert len({row.sha256 for row in rows}) == len(rows) == mails
    assert Counter((row.state, row.outcome) for row in rows) == {
        (MessageState.PROCESSED, Outcome.REQUEST): mails
    }
    assert [row.id for row in rows if row.moved_at is None] == []
    assert Counter(record.number for record in state.requests()) == {
        number_of(position): 1 for position in range(mails)
    }


def _acknowledged_once(state: Killing, mails: int) -> None:
    with state.services.store.read() as tx:
        outbox = [mail for record in state.requests() for mail in tx.outbox.of_request(record.id)]
        leases = tx.leases.list()
    assert Counter((mail.notice, mail.state) for mail in outbox) == {
        (NoticeName.ACKNOWLEDGED, OutboxState.SENT): mails
    }
    assert Counter(state.sent()) == {(mail.message_id, mail.recipient): 1 for mail in outbox}
    assert {mail.recipient for mail in outbox} == {sender_of(place) for place in range(mails)}
    # the leases of those that were killed are swept
    assert leases == []


def _in_one_folder(server: Dovecot, mails: int) -> None:
    found: Counter[tuple[str, bytes]] = Counter()
    with IMAPClient(server.host, server.port, ssl=False) as client:
        client.login(server.user, server.password)
        for _, _, name in client.list_folders():
            client.select_folder(name, readonly=True)
            heads = client.fetch(client.search(), ["BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"])
            for facts in heads.values():
                found[str(name), facts[b"BODY[HEADER.FIELDS (MESSAGE-ID)]"].strip()] += 1
    assert {name for name, _ in found} == {"Requests"}
    assert (len(found), set(found.values())) == (mails, {1})
