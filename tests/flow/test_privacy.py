"""A person is handed all that is held, and is erased until no byte is left."""

import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from pipeline.config.sections import RetentionSettings
from pipeline.errors import NotFoundError, PipelineError, RefusedError, TryLaterError
from pipeline.flow.staff import letters, review
from pipeline.flow.staff.privacy.erase import (
    erase_person,
    erase_request,
    preview_person,
    preview_request,
)
from pipeline.flow.staff.privacy.export import export_person
from pipeline.flow.upkeep import erasing
from pipeline.flow.views.lists.audit import verify_audit
from pipeline.flow.views.person.held import Extent
from pipeline.model.form import FormKind
from pipeline.model.request import NumberState
from pipeline.store.erasing import sweep
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.store.unit_of_work import Store
from tests.flow.test_certificates import issued
from tests.world.customers import OLIVER, form
from tests.world.outbox import parsed
from tests.world.poison import poisoned
from tests.world.traces import Traces, layers_of, traces, traces_in
from tests.world.world import World

ZORA = "zora.quastelmann@vielfarb.example"
#: The folders in place of mail servers.
SERVERS = {"inbox", "sent"}
SENDER = {"From": f"Zora Quastelmann <{ZORA}>"}
#: What the person writes into the form, by its question.
ANSWERS = {
    "contact_name": "Zora Quastelmann",
    "contact_department": "Knopfabteilung",
    "contact_email": "zora.privat@knopfkiste.example",
    "contact_phone": "+44 121 234 5699",
    "company_legal_name": "Vielfarb Knopfhandel Ltd",
    "company_trading_name": "Knopfzauberei",
    "genesys_org_name": "vielfarb-orga",
    "genesys_org_id": "9d2e5f81-3fa6-4c7b-b4e9-0a1f8d6c3b27",
    "website": "https://knopfzauberei.example",
    "meta_business_id": "617025418767745",
    "display_name": "Knopfzauber Shop",
    "profile_about": "Perlmuttglanz seit gestern",
    "profile_description": "Hornscheiben und Steinnuss aller Grade",
    "use_case": "Bestellte Druckknopfzangen werden nachverfolgt und beantwortet.",
    "opt_in_method": "Strichliste neben der Kasse",
    "notes": "Bitte den Zwirnkatalog beachten",
    "phone_number": "+44 7400 654321",
    "phone_number_again": "+44 7400 654321",
}
#: What stands elsewhere, by where.
WORDS = {
    "address": ZORA,
    "subject": "Garnrollenvorgang siebzehn",
    "body": "Schrankwandfeder und Leinwandzwinge",
    "japanese": "貝殻細工の留め金について",
    "umlauts": "Größenverhältnis der Öhrchenlöcher",
    "file name": "Sehrgeheimeliste.txt",
    "file words": "Fadenspannungstabelle fuer alle",
    "form name": "knopfformular_zora.xlsx",
    "old number": "+447400111222",
    "reply": "Nadelkissenfarbe ist noch offen",
    "reply subject": "Zwischenfutterfrage",
    "staff note": "Rief an wegen Saumbreitenmass",
    "staff answer": "Wir haben die Reissverschlussfrage geklaert",
    "rejection": "Musterkollektion fehlt leider",
    "question": "Was kostet eine Schnallenpruefung",
    "unproven": "Abnaeherkurve unbestaetigt",
    "vacation": "Kragenstaebchenurlaub bis Montag",
    "quarantined": "Garnfressermail ohne Ende",
    "third number": "+447400333444",
}
_E164 = {"phone_number": "+447400654321", "contact_phone": "+441212345699"}


def _planted() -> dict[str, str]:
    found = {f"answer {name}": text for name, text in ANSWERS.items()}
    found |= {f"number {name}": text for name, text in _E164.items()}
    del found["answer phone_number_again"]
    return found | WORDS


@pytest.fixture
def planted(any_world: World, deadly: pytest.MonkeyPatch) -> World:
    """A world in which the person has left traces everywhere, and somebody else some, too."""
    world, services = any_world, any_world.services
    name = WORDS["form name"]
    wrong = ANSWERS | {"phone_number": WORDS["old number"], "phone_number_again": "+447400111299"}
    body = "\n\n".join(WORDS[key] for key in ("body", "japanese", "umlauts"))
    extra = (WORDS["file name"], WORDS["file words"].encode())
    files = ((name, form(FormKind.ONBOARDING, "en", "xlsx", **wrong)[1]), extra)
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    world.mail(ZORA, *files, text=body, subject=WORDS["subject"], headers=SENDER)
    record = world.request(ZORA)
    world.reply(record, "", (name, form(FormKind.ONBOARDING, "en", "xlsx", **ANSWERS)[1]))
    review.note(services, world.again(record), "sato", text=WORDS["staff note"])
    letters.answer(services, world.again(record), "sato", text=WORDS["staff answer"])
    thread = _reply_address(world, record)
    for text, more in (
        (f"{WORDS['reply']}?", {"subject": WORDS["reply subject"], "to": thread}),
        (f"Hello, {WORDS['question']}?", {}),
        (f"Hello, {WORDS['unproven']}", {"proof": "none"}),
    ):
        world.deliver(world.customer.write(ZORA, text=text, headers=SENDER, **more))
    vacation = {"Auto-Submitted": "auto-replied", **SENDER}
    world.deliver(world.customer.write(ZORA, text=WORDS["vacation"], to=thread, headers=vacation))
    world.deliver(poisoned(world.customer.write(ZORA, text=WORDS["quarantined"], headers=SENDER)))
    world.staff_mails()
    review.reject(services, world.again(record), "sato", reason="other", text=WORDS["rejection"])
    world.set_number(WORDS["third number"], NumberState.RELEASED, ZORA)
    world.set_number(_E164["phone_number"], NumberState.RELEASED, "vielfarb.example")
    for one in world.requests_of(ZORA):
        if not one.state.ended:
            review.withdraw(services, one, "sato")
    world.run(timedelta(hours=1))
    return world


def _reply_address(world: World, record: RequestRecord) -> str:
    return str(parsed(world.mails_of(record)[-1].content)["Reply-To"])


def _traces(world: World) -> Traces:
    return traces(world.services.store, _planted(), world.home, SERVERS)


def _kinds(found: Traces) -> set[str]:
    return set().union(*found.values())


def _exported(world: World, address: str = ZORA) -> bytes:
    out = BytesIO()
    export_person(world.services, address, "sato", out)
    return out.getvalue()


def _contents(archive: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        for name in opened.namelist():
            yield name, opened.read(name)


def test_what_is_handed_out_is_erased_until_no_byte_is_left(planted: World) -> None:
    world = planted
    assert _kinds(_traces(world)) == set(_planted())
    handed = dict(_contents(_exported(world, ZORA.upper())))
    places = {name: [name.encode(), *layers_of(content)] for name, content in handed.items()}
    assert _kinds(traces_in(places, _planted())) == set(_planted())
    assert not [name for name in handed if name.startswith(("/", "..")) or "\\" in name]

    extent = preview_person(world.services, ZORA)
    assert len(extent.references) == 2
    assert {_E164["phone_number"], WORDS["third number"]} <= set(extent.numbers)
    assert dict(extent.folders)["Quarantine"] == 1
    known = world.requests()
    assert erase_person(world.services, ZORA, "sato") == extent
    assert _traces(world) == {}
    audit = verify_audit(world.services.store)
    assert audit.intact
    assert audit.staff.emptied >= 2
    with pytest.raises(NotFoundError, match="person_unknown"):
        _exported(world)

    assert world.quarantined() == []
    world.later(days=1)
    assert _traces(world) == {}
    assert len(world.requests()) == len(known)
    other = world.request(OLIVER)
    assert other.company == "Harbour Books Ltd"
    assert world.revisions(other)


def test_one_request_is_erased_alone(any_world: World) -> None:
    world = any_world
    world.mail(ZORA, text=f"{WORDS['body']}?", subject=WORDS["subject"])
    first = world.request(ZORA)
    review.note(world.services, first, "sato", text=WORDS["staff note"])
    review.withdraw(world.services, world.again(first), "sato")
    world.staff_mails()
    world.mail(ZORA, form(FormKind.ONBOARDING, "en", "xlsx", **ANSWERS), text=WORDS["umlauts"])
    extent = preview_request(world.services, world.again(first))
    assert (extent.references, extent.notes, extent.mails_in) == ((first.reference,), 2, 1)
    erase_request(world.services, world.again(first), "sato")
    left = _kinds(_traces(world))
    assert left >= {"umlauts", "address", "answer notes"}
    assert not left & {"body", "subject", "staff note"}
    assert dict(world.history(first)[-1].detail) == {"erased": "request"}
    assert world.request(ZORA).id != first.id
    with pytest.raises(RefusedError, match="erase_done"):
        preview_request(world.services, world.again(first))


def test_what_is_still_needed_is_refused(world: World) -> None:
    world.mail(OLIVER, form(language="en"))
    record = world.request(OLIVER)
    with pytest.raises(RefusedError, match="erase_open"):
        preview_request(world.services, record)
    with pytest.raises(RefusedError, match="erase_open"):
        _erase(world)
    review.withdraw(world.services, record, "sato")
    with pytest.raises(RefusedError, match="erase_mail_waits"):
        _erase(world)
    world.staff_mails()
    world.services.store.run(lambda tx: tx.messages.save(_waiting(world)))
    with pytest.raises(RefusedError, match="erase_mail_unread"):
        _erase(world)


def _erase(world: World) -> Extent:
    return erase_person(world.services, OLIVER, "sato")


def _waiting(world: World) -> MessageRecord:
    return replace(world.last_message(), next_at=world.clock.now())


def test_a_valid_certificate_is_refused(world: World) -> None:
    issued(world, OLIVER, "en")
    review.mark_active(world.services, world.request(OLIVER), "sato")
    world.staff_mails()
    with pytest.raises(RefusedError, match="erase_certificate_live"):
        _erase(world)
    world.later(days=8)
    record = world.request(OLIVER)
    world.set_number(record.number, NumberState.ACTIVE, OLIVER)
    extent = preview_request(world.services, record)
    assert (extent.certificates, extent.numbers, extent.numbers_kept) == (1, (), (record.number,))
    _erase(world)
    (row,) = world.certificates(record)
    assert (row.text, row.to_be_signed, row.number) == ("", b"", "")
    assert row.serial
    company = {"company": "Harbour Books Ltd", "address": OLIVER}
    assert traces(world.services.store, company, world.home, SERVERS) == {}


def test_a_request_of_somebody_else_that_names_the_address_is_told(world: World) -> None:
    world.mail(ZORA, text="Which form do we need for WhatsApp?")
    world.mail(OLIVER, form(language="en", contact_email=ZORA))
    other = world.request(OLIVER)
    record = world.request(ZORA)
    review.withdraw(world.services, record, "sato")
    world.staff_mails()
    assert preview_person(world.services, ZORA).naming == (other.reference,)
    assert erase_person(world.services, ZORA, "sato").naming == (other.reference,)
    assert world.revisions(other)


def test_a_reader_hinders_the_rewriting_and_the_next_batch_does_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "_BUSY_SECONDS", 0.1)
    world.mail(ZORA, text=WORDS["body"])
    review.withdraw(world.services, world.request(ZORA), "sato")
    world.staff_mails()
    with closing(sqlite3.connect(world.home / "requests.sqlite3")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM requests").fetchone()
        with pytest.raises(TryLaterError, match="erase_not_finished"):
            erase_person(world.services, ZORA, "sato")
    world.run()
    assert _traces(world) == {}


def test_who_is_killed_after_the_commit_is_finished_by_the_next_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.mail(ZORA, text=WORDS["body"])
    review.withdraw(world.services, world.request(ZORA), "sato")
    world.staff_mails()

    def killed(_store: Store) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "sweep", killed)
        with pytest.raises(KeyboardInterrupt):
            erase_person(world.services, ZORA, "sato")
    world.run()
    assert _traces(world) == {}
    with world.services.store.read() as tx:
        assert tx.memory.get("erasing") is None


def test_what_is_older_than_the_settings_let_it_be_is_taken_away_in_portions(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = any_world
    monkeypatch.setattr(erasing, "_MAILS_AT_ONCE", 1)
    monkeypatch.setattr(erasing, "_REQUESTS_AT_ONCE", 1)
    for place in range(2):
        world.mail(f"a{place}@firm-{place}.example", text=f"{WORDS['body']} {place}")
    records = [world.request(f"a{place}@firm-{place}.example") for place in range(2)]
    for record in records:
        review.withdraw(world.services, record, "sato")
    world.staff_mails()
    assert len(list(world.services.blobs.names())) == 2
    world.later(days=181)
    assert len(list(world.services.blobs.names())) == 1
    world.run()
    assert list(world.services.blobs.names()) == []
    assert len(world.notes(records[0])) == 1

    world.later(days=560)
    assert [len(world.notes(record)) for record in records] == [0, 1]
    world.run()
    assert [len(world.notes(record)) for record in records] == [0, 0]
    assert dict(world.history(records[0])[-1].detail) == {"erased": "retention"}
    assert verify_audit(world.services.store).intact
    with pytest.raises(PipelineError):
        preview_person(world.services, "a0@firm-0.example")


def test_the_settings_say_how_long(world: World) -> None:
    world.mail(ZORA, text=WORDS["body"])
    record = world.request(ZORA)
    review.withdraw(world.services, record, "sato")
    world.staff_mails()
    world.change(retention=RetentionSettings(raw_mail_days=10, answers_days=20))
    world.later(days=11)
    assert list(world.services.blobs.names()) == []
    assert len(world.notes(record)) == 1
    world.later(days=10)
    assert world.notes(record) == []
