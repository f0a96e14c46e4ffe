"""``template check``: every notice keeps the rules, and each rule finds what breaks it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.flow.views.notices.check import DATES, check
from pipeline.flow.views.notices.preview import of_request
from pipeline.flow.views.notices.rules import RULES, Mail
from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.model.request import Status, Track
from pipeline.notifications.compose import Composed
from pipeline.notifications.preview.samples import Sample, samples
from tests.world.customers import HANAKO, form
from tests.world.world import World

Change = Callable[[NoticeFacts], NoticeFacts]
Rewrite = Callable[[Composed], Composed]


def test_every_notice_keeps_the_rules_in_every_language_and_state() -> None:
    assert [f"{f.notice} {f.language} {f.rule}: {f.what}" for f in check()] == []


def sample(name: str, language: str = "en") -> Sample:
    notice = NoticeName(name.partition(".")[0])
    return next(one for one in samples(language, notice) if one.name == name)


def with_facts(**changes: object) -> Change:
    return lambda facts: replace(facts, **changes)  # type: ignore[arg-type]


def said(text: str) -> Rewrite:
    """Let the mail say ``text`` more, in both parts."""

    def add(mail: Composed) -> Composed:
        page = mail.html.replace("</body>", f"<p>{text}</p></body>")
        return replace(mail, text=f"{mail.text}\n{text}\n", html=page)

    return add


def act(label: str, value: str) -> Rewrite:
    """Let the mail ask for ``value`` in a block of its own."""
    row = f'<tr><th scope="row">{label}</th><td><strong>{value}</strong></td></tr>'
    return said(f'<table class="facts act">{row}</table>')


def numbered(*items: str) -> Rewrite:
    return said(f"<ol>{''.join(f'<li>{item}</li>' for item in items)}</ol>")


def without_bold(mail: Composed) -> Composed:
    return replace(mail, html=re.sub(r"</?strong[^>]*>", "", mail.html))


def without_wrapper(mail: Composed) -> Composed:
    return replace(mail, html=mail.html.replace(' role="presentation"', ""))


SAME: Change = lambda facts: facts  # noqa: E731 - a table reads better
#: The words are left as they are, or the mail is written again with the changed facts.
LEFT: Rewrite = lambda mail: mail  # noqa: E731
AGAIN: Rewrite = lambda mail: mail  # noqa: E731
#: A notice that keeps the rules, what is changed of its facts and of its words, the broken rule.
BROKEN: list[tuple[str, str, Change, Rewrite, str]] = [
    ("certificate_issued", "en", with_facts(files=()), LEFT, "enclosure"),
    ("certificate_issued", "ja", with_facts(files=()), LEFT, "enclosure"),
    ("certificate_issued", "de", with_facts(files=()), LEFT, "enclosure"),
    ("acknowledged", "en", with_facts(files=("onboarding_en.xlsx",)), LEFT, "enclosure"),
    ("help_choose_form", "en", with_facts(files=("onboarding_en.xlsx",)), LEFT, "enclosure"),
    (
        "correction_reminder",
        "en",
        lambda facts: replace(facts, due_at=facts.now - timedelta(days=1)),
        AGAIN,
        "deadline",
    ),
    (
        "slot_proposal",
        "ja",
        lambda facts: replace(facts, due_at=facts.slots[0].start),
        AGAIN,
        "deadline",
    ),
    ("needs_correction", "en", with_facts(status=Status.POLICY_REVIEW), LEFT, "consequence"),
    ("needs_correction", "ja", with_facts(status=Status.POLICY_REVIEW), LEFT, "consequence"),
    ("needs_correction", "de", with_facts(closes=False), LEFT, "consequence"),
    ("correction_reminder", "en", with_facts(reminder=0), LEFT, "reminder"),
    ("slot_proposal", "ja", with_facts(reminder=1), LEFT, "reminder"),
    ("withdrawn", "en", with_facts(track=Track.QR), LEFT, "state"),
    ("withdrawn", "ja", with_facts(track=Track.QR), LEFT, "state"),
    ("withdrawn", "de", with_facts(track=Track.QR), LEFT, "state"),
    ("certificate_issued", "ja", SAME, said("ご返信をお待ちしています。"), "state"),
    (
        "needs_correction",
        "en",
        SAME,
        lambda mail: replace(mail, promised=True),
        "promise",
    ),
    ("withdrawn", "en", with_facts(by_staff=True), LEFT, "actor"),
    ("withdrawn", "ja", with_facts(by_staff=True), LEFT, "actor"),
    ("withdrawn.qr", "de", with_facts(by_staff=True), LEFT, "actor"),
    ("acknowledged", "en", SAME, said("It is at policy_review now."), "raw_code"),
    ("acknowledged", "en", SAME, act("First line of your reply:", "BANANA"), "announced"),
    ("acknowledged", "en", SAME, act("First line of your reply:", "READY"), "announced"),
    ("acknowledged", "ja", SAME, act("1行目に書く言葉：", "準備完了"), "announced"),
    ("acknowledged", "de", SAME, act("Erste Zeile Ihrer Antwort:", "BEREIT"), "announced"),
    ("acknowledged", "en", SAME, said("on 8 December 2026"), "weekday"),
    ("acknowledged", "ja", SAME, said("2026年12月8日まで"), "weekday"),
    ("acknowledged", "de", SAME, said("am 8. Dezember 2026"), "weekday"),
    ("acknowledged", "en", SAME, lambda mail: replace(mail, preheader=""), "preheader"),
    ("acknowledged", "en", SAME, lambda mail: replace(mail, preheader="x" * 91), "preheader"),
    ("acknowledged", "en", SAME, said("We go on with it."), "calque"),
    ("acknowledged", "de", SAME, said("Eine Person prüft es."), "calque"),
    (
        "acknowledged",
        "ja",
        SAME,
        said("もう一度お送りください。ファイルを開けませんでした"),
        "calque",
    ),
    ("acknowledged", "ja", SAME, numbered("選択してください。", "承認が表示されます。"), "mood"),
    (
        "needs_correction",
        "en",
        SAME,
        lambda mail: replace(mail, subject="Correct 3 answers (WA-7K3M9Q4M)"),
        "subject",
    ),
    ("needs_correction", "en", SAME, without_bold, "layout"),
    ("needs_correction", "en", SAME, without_wrapper, "layout"),
]


@pytest.mark.parametrize(
    ("name", "language", "change", "rewrite", "rule"),
    BROKEN,
    ids=[f"{rule}-{number}" for number, (*_, rule) in enumerate(BROKEN)],
)
def test_a_mail_that_breaks_a_rule_is_found(
    name: str, language: str, change: Change, rewrite: Rewrite, rule: str
) -> None:
    whole = sample(name, language)
    mail = whole.compose()
    assert list(RULES[rule](Mail(whole, mail))) == []
    changed = replace(whole, facts=change(whole.facts))
    broken = changed.compose() if rewrite is AGAIN else rewrite(mail)
    assert list(RULES[rule](Mail(changed, broken))) != []


def test_every_rule_is_broken_by_one_of_these() -> None:
    assert {rule for *_, rule in BROKEN} == set(RULES)


def test_a_date_that_one_language_leaves_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Sample.compose

    def without_dates(self: Sample) -> Composed:
        mail = real(self)
        german = self.language == "de"
        return replace(mail, text="Guten Tag,\n") if german else mail

    monkeypatch.setattr(Sample, "compose", without_dates)
    assert DATES in {fault.rule for fault in check(NoticeName.ALREADY_ACTIVE)}


def test_a_notice_is_shown_with_the_facts_of_a_request_and_nothing_is_written(
    world: World,
) -> None:
    world.mail(HANAKO, form(contact_email="x"))
    record = world.request()
    mails = len(world.all_mails())
    with world.services.store.read() as tx:
        shown = of_request(world.services, tx, record, NoticeName.NEEDS_CORRECTION, "")
    assert (record.state.status, shown.facts.reference) == (
        Status.NEEDS_CORRECTION,
        record.reference,
    )
    assert [item.field for item in shown.facts.items] == ["contact_email"]
    assert shown.facts.files == ("onboarding_ja.xlsx",)
    assert record.reference in shown.compose().subject
    assert len(world.all_mails()) == mails
    assert world.request() == record
