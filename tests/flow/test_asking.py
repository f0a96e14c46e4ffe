"""Staff ask about an answer: what the customer reads, in the first mail and in each reminder."""

from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from itertools import count

import pytest
from openpyxl import load_workbook

from pipeline.errors import UsageError
from pipeline.flow.staff import corrections
from tests.world.customers import HANAKO, form
from tests.world.outbox import Sent
from tests.world.world import World

_QUESTION = "どちらの会社の表示名でしょうか。"
_ASKED: list[tuple[str, ...]] = [(), ("display_name",), ("display_name", "use_case")]


def _asked(world: World, fields: Sequence[str]) -> tuple[Sent, Sent]:
    """Return the mail in which staff ask, and its first reminder."""
    world.mail(HANAKO, form())
    record = world.request()
    corrections.ask(world.services, record, "saki", fields=tuple(fields), text=_QUESTION)
    (first,) = world.staff_mails()
    (reminder,) = world.later(days=4)
    return first, reminder


@pytest.mark.parametrize("fields", _ASKED, ids=["form", "one", "two"])
def test_question_of_staff_stands_once_in_the_mail(world: World, fields: Sequence[str]) -> None:
    first, _ = _asked(world, fields)
    assert first.text.count(_QUESTION) == 1


def _notes(workbook: bytes) -> str:
    """Return the notes at the cells of a workbook."""
    sheets = load_workbook(BytesIO(workbook)).worksheets
    cells = (cell for sheet in sheets for row in sheet.iter_rows() for cell in row)
    return "\n".join(cell.comment.text for cell in cells if cell.comment is not None)


def test_reminder_repeats_a_question_about_the_form(world: World) -> None:
    _, reminder = _asked(world, ())
    assert reminder.text.count(_QUESTION) == 1


def test_reminder_repeats_a_question_that_took_time_to_ask(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.mail(HANAKO, form())
    begun, ticks = world.clock.now(), count()
    with monkeypatch.context() as patch:
        patch.setattr(world.clock, "now", lambda: begun + timedelta(milliseconds=next(ticks)))
        corrections.ask(world.services, world.request(), "saki", text=_QUESTION)
    world.staff_mails()
    (reminder,) = world.later(days=4)
    assert reminder.text.count(_QUESTION) == 1


def test_answers_are_asked_about_in_the_order_of_the_form(world: World) -> None:
    first, _ = _asked(world, ("use_case", "display_name"))
    assert 0 < first.text.index("質問23") < first.text.index("質問27")


@pytest.mark.parametrize("fields", _ASKED[1:], ids=["one", "two"])
def test_reminder_names_the_answers_and_the_form_has_the_question(
    world: World, fields: Sequence[str]
) -> None:
    for mail in _asked(world, fields):
        assert "質問23　表示名" in mail.text
        (workbook,) = mail.files.values()
        assert _notes(workbook).count(_QUESTION) == len(fields)


def test_reminder_asks_no_more_about_what_a_newer_form_answered(world: World) -> None:
    first, _ = _asked(world, ("display_name",))
    record = world.request()
    world.reply(record, "", form(display_name="さくら電機 東京", contact_email="x"))
    (reminder,) = world.later(days=4)
    assert "表示名" not in reminder.text
    assert first.text != reminder.text


def test_answer_that_is_not_wrong_points_to_the_words_of_staff_beside_it(world: World) -> None:
    first, _ = _asked(world, ("display_name", "use_case"))
    assert first.text.count("お願い：「担当者からのご連絡」をご確認ください") == 2


@pytest.mark.parametrize("text", ["", " "])
def test_answer_that_is_not_wrong_is_not_asked_about_without_a_word(
    world: World, text: str
) -> None:
    world.mail(HANAKO, form())
    with pytest.raises(UsageError) as refused:
        corrections.ask(
            world.services, world.request(), "saki", fields=("display_name",), text=text
        )
    assert refused.value.code == "field_fine"
    assert not world.staff_mails()


@pytest.mark.parametrize("suffix", ["pdf", "xlsx"])
def test_choice_is_quoted_with_its_word_and_never_with_its_code(world: World, suffix: str) -> None:
    """What a PDF holds of a list is a code that its reader has never seen."""
    world.mail(HANAKO, form(suffix=suffix, number_use="whatsapp_app"))
    corrections.ask(world.services, world.request(), "saki", fields=("number_use",), text=_QUESTION)
    (mail,) = world.staff_mails()
    assert "スマートフォンのWhatsAppアプリ" in mail.text
    assert "whatsapp_app" not in mail.text
