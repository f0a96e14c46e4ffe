"""What a customer adds to a PDF form: a second form is a second request, corrections are asked."""

from io import BytesIO
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from pipeline.model.form import FormKind
from pipeline.model.request import Status, Track
from tests.programs.flatteners import printed
from tests.unit.forms.pdf.additions import Change, changed, edges, joined, note, typed, widget
from tests.world.customers import HANAKO, OLIVER, File, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.world import World

_OTHER = {"phone_number": "+81 90 8765 4321", "phone_number_again": "090-8765-4321"}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()


def _codes(world: World, sender: str) -> list[tuple[str, str]]:
    revision = world.revisions(world.request(sender))[-1]
    return [(item.field, item.code) for item in revision.problems]


@pytest.mark.parametrize("order", [1, -1])
def test_second_form_in_one_pdf_is_a_second_request_with_its_own_mails(
    world: World, order: int
) -> None:
    _, first = form(FormKind.ONBOARDING, "ja", "pdf")
    _, second = form(FormKind.MIGRATION, "ja", "pdf", **_OTHER)
    mails = world.mail(HANAKO, ("forms.pdf", joined(*[first, second][::order])))
    requests = {record.state.track: record for record in world.requests_of(HANAKO)}
    assert set(requests) == {Track.ONBOARDING, Track.MIGRATION}
    one, other = requests[Track.ONBOARDING], requests[Track.MIGRATION]
    assert [one.number, other.number] == ["+819012345678", "+819087654321"]
    assert [one.status, other.status] == [Status.POLICY_REVIEW, Status.ELIGIBILITY_REVIEW]
    assert notices(mails) == ["acknowledged"]
    assert [ref for ref in (one.reference, other.reference) if ref not in mails[0].text] == []
    record, untouched = world.requests_of(HANAKO)
    answer = world.reply(record, "取り下げます。")
    assert [record.reference in mail.subject for mail in answer] == [True]
    assert world.again(record).status is Status.WITHDRAWN
    assert world.again(untouched).status is untouched.status


@pytest.mark.parametrize(
    "correct",
    [
        note("FreeText", "phone_number", "+44 7400 999999"),
        note("Text", "phone_number", "wrong, it is +44 7400 999999", right=-30, size=(20, 20)),
        note("StrikeOut", "phone_number", "+44 7400 999999"),
        typed("phone_number", "+44 7400 999999", right=110),
    ],
    ids=["typed over it", "a note", "struck out", "drawn into the page"],
)
def test_correction_over_a_field_is_asked_about_with_both_values(
    world: World, correct: Change
) -> None:
    name, content = form(FormKind.ONBOARDING, "en", "pdf")
    corrected: File = name, changed(content, correct)
    (mail,) = world.mail(OLIVER, corrected)
    record = world.request(OLIVER)
    assert record.status is Status.NEEDS_CORRECTION
    assert notices([mail]) == ["needs_correction"]
    assert "+447400123456" in mail.text.replace(" ", "")
    assert "+44 7400 999999" in mail.text
    assert [field for field, _ in _codes(world, OLIVER)] == ["phone_number"]
    answer = world.reply(record, "", next(iter(mail.files.items())))
    assert notices(answer) == ["revision_received"]
    assert world.again(record).status is Status.POLICY_REVIEW
    assert _codes(world, OLIVER) == []


def test_words_in_the_margin_are_for_staff(world: World) -> None:
    name, content = form(FormKind.ONBOARDING, "en", "pdf")
    remark: File = name, changed(content, typed("contact_department", "please wait", up=30))
    mails = world.mail(OLIVER, remark)
    assert notices(mails) == ["acknowledged"]
    assert world.request(OLIVER).status is Status.POLICY_REVIEW
    assert _codes(world, OLIVER) == [("", "left_over_elsewhere")]


def test_note_on_a_print_is_asked_about_with_its_words(world: World) -> None:
    _, content = form(FormKind.QR, "en", "pdf")
    with pikepdf.open(BytesIO(content)) as filled:
        place = edges(filled, "contact_name")
        number = widget(filled, "contact_name")[0].index

    def comment(pdf: Any) -> None:
        item = Dictionary(Type=Name.Annot, Subtype=Name.Text, Contents=String("since May: Kim"))
        item.Rect = Array(place)
        pdf.pages[number].obj.Annots = Array([pdf.make_indirect(item)])

    (mail,) = world.mail(OLIVER, ("form.pdf", changed(printed(content), comment)))
    assert ("contact_name", "left_over_beside") in _codes(world, OLIVER)
    assert "since May: Kim" in mail.text
    assert "On the receipt" not in mail.text  # all other answers are asked about at once
