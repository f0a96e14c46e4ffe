"""The words of every notice, as they were read last: one file for each notice and language.

After a change that is meant: ``GOLDEN=write pytest tests/unit/notifications/test_golden.py``.
"""

import os
from pathlib import Path

import pytest

from pipeline.model.notice import NoticeName
from pipeline.notifications.preview.samples import samples

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = ("en", "ja", "de")


def words(notice: NoticeName, language: str) -> str:
    """Return all variants and cases of ``notice`` below each other."""
    parts = []
    for sample in samples(language, notice):
        mail = sample.compose()
        files = ", ".join(sample.facts.files) or "-"
        head = (f"===== {sample.name}", mail.subject, mail.preheader, files)
        parts.append("\n".join((*head, "", mail.text)))
    return "\n".join(parts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", NoticeName)
def test_the_words_are_those_that_were_read(notice: NoticeName, language: str) -> None:
    """Write what differs beside the file as ``…_actual.txt``."""
    path = GOLDEN / f"{notice.value}.{language}.txt"
    actual = path.with_name(f"{path.stem}_actual.txt")
    text = words(notice, language)
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if path.exists() and path.read_text(encoding="utf-8") == text:
        actual.unlink(missing_ok=True)
        return
    actual.parent.mkdir(exist_ok=True)
    actual.write_text(text, encoding="utf-8")
    pytest.fail(f"the words are not those of {path.name}: see {actual.name}")


def test_no_file_is_left_of_a_notice_that_is_gone() -> None:
    wanted = {f"{notice.value}.{language}.txt" for notice in NoticeName for language in LANGUAGES}
    found = {path.name for path in GOLDEN.glob("*.txt") if not path.stem.endswith("_actual")}
    assert found == wanted
