"""The samples show each notice in every state: each branch of each template is written by one."""

import re
from itertools import pairwise

import pytest

from pipeline.notifications.preview.samples import samples
from tests.unit.notifications.branches import marked, templates, traced

LANGUAGES = ("en", "ja", "de")
#: Branches that no mail takes, each with its reason.
_UNREACHED = {
    # Each step that only Meta takes is told of by a document of its own (`meta_began`).
    ("status_changed.-", "v.is_metas_move"),
    ("status_changed.-", "v.promise"),
    ("status_changed.-", "else of v.promise"),
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
    # A request for a QR code always has its form.
    ("withdrawn.qr", "else of f.files"),
}


def test_every_branch_of_every_template_is_shown_by_a_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = set()
    for language in LANGUAGES:
        with traced(monkeypatch) as taken:
            for sample in samples(language):
                sample.compose()
        missing |= {
            (name, branch.condition)
            for name, source in templates(language)
            for branch in marked(source).branches
            if (source, branch.index) not in taken
        }
    assert missing == _UNREACHED


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_text_runs_into_the_next_one(language: str) -> None:
    """A line break after a tag is taken away: text that ends with one needs a blank line."""
    for name, source in templates(language):
        lines = source.split("\n")
        for line, following in pairwise(lines):
            ends = line.endswith("%}") and re.sub(r"\{%.*?%\}", "", line).strip()
            goes_on = following.strip() and not re.match(r"\{%-? *(?:else|endif|elif)", following)
            assert not (ends and goes_on), (name, line)
