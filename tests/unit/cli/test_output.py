"""What the terminal gets: inert, aligned, and plain when it is none."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli.output import cut, inert, plain, print_table, width

from .conftest import Call

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a\rb",
    "a\nb",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "\x9b31m",
    "\u200bzero",
    "tab\there",
    "\x00",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_one_printable_line(text: str) -> None:
    assert inert(text).isprintable()
    assert len(inert(text)) == len(text)


@pytest.mark.parametrize(
    "text", ["Rivière", "株式会社サンプル商事", "𠮷野家", "😀", "한국", "ﾊﾝｶｸ"]
)
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("日本", 4), ("ﾊﾝｶｸ", 4), ("Ａ", 2), ("e\u0301", 1), ("", 0), ("한국", 4)],
)
def test_width_counts_columns_of_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "wanted"),
    [("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("abc", 2, "a…")],
)
def test_cut_never_takes_more_columns(text: str, columns: int, wanted: str) -> None:
    assert cut(text, columns) == wanted
    assert width(cut(text, columns)) <= columns


def test_table_aligns_east_asian_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["Name", "State"], [["株式会社", "x"], ["Ltd", "x"], ["ﾊﾝｶｸ\x1b[1m", "x"]])
    heading, *rows = capsys.readouterr().out.splitlines()
    column = width(heading[: heading.index("State")])
    assert [width(row[: row.index("x")]) for row in rows] == [column] * 3


def test_table_is_inert(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a"], [[text] for text in HOSTILE])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(HOSTILE) + 1
    assert all(line.isprintable() for line in lines)


def test_json_never_carries_bytes() -> None:
    assert plain({"a": b"secret", "b": [Path("x")], "c": None}) == {
        "a": "(6 bytes)",
        "b": ["x"],
        "c": None,
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("queue", "all"),
        ("status",),
        ("mail", "list"),
        ("outbox", "list", "all"),
        ("number", "list"),
        ("form", "fields", "qr"),
        ("doctor",),
        ("run",),
        ("--help",),
        ("request", "--help"),
    ],
)
def test_no_escape_codes_without_a_terminal(pipeline: Call, arguments: tuple[str, ...]) -> None:
    called = pipeline(*arguments)
    assert called.code == 0
    assert called.out != ""
    assert "\x1b" not in called.out + called.err


def test_request_page_has_no_escape_codes_without_a_terminal(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    called = pipeline("request", "show", reference_of("policy_review"))
    assert "\x1b" not in called.out


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["request", "--help"]])
def test_help_and_version_import_nothing_slow(arguments: list[str]) -> None:
    slow = ("weasyprint", "openpyxl", "sqlalchemy", "pikepdf", "cryptography", "phonenumbers")
    code = (
        "import sys\n"
        "from pipeline.cli import run\n"
        f"code = run({arguments!r})\n"
        f"print(code, [name for name in {slow!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PIPELINE_LANG": "en"},
    )
    assert done.stderr == "0 []\n"
    assert done.stdout != ""


def test_help_is_in_the_language_of_the_operator(
    fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.wording import console as words  # noqa: PLC0415 - its cache is the thing

    words.language_of_process.cache_clear()
    monkeypatch.setenv("PIPELINE_LANG", "ja")
    called = fresh_pipeline("queue")
    assert called.out == "該当するものはありません。\n"


def test_help_of_a_command_explains_it_and_each_option(fresh_pipeline: Call) -> None:
    called = fresh_pipeline("request", "reject", "--help")
    text = " ".join(called.out.split())
    assert "Reject the request for a reason: m2m," in text
    assert "--reason [m2m|short_code|policy|eligibility|final_refusal|other]" in text
    assert "--as TEXT The name that the decision is recorded under" in text
