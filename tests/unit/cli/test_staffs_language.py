"""Staff read words of their own language: no code of the programme reaches people.

Lint rule 9 of the texts: what looks like a code (``policy_review``) stands in the name of a file or
an option, in an address, or between backticks where it has to be typed, and nowhere else.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline.cli import command_paths, run
from pipeline.cli.choices import WordChoice, field_id
from pipeline.cli.commands import requests
from pipeline.demo.play import play
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import form_texts
from pipeline.intake.language import is_foreign
from pipeline.model.form import FormKind
from pipeline.model.request import EventName
from pipeline.notifications.digest import step_for_staff
from pipeline.notifications.words import words_of
from pipeline.resources import languages, template
from pipeline.wording import console as words
from tests.world.command_line import Called
from tests.world.outbox import parsed, plain_text

from .conftest import Call

CODE = re.compile(r"[a-z]+_[a-z_]+")
#: What may look like a code: between backticks, addresses and links, files, options, commands.
TYPED = re.compile(
    r"`[^`]*`"
    r"|\S+@\S+"
    r"|https?://\S+"
    r"|\S*\.(?:xlsx|pdf|toml|eml|zip|html|svg|png|txt|vcf|docx|ods|dat)\b"
    r"|--[a-z-]+(?:[ =]\[?[a-z0-9_|-]+\]?)?"
    r"|\S*/\S*"
    r"|\[[^\]\n]*\|[^\]]*\]"
)
#: The pages that people read; ``*`` is each request of the demo.
PAGES: tuple[tuple[str, ...], ...] = (
    ("queue",),
    ("queue", "waiting"),
    ("queue", "held"),
    ("queue", "all"),
    ("status",),
    ("mail", "list"),
    ("outbox", "list", "all"),
    ("certificate", "list", "--all"),
    ("number", "list"),
    ("organisation", "list"),
    ("quarantine", "list"),
    ("mail", "reconcile"),
    ("run", "--dry-run"),
    ("doctor",),
    ("form", "list"),
    *(("form", "fields", kind.value) for kind in FormKind),
    ("request", "show", "*"),
    ("request", "advance", "*", "--event", "code_verified"),
    ("request", "edit", "*", "no_such_field=x"),
    ("certificate", "show", "*"),
    ("request", "advance", "WA-1", "--event", "no_such_event"),
)


def codes_in(text: str) -> list[str]:
    """Return what looks like a code and stands where people read."""
    return CODE.findall(TYPED.sub(" ", text))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a demo that was played once, by a Japanese team."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIPELINE_LANG", "ja")
        words.language_of_process.cache_clear()
        play(folder, nullcontext)
    words.language_of_process.cache_clear()
    return folder


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Let the environment name a language, or none (empty)."""

    def named(language: str) -> None:
        for name in ("PIPELINE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
            monkeypatch.delenv(name, raising=False)
        if language:
            monkeypatch.setenv("LANG", f"{language}_XX.UTF-8")
        words.speak_as_team()

    yield named
    words.speak_as_team()


def call(demo: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Called:
    capsys.readouterr()
    code = run(["--config", str(demo / "pipeline.toml"), *arguments])
    said = capsys.readouterr()
    return Called(int(code), said.out, said.err)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_code_reaches_people(
    demo: Path,
    capsys: pytest.CaptureFixture[str],
    speak: Callable[[str], None],
    language: str,
) -> None:
    speak(language)
    rows = call(demo, capsys, "queue", "all", "--json").json()
    references = [str(row["reference"]) for row in rows]
    assert len(references) > 10
    found: dict[str, list[str]] = {}
    for page in PAGES:
        for reference in references if "*" in page else [""]:
            arguments = [reference if part == "*" else part for part in page]
            said = call(demo, capsys, *arguments)
            assert said.out or said.err, arguments
            shown = codes_in(said.out + said.err)
            if codes := [code for code in shown if code not in arguments]:
                found[" ".join(arguments)] = codes
    assert found == {}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_code_stands_in_the_report(
    demo: Path,
    capsys: pytest.CaptureFixture[str],
    speak: Callable[[str], None],
    tmp_path: Path,
    language: str,
) -> None:
    speak(language)
    path = tmp_path / "report.html"
    assert call(demo, capsys, "report", "--out", str(path)).code == 0
    page = path.read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    shown = re.sub(
        r"<style>.*?</style>|<code>.*?</code>|<pre[^>]*>.*?</pre>", " ", page, flags=re.DOTALL
    )
    assert codes_in(re.sub(r"<[^>]*>", " ", shown)) == []


def test_alerts_of_the_demo_are_in_the_teams_language_and_name_what_to_type(
    demo: Path, capsys: pytest.CaptureFixture[str], speak: Callable[[str], None]
) -> None:
    speak("ja")
    rows = call(demo, capsys, "outbox", "list", "all", "--json").json()
    alerts = [row for row in rows if row["notice"] == "staff_alert"]
    assert alerts
    assert all(row["subject"].startswith("【担当者向け】") for row in alerts)
    mails = (parsed(path.read_bytes()) for path in (demo / "sent").rglob("*") if path.is_file())
    texts = [
        plain_text(mail)
        for mail in mails
        if str(mail["X-Notice-Template"]).startswith("staff_alert.")
    ]
    assert len(texts) == len(alerts)
    for text in texts:
        assert "pipeline request show " in text or "pipeline queue needs-me" in text
        assert codes_in(text) == []


def test_team_is_spoken_to_in_its_language_where_the_environment_names_none(
    demo: Path, capsys: pytest.CaptureFixture[str], speak: Callable[[str], None]
) -> None:
    speak("")
    assert "担当者の判断待ち" in call(demo, capsys, "status").out
    assert "使い方" in call(demo, capsys, "queue", "--help").out
    assert "エラー" in call(demo, capsys, "quue").err
    speak("en")
    assert "Needs a decision of staff" in call(demo, capsys, "status").out
    assert "Usage" in call(demo, capsys, "queue", "--help").out


@pytest.mark.parametrize(
    "content", ["", "[team]\nlanguage = 5\n", "[team]\nlanguage = 'xx'\n", "[team\n", "team = 1\n"]
)
def test_settings_that_name_no_language_are_passed_over(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    speak: Callable[[str], None],
    content: str,
) -> None:
    (tmp_path / "pipeline.toml").write_text(content, encoding="utf-8")
    speak("")
    assert "Usage" in call(tmp_path, capsys, "queue", "--help").out


def test_init_takes_the_language_that_it_speaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], speak: Callable[[str], None]
) -> None:
    speak("de")
    path = tmp_path / "pipeline.toml"
    run(["--home", str(tmp_path / "state"), "init", "--out", str(path)])
    capsys.readouterr()
    assert tomllib.loads(path.read_text(encoding="utf-8"))["team"]["language"] == "de"


def test_language_without_words_of_the_console_is_english_key_by_key(
    demo: Path, capsys: pytest.CaptureFixture[str], speak: Callable[[str], None]
) -> None:
    """The shared words are German at once; those of the console as far as there are any."""
    speak("de")
    assert words.language() == "de"
    assert words.notice_name("staff_alert") == "Meldung an das Team"
    assert words.step("policy_review") == "Prüfung des Formulars (Genesys)"
    if not template("console", "de.toml").is_file():
        assert "Needs a decision of staff" in call(demo, capsys, "status").out


def test_refusal_names_step_and_event_in_words(
    demo: Path, capsys: pytest.CaptureFixture[str], speak: Callable[[str], None]
) -> None:
    speak("ja")
    rows = call(demo, capsys, "queue", "all", "--json").json()
    (waiting,) = [row for row in rows if row["status"] == "certificate_issued"]
    refused = call(demo, capsys, "request", "approve", waiting["reference"])
    assert refused.code == 6
    assert refused.err.startswith("「証明書を送付済み、設定の完了待ち」では、「担当者が承認」は")


def test_codes_stay_in_json(
    demo: Path, capsys: pytest.CaptureFixture[str], speak: Callable[[str], None]
) -> None:
    speak("ja")
    statuses = {row["status"] for row in call(demo, capsys, "queue", "all", "--json").json()}
    assert {"policy_review", "certificate_issued"} <= statuses


def test_help_has_no_word_of_the_parser_in_a_japanese_team(
    demo: Path, capsys: pytest.CaptureFixture[str], speak: Callable[[str], None]
) -> None:
    speak("ja")
    for path in (*command_paths(), ("request",), ()):
        page = call(demo, capsys, *path, "--help").out
        assert page.startswith("使い方："), path
        left = re.findall(
            r"\[OPTIONS\]|COMMAND|ARGS|INTEGER|\bTEXT\b|RANGE|DIRECTORY|%Y|Usage", page
        )
        assert left == [], path


@pytest.mark.parametrize("language", ["en", "ja"])
def test_event_is_typed_as_code_or_in_words(language: str, speak: Callable[[str], None]) -> None:
    speak(language)
    option = next(param for param in requests.advance.params if param.name == "event")
    assert isinstance(option.type, WordChoice)
    for event in EventName:
        assert option.type.convert(event.value, option, None) == event.value
        assert option.type.convert(words.named("event", event.value), option, None) == event.value
    completed = option.type.shell_complete(None, option, "code_v")  # type: ignore[arg-type]
    assert [(item.value, item.help) for item in completed] == [
        ("code_verified", words.named("event", "code_verified"))
    ]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", FormKind)
def test_field_is_typed_as_id_or_label(kind: FormKind, language: str) -> None:
    texts = form_texts(language)
    for field in FORMS[kind].questions:
        assert field_id(field) == field
        assert field_id(texts.label(kind, field)) == field


@pytest.mark.parametrize(
    ("text", "reads", "foreign"),
    [
        ("Please write the legal name of your company.", "ja", True),
        ("Please write the legal name of your company.", "de", True),
        ("Please write the legal name of your company.", "en", False),
        ("会社の正式名称をご記入ください。", "en", True),
        ("会社の正式名称をご記入ください。", "ja", False),
        ("Bitte schreiben Sie den vollständigen Namen Ihres Unternehmens.", "en", True),
        ("Bitte schreiben Sie den vollständigen Namen Ihres Unternehmens.", "de", False),
        ("WABA 123456", "ja", False),
        ("OK", "de", False),
        ("Meta Business IDを確認してください。", "ja", False),
    ],
)
def test_text_in_another_language_than_the_customer_reads_is_noticed(
    text: str, reads: str, foreign: bool
) -> None:
    assert is_foreign(text, reads) is foreign


def test_question_in_another_language_is_warned_of_and_sent(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("policy_review")
    text = "Bitte schreiben Sie uns den vollständigen Namen Ihres Unternehmens und die Nummer."
    said = pipeline("request", "ask", reference, "--field", "contact_name", "--text", text)
    assert said.code == 0
    assert "the customer reads Japanese" in said.err


def test_step_of_staff_is_empty_without_a_status() -> None:
    assert step_for_staff(None, words_of("en")) == ""
