"""Marked copies: put together from parts, they look like what the layout engine makes of a form."""

import re
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.signs import MARK_NAME, MARK_TAG
from pipeline.forms.texts import form_texts
from pipeline.model.form import Filling, FormKind
from pipeline.model.submission import Submission
from pipeline.resources import languages
from tests.unit.forms.pdf.ua_checks import findings

Build = Callable[..., bytes]
FORMS_AND_LANGUAGES = [(kind, language) for kind in FormKind for language in languages()]
MARGIN = 30.0  # points


def marked(build: Build, *names: str, kind: FormKind = FormKind.QR, text: str = "?") -> bytes:
    """A copy in English with ``text`` at the answers ``names``."""
    return build(kind, "en", Filling((), tuple((name, (text,)) for name in names)))


def pages_of(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def boxes(content: bytes) -> dict[str, tuple[int, float]]:
    """The page of each field, and how far its upper edge is from the lower edge of the page."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return {
            str(widget.T): (index, float(widget.Rect[3]))
            for index, page in enumerate(pdf.pages)
            for widget in page.obj.Annots
            if "/T" in widget and widget.Subtype == "/Widget" and not int(widget.F) & 2
        }


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_questions_stand_as_far_apart_as_in_the_blank(
    build: Build, kind: FormKind, language: str
) -> None:
    *names, last = FORMS[kind].questions
    blank = boxes(build(kind, language))
    copy = boxes(build(kind, language, Filling((), ((last, ("?",)),))))
    compared = 0
    for one, other in pairwise([*names, last]):
        (page, top), (next_page, next_top) = blank[one], blank[other]
        (own_page, own_top), (own_next_page, own_next_top) = copy[one], copy[other]
        if page == next_page and own_page == own_next_page:
            assert own_top - own_next_top == pytest.approx(top - next_top, abs=0.05)
            compared += 1
    assert compared > len(names) / 2


def test_sentences_longer_than_a_page_go_on_behind_it(build: Build) -> None:
    text = " ".join(f"word{number}" for number in range(2500))
    content = marked(build, "contact_name", "notes", text=text)
    assert findings(content) == []
    pages = pages_of(content)
    assert len(pages) > 4
    found = " ".join(" ".join(pages).split())
    for number in (0, 1, 700, 1500, 2499):
        assert found.count(f"word{number} ") == 2
    document = pypdfium2.PdfDocument(content)
    for page in document:
        width, height = page.get_size()
        for item in page.get_objects():
            left, bottom, right, top = item.get_bounds()
            assert left >= MARGIN
            assert right <= width - MARGIN
            assert bottom >= MARGIN
            assert top <= height - MARGIN
    document.close()


def test_what_we_add_bears_our_sign(build: Build) -> None:
    content = marked(build, "contact_name", "notes", text="Please look")
    with pikepdf.open(BytesIO(content)) as pdf:
        names = [
            str(item.NM)
            for page in pdf.pages
            for item in page.obj.Annots
            if "/NM" in item and item.Subtype != "/Link"
        ]
        inside = "".join(_said_under_our_sign(page) for page in pdf.pages)
    assert [name.rpartition(":")[0] for name in names] == [
        f"{MARK_NAME}{field}:{part}"
        for field in ("contact_name", "notes")
        for part in ("box", "note")
    ]
    said = form_texts("en").words("marked_note_pdf").replace("{count}", "2")
    assert inside == f"{said}To correct Please lookTo correct Please look"


def _said_under_our_sign(page: Any) -> str:
    """The text of ``page`` within the marked content that is ours."""
    maps = {
        name: {
            int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
            for code, text in re.findall(
                rb"<([0-9A-F]{4})> <([0-9A-F]+)>", font.ToUnicode.read_bytes()
            )
        }
        for name, font in page.resources.Font.items()
        if name in {"/F1", "/F2", "/F3"}
    }
    found, current = "", ""
    stack: list[bool] = []
    for instruction in pikepdf.parse_content_stream(page, "BMC BDC EMC Tf TJ"):
        operator, operands = str(instruction.operator), list(instruction.operands)
        if operator in {"BMC", "BDC"}:
            stack.append(str(operands[0]) == f"/{MARK_TAG}")
        elif operator == "EMC":
            stack.pop()
        elif operator == "Tf":
            current = str(operands[0])
        elif any(stack):
            for part in operands[0]:
                if isinstance(part, pikepdf.String):
                    codes = bytes(part)
                    pairs = zip(codes[::2], codes[1::2], strict=True)
                    found += "".join(maps[current][256 * high + low] for high, low in pairs)
    assert not stack
    return found


def test_marks_and_answers_of_other_forms_are_left_out(build: Build) -> None:
    blank = build(FormKind.QR, "en")
    other = Filling((("use_case", "x"),), (("use_case", ("y",)),))
    assert build(FormKind.QR, "en", other) == blank
    both = Filling((), (("use_case", ("y",)), ("contact_name", ("z",))))
    assert build(FormKind.QR, "en", both) == marked(build, "contact_name", text="z")


def test_outline_leads_to_the_headings_where_they_stand(build: Build) -> None:
    content = marked(build, *FORMS[FormKind.ONBOARDING].questions, kind=FormKind.ONBOARDING)
    document = pypdfium2.PdfDocument(content)
    found = 0
    for item in document.get_toc():
        place = item.get_dest()
        page = document[place.get_index()]
        left, top = place.get_view()[1][:2]
        text = page.get_textpage().get_text_bounded(left, top - 30, 600, top + 1)
        assert " ".join(item.get_title().split()[:2]) in text
        found += 1
    document.close()
    assert found > len(FORMS[FormKind.ONBOARDING].groups)


def test_footer_counts_the_pages(build: Build) -> None:
    pages = pages_of(marked(build, *FORMS[FormKind.ONBOARDING].questions, kind=FormKind.ONBOARDING))
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert page.count("WA-FORM onboarding") == 1


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    answer=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300),
    text=st.text(st.characters() | st.sampled_from("()\\\r\n <>\u202e"), max_size=200),
    language=st.sampled_from(["en", "ja"]),
)
def test_whatever_is_said_of_whatever_is_answered_can_be_read(
    build: Build, read: Any, answer: str, text: str, language: str
) -> None:
    marks = (("contact_name", (text, text)), ("notes", (text,)), ("qr_action", ("?",)))
    answers = {"contact_name": answer, "notes": answer, "qr_action": "new"}
    content = build(FormKind.QR, language, Filling(tuple(answers.items()), marks))
    if text.strip():
        assert findings(content) == []
    submission = read(content)
    if answer.strip():
        assert isinstance(submission, Submission)
        given_back = {one.field: one.raw for one in submission.answers if one.field in answers}
        assert given_back == answers
