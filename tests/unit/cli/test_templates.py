"""``pipeline template``: the notices as customers get them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.flow.views.notices.check import DATES
from pipeline.flow.views.notices.rules import RULES
from pipeline.notifications.preview.samples import samples
from pipeline.wording import console as words
from tests.unit.cli.conftest import Call


def test_preview_prints_a_notice_as_its_reader_gets_it(fresh_pipeline: Call) -> None:
    shown = fresh_pipeline("template", "preview", "withdrawn", "--lang", "ja")
    assert shown.code == 0
    assert "取り下げ完了" in shown.out
    assert "田中　愛子 様" in shown.out


def test_preview_without_a_name_lists_every_notice(fresh_pipeline: Call) -> None:
    names = fresh_pipeline("template", "preview", "--lang", "en").out.split()
    assert names == list(dict.fromkeys(sample.name for sample in samples("en")))


def test_gallery_shows_every_mail_that_it_wrote(fresh_pipeline: Call, tmp_path: Path) -> None:
    out = tmp_path / "notices"
    assert fresh_pipeline("template", "preview", "held", "--out", str(out)).code == 0
    page = (out / "index.html").read_text(encoding="utf-8")
    mails = sorted(path.name for path in out.glob("*.html") if path.name != "index.html")
    assert [name for name in mails if f'src="{name}"' not in page] == []
    held = [one for code in ("de", "en", "ja") for one in samples(code) if one.notice == "held"]
    assert len(mails) == len(held)


def test_preview_of_what_does_not_exist_says_what_does(fresh_pipeline: Call) -> None:
    unknown = fresh_pipeline("template", "preview", "withdrawal")
    assert unknown.code == 2
    assert "pipeline template preview" in unknown.err
    assert fresh_pipeline("template", "preview", "held", "--variant", "x").code == 2


def test_check_of_a_notice_that_keeps_the_rules_ends_with_nothing(fresh_pipeline: Call) -> None:
    checked = fresh_pipeline("template", "check", "answer")
    assert (checked.code, checked.out) == (0, "All notices keep the rules.\n")
    assert fresh_pipeline("template", "check", "answer", "--json").json() == []


def test_check_prints_what_breaks_a_rule_and_ends_with_3(
    fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pipeline.flow.views.notices.check.RULES", {"calque": lambda mail: iter(["go on"])}
    )
    checked = fresh_pipeline("template", "check", "answer")
    assert checked.code == 3
    assert "no words taken over from another language" in " ".join(checked.out.split())
    told = fresh_pipeline("template", "check", "answer", "--json").json()
    assert told[0] == {"notice": "answer", "language": "en", "rule": "calque", "what": "go on"}
    assert fresh_pipeline("template", "check", "answers").code == 2


def test_every_rule_has_its_words(fresh_pipeline: Call) -> None:
    for code in (*RULES, DATES):
        assert words.word(f"rule_{code}")


def test_preview_of_a_request_has_its_facts(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("needs_correction")
    shown = pipeline("template", "preview", "needs_correction", "--ref", reference)
    assert shown.code == 0
    assert reference in shown.out
    assert pipeline("template", "preview", "--ref", reference).code == 2
    early = pipeline(
        "template", "preview", "certificate_expired", "--variant", "limit", "--ref", reference
    )
    assert early.code == 2
    assert "has not come as far" in early.err
