"""What Meta's codes mean, one by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.meta.calling import split_number
from pipeline.meta.codes import judge, judge_unread
from pipeline.meta.errors import About, Reason
from pipeline.meta.reading import cursor_of, e164_of, link_of, number_of
from pipeline.meta.said import said_of, wait_of
from tests.servers.meta_failures import error_body

ITEM, SERVER, SETTING = About.ITEM, About.SERVER, About.SETTING
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("call", "status", "code", "subcode", "reason", "about"),
    [
        ("numbers", 401, 0, None, Reason.TOKEN, SETTING),
        ("number", 401, 102, None, Reason.TOKEN, SETTING),
        ("number", 401, 104, None, Reason.TOKEN, SETTING),
        ("number", 400, 190, 467, Reason.TOKEN, SETTING),
        ("register", 500, 190, 463, Reason.TOKEN, SETTING),
        ("number", 500, 3, None, Reason.PERMISSION, SETTING),
        ("number", 403, 10, None, Reason.PERMISSION, SETTING),
        ("numbers", 403, 200, 1349174, Reason.PERMISSION, SETTING),
        ("numbers", 403, 299, None, Reason.PERMISSION, SETTING),
        ("number", 403, 200, 1349174, Reason.PERMISSION, ITEM),
        ("number", 403, 200, 1349176, Reason.PERMISSION, SETTING),
        ("add_number", 403, 200, 1349175, Reason.NUMBERS_FULL, ITEM),
        ("add_number", 409, 100, None, Reason.IN_USE, ITEM),
        ("add_number", 400, 100, 2388012, Reason.ALREADY_THERE, ITEM),
        ("add_number", 422, 100, None, Reason.REFUSED, ITEM),
        ("numbers", 404, 803, None, Reason.WABA, SETTING),
        ("numbers", 400, 100, 33, Reason.WABA, SETTING),
        ("numbers", 400, 100, None, Reason.REFUSED, SETTING),
        ("number", 404, 803, None, Reason.NOT_FOUND, ITEM),
        ("number", 400, 100, 33, Reason.NOT_FOUND, ITEM),
        ("number", 400, 33, None, Reason.NOT_FOUND, ITEM),
        ("number", 400, 100, None, Reason.REFUSED, ITEM),
        ("number", 400, 2500, None, Reason.ADDRESS, SETTING),
        ("number", 403, 368, None, Reason.BLOCKED, SETTING),
        ("register", 403, 133007, None, Reason.BLOCKED, ITEM),
        ("number", 500, 1, None, Reason.SERVER, SERVER),
        ("number", 500, 2, None, Reason.SERVER, SERVER),
        ("create_link", 503, 131016, None, Reason.SERVER, SERVER),
        ("register", 503, 133004, None, Reason.SERVER, SERVER),
        ("numbers", 429, 4, 2446079, Reason.RATE_LIMITED, SERVER),
        ("numbers", 400, 80007, None, Reason.RATE_LIMITED, SERVER),
        ("numbers", 400, 80008, None, Reason.RATE_LIMITED, SERVER),
        ("numbers", 429, 130429, None, Reason.RATE_LIMITED, SERVER),
        ("number", 429, 131056, None, Reason.RATE_LIMITED, ITEM),
        ("register", 400, 133000, None, Reason.DEREGISTERED_HALF, ITEM),
        ("register", 400, 133005, None, Reason.PIN_WRONG, ITEM),
        ("register", 400, 133006, None, Reason.NOT_VERIFIED, ITEM),
        ("register", 400, 133008, None, Reason.PIN_BLOCKED, ITEM),
        ("register", 400, 133009, None, Reason.PIN_BLOCKED, ITEM),
        ("number", 400, 133010, None, Reason.NOT_REGISTERED, ITEM),
        ("register", 400, 133015, None, Reason.REGISTERING, ITEM),
        ("register", 400, 133016, None, Reason.REGISTRATION_LIMIT, ITEM),
        ("register", 400, 131037, None, Reason.NAME_NOT_APPROVED, ITEM),
        ("register", 400, 131045, None, Reason.NO_CERTIFICATE, ITEM),
        ("register", 400, 100, 2388001, Reason.NO_CERTIFICATE, ITEM),
        ("request_code", 400, 136024, None, Reason.CODE_NOT_SENT, ITEM),
        ("request_code", 400, 136024, 2388091, Reason.CODE_NOT_SENT, ITEM),
        ("request_code", 422, 100, None, Reason.CODE_NOT_SENT, ITEM),
        ("verify_code", 400, 136025, None, Reason.CODE_WRONG, ITEM),
        ("verify_code", 422, 100, None, Reason.CODE_WRONG, ITEM),
        ("number", 400, 424242, None, Reason.REFUSED, ITEM),
        ("number", 401, 424242, None, Reason.TOKEN, SETTING),
        ("number", 404, 424242, None, Reason.NOT_FOUND, ITEM),
        ("number", 429, 424242, None, Reason.RATE_LIMITED, SERVER),
        ("number", 500, 424242, None, Reason.SERVER, SERVER),
        ("number", 408, 424242, None, Reason.SERVER, SERVER),
    ],
)
def test_a_code_has_one_meaning(
    call: str, status: int, code: int, subcode: int | None, reason: Reason, about: About
) -> None:
    error = error_body(code, subcode)["error"]
    assert judge(call, status, error) == (reason, about)
    as_text = {**error, "code": str(code)}
    assert judge(call, status, as_text) == (reason, about)


def test_what_passes_by_waiting_says_so_itself() -> None:
    error = {"code": 100, "message": "temporarily unavailable", "is_transient": True}
    assert judge("number", 422, error) == (Reason.SERVER, SERVER)
    assert judge("number", 400, {"code": 7, "is_transient": True}) == (Reason.SERVER, SERVER)
    assert judge("number", 400, {"code": 7, "is_transient": "yes"}) == (Reason.REFUSED, ITEM)


@pytest.mark.parametrize("odd", [None, True, [], {}, 1.5, "x", "1" * 5000, "１９０"])
def test_odd_codes_leave_the_status(odd: Any) -> None:
    assert judge("number", 400, {"code": odd, "error_subcode": odd}) == (Reason.REFUSED, ITEM)


@pytest.mark.parametrize(
    ("call", "status", "reason", "about"),
    [
        ("numbers", 200, Reason.UNREADABLE, SERVER),
        ("numbers", 302, Reason.ADDRESS, SETTING),
        ("numbers", 404, Reason.ADDRESS, SETTING),
        ("number", 404, Reason.UNREADABLE, SERVER),
        ("number", 401, Reason.TOKEN, SETTING),
        ("numbers", 403, Reason.PERMISSION, SETTING),
        ("number", 429, Reason.RATE_LIMITED, SERVER),
        ("number", 425, Reason.SERVER, SERVER),
        ("number", 400, Reason.UNREADABLE, SERVER),
        ("number", 502, Reason.SERVER, SERVER),
    ],
)
def test_an_answer_without_a_code(call: str, status: int, reason: Reason, about: About) -> None:
    assert judge_unread(call, status) == (reason, about)


def usage(*minutes: object) -> dict[str, str]:
    import json  # noqa: PLC0415 - a helper of this test alone

    items = [{"estimated_time_to_regain_access": value} for value in minutes]
    return {"x-business-use-case-usage": json.dumps({"1022": items})}


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "90"}, timedelta(seconds=90)),
        ({"retry-after": "9" * 300}, timedelta(days=1)),
        ({"retry-after": "Sun, 29 Nov 2026 12:10:00 GMT"}, timedelta(minutes=10)),
        ({"retry-after": "Sun, 29 Nov 2020 12:10:00 GMT"}, timedelta(0)),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        (usage(17), timedelta(minutes=17)),
        (usage(3, 60, 5), timedelta(hours=1)),
        (usage(0), None),
        (usage(10**30), timedelta(days=1)),
        (usage(float("nan")), None),
        (usage(float("inf")), None),
        (usage(True, "7", None), None),
        ({"x-business-use-case-usage": "{broken"}, None),
        ({"x-business-use-case-usage": '{"1": 2, "3": [4]}'}, None),
        ({"retry-after": "soon", **usage(2)}, timedelta(minutes=2)),
    ],
)
def test_the_wait_that_meta_wants(headers: dict[str, str], wait: timedelta | None) -> None:
    assert wait_of(headers, NOW) == wait


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"code": 100, "message": "m"}, "HTTP 400, code 100: m"),
        ({"code": 100, "error_subcode": 33, "message": "m", "error_user_msg": "u"},
         "HTTP 400, code 100.33: u"),
        ({"code": 1, "message": "m", "error_data": {"details": "d"}}, "HTTP 400, code 1: d"),
        ({"message": 5}, "HTTP 400"),
        ({"code": 190, "message": "Malformed access token EAABsbCS1234ZB and hush"},
         "HTTP 400, code 190: Malformed access token … and …"),
    ],
)  # fmt: skip
def test_what_was_said(error: dict[str, Any], said: str) -> None:
    assert said_of(400, error, ("hush", "")) == said


@pytest.mark.parametrize(
    ("shown", "e164"),
    [
        ("+1 631-555-5555", "+16315555555"),
        ("\u202a+49 30 12345678\u202c", "+493012345678"),
        ("+52 1 55 1234 5678", "+525512345678"),
        ("+52 55 1234 5678", "+525512345678"),
        ("", ""),
        ("+0 123 4567", ""),
        ("+1 2", ""),
        ("+" + "1" * 16, ""),
        ("+٤٩ ٣٠", ""),
    ],
)
def test_a_shown_number(shown: str, e164: str) -> None:
    assert e164_of(shown) == e164


@pytest.mark.parametrize(
    ("e164", "parts"),
    [
        ("+16315551000", ("1", "6315551000")),
        ("+79161234567", ("7", "9161234567")),
        ("+493012345678", ("49", "3012345678")),
        ("+819012345678", ("81", "9012345678")),
        ("+390612345678", ("39", "0612345678")),
        ("+353861234567", ("353", "861234567")),
        ("+85291234567", ("852", "91234567")),
        ("+2348012345678", ("234", "8012345678")),
    ],
)
def test_the_calling_code_goes_apart(e164: str, parts: tuple[str, str]) -> None:
    assert split_number(e164) == parts


def test_all_calling_codes_are_those_of_the_library() -> None:
    import phonenumbers  # noqa: PLC0415 - the authority on them, for this test alone

    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        assert split_number(f"+{code}5551234567"[:15])[0] == str(code)


@pytest.mark.parametrize(
    "url",
    [
        "http://wa.me/message/ABCDEFGHIJKLM1",
        "https://wa.me.evil.example/message/ABCDEFGHIJKLM1",
        "https://evil@wa.me/message/ABCDEFGHIJKLM1",
        "javascript:alert(1)",
        "https://[wa.me/message",
        "https://wa.me/message/\u202eABC",
        "",
    ],
)
def test_a_link_that_leads_elsewhere_is_none(url: str) -> None:
    good = {"code": "ABCDEFGHIJKLM1", "prefilled_message": "Hi",
            "deep_link_url": "https://wa.me/message/ABCDEFGHIJKLM1"}  # fmt: skip
    assert link_of(good) is not None
    assert link_of({**good, "deep_link_url": url}) is None


def test_unknown_values_are_kept_as_unknown() -> None:
    found = number_of({"id": "1", "status": "BRAND_NEW", "name_status": "X", "certificate": " \n"})
    assert found is not None
    assert (found.status, found.name_status, found.code_status) == ("UNKNOWN",) * 3
    assert found.certificate is None
    verified = number_of({"id": "1", "code_verification_status": "UNVERIFIED"})
    assert verified is not None
    assert verified.code_status == "NOT_VERIFIED"


def test_where_the_next_page_begins() -> None:
    paging = {"cursors": {"after": "abc"}}
    assert cursor_of({"data": [1], "paging": {**paging, "next": "https://…"}}, 100) == "abc"
    assert cursor_of({"data": [1], "paging": paging}, 100) == ""
    assert cursor_of({"data": [1], "paging": paging}, 1) == "abc"
    assert cursor_of({"data": [1], "paging": {"cursors": [], "next": "x"}}, 1) == ""
    assert cursor_of({"data": [1], "paging": []}, 1) == ""
