"""What can be asked of Meta, against a server that remembers."""

from datetime import timedelta

import pytest

from pipeline.clock import SettableClock
from pipeline.meta.api import CodeMethod, CodeStatus, Graph, ImageFormat, NameStatus, NumberStatus
from pipeline.meta.errors import MetaError, Reason
from tests.servers.meta import FakeMeta


def test_a_number_from_nothing_to_connected(graph: Graph, meta: FakeMeta) -> None:
    assert graph.find_number("+493012345678") is None
    number_id = graph.add_number("+493012345678", "Beispiel GmbH")
    (listed,) = graph.numbers()
    assert (listed.id, listed.e164, listed.verified_name) == (
        number_id,
        "+493012345678",
        "Beispiel GmbH",
    )
    assert (listed.status, listed.name_status) == (NumberStatus.PENDING, NameStatus.PENDING_REVIEW)
    assert not listed.name_status.usable
    assert graph.number(number_id).certificate is None
    meta.account.approve_name(meta.account.numbers[number_id])
    found = graph.number(number_id)
    assert found.name_status.usable
    assert found.certificate == meta.account.certificate(meta.account.numbers[number_id])
    assert found.certificate
    assert found.certificate not in repr(found)
    graph.request_code(number_id, CodeMethod.SMS, "de_DE")
    graph.verify_code(number_id, meta.account.numbers[number_id].code)
    assert graph.number(number_id).code_status is CodeStatus.VERIFIED
    graph.register(number_id, "123456")
    assert graph.numbers()[0].status.connected


def test_a_migrated_number_has_a_certificate_only_after_the_code(
    graph: Graph, meta: FakeMeta
) -> None:
    number_id = graph.add_number("+819012345678", "Example", migrate=True)
    number = meta.account.numbers[number_id]
    assert number.migrating
    meta.account.approve_name(number)
    assert graph.number(number_id).certificate is None
    graph.request_code(number_id, CodeMethod.VOICE, "ja_JP")
    graph.verify_code(number_id, number.code)
    assert graph.number(number_id).certificate


def test_a_certificate_expires_and_another_one_is_made(
    graph: Graph, meta: FakeMeta, clock: SettableClock
) -> None:
    number = meta.account.add("+14155550100")
    meta.account.approve_name(number)
    first = graph.number(number.id).certificate
    clock.advance(timedelta(days=6, hours=23))
    assert graph.number(number.id).certificate == first
    clock.advance(timedelta(hours=1))
    expired = graph.number(number.id)
    assert (expired.name_status, expired.certificate) == (NameStatus.EXPIRED, None)
    meta.account.renew(number)
    assert graph.number(number.id).certificate not in {None, first}


def test_the_list_asks_for_no_certificate_and_all_pages(graph: Graph, meta: FakeMeta) -> None:
    meta.account.page_size = 3
    for last in range(10):
        meta.account.approve_name(meta.account.add(f"+4930123450{last}"))
    assert [item.e164 for item in graph.numbers()] == [f"+4930123450{last}" for last in range(10)]
    assert len(meta.calls("numbers")) == 4
    assert all("certificate" not in asked.query["fields"] for asked in meta.calls("numbers"))


def test_a_found_number_ends_the_list(graph: Graph, meta: FakeMeta) -> None:
    meta.account.page_size = 3
    for last in range(10):
        meta.account.add(f"+4930123450{last}")
    found = graph.find_number("+49301234502")
    assert found is not None
    assert found.e164 == "+49301234502"
    assert len(meta.calls("numbers")) == 1


def test_registrations_are_counted_by_meta(
    graph: Graph, meta: FakeMeta, clock: SettableClock
) -> None:
    number = meta.account.add("+14155550100", pin="111111", code_status="VERIFIED")
    for _ in range(10):
        with pytest.raises(MetaError) as wrong:
            graph.register(number.id, "999999")
        assert wrong.value.reason is Reason.PIN_WRONG
    with pytest.raises(MetaError) as late:
        graph.register(number.id, "111111")
    assert late.value.reason is Reason.REGISTRATION_LIMIT
    assert late.value.retry_after == timedelta(hours=72)
    clock.advance(timedelta(hours=72))
    graph.register(number.id, "111111")


def test_codes_wrong_late_and_too_many(graph: Graph, meta: FakeMeta, clock: SettableClock) -> None:
    number = meta.account.add("+14155550100")
    graph.request_code(number.id, CodeMethod.SMS, "en_US")
    good = number.code
    wrong = "000000" if good != "000000" else "111111"
    with pytest.raises(MetaError) as refused:
        graph.verify_code(number.id, wrong)
    assert refused.value.reason is Reason.CODE_WRONG
    clock.advance(timedelta(minutes=10))
    with pytest.raises(MetaError) as refused:
        graph.verify_code(number.id, good)
    assert refused.value.reason is Reason.CODE_WRONG
    graph.request_code(number.id, CodeMethod.SMS, "en_US")
    graph.request_code(number.id, CodeMethod.SMS, "en_US")
    with pytest.raises(MetaError) as many:
        graph.request_code(number.id, CodeMethod.SMS, "en_US")
    assert many.value.reason is Reason.CODE_NOT_SENT
    assert "wait an hour" in str(many.value)
    with pytest.raises(MetaError) as early:
        graph.register(number.id, "123456")
    assert early.value.reason is Reason.NOT_VERIFIED


def test_a_link_made_changed_and_deleted(graph: Graph, meta: FakeMeta) -> None:
    number = meta.account.add("+14155550100")
    text = "こんにちは 👩‍👩‍👧 &?#%+\nnext"
    made = graph.create_link(number.id, text, ImageFormat.SVG)
    assert (made.text, made.url) == (text, f"https://wa.me/message/{made.code}")
    assert graph.image(made.image_url).startswith(b"<svg")
    other = graph.create_link(number.id, "Hi", ImageFormat.PNG)
    assert graph.image(other.image_url).startswith(b"\x89PNG")
    assert graph.update_link(number.id, made.code, "Changed").text == "Changed"
    assert [link.code for link in graph.short_links(number.id)] == [other.code, made.code]
    graph.delete_link(number.id, made.code)
    assert [link.code for link in graph.short_links(number.id)] == [other.code]
    for again in (
        lambda: graph.delete_link(number.id, made.code),
        lambda: graph.update_link(number.id, made.code, "x"),
    ):
        with pytest.raises(MetaError) as gone:
            again()
        assert gone.value.reason is Reason.NOT_FOUND


def test_all_links_of_a_number_are_listed(graph: Graph, meta: FakeMeta) -> None:
    number = meta.account.add("+14155550100")
    number.links = {f"ABCDEFGHIJ{place:04}": f"Text {place}" for place in range(2000)}
    assert len(graph.short_links(number.id)) == 2000
    with pytest.raises(MetaError) as full:
        graph.create_link(number.id, "one more")
    assert full.value.reason is Reason.REFUSED


def test_a_number_that_came_back_is_found_before_the_one_that_left(
    graph: Graph, meta: FakeMeta
) -> None:
    left = meta.account.add("+14155550100", status="MIGRATED")
    assert (found := graph.find_number("+14155550100")) is not None
    assert found.id == left.id
    assert found.status.gone
    back = meta.account.add("+14155550100", status="PENDING")
    assert (found := graph.find_number("+14155550100")) is not None
    assert found.id == back.id


def test_a_new_name_has_a_certificate_of_its_own(graph: Graph, meta: FakeMeta) -> None:
    number = meta.account.add("+14155550100", new_name_status="PENDING_REVIEW")
    meta.account.approve_name(number)
    waiting = graph.number(number.id)
    assert (waiting.new_name_status, waiting.new_certificate) == (NameStatus.PENDING_REVIEW, None)
    number.new_name_status = "APPROVED"
    found = graph.number(number.id)
    assert found.new_certificate == meta.account.new_certificate(number)
    assert found.new_certificate != found.certificate
    assert str(found.new_certificate) not in repr(found)


def test_what_cannot_be_sent_is_refused(graph: Graph, meta: FakeMeta) -> None:
    number = meta.account.add("+14155550100")
    for work in (
        lambda: graph.create_link(number.id, "half \ud83d"),
        lambda: graph.add_number("+14155550101", "half \ud83d"),
        lambda: graph.add_number("4155550101", "no plus"),
        lambda: graph.image("https://scontent.fbcdn.net/" + "x" * 100_000),
        lambda: graph.image("https://xn--\u00df.fbcdn.net/x"),
    ):
        with pytest.raises(MetaError) as refused:
            work()
        assert refused.value.reason is Reason.REFUSED
    assert meta.calls() == []


@pytest.mark.parametrize("odd", ["", "12345", "1234567", "１２３４５６", "12 456", "abcdef"])
def test_what_is_no_code_or_pin_costs_no_try(graph: Graph, meta: FakeMeta, odd: str) -> None:
    number = meta.account.add("+14155550100", code_status="VERIFIED")
    with pytest.raises(MetaError) as wrong:
        graph.verify_code(number.id, odd)
    assert wrong.value.reason is Reason.CODE_WRONG
    with pytest.raises(MetaError) as wrong:
        graph.register(number.id, odd)
    assert wrong.value.reason is Reason.PIN_WRONG
    assert meta.calls() == []
    assert number.registrations == []
