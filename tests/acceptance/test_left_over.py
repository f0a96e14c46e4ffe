"""What a customer adds to a workbook beside the answers: asked about, told to staff, never lost."""

import pytest

from pipeline.flow.services import Work
from pipeline.flow.staff.corrections import ask
from pipeline.flow.staff.review import approve
from pipeline.flow.views.request import request_view
from pipeline.model.form import FormKind
from pipeline.model.request import Status, Track
from tests.unit.forms.xlsx.adding import at_place, copied_below, copied_sheet, note, put
from tests.world.customers import HANAKO, OLIVER, File, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.world import World

_OTHER = {"phone_number": "+81 90 8765 4321", "phone_number_again": "090-8765-4321"}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()


def _problems(world: World, index: int = -1) -> list[tuple[str, str]]:
    revision = world.revisions(world.request())[index]
    return [(item.field, item.code) for item in revision.problems]


def _second(sheet: bool) -> bytes:
    _, other = form(FormKind.MIGRATION, **_OTHER)
    add = copied_sheet(lambda: other) if sheet else copied_below(lambda: other)
    return add(form()[1])


@pytest.mark.parametrize("sheet", [True, False], ids=["second sheet", "pasted below"])
def test_second_form_in_one_workbook_is_a_second_request_with_its_own_mails(
    world: World, sheet: bool
) -> None:
    mails = world.mail(HANAKO, ("forms.xlsx", _second(sheet)))
    first, second = world.requests_of(HANAKO)
    assert [first.state.track, second.state.track] == [Track.ONBOARDING, Track.MIGRATION]
    assert [first.number, second.number] == ["+819012345678", "+819087654321"]
    assert [first.status, second.status] == [Status.POLICY_REVIEW, Status.ELIGIBILITY_REVIEW]
    assert notices(mails) == ["acknowledged"]
    assert [ref for ref in (first.reference, second.reference) if ref not in mails[0].text] == []
    ask(world.services, second, "saki", fields=("notes",), text="備考をご確認ください。")
    (own,) = world.staff_mails()
    assert second.reference in own.subject
    assert first.reference not in own.text
    assert world.again(first).status is Status.POLICY_REVIEW
    assert world.again(second).status is Status.NEEDS_CORRECTION


def test_correction_beside_a_field_is_asked_about_with_both_values(world: World) -> None:
    words = "← 間違い。03-5550-0199 が正しい"
    name, content = form()
    corrected: File = name, put("phone_number", 4, words)(content)
    (mail,) = world.mail(HANAKO, corrected)
    record = world.request()
    assert record.status is Status.NEEDS_CORRECTION
    assert mail.named[0] == "needs_correction"
    said = "".join(mail.text.split())
    assert "".join(words.split()) in said
    assert "「+819012345678」" in said  # written with blanks, which are left out here
    assert _problems(world) == [("phone_number", "left_over_beside")]
    ((marked_name, marked),) = mail.files.items()
    answer = world.reply(record, "", (marked_name, marked))
    assert notices(answer) == ["revision_received"]
    assert world.again(record).status is Status.POLICY_REVIEW
    assert _problems(world) == []


def test_the_same_file_again_confirms_and_staff_are_told(world: World) -> None:
    name, content = form()
    corrected: File = name, note("phone_number", "申請は保留してください")(content)
    world.mail(HANAKO, corrected)
    record = world.request()
    assert record.status is Status.NEEDS_CORRECTION
    world.reply(record, "このままでお願いします。", corrected)
    record = world.again(record)
    assert record.status is Status.POLICY_REVIEW
    assert _problems(world) == [("phone_number", "left_over_told")]
    view = world.services.store.run(
        lambda tx: request_view(Work(tx, world.services, world.services.clock.now()), record)
    )
    assert [(item.words, item.field) for item in view.left_over] == [
        ("申請は保留してください", "phone_number")
    ]


def test_answer_beside_a_blank_field_is_proposed_in_the_copy(world: World) -> None:
    name, content = form(FormKind.ONBOARDING, "en", contact_phone="")
    beside: File = name, put("contact_phone", 1, "+44 121 234 5678")(content)
    (mail,) = world.mail(OLIVER, beside)
    record = world.request(OLIVER)
    assert record.status is Status.NEEDS_CORRECTION
    answer = world.reply(record, "", next(iter(mail.files.items())))
    assert notices(answer) == ["revision_received"]
    assert world.again(record).status is Status.POLICY_REVIEW
    reading = {item.field: item.value for item in world.revisions(record)[-1].readings}
    assert reading["contact_phone"] == "+441212345678"


def test_words_elsewhere_wait_for_staff_to_tick_them_off(world: World) -> None:
    name, content = form()
    remark: File = name, at_place("B90", "申請は保留してください")(content)
    mails = world.mail(HANAKO, remark)
    assert notices(mails) == ["acknowledged"]
    record = world.request()
    assert record.status is Status.POLICY_REVIEW
    assert _problems(world) == [("", "left_over_elsewhere")]
    with pytest.raises(Exception, match="left_over_elsewhere"):
        approve(world.services, record, "saki")
    assert approve(world.services, record, "saki", ticked="all").status is not Status.POLICY_REVIEW
