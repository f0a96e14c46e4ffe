"""Certificates of Meta, against a server that behaves like its documented API."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipeline.config import CertificateSettings
from pipeline.errors import RefusedError
from pipeline.flow.staff import certificates
from pipeline.flow.staff import review as decisions
from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.request import Actor, EventName, NumberState, Status
from pipeline.terms import Issuer
from tests.servers.meta import FakeMeta
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.meta import (
    NAME,
    NUMBER,
    alerts,
    any_url,
    certified,
    history,
    meta,
    meta_world,
    no_sleep,
    reviewed,
    told,
    world,
)
from tests.world.outbox import notices
from tests.world.world import World

__all__ = ["any_url", "meta", "meta_world", "no_sleep", "world"]

LIVE, SUPERSEDED = CertificateState.LIVE, CertificateState.SUPERSEDED


def test_from_approval_to_active_without_a_hand(
    meta_world: Callable[..., World], meta: FakeMeta, any_url: str
) -> None:
    world = meta_world(any_url)
    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    assert world.later(minutes=6) == []
    assert world.again(record).status is Status.NAME_REVIEW
    looked = world.clock.now()
    meta.account.approve_name(number)
    (mail,) = world.later(minutes=10)
    assert mail.named == ("certificate_issued", HANAKO)
    (row,) = world.certificates(record)
    assert (row.state, row.issuer.value) == (LIVE, "meta")
    assert row.text == meta.account.certificate(number)
    # nobody is promised a day that the certificate does not have: it was not there at that look
    assert row.created_at == looked
    assert row.expires_at == looked + timedelta(days=7)
    assert row.text[:40] not in mail.text + mail.html + mail.subject
    assert row.text in next(iter(mail.files.values())).decode()
    assert world.later(hours=2) == []
    number.status = "CONNECTED"
    assert notices(world.later(hours=1)) == ["activated"]
    record = world.again(record)
    assert record.status is Status.ACTIVE
    assert record.state.ended_at == world.clock.now()
    seen = history(world, record)
    assert (EventName.NAME_APPROVED, Actor.META) in seen
    assert seen[-1] == (EventName.ACTIVATED, Actor.META)
    assert told(world) == []
    assert world.later(days=2) == []


def test_nothing_is_asked_when_nothing_waits(world: World, meta: FakeMeta) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja"))
    world.later(hours=1)
    assert meta.calls() == []


def test_numbers_are_looked_at_less_and_less_often_and_by_one_list(
    world: World, meta: FakeMeta
) -> None:
    record = reviewed(world)
    meta.account.add(NUMBER, NAME)
    for _ in range(8 * 6):
        world.later(minutes=10)
    assert world.again(record).status is Status.NAME_REVIEW
    assert 7 < len(meta.calls("numbers")) < 14
    assert meta.calls("number") == []


def test_a_number_that_the_account_lacks_is_told_once(world: World, meta: FakeMeta) -> None:
    record = reviewed(world)
    for _ in range(5):
        world.later(hours=1)
    assert told(world) == ["meta_number_missing"]
    assert meta.calls("add_number") == []
    meta.account.approve_name(meta.account.add(NUMBER, NAME))
    world.later(hours=1)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_a_number_is_added_when_a_setting_allows_it(
    meta_world: Callable[..., World], meta: FakeMeta
) -> None:
    world = meta_world(add_numbers=True)
    record = reviewed(world)
    number = meta.account.of(NUMBER)
    assert number.verified_name == NAME
    added = world.clock.now()
    meta.account.approve_name(number, without_review=True)
    world.later(minutes=30)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    (row,) = world.certificates(record)
    assert row.created_at is not None
    assert row.created_at >= added - timedelta(minutes=3)
    assert len(meta.calls("add_number")) == 1
    assert told(world) == []


@pytest.mark.parametrize("lost", [False, True])
def test_an_adding_that_is_perhaps_done_is_not_done_again(
    meta_world: Callable[..., World], meta: FakeMeta, lost: bool
) -> None:
    world = meta_world(add_numbers=True)
    meta.fail("add_number", "reset", done=lost)
    record = reviewed(world)
    for _ in range(6):
        world.later(minutes=10)
    assert len(meta.calls("add_number")) == (1 if lost else 2)
    assert [item.e164 for item in meta.account.numbers.values()] == [NUMBER]
    meta.account.approve_name(meta.account.of(NUMBER))
    world.later(hours=2)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_a_declined_name_is_for_the_customer_to_correct(world: World, meta: FakeMeta) -> None:
    meta.account.add(NUMBER, NAME, name_status="DECLINED")
    record = reviewed(world)
    record = world.again(record)
    assert record.status is Status.NEEDS_CORRECTION
    assert (EventName.NAME_DECLINED, Actor.META) in history(world, record)
    (mail,) = [one for one in world.mails_of(record) if one.notice.value == "needs_correction"]
    assert mail.variant == "display_name"


@pytest.mark.parametrize("status", ["APPROVED", "DECLINED"])
def test_a_decision_about_another_name_is_told_and_not_recorded(
    world: World, meta: FakeMeta, status: str
) -> None:
    meta.account.add(NUMBER, "Sakura Trading", name_status=status)
    record = reviewed(world)
    for _ in range(3):
        world.later(hours=1)
    assert world.again(record).status is Status.NAME_REVIEW
    assert told(world) == ["meta_name_differs"]
    # staff may record it all the same
    record = decisions.advance(
        world.services, world.again(record), "saki", event=EventName.NAME_APPROVED
    )
    assert record.status is Status.APPROVED


def test_width_case_and_spaces_make_no_other_name(world: World, meta: FakeMeta) -> None:
    meta.account.add(NUMBER, " ｼｮｯﾌﾟ  SAKURA ", name_status="APPROVED")
    record = reviewed(world, display_name="ショップ Sakura")
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_of_a_certificate_of_unknown_age_the_first_sight_counts(
    world: World, meta: FakeMeta
) -> None:
    number = meta.account.add(NUMBER, NAME)
    meta.account.approve_name(number)
    record = reviewed(world)
    (row,) = world.certificates(record)
    assert row.created_at == row.issued_at


def test_meta_says_that_a_certificate_has_expired_and_a_new_one_is_fetched(
    world: World, meta: FakeMeta
) -> None:
    record, number = certified(world, meta)
    (first,) = world.certificates(record)
    number.name_status = "EXPIRED"
    (mail,) = world.later(days=2)
    assert mail.notice == "certificate_expired"
    assert world.again(record).status is Status.CERTIFICATE_EXPIRED
    now = world.clock.now()
    assert first.expires_at is not None
    assert first.expires_at > now
    assert "11月25日" in mail.text
    assert notices(world.reply(record, "証明書の再発行希望")) == []
    assert told(world) == ["meta_certificate_ended"]
    meta.account.renew(number)
    assert notices(world.later(hours=2)) == ["certificate_reissued"]
    old, new = world.certificates(record)
    assert (old.state, new.state) == (CertificateState.EXPIRED, LIVE)
    assert new.text != old.text
    assert new.issued_at is not None
    assert new.created_at == new.issued_at - timedelta(hours=2)  # the last look had none of it


def test_the_same_certificate_is_no_new_one(world: World, meta: FakeMeta) -> None:
    record, number = certified(world, meta)
    world.reply(record, "証明書の再発行希望")
    for _ in range(4):
        world.later(hours=1)
    assert told(world) == ["meta_certificate_same"]
    assert [row.state for row in world.certificates(record) if row.text] == [LIVE]
    meta.account.renew(number)
    assert "certificate_reissued" in notices(world.later(hours=1))
    assert [row.state for row in world.certificates(record)] == [SUPERSEDED, LIVE]


def test_a_certificate_of_another_request_is_not_issued(
    world: World, meta: FakeMeta, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, number = certified(world, meta)
    text = meta.account.certificate(number)
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en"))
    second = decisions.approve(
        world.services, world.request(OLIVER), "saki", ticked="all", business_verified=True
    )
    meta.account.add("+447400123456", "Harbour Books", name_status="APPROVED")
    monkeypatch.setattr(meta.account, "certificate", lambda _number: text)
    for _ in range(3):
        world.later(hours=1)
    assert world.again(second).status is Status.APPROVED
    assert told(world) == ["meta_certificate_used"]
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


@pytest.mark.parametrize(
    "shown",
    ["", "not base64 at all!", "AAAA", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n"],
)
def test_what_is_no_certificate_is_never_issued(
    world: World, meta: FakeMeta, monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    meta.account.add(NUMBER, NAME, name_status="APPROVED")
    monkeypatch.setattr(meta.account, "certificate", lambda _number: shown or None)
    record = reviewed(world)
    for _ in range(4):
        world.later(hours=1)
    assert world.again(record).status is Status.APPROVED
    assert told(world) == ["meta_certificate_unusable" if shown else "meta_certificate_missing"]


def test_a_number_that_works_before_its_certificate_is_no_activation(
    world: World, meta: FakeMeta
) -> None:
    number = meta.account.add(NUMBER, NAME, status="CONNECTED", name_status="APPROVED")
    record = reviewed(world)
    for _ in range(3):
        world.later(hours=2)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    assert told(world) == ["meta_connected_before"]
    number.status = "DISCONNECTED"
    world.later(hours=2)
    number.status = "CONNECTED"
    assert notices(world.later(hours=2)) == ["activated"]


def test_a_number_that_works_after_its_certificate_expired_is_for_staff(
    world: World, meta: FakeMeta
) -> None:
    record, number = certified(world, meta)
    world.later(days=8)
    assert world.again(record).status is Status.CERTIFICATE_EXPIRED
    number.status = "CONNECTED"
    for _ in range(3):
        world.later(hours=2)
    assert told(world) == ["meta_connected"]
    assert world.again(record).status is Status.CERTIFICATE_EXPIRED
    assert decisions.mark_active(world.services, world.again(record), "saki").state.ended


def test_a_number_that_is_gone_moves_nothing(world: World, meta: FakeMeta) -> None:
    record, number = certified(world, meta)
    number.status = "BANNED"
    for _ in range(3):
        world.later(hours=2)
    assert told(world) == ["meta_number_gone"]
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_a_revocation_is_our_record_only_and_staff_are_told(world: World, meta: FakeMeta) -> None:
    record, _ = certified(world, meta)
    record = certificates.revoke_certificate(world.services, record, "saki", "exposed")
    assert record.status is Status.HELD
    assert told(world) == ["not_revoked"]


def test_staff_may_enter_the_certificate_themselves(world: World, meta: FakeMeta) -> None:
    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    meta.account.approve_name(number)
    text = meta.account.certificate(number)
    assert text
    created = world.clock.now() - timedelta(hours=5)
    certificates.enter_certificate(world.services, record, text, "saki", created)
    world.later(hours=1)
    live = [row for row in world.certificates(record) if row.text]
    assert [(row.state, row.created_at) for row in live] == [(LIVE, created)]
    assert told(world) == []


def test_staff_may_fetch_it_at_once(world: World, meta: FakeMeta) -> None:
    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    with pytest.raises(RefusedError) as refused:
        certificates.issue_wanted(world.services, record)
    assert refused.value.code == "meta_certificate_missing"
    meta.account.approve_name(number)
    certificates.issue_wanted(world.services, world.again(record))
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_the_owner_of_the_number_is_asked_about_once_more(world: World, meta: FakeMeta) -> None:
    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.set_number(NUMBER, NumberState.ACTIVE, "other-company.example")
    meta.account.approve_name(number)
    for _ in range(3):
        world.later(hours=1)
    assert world.again(record).status is Status.APPROVED
    assert [code for code in alerts(world) if code == "certificate_not_issued"] != []
    assert alerts(world).count("certificate_not_issued") == 1
    world.set_number(NUMBER, NumberState.REQUESTED, world.again(record).organisation)
    world.later(hours=2)
    # what was seen meanwhile keeps the date of its first sight
    (row,) = [row for row in world.certificates(record) if row.text]
    assert row.created_at is not None
    assert row.issued_at is not None
    assert row.issued_at - row.created_at > timedelta(hours=3)


def test_nobody_of_staff_can_say_that_a_certificate_has_expired(
    world: World, meta: FakeMeta
) -> None:
    record, _ = certified(world, meta)
    with pytest.raises(RefusedError) as refused:
        decisions.advance(world.services, record, "saki", event=EventName.EXPIRE)
    assert refused.value.code == "actor_not_allowed"


def test_an_order_that_staff_were_to_serve_is_served_after_the_setting_has_changed(
    world: World, meta: FakeMeta
) -> None:
    def issue_by(issuer: Issuer) -> None:
        world.change(certificates=CertificateSettings(issuer=issuer))
        for name in ("issuer", "policy"):
            world.services.__dict__.pop(name, None)

    issue_by(Issuer.MANUAL)
    record = reviewed(world)
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    assert alerts(world)[-1] == "certificate_wanted"
    assert world.certificates(record) == []
    meta.account.approve_name(meta.account.add(NUMBER, NAME))
    issue_by(Issuer.META)
    assert "certificate_issued" in notices(world.later(minutes=5))
    assert [row.state for row in world.certificates(record)] == [LIVE]
