"""What strangers found at the command line, each story told by commands to its right end."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.model.form import FormKind
from pipeline.model.request import NumberState, Status
from pipeline.wording import console as words
from tests.world.customers import HANAKO, JULIA, OLIVER, form
from tests.world.desk import Desk, MakeDesk
from tests.world.outbox import notices

_NUMBER = "+819012345678"
_UK = "+447400123456"


def _open(desk: Desk, sender: str = HANAKO, *files: tuple[str, bytes], text: str = "") -> str:
    """Let a customer write; return the reference of the request."""
    desk.world.mail(sender, *files, text=text)
    return desk.world.requests_of(sender)[-1].reference


def _onboarding(desk: Desk) -> str:
    return _open(desk, HANAKO, form())


def _approved(desk: Desk) -> str:
    """Return a request that waits for Meta's word about its display name."""
    reference = _onboarding(desk)
    desk.do("request", "approve", reference, "--tick-all", "--business-verified")
    return reference


def _issued(desk: Desk) -> str:
    """Return a request whose certificate has been mailed."""
    reference = _approved(desk)
    desk.do("request", "advance", reference, "--event", "name_approved")
    desk.world.staff_mails()
    return reference


def _slot_proposed(desk: Desk) -> str:
    """Return a migration whose customer was offered one hour."""
    reference = _open(desk, HANAKO, form(FormKind.MIGRATION))
    desk.do("request", "approve", reference, "--tick-all", "--business-verified")
    desk.do("request", "advance", reference, "--slot", "2026-11-30T10:00")
    desk.world.staff_mails()
    return reference


def _certificates(desk: Desk) -> list[str]:
    return [mail.recipient for mail in desk.world.outbox() if "certificate_" in mail.notice.value]


def _shown(desk: Desk, reference: str) -> dict[str, object]:
    found: dict[str, object] = desk.do("request", "show", reference, "--json").json()
    return found


def test_answers_made_wrong_by_staff_bring_no_certificate_for_the_old_number(desk: Desk) -> None:
    reference = _approved(desk)
    edited = desk.do("request", "edit", reference, "phone_number=garbage", "ack_charges=")
    assert "Still wrong or open:" in edited.out
    assert "(`phone_number`): Enter the WhatsApp phone number." in edited.out
    assert "(`ack_charges`)" in edited.out
    for decision in (("approve", "--tick-all"), ("advance", "--event", "name_approved")):
        command, *options = decision
        said = desk.refused("request", command, reference, *options)
        assert "“Which number will you use?”, “Start of the charges”" in said
    assert "name_approved" not in " ".join(_commands(desk, reference))
    desk.world.staff_mails()
    assert _certificates(desk) == []
    right = desk.do("request", "edit", reference, f"phone_number={_NUMBER}", "ack_charges=yes")
    assert "No answer is wrong or open." in right.out
    desk.do("request", "advance", reference, "--event", "name_approved")
    assert _certificates(desk) == [HANAKO]


def test_release_over_an_owner_mails_another_organisation_no_certificate(desk: Desk) -> None:
    desk.do("number", "set", _NUMBER, "active", "--organisation", "other.example")
    reference = _onboarding(desk)
    assert _shown(desk, reference)["hold_reason"] == "ownership"
    said = desk.refused("request", "release", reference)
    assert "--number ours" in said
    desk.world.staff_mails()
    assert _certificates(desk) == []
    assert _shown(desk, reference)["status"] == "held"


def test_bare_advance_says_no_yes_of_meta_and_lists_what_can_be_said(desk: Desk) -> None:
    reference = _slot_proposed(desk)
    desk.world.reply(desk.world.request(), "承知しました")
    assert _shown(desk, reference)["status"] == "slot_agreed"
    said = desk.refused("request", "advance", reference)
    assert "`code_verified`" in said
    assert "`code_failed`" in said
    early = desk.refused("request", "advance", reference, "--event", "code_verified")
    assert "--early" in early
    assert _certificates(desk) == []


def test_mistyped_reference_issues_nothing(desk: Desk) -> None:
    reference = _approved(desk)
    slip = reference[:-1] + ("2" if reference[-1] != "2" else "3")
    for typed in (slip, reference[:-1]):
        called = desk.call("request", "advance", typed, "--event", "name_approved")
        assert called.code != 0, typed
    desk.world.staff_mails()
    assert _certificates(desk) == []


def test_help_mail_that_is_routed_gets_one_mail_with_its_form(desk: Desk) -> None:
    desk.world.mail(f"Oliver Whitcombe <{OLIVER}>", text=f"Our number is {_UK}, at Acme.")
    reference = desk.world.request(OLIVER).reference
    desk.do("request", "route", reference, "migration")
    (mail,) = desk.world.staff_mails()
    assert list(mail.files) == ["migration_en.xlsx"]
    assert "Your answers" not in mail.text
    assert "We have filled in what we know: please check it." in mail.text


def test_reply_to_a_routed_request_is_in_needs_me(desk: Desk) -> None:
    reference = _open(desk, OLIVER, text="We want WhatsApp, please.")
    desk.do("request", "route", reference, "migration")
    desk.world.staff_mails()
    desk.world.reply(desk.world.request(OLIVER), "Our provider is Twilio, I am not sure of the id.")
    assert reference in desk.do("queue").out
    assert "Twilio" in desk.do("queue").out


@pytest.mark.parametrize(("language", "label"), [("de", "Abteilung"), ("en", "Department")])
def test_japanese_form_is_shown_in_the_language_of_staff(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, language: str, label: str
) -> None:
    reference = _open(desk, HANAKO, form(number_use="unknown", website=""))
    monkeypatch.setenv("PIPELINE_LANG", language)
    words.language_of_process.cache_clear()
    shown = _shown(desk, reference)
    fields, problems = shown["fields"], shown["problems"]
    assert isinstance(fields, list)
    assert isinstance(problems, list)
    assert label in {field["label"] for field in fields}
    said = [field["label"] for field in fields] + [problem["message"] for problem in problems]
    assert problems
    assert [text for text in said if re.search(r"[ぁ-んァ-ヶ]", text)] == []


def test_look_at_a_certificate_is_no_certificate_issued(desk: Desk) -> None:
    reference = _issued(desk)
    desk.do("certificate", "show", reference, "--reveal", "--as", "saki")
    history = desk.do("request", "show", reference).out.partition("\nHistory\n")[2]
    assert "saki  Text of the certificate looked at" in history
    assert history.count("Certificate issued") == 1


def test_edit_by_staff_is_not_mailed_as_a_form_of_the_customer(desk: Desk) -> None:
    reference = _open(desk, OLIVER, form(FormKind.ONBOARDING, "en", contact_email="nobody"))
    desk.do("request", "edit", reference, f"contact_email={OLIVER}")
    (mail,) = desk.world.staff_mails()
    assert mail.subject.startswith("Our team changed your form")
    assert "corrected form" not in mail.subject


def test_question_of_staff_stands_once_in_its_mail(desk: Desk) -> None:
    reference = _onboarding(desk)
    text = "会社名を登記のとおりにご記入ください。"
    desk.do("request", "ask", reference, "--field", "company_legal_name", "--text", text)
    (mail,) = desk.world.staff_mails()
    assert mail.text.replace("\n", "").count(text) == 1


def test_reject_in_triage_says_what_closes_it_and_that_does(desk: Desk) -> None:
    reference = _open(desk, OLIVER, text="Can you do WhatsApp calls?")
    said = desk.refused("request", "reject", reference, "--reason", "policy")
    assert f"request answer {reference} --text TEXT" in said
    desk.do("request", "answer", reference, "--text", "We cannot, I am afraid.")
    assert _shown(desk, reference)["status"] == "answered"


def test_queue_of_what_expires_shows_its_end_and_nothing_active(desk: Desk) -> None:
    reference = _issued(desk)
    assert desk.do("queue", "expiring").out == "Nothing here.\n"
    desk.world.later(days=4)
    listed = desk.do("queue", "expiring")
    assert reference in listed.out
    assert "2026-11-30" in listed.out
    desk.do("request", "mark-active", reference)
    assert desk.do("queue", "expiring").out == "Nothing here.\n"


@pytest.mark.parametrize("asked", ["slot", "receipt", "ready"])
def test_customer_who_says_yes_as_asked_alerts_nobody(desk: Desk, asked: str) -> None:
    world = desk.world
    if asked == "slot":
        _slot_proposed(desk)
        world.reply(world.request(), "承知しました")
    elif asked == "receipt":
        world.mail(HANAKO, form(), proof="none")
        world.reply(world.request(), "はい", proof="none")
        assert world.request().status is Status.POLICY_REVIEW
    else:
        reference = _open(desk, HANAKO, form(ready_date="2026-11-30"))
        desk.do("request", "approve", reference, "--tick-all", "--business-verified")
        desk.do("request", "advance", reference, "--event", "name_approved")
        world.staff_mails()
        world.run(timedelta(days=7))
        world.reply(world.request(), "準備完了")
        assert world.request().status is Status.CERTIFICATE_ISSUED
    assert world.alerts() == []


def test_revoked_certificate_is_replaced_as_is_advised(desk: Desk) -> None:
    reference = _issued(desk)
    desk.do("certificate", "revoke", reference, "--reason", "exposed")
    said = desk.refused("certificate", "issue", reference)
    assert f"pipeline certificate reissue {reference}" in said.partition("Possible now:")[2]
    desk.do("certificate", "reissue", reference)
    states = [row["state"] for row in _shown(desk, reference)["certificates"]]  # type: ignore[attr-defined]
    assert states == ["revoked", "live"]
    assert notices(desk.world.staff_mails()) == ["certificate_revoked", "certificate_reissued"]


@pytest.mark.parametrize("decision", [("ask", "--owner"), ("release", "--number", "ours")])
def test_question_about_an_owner_beside_another_hold_says_how_to_go_on(
    desk: Desk, decision: tuple[str, ...]
) -> None:
    reference = _onboarding(desk)
    desk.do("request", "hold", reference)
    command, *options = decision
    said = desk.refused("request", command, reference, *options)
    assert f"pipeline request release {reference}" in said
    assert f"pipeline request ask {reference} --text TEXT" in said
    desk.do("request", "release", reference)


def test_number_that_becomes_another_s_names_the_requests_that_it_leaves(desk: Desk) -> None:
    reference = _onboarding(desk)
    told = desk.do("number", "set", _NUMBER, "active", "--organisation", "other.example")
    assert told.err.startswith(f"{reference} (Check of the form (Genesys))")
    assert f"pipeline request hold {reference}" in told.err
    assert f"pipeline number set {_NUMBER} active --organisation {HANAKO}" in told.err
    back = desk.do("number", "set", _NUMBER, "active", "--organisation", HANAKO)
    assert back.err == ""


def test_link_without_a_provider_is_approved_once_and_then_reported(desk: Desk) -> None:
    desk.world.know("harbour-books.example")
    desk.world.set_number(_UK, NumberState.ACTIVE, "harbour-books.example")
    answers = {"qr_action": "update", "existing_code": "K7PQ2MX9RT4LWZ"}
    reference = _open(desk, OLIVER, form(FormKind.QR, "en", **answers))
    assert next(iter(_commands(desk, reference))).startswith("pipeline request approve")
    desk.do("request", "approve", reference, "--tick-all")
    first, *others = _commands(desk, reference)
    assert first == f"pipeline request advance {reference} --event made"
    assert not any("request approve" in command for command in others)
    desk.do(*first.split()[1:])
    assert _shown(desk, reference)["status"] == "delivered"


def _commands(desk: Desk, reference: str) -> list[str]:
    found = _shown(desk, reference)["commands"]
    assert isinstance(found, list)
    return found


def test_mail_of_a_decision_is_read_found_and_taken_back(desk: Desk) -> None:
    reference = _onboarding(desk)
    said = desk.do("request", "approve", reference, "--tick-all").out
    mail = re.findall(r"pipeline outbox cancel (\S+)", said)[0]
    assert f"pipeline outbox show {mail}" in said
    shown = desk.do("outbox", "show", mail)
    assert f"  Reference: {reference}" in shown.out
    assert "  Next: 2026-11-23 09:32 UTC" in shown.out
    assert "  | 現在：ビジネスの確認（Meta）" in shown.out
    (row,) = desk.do("outbox", "list", "--json").json()
    assert (row["id"], row["references"]) == (mail, [reference])
    assert len(desk.do("outbox", "list", "--reference", reference, "--json").json()) == 2
    desk.do("outbox", "cancel", mail)
    assert desk.do("outbox", "show", mail, "--json").json()["state"] == "cancelled"
    assert desk.call("outbox", "show", "nothing").code == 5


def test_certificate_in_a_mail_is_shown_only_when_asked_for_and_recorded(desk: Desk) -> None:
    reference = _issued(desk)
    sent = desk.do("outbox", "list", "sent", "--json").json()
    mail = next(row["id"] for row in sent if row["notice"] == "certificate_issued")
    secret = desk.do("certificate", "show", reference, "--reveal", "--json").json()["text"]
    lines = [line for line in secret.splitlines() if len(line) > 40]
    hidden = desk.do("outbox", "show", mail)
    as_json = desk.do("outbox", "show", mail, "--json")
    assert lines
    assert [line for line in lines if line in hidden.out + as_json.out] == []
    before = len(_shown(desk, reference)["history"])  # type: ignore[arg-type]
    told = desk.do("outbox", "show", mail, "--reveal", "--as", "saki")
    assert all(line in told.out for line in lines)
    history = _shown(desk, reference)["history"]
    assert isinstance(history, list)
    assert len(history) == before + 1
    assert (history[-1]["actor_name"], history[-1]["detail"][0][0]) == (
        "saki",
        "certificate_revealed",
    )


def test_with_the_manual_issuer_nothing_goes_on_by_itself(make_desk: MakeDesk) -> None:
    desk = make_desk(certificates={"issuer": "manual"})
    reference = _approved(desk)
    desk.do("request", "advance", reference, "--event", "name_approved")
    shown = desk.do("request", "show", reference).out
    assert "Went on by itself" not in shown
    assert _commands(desk, reference)[0] == f"pipeline certificate issue {reference} --file FILE"
    for event in ((), ("--event", "proceed")):
        assert "certificate issue" in desk.refused("request", "advance", reference, *event)


def test_unknown_event_is_answered_with_those_of_now(desk: Desk) -> None:
    reference = _approved(desk)
    called = desk.call("request", "advance", reference, "--event", "name_aproved")
    assert (called.code, called.out) == (2, "")
    assert "`name_approved` (Display name approved)" in called.err
    assert "code_verified" not in called.err
    assert len(called.err) < 500


def test_caller_who_never_mailed_gets_one_mail_and_is_proven_by_the_answer(desk: Desk) -> None:
    caller = ("--address", OLIVER, "--company", "Harbour Books Ltd", "--number", _UK)
    opened = desk.do(
        *("request", "open", "--form", "onboarding", *caller, "--language", "en"),
        *("--send-form", "--as", "saki", "--json"),
    ).json()
    reference = opened["reference"]
    shown = _shown(desk, reference)
    assert (shown["status"], shown["sender_verdict"]) == ("awaiting_form", "none")
    assert "saki  Opened by staff" in desk.do("request", "show", reference).out
    assert desk.refused("request", "open", "--form", "onboarding", *caller)
    assert "request answer" not in " ".join(_commands(desk, reference))
    (mail,) = desk.world.staff_mails()
    assert list(mail.files) == ["onboarding_en.xlsx"]
    assert "Your answers" not in mail.text
    sent = desk.world.reply(
        desk.world.request(OLIVER), "", form(FormKind.ONBOARDING, "en"), proof="none"
    )
    assert notices(sent) == ["acknowledged"]
    shown = _shown(desk, reference)
    assert (shown["status"], shown["sender_verdict"]) == ("policy_review", "pass")


def test_caller_is_mailed_nothing_that_staff_did_not_send(desk: Desk) -> None:
    caller = ("--form", "migration", "--address", JULIA)
    reference = desk.do("request", "open", *caller, "--json").json()["reference"]
    assert desk.refused("request", "ask", reference, "--text", "Which number?")
    assert desk.refused("request", "answer", reference, "--text", "Hello")
    desk.do("request", "withdraw", reference)
    assert desk.world.staff_mails() == []
    for address in ("julia", "@x.example", "a@b@c", "GenesysCloudWhatsAppRequests@genesys.com"):
        called = desk.call("request", "open", "--form", "qr", "--address", address)
        assert called.code == 2, address


def test_caller_is_confirmed_by_staff_who_know_them(desk: Desk) -> None:
    opened = desk.do("request", "open", "--form", "qr", "--address", JULIA, "--json").json()
    reference = opened["reference"]
    desk.do("request", "confirm-sender", reference)
    assert _shown(desk, reference)["sender_verdict"] == "pass"
    desk.do("request", "answer", reference, "--text", "Hello")
    assert notices(desk.world.staff_mails()) == ["answer"]


def test_what_somebody_has_taken_is_listed_whoever_s_move_it_is(desk: Desk) -> None:
    reference = _issued(desk)
    desk.do("request", "take", reference, "--as", "saki")
    assert reference in desk.do("queue", "--mine", "--as", "saki").out
    assert desk.do("queue", "needs-me", "--mine", "--as", "saki").out == "Nothing here.\n"


def test_own_track_is_not_offered(desk: Desk) -> None:
    reference = _open(desk, OLIVER, text="We want WhatsApp, please.")
    shown = desk.do("request", "show", reference).out
    assert "Put on another track (`onboarding`, `migration`, `qr`)" in shown


def test_every_possible_decision_says_what_comes_of_it(desk: Desk) -> None:
    references = [_slot_proposed(desk), _open(desk, OLIVER, text="We want WhatsApp, please.")]
    for reference in references:
        shown = desk.do("request", "show", reference).out.partition("\nPossible now\n")[2]
        decisions = [line for line in shown.splitlines() if re.match(r"  \S", line)]
        assert decisions
        assert [line for line in decisions if " – " not in line] == []


def test_reply_that_nearly_acts_is_offered_in_the_list_and_on_the_page(desk: Desk) -> None:
    reference = _slot_proposed(desk)
    desk.world.reply(desk.world.request(), "承知しました", proof="nothing")
    accept = f"pipeline request accept {reference}"
    assert accept in desk.do("queue").out
    assert accept in desk.do("request", "show", reference).out


def test_files_of_a_mail_are_saved_with_forms_marked(desk: Desk, tmp_path: Path) -> None:
    _open(desk, OLIVER, form(FormKind.ONBOARDING, "en"), ("../../proof.txt", b"ours"))
    message = desk.do("mail", "list", "--json").json()[0]["id"]
    rows = desk.do("mail", "files", message, "--out", str(tmp_path / "saved"), "--json").json()
    assert [row["form"] for row in rows] == ["onboarding", ""]
    assert all(row["bytes"] and row["type"] for row in rows)
    saved = sorted(path.name for path in (tmp_path / "saved").iterdir())
    assert saved == sorted(row["file"] for row in rows)
    assert not any("/" in name or ".." in name for name in saved)


def test_cells_of_a_german_table_break_no_word(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _issued(desk)
    _open(desk, JULIA, form(FormKind.ONBOARDING, "de"))
    monkeypatch.setenv("PIPELINE_LANG", "de")
    words.language_of_process.cache_clear()
    known = set(re.findall(r"\w+", desk.do("queue", "all").out))
    for columns in range(50, 201, 25):
        monkeypatch.setenv("COLUMNS", str(columns))
        narrow = desk.do("queue", "all").out
        # the company and the address are cut, with an ellipsis
        whole = re.sub(r"\S*…", "", narrow)
        assert set(re.findall(r"\w+", whole)) - known == set(), columns
