"""Findings, refusals, errors and pages of single rows fit a narrow terminal in each language."""

from pathlib import Path

import pytest

from pipeline.cli.screen import width
from pipeline.wording import console as words

from .conftest import Call


def _speak(monkeypatch: pytest.MonkeyPatch, language: str, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("PIPELINE_LANG", language)
    words.language_of_process.cache_clear()


@pytest.mark.parametrize("columns", [40, 60, 80])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_error_and_no_page_is_wider_than_the_terminal(
    pipeline: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: str, columns: int
) -> None:
    (row, *_) = pipeline("queue", "needs-me", "--json").json()
    mail = pipeline("mail", "list", "--json").json()[0]["id"]
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("number,state,owner\ncall me,sleeping,x\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    _speak(monkeypatch, language, columns)
    for arguments, code in (
        (("doctor",), 0),
        (("form", "check", "missing.xlsx"), 5),
        (("request", "release", row["reference"]), 6),
        (("request", "show", "WA-0000-0000"), 5),
        (("number", "import", "numbers.csv"), 3),
        (("mail", "show", mail), 0),
        (("queue", "nonsense"), 2),
        (("queue", "--nonsense"), 2),
        (("request", "reject", row["reference"]), 2),
        (("form", "fields", "--help"), 0),
    ):
        called = pipeline(*arguments)
        assert called.code == code, (arguments, called)
        told = (called.out + called.err).splitlines()
        assert told != []
        assert [line for line in told if width(line) > columns] == [], arguments


def test_japanese_operator_meets_no_english_of_the_parser(
    pipeline: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row, *_) = pipeline("queue", "needs-me", "--json").json()
    _speak(monkeypatch, "ja", 200)
    for arguments, said in (
        (("queue", "--xx"), "エラー：--xxというオプションはありません。"),
        (("quue",), "エラー：quueというコマンドはありません。"),
        (("request", "show"), "エラー：引数REFERENCEがありません。"),
        (("queue", "--limit", "0"), "エラー：--limitの値が正しくありません。 1から1000"),
        (("queue", "--limit"), "エラー：オプション--limitには値が必要です。"),
        (("status", "--json=1"), "エラー：オプション--jsonに値は指定できません。"),
        (("status", "a", "b"), "エラー：余分な引数があります：a b"),
        (("form", "fields", "x"), "次のいずれかを指定してください：onboarding、migration、qr"),
        (("number", "set", "1", "active", "--since", "x"), "次の形式で指定してください：年-月-日"),
    ):
        called = pipeline(*arguments)
        assert called.code == 2, arguments
        assert said in called.err, arguments
        assert called.err.startswith(("使い方：", "エラー："))
        assert not any(word in called.err for word in ("Usage", "Try", "Error", "value"))
    shown = pipeline("request", "approve", "--help").out
    assert "このヘルプを表示します。" in shown
    assert "オプション:" in shown
    refused = pipeline("request", "release", row["reference"])
    assert refused.err.startswith(
        "「申請内容の確認（Genesys）」では、「一時停止を解除」はできません。"
    )
    page = pipeline("request", "show", row["reference"]).out
    assert "own_track" not in page
    assert "  customer  " not in page
    assert "True" not in pipeline("form", "fields", "onboarding").out
    assert "en、" in pipeline("form", "list").out or "、en" in pipeline("form", "list").out


def test_one_mail_is_a_page_and_json_on_demand(pipeline: Call) -> None:
    (row, *_) = pipeline("mail", "list", "--json").json()
    page = pipeline("mail", "show", row["id"])
    assert page.code == 0
    assert page.out.startswith(row["id"])
    assert f"  Subject: {row['subject']}\n" in page.out
    assert pipeline("mail", "show", row["id"], "--json").json()["id"] == row["id"]


def test_report_goes_to_standard_output(
    pipeline: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    called = pipeline("report", "--out", "-")
    assert (called.code, called.err) == (0, "")
    assert called.out.startswith("<!")
    assert called.out.rstrip().endswith("</html>")
    assert list(tmp_path.glob("-*")) == []
