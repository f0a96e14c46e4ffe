"""QR codes and chat links: for active numbers, numbers under way, and numbers nobody knows."""

import io
from datetime import date

import pytest
import zxingcpp
from PIL import Image

from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.numbers import import_numbers
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, NumberState, Status, Track
from pipeline.store.records import NumberRecord
from tests.world.customers import EVE, HANAKO, form
from tests.world.outbox import notices
from tests.world.world import World

_NUMBER = "+819012345678"
_OWN = "sakura-denki.example"


def test_code_for_an_imported_active_number_is_delivered(any_world: World) -> None:
    world = any_world
    known = NumberRecord(_NUMBER, NumberState.ACTIVE, _OWN, date(2025, 4, 1))
    import_numbers(world.services, [known], "staff")
    mails = world.mail(HANAKO, form(FormKind.QR, prefilled_message="こんにちは"))
    record = world.request()
    assert (record.state.track, record.status) == (Track.QR, Status.CONTENT_REVIEW)
    assert notices(mails) == ["acknowledged"]
    done = decisions.approve(world.services, record, "saki", ticked="all", business_verified=True)
    assert done.status is Status.DELIVERED
    (mail,) = world.staff_mails()
    assert mail.notice == "qr_delivered"
    link = "https://wa.me/819012345678?text=%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF"
    assert link in mail.text
    images = {name.rpartition(".")[2]: content for name, content in mail.files.items()}
    assert {"svg", "png"} <= set(images)
    assert _decoded(images["png"]) == link
    assert world.certificates(record) == []


def _decoded(png: bytes) -> str:
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    return str(code.text)


def test_unknown_number_is_held_and_number_set_lets_it_go_on(any_world: World) -> None:
    world = any_world
    mails = world.mail(HANAKO, form(FormKind.QR))
    record = world.request()
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.NUMBER)
    assert notices(mails) == ["acknowledged"]
    world.set_number(_NUMBER, NumberState.ACTIVE, _OWN)
    assert world.again(record).status is Status.CONTENT_REVIEW
    assert world.staff_mails() == []


def test_released_hold_on_an_unknown_number_goes_to_review(world: World) -> None:
    world.mail(HANAKO, form(FormKind.QR))
    released = decisions.release(world.services, world.request(), "saki")
    assert released.status is Status.CONTENT_REVIEW


def test_code_for_our_own_open_request_waits_until_it_is_active(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    mails = world.mail(HANAKO, form(FormKind.QR))
    first, second = world.requests_of(HANAKO)
    assert second.status is Status.AWAITING_ACTIVE
    assert notices(mails) == ["question:queued"]
    decisions.approve(world.services, first, "saki", ticked="all", business_verified=True)
    decisions.advance(world.services, world.again(first), "saki", event=EventName.NAME_APPROVED)
    issued = world.again(first)
    assert issued.status is Status.CERTIFICATE_ISSUED
    decisions.mark_active(world.services, issued, "saki")
    sent = [mail.notice for mail in world.staff_mails()]
    assert world.again(second).status is Status.CONTENT_REVIEW
    assert "status_changed" in sent


def test_waiting_code_is_asked_about_when_the_other_request_ends(world: World) -> None:
    world.mail(HANAKO, form())
    world.mail(HANAKO, form(FormKind.QR))
    first, second = world.requests_of(HANAKO)
    decisions.withdraw(world.services, first, "saki")
    sent = notices(world.staff_mails())
    assert world.again(second).status is Status.NEEDS_CORRECTION
    assert sorted(sent) == ["question:not_ours", "withdrawn"]


def test_code_for_another_organisation_s_number_is_held(world: World) -> None:
    world.set_number(_NUMBER, NumberState.ACTIVE, _OWN)
    mails = world.mail(EVE, form(FormKind.QR))
    record = world.request(EVE)
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.OWNERSHIP)
    assert notices(mails) == ["acknowledged"]


def test_second_code_with_other_words_is_a_request_of_its_own(world: World) -> None:
    world.set_number(_NUMBER, NumberState.ACTIVE, _OWN)
    world.mail(HANAKO, form(FormKind.QR))
    world.mail(HANAKO, form(FormKind.QR, prefilled_message="予約したいです"))
    assert [record.status for record in world.requests_of(HANAKO)] == [Status.CONTENT_REVIEW] * 2


def test_same_code_again_is_a_duplicate(world: World) -> None:
    world.set_number(_NUMBER, NumberState.ACTIVE, _OWN)
    world.mail(HANAKO, form(FormKind.QR))
    assert [mail.notice for mail in world.mail(HANAKO, form(FormKind.QR))] == ["duplicate"]
    assert len(world.requests_of(HANAKO)) == 1


@pytest.mark.parametrize("action", ["update", "delete"])
def test_change_of_a_code_needs_the_provider_and_comes_back_to_staff(
    world: World, action: str
) -> None:
    world.set_number(_NUMBER, NumberState.ACTIVE, _OWN)
    world.mail(HANAKO, form(FormKind.QR, qr_action=action, existing_code="K7QX2ZBYWD4I1M"))
    record = world.request()
    assert record.status is Status.CONTENT_REVIEW
    back = decisions.approve(world.services, record, "saki", ticked="all", business_verified=True)
    assert back.status is Status.CONTENT_REVIEW
    assert "qr_not_made" in world.alerts()


def test_opt_in_wording_without_the_business_name_is_asked_about(world: World) -> None:
    world.set_number(_NUMBER, NumberState.ACTIVE, _OWN)
    mails = world.mail(HANAKO, form(FormKind.QR, opt_in_wording="同意してください。"))
    assert notices(mails) == ["needs_correction"]
    assert world.request().status is Status.NEEDS_CORRECTION
