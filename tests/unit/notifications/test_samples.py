"""The samples show each notice in every state: each branch of each template is written by one."""

import pytest

from pipeline.notifications.samples import samples
from tests.unit.notifications.branches import marked, templates, traced

LANGUAGES = ("en", "ja", "de")
#: Branches that no mail takes, each with its reason.
_UNREACHED = {
    # Each step that only Meta takes is told of by a document of its own (`meta_began`).
    ("status_changed.-", "v.is_metas_move"),
    ("status_changed.-", "META v.promise"),
    # The known number and use are what chooses the document.
    ("help_choose_form.details_known", "else of v.known_number"),
    ("help_choose_form.details_known", "else of v.known_use"),
    # Staff have chosen the form before the mail goes out.
    ("question.prefilled_form", "else of v.suggested_form"),
    ("question.prefilled_form subject", "else of v.suggested_form"),
    # A blank form always goes with it.
    ("already_active.-", "else of v.blanks"),
    ("already_active.- preheader", "else of v.blanks"),
    ("unreadable.-", "else of v.blanks"),
    ("unreadable.-", "else of v.blanks == 1"),
    # Staff say what they ask about.
    ("question.meaning preheader", "else of v.reply_word"),
    # The day to undo it begins with the withdrawal.
    ("withdrawn.-", "else of v.undo_until"),
    ("withdrawn.qr", "else of v.undo_until"),
    # A request for a QR code always has its form.
    ("withdrawn.qr", "else of f.files"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_branch_of_every_template_is_shown_by_a_sample(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with traced(monkeypatch) as taken:
        for sample in samples(language):
            sample.compose()
    missing = {
        f"{name}: {branch.condition}"
        for name, source in templates(language)
        for branch in marked(source).branches
        if (source, branch.index) not in taken
    }
    assert sorted(missing) == []
