"""What staff are mailed: each line names the request, its step, since when, and what to type."""

import pytest

from pipeline.flow.outgoing.alerts import alert
from pipeline.model.notice import NoticeName
from pipeline.notifications.sources import find_source
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import Sent
from tests.world.settings import STAFF
from tests.world.world import World

WORDS = {
    "en": ("no one has acted on it in time", "Check of the form (Genesys), since "),
    "ja": ("期限までに対応されていません", "申請内容の確認（Genesys）（"),
    "de": ("niemand hat rechtzeitig etwas unternommen", "Prüfung des Formulars (Genesys), seit "),
}


def alerts_of(world: World) -> list[Sent]:
    return [mail for mail in world.all_mails() if mail.to == STAFF]


def text_of(mail: Sent) -> str:
    """Return the text with its lines joined, as the eye does."""
    return " ".join(mail.text.replace("\n　", "").split())


def told(world: World, code: str, reference: str = "", detail: str = "") -> str:
    """Put one alert into the digest, run a batch, and return what staff read."""
    before = len(alerts_of(world))
    world.services.run(lambda work: alert(work, code, reference, detail))
    world.run()
    (mail,) = alerts_of(world)[before:]
    return text_of(mail)


@pytest.mark.parametrize("language", WORDS)
def test_digest_is_in_the_teams_language(make_world: MakeWorld, language: str) -> None:
    world = make_world(team={"alert_to": STAFF, "language": language})
    world.mail(HANAKO, form())
    for _ in range(5):
        world.later(days=1)
    reference = world.request().reference
    text = text_of(alerts_of(world)[0]).replace(" ", "")
    for words in (*WORDS[language], reference, f"pipeline request show {reference}"):
        assert words.replace(" ", "") in text
    assert "policy_review" not in text
    assert "overdue" not in text


@pytest.mark.parametrize("language", WORDS)
def test_preheader_names_what_waits_longest(language: str) -> None:
    preheader = find_source(NoticeName.STAFF_ALERT.value, "", (), language).preheader
    assert "v.waits_longest" in preheader
    assert "v.longest_days" in preheader


def test_longest_wait_is_that_of_the_queue_not_of_the_line(world: World) -> None:
    world.mail(HANAKO, form())
    world.later(hours=1)
    reference = world.request().reference
    world.later(days=1)
    text = told(world, "sender_setting")
    assert f"{reference} has waited longest: 1 day." in text


@pytest.mark.parametrize(
    ("code", "detail", "command"),
    [
        ("reply_suggested", "", "pipeline request accept {reference}"),
        ("certificate_wanted", "", "pipeline certificate issue {reference} --file FILE"),
        ("customer_wrote", "", "pipeline request show {reference}"),
        ("mail_failed", "01a2", "pipeline outbox list attention"),
    ],
)
def test_line_about_a_request_names_what_to_type(
    world: World, code: str, detail: str, command: str
) -> None:
    world.mail(HANAKO, form())
    reference = world.request().reference
    assert command.format(reference=reference) in told(world, code, reference, detail)


@pytest.mark.parametrize(
    ("code", "detail", "said"),
    [
        ("quarantined", "01a2", "pipeline quarantine list"),
        ("mail_too_big", "01a2", "pipeline mail show 01a2"),
        ("archive_failed", "mailbox_full", "the mailbox is full pipeline doctor"),
        ("archive_unread", "mailbox_unreachable", " pipeline doctor"),
        ("form_refused", "no_such_move", "not possible at this step pipeline mail list"),
        ("form_refused", "never_heard_of", "(never_heard_of)"),
        ("token_rotated", "yamada", "(yamada)"),
    ],
)
def test_line_about_no_request_says_why_in_words(
    world: World, code: str, detail: str, said: str
) -> None:
    text = told(world, code, "", detail)
    assert said in text
    assert code not in text


def test_alert_about_a_request_that_is_gone_is_told_all_the_same(world: World) -> None:
    assert "WA-00000000 · the customer has written pipeline" in told(
        world, "customer_wrote", "WA-00000000"
    )


def test_flood_of_one_kind_is_told_with_its_number(world: World) -> None:
    def flood(work: object) -> None:
        for number in range(25):
            alert(work, "quarantined", "", f"01a{number}")  # type: ignore[arg-type]

    world.services.run(flood)
    world.run()
    (mail,) = alerts_of(world)
    assert "(and 5 more)" in text_of(mail)
