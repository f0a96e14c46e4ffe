"""Lines of the Japanese PDF break between phrases and never within a word."""

from io import BytesIO

import pypdfium2
import pytest

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.write.typesetting.phrases import phrase_filter, phrases
from pipeline.forms.texts import form_texts
from pipeline.model.form import FormKind

_FIRST_IN_NO_LINE = tuple("、。，．）」』】：／ーッャュョっゃゅょ")


@pytest.mark.parametrize(
    ("text", "at_least"),
    [("移行の前に、オフにする必要があります。", 3), ("選択肢：はい／いいえ／不明", 3), ("", 0)],
)
def test_phrases_are_the_text(text: str, at_least: int) -> None:
    found = phrases(text)
    assert "".join(found) == text
    assert not any(phrase.startswith(_FIRST_IN_NO_LINE) for phrase in found)
    assert len(found) >= at_least


def test_other_languages_break_at_their_blanks() -> None:
    assert phrase_filter("de")("Füllen Sie das Formular aus.") == "Füllen Sie das Formular aus."


def test_words_of_a_customer_are_escaped_and_long_ones_may_break() -> None:
    found = str(phrase_filter("ja")("<b>ご確認ください。</b>" + "x" * 40))
    assert "<b>" not in found
    assert "&lt;" in found
    assert f'<span class="phrase">{"x" * 40}' not in found


@pytest.mark.parametrize("kind", list(FormKind))
def test_no_line_of_a_hint_breaks_within_a_phrase(kind: FormKind) -> None:
    texts = form_texts("ja")
    content = published(kind, "ja")
    assert content is not None
    with pypdfium2.PdfDocument(BytesIO(content)) as document:
        shown = "\n".join(page.get_textpage().get_text_range() for page in document)
    lines = ["".join(line.split()) for line in shown.splitlines()]
    whole = "".join(lines)
    ends, at = set(), 0
    for line in lines:
        at += len(line)
        ends.add(at)
    broken = 0
    for name in FORMS[kind].questions:
        hint = "".join(texts.hint(kind, name).split())
        start = whole.find(hint)
        assert start >= 0, name
        allowed, place = set(), start
        for phrase in phrases(texts.hint(kind, name)):
            place += len("".join(phrase.split()))
            allowed.add(place)
        inner = {end for end in ends if start < end < start + len(hint)}
        assert inner <= allowed, (name, [whole[end - 5 : end + 5] for end in inner - allowed])
        broken += len(inner)
    assert broken > 5
