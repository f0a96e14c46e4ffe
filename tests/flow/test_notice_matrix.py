"""Every mail in every state that the tracks reach: each is written, and says nothing untrue of it.

The cells come from the machine itself (``tests.world.reach``), and from what the flow answers
directly. ``notice_matrix.txt`` beside this file lists them; a mail that is not in it is unreachable
there, because no rule of the step brings it about.
"""

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from pipeline.flow.requests.follow_up import FORM_AWAITED
from pipeline.flow.views.notices.rules import RULES, Mail
from pipeline.model.form import FormKind
from pipeline.model.notice import CertificateFacts, NoticeFacts, NoticeName, Saying
from pipeline.model.request import END_STATUSES, Actor, HoldReason, Status, Track
from pipeline.notifications.compose import _telling
from pipeline.notifications.enclosed import file_names
from pipeline.notifications.preview.samples import Sample, samples, usual_facts
from pipeline.notifications.sources import find_source, variants_of
from pipeline.notifications.words import words_of
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.conditions import CUSTOMERS_STATUSES
from pipeline.tracks.deadlines import closes_when_due, customer_due_at, our_promise_at
from pipeline.tracks.moves import next_on_journey
from pipeline.tracks.promises import saying_of
from tests.world.reach import POLICY, TEAM, ZONE, Cell, walk

LANGUAGES = ("en", "ja", "de")
LIST = Path(__file__).parent / "notice_matrix.txt"
FLOW = Path(__file__).parents[2] / "pipeline" / "flow"

_AWAITS_A_FORM = FORM_AWAITED - {Status.RECEIVED}
#: What the flow mails without a rule of a step, or by one that asks what was promised, and the
#: statuses in which it does (None: any open).
_DIRECT: dict[tuple[NoticeName, str], frozenset[Status] | None] = {
    (NoticeName.DUPLICATE, ""): None,
    (NoticeName.DUPLICATE, "status"): None,
    (NoticeName.QUESTION, "older_file"): None,
    (NoticeName.QUESTION, "colleague"): None,
    (NoticeName.QUESTION, "meaning"): None,
    (NoticeName.QUESTION, "reply_to_act"): None,
    (NoticeName.QUESTION, "undo_late"): frozenset({Status.WITHDRAWN}),
    (NoticeName.QUESTION, "differs_first"): frozenset({Status.HELD}),
    (NoticeName.UNREADABLE, ""): frozenset({Status.NEEDS_CORRECTION, Status.AWAITING_FORM}),
    (NoticeName.UNREADABLE, "too_big"): _AWAITS_A_FORM,
    (NoticeName.UNREADABLE, "too_big_reply"): frozenset(Status) - FORM_AWAITED - END_STATUSES,
    (NoticeName.ANSWER, ""): None,
    (NoticeName.STATUS_CHANGED, "released"): CUSTOMERS_STATUSES,
    (NoticeName.DELAYED, ""): None,
    (NoticeName.DELAYED, "meta"): frozenset({Status.BUSINESS_VERIFICATION, Status.NAME_REVIEW}),
}
#: Documents that no mail is written with, each with its reason.
_NEVER_WRITTEN = {
    "status_changed": "Each change that is told of has a document of its own.",
    "question": "Staff ask with needs_correction.",
    "staff_alert": "It goes to the team, about no status.",
    "help_choose_form.details_known": "What the customer told is no state: see the samples.",
    "held.corrections": "Too many corrections are told to staff alone.",
}
_WITH_ITEMS = frozenset(
    {NoticeName.NEEDS_CORRECTION, NoticeName.CORRECTION_REMINDER, NoticeName.UNREADABLE}
)
_OWN_WORDS = frozenset({NoticeName.ANSWER})


@cache
def cells() -> tuple[Cell, ...]:
    """Return all mails that can go out, those of the machine first."""
    found, states = walk()
    for state in states.values():
        shown = state.shown
        if shown.status is Status.RECEIVED:
            continue
        for (notice, variant), statuses in _DIRECT.items():
            if shown.ended if statuses is None else shown.status not in statuses:
                continue
            actor = Actor.STAFF if notice is NoticeName.ANSWER else Actor.CUSTOMER
            at = state.entered_at + timedelta(hours=3)
            cell = Cell(notice, variant, shown.status, state, actor, at)
            found.setdefault(cell.key, cell)
    return tuple(found.values())


def facts_of(cell: Cell, language: str) -> NoticeFacts:
    """Return what the mail of ``cell`` may say, from its state as the flow tells it."""
    state, now = cell.after.shown, cell.at
    saying = saying_of(cell.notice, cell.variant)
    names_ours = saying.names_a_new_date or saying is Saying.REPEATS
    usual = usual_facts(language)
    form = _form(cell)
    facts = replace(
        usual,
        track=state.track,
        form=form,
        status=state.status,
        previous_status=cell.before,
        next_status=next_on_journey(state.track, state.status),
        now=now,
        received_at=now - timedelta(hours=5),
        due_at=customer_due_at(state, POLICY, now=now, customer_zone=ZONE, team=TEAM),
        closes=closes_when_due(state),
        promise_at=our_promise_at(state, POLICY, now, customer_zone=ZONE, team=TEAM)
        if names_ours
        else None,
        old_promise_at=now if saying is Saying.PUTS_OFF else None,
        ready_date=state.ready_date,
        slots=state.slots,
        slot=state.slot,
        hold_reason=state.hold_reason,
        by_staff=cell.actor is Actor.STAFF,
        reason=cell.reason,
        reminder=cell.reminder,
        last_reminder=cell.last_reminder,
        approved=state.approved_at is not None,
        certificate=None,
        certificate_sent=state.had_certificate,
        certificate_ordered=state.certificate_wanted_at is not None,
        after_route=cell.variant == "after_route",
        # of a link that is gone nothing is enclosed
        files=() if cell.variant == "deleted" else usual.files,
        integration_known=state.integration_created_at is not None,
        deleted_at=None,
        undo_until=None,
        approval_ends_at=None,
        items=usual.items if cell.notice in _WITH_ITEMS and form else (),
        own_words="We looked at it together." if cell.notice in _OWN_WORDS else "",
        suggestion=FormKind.MIGRATION if state.track is Track.HELP else None,
        filled=form is not None,
        answered=form is not None,
        second_received_at=now,
        reply_word=_withdraw(language) if cell.variant == "meaning" else "",
        max_mb=25,
    )
    if state.had_certificate or cell.notice is NoticeName.CERTIFICATE_EXPIRED:
        end = state.certificate_expires_at or now - timedelta(minutes=1)
        facts = replace(
            facts,
            certificate=CertificateFacts(
                end - timedelta(days=7),
                end,
                ordinal=max(1, state.certificates),
                limit=POLICY.certificates_per_approval,
                days_left=max(0, (end - now).days),
            ),
            deleted_at=end + timedelta(days=20),
        )
    if state.ended_at is not None:
        undone = state.status is Status.WITHDRAWN or state.activation_reported
        facts = replace(facts, undo_until=state.ended_at + POLICY.undo_withdraw if undone else None)
    files = file_names(cell.notice, cell.variant, facts, language)
    return replace(facts, files=files)


def _withdraw(language: str) -> str:
    """Return the word that may be asked about in every open status."""
    return words_of(language).text("reply_word", "withdraw")


def _form(cell: Cell) -> FormKind | None:
    """Return the form that came; a request for help has one when its form did not fit."""
    came = cell.reason == "other_form" or cell.variant == "after_route"
    return TRACKS[cell.after.track].form or (FormKind.ONBOARDING if came else None)


def document_of(cell: Cell) -> str:
    """Return the id of the English document that the mail of ``cell`` is written with."""
    telling = _telling(facts_of(cell, "en"))
    return find_source(cell.notice.value, cell.variant, telling, "en").template_id


def mail_of(cell: Cell, language: str) -> Mail:
    sample = Sample(cell.notice, cell.variant, language, "", facts_of(cell, language))
    return Mail(sample, sample.compose())


def faults(cell: Cell, language: str) -> Iterator[str]:
    """Yield what the mail of ``cell`` says against the rules, or in place of its fact."""
    mail = mail_of(cell, language)
    state = cell.after.shown
    where = f"{mail.source} {language} {state.track.value} {state.status.value} {cell.actor.value}"
    for code, rule in RULES.items():
        for what in rule(mail):
            yield f"{where} [{code}] {what}"
    if mail.composed.promised and mail.sample.facts.promise_at is None:
        yield f"{where} [promise]"


def _check(chosen: Iterator[tuple[Cell, str]]) -> None:
    assert sorted({fault for cell, language in chosen for fault in faults(cell, language)}) == []


def test_every_mail_in_every_state_says_what_is_so() -> None:
    """Hold each cell in one language against the rules, in turn; all are held in the long run."""
    _check((cell, LANGUAGES[index % 3]) for index, cell in enumerate(cells()))


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_in_every_state_says_what_is_so_in_every_language(language: str) -> None:
    _check((cell, language) for cell in cells())


def test_every_document_is_written_for_some_state() -> None:
    written = {document_of(cell).rpartition(".en/")[0] for cell in cells()}
    documents = {
        ".".join(filter(None, (notice.value, variant)))
        for notice in NoticeName
        for variant in variants_of(notice.value, "en")
    }
    assert documents - written == set(_NEVER_WRITTEN)


def test_the_cells_are_those_of_the_list() -> None:
    """Write what differs beside the list as ``notice_matrix_actual.txt``."""
    statuses: dict[tuple[str, str, str], set[str]] = {}
    for cell in cells():
        state = cell.after.shown
        name = ".".join(filter(None, (cell.notice.value, cell.variant)))
        key = (name, state.track.value, "staff" if cell.actor is Actor.STAFF else "others")
        statuses.setdefault(key, set()).add(state.status.value)
    lines = [
        f"{' '.join(key)}: {' '.join(sorted(found))}" for key, found in sorted(statuses.items())
    ]
    text = "\n".join(lines) + "\n"
    actual = LIST.with_name("notice_matrix_actual.txt")
    if LIST.exists() and LIST.read_text(encoding="utf-8") == text:
        actual.unlink(missing_ok=True)
        return
    actual.write_text(text, encoding="utf-8")
    pytest.fail(f"the cells are not those of {LIST.name}: see {actual.name}")


def test_what_the_flow_mails_directly_is_all_in_the_matrix() -> None:
    found = {call for path in FLOW.rglob("*.py") for call in _mailed(path)}
    assert found - set(_DIRECT) == set()


def _mailed(path: Path) -> Iterator[tuple[NoticeName, str]]:
    """Yield the notices and variants that a file of the flow mails by name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        if called not in {"add_reply", "SendNotice"}:
            continue
        names = [
            NoticeName[one.attr]
            for one in node.args
            if isinstance(one, ast.Attribute) and one.attr in NoticeName.__members__
        ]
        texts = [
            one.value
            for one in node.args
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if names:
            yield names[0], texts[0] if texts else ""


def test_a_request_for_a_qr_code_is_never_told_of_charges() -> None:
    told = [
        cell
        for cell in cells()
        if cell.after.shown.track is Track.QR and cell.notice is NoticeName.WITHDRAWN
    ]
    assert told
    assert [cell for cell in told if "QR code" not in mail_of(cell, "en").composed.text] == []


def test_a_hold_that_is_hidden_shows_nothing_of_it() -> None:
    hidden = [cell for cell in cells() if cell.after.hidden]
    assert hidden
    for cell in hidden:
        assert facts_of(cell, "en").hold_reason is not HoldReason.OWNERSHIP


def test_the_samples_have_each_notice_that_the_matrix_has() -> None:
    shown = {
        find_source(one.notice.value, one.variant, _telling(one.facts), "en").template_id
        for one in samples("en")
    }
    assert {document_of(cell) for cell in cells()} - shown == set()
