"""What is said of a form as a whole (a printed copy), in the mails that ask for corrections."""

from collections.abc import Callable

import pytest

from pipeline.model.notice import NoticeFacts, NoticeName, ProblemItem
from pipeline.notifications.compose import compose

_CHECK_ALL = ProblemItem(0, "", "", "", ("Check every answer. The PDF is a printed copy",))
_MARKED = ProblemItem(4, "Label", "", "given", ("Enter it again.",), "contact_phone")
_SUBJECTS = {
    "en": ("Check your answers", "check your answers"),
    "de": ("Rückfrage – Ihre Antworten prüfen", "Ihre Antworten prüfen"),
    "ja": ("申請書の内容のご確認をお願いします", "申請書の内容のご確認をお願いします"),
}
_MARKS = {"en": "1 of them marked", "de": "1 davon ist markiert", "ja": "1か所に印を付けました"}

MakeFacts = Callable[..., NoticeFacts]


@pytest.mark.parametrize("language", list(_SUBJECTS))
def test_printed_copy_is_asked_about_as_a_whole(language: str, make_facts: MakeFacts) -> None:
    facts = make_facts(language, items=(_CHECK_ALL,), has_errors=False, fine_answers=0)
    for notice, subject in zip(
        (NoticeName.NEEDS_CORRECTION, NoticeName.CORRECTION_REMINDER),
        _SUBJECTS[language],
        strict=True,
    ):
        composed = compose(notice, "", language, facts)
        assert subject in composed.subject
        assert "```" not in composed.text


@pytest.mark.parametrize("language", list(_SUBJECTS))
def test_marked_answers_of_a_printed_copy_are_counted(language: str, make_facts: MakeFacts) -> None:
    facts = make_facts(language, items=(_CHECK_ALL, _MARKED), has_errors=False, fine_answers=0)
    text = " ".join(compose(NoticeName.NEEDS_CORRECTION, "", language, facts).text.split())
    assert _MARKS[language] in text
