"""``pipeline template``: the notices as customers get them."""

from pathlib import Path

from pipeline.notifications.preview.samples import samples
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
