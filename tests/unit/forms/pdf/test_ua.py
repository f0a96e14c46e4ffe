"""Every PDF form, blank or filled in or marked, can be used with a screen reader (PDF/UA-1)."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.form import Filling, FormKind
from pipeline.resources import languages
from tests.unit.forms.pdf.ua_checks import findings

Build = Callable[..., bytes]
FORMS_AND_LANGUAGES = [(kind, language) for kind in FormKind for language in languages()]
SENTENCE = "Please correct this: 正しくご記入ください (über) – 𠮷 😀"


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_blank_keeps_to_pdf_ua(build: Build, kind: FormKind, language: str) -> None:
    assert findings(build(kind, language)) == []


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_copy_with_answers_keeps_to_pdf_ua(
    build: Build, full_answers: Any, kind: FormKind, language: str
) -> None:
    answers = full_answers(kind, language) | {"contact_name": "𠮷 김철수 😀"}
    assert findings(build(kind, language, Filling(tuple(answers.items())))) == []


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_copy_with_a_mark_at_every_answer_keeps_to_pdf_ua(
    build: Build, full_answers: Any, kind: FormKind, language: str
) -> None:
    answers = tuple(full_answers(kind, language).items())
    marks = tuple((name, (SENTENCE, SENTENCE)) for name in FORMS[kind].questions)
    assert findings(build(kind, language, Filling(answers, marks))) == []


def _read_order(pdf: Any, element: Any, found: list[str]) -> list[str]:
    """Return what a screen reader comes by: kinds of elements, names of fields."""
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, int):
            continue
        if kid.get("/Type") == "/OBJR":
            found.append(str(kid.Obj.get("/T", kid.Obj.Subtype)))
        else:
            found.append(str(kid.S))
            _read_order(pdf, kid, found)
    return found


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_fields_are_read_and_reached_in_the_order_of_their_numbers(
    build: Build, kind: FormKind, language: str
) -> None:
    with pikepdf.open(BytesIO(build(kind, language))) as pdf:
        found = _read_order(pdf, pdf.Root.StructTreeRoot, [])
        assert [name for name in found if name in FORMS[kind].questions] == [*FORMS[kind].questions]
        tabs = [
            str(widget.T)
            for page in pdf.pages
            for widget in page.obj.get("/Annots", [])
            if widget.Subtype == "/Widget" and not int(widget.F) & 2
        ]
    assert tabs == [*FORMS[kind].questions]


def test_label_and_hint_are_read_before_their_box(build: Build) -> None:
    filling = Filling((), (("contact_name", (SENTENCE,)),))
    with pikepdf.open(BytesIO(build(FormKind.QR, "en", filling))) as pdf:
        found = _read_order(pdf, pdf.Root.StructTreeRoot, [])
    end = found.index("contact_department")
    start = len(found[:end]) - found[:end][::-1].index("/H2")
    kept = {"/P", "/Form", "contact_name", "/Annot", "/Square", "/Text"}
    assert [one for one in found[start:end] if one in kept] == [
        *("/P", "/P", "/Form", "contact_name", "/Annot", "/Square", "/Annot", "/Text", "/P"),
        *("/P", "/P", "/P", "/Form"),  # example and sentence; label and hint of the next
    ]


def _without_language(pdf: Any) -> None:
    del pdf.Root.Lang


def _without_title_bar(pdf: Any) -> None:
    pdf.Root.ViewerPreferences.DisplayDocTitle = False


def _unmarked(pdf: Any) -> None:
    pdf.Root.MarkInfo.Marked = False


def _without_metadata(pdf: Any) -> None:
    pdf.Root.Metadata = pdf.make_stream(b"<x/>")


def _without_names(pdf: Any) -> None:
    del next(item for item in pdf.pages[0].obj.Annots if "/TU" in item).TU


def _other_tabs(pdf: Any) -> None:
    pdf.pages[0].obj.Tabs = pikepdf.Name.R


def _untagged_link(pdf: Any) -> None:
    link = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=pikepdf.Array([0, 0, 1, 1])
    )
    pdf.pages[0].obj.Annots.append(pdf.make_indirect(link))


def _lost_widget(pdf: Any) -> None:
    del pdf.pages[0].obj.Annots[0].StructParent


def _untagged_content(pdf: Any) -> None:
    pdf.pages[0].contents_add(b"q 0 0 1 1 re f Q")


def _unknown_content(pdf: Any) -> None:
    pdf.pages[0].contents_add(b"/P <</MCID 9999>> BDC q 0 0 1 1 re f Q EMC")


def _nested_artifact(pdf: Any) -> None:
    pdf.pages[0].contents_add(b"/P <</MCID 0>> BDC /Artifact BMC 0 0 1 1 re f EMC EMC")


def _font_without_program(pdf: Any) -> None:
    font = next(iter(pdf.pages[0].resources.Font.values()))
    del font.DescendantFonts[0].FontDescriptor.FontFile2


def _font_without_meaning(pdf: Any) -> None:
    del next(iter(pdf.pages[0].resources.Font.values())).ToUnicode


def _top(pdf: Any) -> Any:
    return pdf.Root.StructTreeRoot.K[0]


def _append(pdf: Any, **entries: Any) -> None:
    element = pikepdf.Dictionary(Type=pikepdf.Name.StructElem, P=_top(pdf), **entries)
    _top(pdf).K.append(pdf.make_indirect(element))


def _empty_element(pdf: Any) -> None:
    _append(pdf, S=pikepdf.Name.P)


def _skipped_heading(pdf: Any) -> None:
    _append(pdf, S=pikepdf.Name.H4)


def _strange_element(pdf: Any) -> None:
    _append(pdf, S=pikepdf.Name.Question)


def _picture_without_words(pdf: Any) -> None:
    _append(pdf, S=pikepdf.Name.Figure)


def _strange_list(pdf: Any) -> None:
    _append(pdf, S=pikepdf.Name.L, K=pikepdf.Array([pikepdf.Dictionary(S=pikepdf.Name.P)]))


@pytest.mark.parametrize(
    ("damage", "conditions"),
    [
        (_without_language, {"11-006"}),
        (_without_title_bar, {"07-001"}),
        (_unmarked, {"01-000"}),
        (_without_metadata, {"06-002", "06-003"}),
        (_without_names, {"28-005"}),
        (_other_tabs, {"28-008"}),
        (_untagged_link, {"28-002"}),
        (_lost_widget, {"28-002"}),
        (_untagged_content, {"01-005"}),
        (_unknown_content, {"01-006"}),
        (_nested_artifact, {"01-003"}),
        (_font_without_program, {"31-009"}),
        (_font_without_meaning, {"10-001"}),
        (_empty_element, {"01-006"}),
        (_skipped_heading, {"01-006", "14-003"}),
        (_strange_element, {"01-006", "02-001"}),
        (_picture_without_words, {"01-006", "13-004"}),
        (_strange_list, {"01-006", "16-001"}),
    ],
)
def test_damage_is_found_by_the_checks(
    build: Build, damage: Callable[[Any], None], conditions: set[str]
) -> None:
    target = BytesIO()
    with pikepdf.open(BytesIO(build(FormKind.QR, "en"))) as pdf:
        damage(pdf)
        pdf.save(target)
    assert {finding.split()[0] for finding in findings(target.getvalue())} == conditions
