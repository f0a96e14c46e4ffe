"""The figures of a period are those of what really happened, and the drawings say the same."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from pipeline import resources
from pipeline.flow.staff import review
from pipeline.flow.views.dashboard.charts import Drawn
from pipeline.flow.views.dashboard.gather import PERIODS, dashboard
from pipeline.flow.views.dashboard.page import figures_page
from pipeline.flow.views.dashboard.questions import question_lines
from pipeline.flow.views.dashboard.values import (
    Dashboard,
    QuestionFigures,
    Share,
    Step,
    Times,
)
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.request import Status
from pipeline.store.process_records import RunRecord
from pipeline.wording import console
from tests.flow.test_certificates import issued
from tests.flow.test_corrections import wrong
from tests.flow.test_promises import _at as at
from tests.world.customers import HANAKO, JULIA, OLIVER, form
from tests.world.world import START, World

_DAY = timedelta(days=1)
#: Two working days after the Monday on which the world begins.
PROMISED = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return what changes the language."""

    def speaking(code: str) -> None:
        monkeypatch.setenv("PIPELINE_LANG", code)
        console.language_of_process.cache_clear()

    yield speaking
    console.language_of_process.cache_clear()


def figures(world: World, days: int = 28) -> Dashboard:
    with world.services.store.read() as tx:
        return dashboard(world.services.work(tx), days)


def test_questions_that_failed_are_counted_by_form_language_and_format(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, wrong())
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en"))
    world.mail(JULIA, form(FormKind.ONBOARDING, "de", website="nonsense"))
    found = figures(world)
    assert (found.received, found.finished, found.open) == (3, 0, 3)
    assert (found.forms, found.wrong_forms, found.sample, found.cut) == (3, 2, 3, False)
    by_field = {item.field: item for item in found.questions}
    site = by_field["website"]
    assert (site.form, site.asked) == (FormKind.ONBOARDING, 3)
    assert Share("de", 1, 1) in site.languages
    assert Share("en", 1, 0) in site.languages
    assert site.formats == (Share("xlsx", 3, site.wrong),)
    assert site.programs == (Share("", 3, site.wrong),)
    assert site.number > 0
    wrongs = [item.wrong for item in found.questions]
    assert wrongs == sorted(wrongs, reverse=True)


def test_questions_are_counted_by_the_program_that_saved_the_file(any_world: World) -> None:
    world = any_world
    kept = Path(__file__).parents[2] / "samples" / "forms" / "riviere-onboarding-errors_en.xlsx"
    world.mail(JULIA, ("form.xlsx", kept.read_bytes()))
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en"))
    failed = figures(world).questions
    assert failed
    assert {share for item in failed for share in item.programs} == {
        Share("LibreOffice", 1, 1),
        Share("", 1, 0),
    }
    lines = list(question_lines(Drawn(figures(world))))
    assert len(lines) == 1 + len(failed) * 5  # all, English, xlsx, two programs
    assert {len(line) for line in lines} == {8}
    (of_one,) = [
        line for line in lines if line[1] == str(failed[0].number) and line[4] == "LibreOffice"
    ]
    assert of_one[5:] == ("1", "1", "100.0%")


def test_corrected_form_is_one_more_form_and_what_staff_enter_is_none(world: World) -> None:
    world.mail(HANAKO, wrong())
    world.reply_after_undo(world.request(), form())
    found = figures(world)
    assert (found.forms, found.wrong_forms) == (2, 1)
    assert {item.asked for item in found.questions} == {2}


def test_first_answer_counts_the_days_that_the_team_works(world: World) -> None:
    # a Friday evening; the mail goes out with a batch on Monday
    world.clock.set(datetime(2026, 11, 27, 18, 0, tzinfo=UTC))
    world.mail(HANAKO, form())
    (mail,) = world.mails_of(world.request())
    assert mail.sent_at is not None
    world.clock.set(datetime(2026, 11, 30, 12, 0, tzinfo=UTC))
    record = world.request()
    review.reject(world.services, record, "saki", reason="invalid_number")
    found = figures(world)
    assert (found.first_answer.count, found.unanswered) == (1, 0)
    assert found.first_answer.median == mail.sent_at - record.opened_at
    decided = found.first_decision
    assert (decided.count, decided.median) == (1, timedelta(hours=66))
    assert decided.working_median == timedelta(hours=18)
    assert (found.finished, found.open) == (1, 0)


def test_day_is_that_of_the_team_and_the_period_ends_today(world: World) -> None:
    team = world.services.settings.team.model_copy(update={"time_zone": "Asia/Tokyo"})
    world.change(team=team)
    world.clock.set(datetime(2026, 11, 23, 14, 59, tzinfo=UTC))
    world.mail(HANAKO, form())
    world.clock.set(datetime(2026, 11, 23, 15, 1, tzinfo=UTC))
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en"))
    found = figures(world, 7)
    counts = {column.first: column.received for column in found.columns}
    assert (found.first, found.last) == (date(2026, 11, 18), date(2026, 11, 24))
    assert counts[date(2026, 11, 23)] == counts[date(2026, 11, 24)] == 1
    world.clock.advance(_DAY * 6)
    assert figures(world, 7).received == 1


def test_columns_cover_each_day_once(world: World) -> None:
    for days in (*PERIODS, 1, 366):
        found = figures(world, days)
        covered = [
            column.first + _DAY * at
            for column in found.columns
            for at in range((column.last - column.first).days + 1)
        ]
        assert covered == [found.last - _DAY * at for at in reversed(range(days))]
        assert len(found.columns) <= 59
        if found.step is Step.WEEK:
            assert {column.first.weekday() for column in found.columns[1:]} == {0}


def test_certificates_by_what_became_of_them(any_world: World) -> None:
    world = any_world
    used = issued(world)
    expired = issued(world, OLIVER, "en")
    assert figures(world).certificates.valid == 2
    world.reply(used, "ACTIVE")
    assert world.again(used).status is Status.ACTIVE
    assert figures(world).certificates.used == 1
    world.later(days=8)
    assert world.again(expired).status is Status.CERTIFICATE_EXPIRED
    world.later(days=1)
    found = figures(world).certificates
    assert (found.used, found.expired, found.revoked, found.reissued) == (1, 1, 0, 0)
    assert (found.decided, found.valid) == (2, 0)


def test_replies_that_acted_and_those_that_a_person_had_to_read(any_world: World) -> None:
    world = any_world
    record = issued(world)
    world.reply(record, "ACTIVE")
    found = figures(world).replies
    assert (found.alone, found.read) == (1, 0)
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en"))
    world.reply(world.request(OLIVER), "Which of our two offices should the letter go to?")
    found = figures(world).replies
    assert (found.alone, found.read, found.count) == (1, 1, 2)


def test_promises_that_were_kept_and_broken(world: World) -> None:
    world.mail(HANAKO, form())
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en"))
    review.reject(world.services, world.request(OLIVER), "saki", reason="invalid_number")
    world.staff_mails()
    found = figures(world).promises
    assert (found.kept, found.broken, found.overdue) == (1, 0, 0)
    at(world, PROMISED)
    found = figures(world).promises
    assert (found.kept, found.broken, found.overdue) == (1, 1, 1)


def test_runs_are_remembered_and_idle_ones_are_one_line(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    for _ in range(3):
        world.later(hours=1)
    newest, first = figures(world).runs
    assert (newest.idle, newest.times, newest.code) == (True, 3, 0)
    assert newest.ended_at - newest.began_at == timedelta(hours=2)
    assert dict(first.counts)["fetched"] == 1
    with_fault = RunRecord(START, START, 1.0, 75, (), (("send", "courier_unreachable"),))
    for _ in range(40):
        world.services.store.run(lambda tx: tx.memory.ran(with_fault))
    runs = figures(world).runs
    assert (len(runs), runs[0]) == (30, with_fault)


def test_looking_at_nothing_has_empty_charts(world: World, speak: Callable[[str], None]) -> None:
    for language in resources.languages():
        speak(language)
        drawn = Drawn(figures(world))
        assert {item.empty for item in drawn.charts} == {True}
        page = figures_page(world.services, 28)
        assert page.count('class="chart-empty"') == len(drawn.charts) + 1
        assert "<svg" not in page


def test_drawings_are_sound_and_say_what_the_table_says(
    world: World, speak: Callable[[str], None]
) -> None:
    issued(world)
    world.mail(OLIVER, wrong("en"))
    world.reply(world.request(OLIVER), "Which of our offices do you mean?")
    for language in resources.languages():
        speak(language)
        page = figures_page(world.services, 28)
        assert f'<html lang="{language}">' in page
        assert_sound(page)
        for item in Drawn(figures(world)).charts:
            assert item.empty or html.escape(item.finding, quote=False) in html.unescape(page)
            assert all(len(row) == len(item.head) for row in item.table)


def assert_sound(page: str) -> None:
    """Assert that the drawings are XML, named and described, and that nothing acts on the page."""
    roots = [ET.fromstring(text) for text in whole_drawings(page)]
    assert len(roots) > 5
    for root in roots:
        assert root.get("role") == "img"
        assert [child.tag for child in root][:2] == ["title", "desc"]
        assert all((child.text or "").strip() for child in list(root)[:2])
        ids = {child.get("id") for child in list(root)[:2]}
        assert set((root.get("aria-labelledby") or "").split()) == ids
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names))
    assert not re.search(r"<script|https?://|\son\w+=|style=|url\(", page)


def whole_drawings(page: str) -> list[str]:
    """Return each drawing with the drawings inside it."""
    found, start, depth = [], 0, 0
    for mark in re.finditer(r"<svg\b[^>]*>|</svg>", page):
        if mark[0] != "</svg>":
            if depth == 0:
                start = mark.start()
            depth += 1
            continue
        depth -= 1
        if depth == 0 and 'role="img"' in page[start : page.index(">", start)]:
            found.append(page[start : mark.end()])
    assert depth == 0
    return found


def test_hostile_names_are_escaped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.mail(HANAKO, wrong())
    hostile = '<script>alert("1")</script>\u202e'
    question = QuestionFigures(
        FormKind.QR, hostile, 0, 3, 2, (Share(hostile, 3, 2),), (Share(FileFormat.PDF, 3, 2),)
    )
    failed = RunRecord(START, START, 1, 1, (), ((hostile, hostile),))
    board = replace(figures(world), questions=(question,), runs=(failed,))
    monkeypatch.setattr("pipeline.flow.views.dashboard.page.figures", lambda *_: board)
    page = figures_page(world.services, 28)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page
    for drawing in whole_drawings(page):
        ET.fromstring(drawing)


def test_finding_names_the_question_that_fails_most(
    world: World, speak: Callable[[str], None]
) -> None:
    speak("en")
    question = QuestionFigures(FormKind.ONBOARDING, "website", 7, 60, 18)
    board = replace(figures(world), forms=60, questions=(question,))
    chart = Drawn(board).questions()
    assert chart.finding == "Question 7 (Onboarding) fails most: 18 of 60 forms."
    assert chart.series[0].shown == ("18 of 60 (30%)",)
    times = Times(9, timedelta(minutes=12), timedelta(hours=30))
    answers = Drawn(replace(board, first_answer=times)).answers()
    assert "within 12 minutes, nine in ten within 30 hours" in answers.finding


def test_no_statement_of_the_figures_looks_through_a_table(world: World) -> None:
    """Each finds its rows by an index: SQLite names the scans of tables in its plans."""
    record = issued(world)
    world.reply(record, "ACTIVE")
    seen: list[tuple[str, Any]] = []
    engine = world.services.store._engine

    def heard(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", heard)
    figures(world, 365)
    sa.event.remove(engine, "before_cursor_execute", heard)
    selects = [pair for pair in seen if pair[0].startswith("SELECT")]
    assert len(selects) > 10
    with engine.connect() as connection:
        for statement, parameters in selects:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[3]) for row in plan]
            scans = [step for step in steps if step.startswith("SCAN") and "CONSTANT" not in step]
            assert scans == [], (statement, steps)
