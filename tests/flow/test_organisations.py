"""Who is one organisation: what staff have said, and nothing else."""

from collections.abc import Callable

import pytest

from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.staff import organisations as owners
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.corrections import route
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, NumberState, Status, Track
from pipeline.store.records import RequestRecord
from tests.world.customers import EVE, HANAKO, TARO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.world import World

NUMBER = "+819012345678"
OURS = "sakura-denki.example"
#: Strangers at a provider of mailboxes that stands in no list.
ANNA, BERT = "anna@obscure-mail.example", "bert@obscure-mail.example"
THEIRS = {
    "contact_name": "Bert",
    "company_legal_name": "株式会社ベルト",
    "opt_in_wording": "このコードで、株式会社ベルトからのメッセージの受け取りに同意します。",
}


def _approved(world: World, record: RequestRecord) -> RequestRecord:
    record = decisions.approve(world.services, record, "saki", ticked="all", business_verified=True)
    return decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)


# --- strangers at one provider ------------------------------------------------------------------


@pytest.mark.parametrize("kind", FormKind)
def test_stranger_at_the_same_provider_learns_nothing_and_holds_nothing(
    world: World, kind: FormKind
) -> None:
    world.mail(ANNA, form(contact_email=ANNA))
    (mail,) = world.mail(BERT, form(kind, "ja", contact_email=BERT, **THEIRS))
    assert (mail.named, mail.variant) == (("acknowledged", BERT), "")
    anna, bert = world.request(ANNA), world.request(BERT)
    assert (anna.status, bert.status) == (Status.POLICY_REVIEW, Status.HELD)
    assert bert.state.hold_reason is HoldReason.OWNERSHIP
    assert anna.reference not in mail.raw.decode()
    assert world.number(NUMBER).organisation == ANNA  # type: ignore[union-attr]


def test_stranger_at_the_same_provider_gets_no_code_for_an_active_number(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, ANNA)
    assert notices(world.mail(BERT, form(FormKind.QR))) == ["acknowledged"]
    with pytest.raises(RefusedError) as refused:
        decisions.release(world.services, world.request(BERT), "saki")
    assert refused.value.code == "release_needs_number"
    assert notices(world.later(days=20)) == []
    assert notices(world.mail(ANNA, form(FormKind.QR))) == ["acknowledged"]
    assert world.request(ANNA).status is Status.CONTENT_REVIEW


def test_no_certificate_goes_out_when_the_number_became_another_s(world: World) -> None:
    world.mail(ANNA, form(ready_date="2026-11-23"))
    record = decisions.approve(
        world.services, world.request(ANNA), "saki", ticked="all", business_verified=True
    )
    world.set_number(NUMBER, NumberState.ACTIVE, BERT)
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    assert record.status is Status.APPROVED
    assert [row.state.value for row in world.certificates(record)] == ["revoked"]
    details = [detail for event in world.history(record) for detail in event.detail]
    assert ("error", "number_of_another") in details
    assert notices(world.staff_mails()) == []


def test_no_code_is_made_when_the_number_became_another_s(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, ANNA)
    world.mail(ANNA, form(FormKind.QR))
    world.set_number(NUMBER, NumberState.ACTIVE, BERT)
    record = decisions.approve(world.services, world.request(ANNA), "saki", ticked="all")
    assert record.status is Status.CONTENT_REVIEW
    assert "number_of_another" in world.alerts()
    assert notices(world.staff_mails()) == []


def test_neighbour_with_a_forwarded_token_is_a_third_party(world: World) -> None:
    world.mail(ANNA, form(contact_email=ANNA))
    record = world.request(ANNA)
    assert world.reply(record, "WITHDRAW", sender=BERT) == []
    assert world.again(record).status is Status.POLICY_REVIEW
    assert world.last_message().why == "third_party"
    assert "thread_third_party" in world.alerts()


def test_form_that_staff_route_is_held_over_the_owner_all_the_same(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, ANNA)
    world.mail(EVE, form(FormKind.MIGRATION, number_use="never"))
    assert world.request(EVE).status is Status.TRIAGE
    routed = route(world.services, world.request(EVE), "saki", track=Track.ONBOARDING)
    assert routed.status is Status.NEEDS_CORRECTION
    assert world.staff_mails() != []
    assert notices(world.reply(routed, "", form())) == ["revision_received"]
    assert world.request(EVE).state.hidden


def test_unreadable_number_ends_no_doubt(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, ANNA)
    world.mail(BERT, form())
    broken = form(phone_number="090-1234", phone_number_again="090-1234")
    assert notices(world.reply(world.request(BERT), "", broken)) == ["needs_correction"]
    assert HoldReason.OWNERSHIP in world.request(BERT).state.doubts
    assert notices(world.reply(world.request(BERT), "", form())) == ["revision_received"]
    assert world.request(BERT).state.hidden


# --- what staff say -----------------------------------------------------------------------------


def test_known_domain_makes_colleagues_at_it_and_below_it(world: World) -> None:
    world.know(OURS)
    world.mail(HANAKO, form())
    (mail,) = world.mail("taro@tokyo.sakura-denki.example", form())
    assert (mail.notice, mail.variant) == ("question", "colleague")


def test_known_sub_domain_makes_no_colleague_above_it(world: World) -> None:
    world.know("tokyo.sakura-denki.example")
    world.mail("taro@tokyo.sakura-denki.example", form())
    assert notices(world.mail(HANAKO, form())) == ["acknowledged"]
    assert world.request().state.hold_reason is HoldReason.OWNERSHIP


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "docomo.ne.jp", "abc.ocn.ne.jp", "gmx.at", "qq.com", "btinternet.com"],
)
def test_provider_of_mailboxes_is_no_organisation(world: World, domain: str) -> None:
    for say in (
        lambda: owners.add_organisation(world.services, domain, "saki"),
        lambda: world.set_number(NUMBER, NumberState.ACTIVE, domain),
    ):
        with pytest.raises(RefusedError) as refused:
            say()
        assert refused.value.code == "organisation_provider"
    assert world.number(NUMBER) is None


def test_provider_of_the_settings_is_no_organisation_even_when_it_was_said(world: World) -> None:
    world.know("obscure-mail.example")
    world.mail(ANNA, form(contact_email=ANNA))
    sender = world.services.settings.sender
    world.change(sender=sender.model_copy(update={"mailbox_providers": ("obscure-mail.example",)}))
    assert notices(world.mail(BERT, form())) == ["acknowledged"]
    assert world.request(BERT).state.hold_reason is HoldReason.OWNERSHIP


@pytest.mark.parametrize("domain", ["co.jp", "com.au", "jp"])
def test_suffix_that_registries_sell_is_no_organisation(world: World, domain: str) -> None:
    with pytest.raises(RefusedError) as refused:
        owners.add_organisation(world.services, domain, "saki")
    assert refused.value.code == "organisation_shared"


def test_number_s_owner_set_by_staff_is_known_from_then_on(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    with world.services.store.read() as tx:
        (row,) = tx.organisations.list()
    assert (row.domain, row.added_by) == (OURS, "staff")
    assert notices(world.mail(TARO, form(FormKind.QR))) == ["acknowledged"]
    assert world.request(TARO).status is Status.CONTENT_REVIEW
    with pytest.raises(RefusedError) as refused:
        owners.remove_organisation(world.services, OURS, "saki")
    assert refused.value.code == "organisation_owns_numbers"


def test_removed_organisation_is_none_and_who_said_so_is_kept(world: World) -> None:
    world.know(OURS)
    world.mail(HANAKO, form())
    world.set_number(NUMBER, NumberState.REQUESTED, HANAKO)
    owners.remove_organisation(world.services, OURS, "saki")
    assert notices(world.mail(TARO, form())) == ["acknowledged"]
    assert world.request(TARO).state.hold_reason is HoldReason.OWNERSHIP
    with world.services.store.read() as tx:
        (row,) = tx.organisations.list(removed=True)
    assert (row.added_by, row.removed_by) == ("staff", "saki")
    with pytest.raises(NotFoundError):
        owners.remove_organisation(world.services, OURS, "saki")


# --- one key ------------------------------------------------------------------------------------


def test_one_key_makes_the_domain_known_and_a_differing_colleague_is_asked_about(
    world: World,
) -> None:
    world.mail(HANAKO, form())
    world.mail(TARO, form(display_name="さくら"))
    taro = owners.same_organisation(world.services, world.request(TARO), "saki")
    assert (taro.status, taro.state.hold_reason) == (Status.HELD, HoldReason.SECOND_OF_TWO)
    assert world.request(HANAKO).status is Status.HELD
    mails = world.staff_mails()
    assert {(mail.named, mail.variant) for mail in mails} == {
        (("question", HANAKO), "differs_first"),
        (("question", TARO), "differs"),
    }
    assert ("same_organisation", OURS) in {
        detail for event in world.history(taro) for detail in event.detail
    }


def test_one_key_lets_a_colleague_s_code_for_the_number_go_on_without_a_second_receipt(
    world: World,
) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, HANAKO)
    world.mail(TARO, form(FormKind.QR))
    assert world.request(TARO).state.hold_reason is HoldReason.OWNERSHIP
    taro = owners.same_organisation(world.services, world.request(TARO), "saki")
    assert taro.status is Status.CONTENT_REVIEW
    decisions.approve(world.services, taro, "saki", ticked="all")
    assert notices(world.staff_mails()) == ["qr_delivered"]


def test_one_key_tells_a_colleague_that_the_number_is_active(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, HANAKO)
    world.mail(TARO, form())
    assert (
        owners.same_organisation(world.services, world.request(TARO), "saki").status
        is Status.ANSWERED
    )
    assert notices(world.staff_mails()) == ["already_active"]


@pytest.mark.parametrize(
    ("sender", "other", "code"),
    [
        (EVE, HANAKO, "no_common_domain"),
        ("one@gmail.com", "two@gmail.com", "organisation_provider"),
    ],
)
def test_one_key_is_refused_where_there_is_no_organisation(
    world: World, sender: str, other: str, code: str
) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, other)
    world.mail(sender, form())
    with pytest.raises(RefusedError) as refused:
        owners.same_organisation(world.services, world.request(sender), "saki")
    assert refused.value.code == code
    assert world.request(sender).status is Status.HELD


# --- whose the number is ------------------------------------------------------------------------


def test_transferred_number_goes_over_to_the_requester(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    world.mail(EVE, form())
    record = owners.release_with_number(world.services, world.request(EVE), "saki", "transferred")
    assert record.status is Status.POLICY_REVIEW
    number = world.number(NUMBER)
    assert number is not None
    assert (number.state, number.organisation) == (NumberState.REQUESTED, EVE)
    assert notices(world.staff_mails()) == []
    assert _approved(world, record).status is Status.CERTIFICATE_ISSUED


def test_number_that_was_the_requester_s_all_along_is_answered_so(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    world.mail(EVE, form(FormKind.QR))
    record = owners.release_with_number(world.services, world.request(EVE), "saki", "ours")
    assert record.status is Status.CONTENT_REVIEW
    number = world.number(NUMBER)
    assert number is not None
    assert (number.state, number.organisation) == (NumberState.ACTIVE, EVE)


def test_customer_sees_the_hold_once_staff_ask_for_a_proof(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    world.mail(EVE, form())
    record = owners.ask_owner(world.services, world.request(EVE), "saki")
    assert notices(world.staff_mails()) == ["held"]
    (mail,) = world.reply(record, "STATUS")
    assert (mail.notice, mail.variant) == ("duplicate", "status")
    assert "保留" in mail.text or "一時停止" in mail.text
    assert world.reply(world.again(record), "", form(display_name="ほか")) == []
    assert world.again(record).held_for(HoldReason.OWNERSHIP)


@pytest.mark.parametrize("decide", [owners.ask_owner, owners.same_organisation])
def test_decision_about_an_owner_needs_a_hold_over_the_owner(
    world: World, decide: Callable[..., RequestRecord]
) -> None:
    world.mail(EVE, form())
    with pytest.raises(RefusedError) as refused:
        decide(world.services, world.request(EVE), "saki")
    assert refused.value.code == "not_held_for_owner"


# --- more than a day's share --------------------------------------------------------------------


def _numbered(index: int) -> dict[str, str]:
    number = f"+81 90 1234 {6000 + index}"
    return {"phone_number": number, "phone_number_again": number}


def test_requests_above_the_day_s_share_are_acknowledged_and_held(make_world: MakeWorld) -> None:
    world = make_world(sender={"daily_requests": 2})
    for index in range(4):
        (mail,) = world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", **_numbered(index)))
        assert mail.notice == "acknowledged"
    records = world.requests_of(HANAKO)
    assert [record.status for record in records] == [Status.POLICY_REVIEW] * 2 + [Status.HELD] * 2
    assert {record.state.hold_reason for record in records[2:]} == {HoldReason.TOO_MANY}
    assert world.alerts().count("too_many_requests") == 1
    released = decisions.release(world.services, world.again(records[2]), "saki")
    assert released.status is Status.POLICY_REVIEW
    assert world.number(released.number) is not None
    world.later(days=1)
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", **_numbered(9)))
    assert world.requests_of(HANAKO)[-1].status is Status.POLICY_REVIEW


def test_tags_of_an_address_win_no_further_share(make_world: MakeWorld) -> None:
    world = make_world(sender={"daily_requests": 2})
    for tag in "abc":
        world.mail(f"carol+{tag}@gmail.com", text=f"Hello {tag}")
    found = [world.request(f"carol+{tag}@gmail.com").state.hold_reason for tag in "abc"]
    assert found == [None, None, HoldReason.TOO_MANY]


def test_share_is_the_domain_s_where_it_is_no_provider_and_forgers_use_up_nobody_s(
    make_world: MakeWorld,
) -> None:
    world = make_world(sender={"daily_requests": 2})
    for index in range(3):
        world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", **_numbered(index)), proof="fail")
    for index, name in enumerate(("a", "b", "c")):
        world.mail(f"{name}@sakura-denki.example", text=f"Hello {index}")
        world.mail(f"{name}@gmail.com", text=f"Hello {index}")
    firm = [world.request(f"{name}@sakura-denki.example").status for name in "abc"]
    free = [world.request(f"{name}@gmail.com").status for name in "abc"]
    assert firm == [Status.TRIAGE, Status.TRIAGE, Status.HELD]
    assert free == [Status.TRIAGE] * 3
