"""What is said of a file as a whole, and what stands at the same place of all pages."""

from typing import Any

import pytest
from pikepdf import Dictionary, Name, OutlineItem, String

from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.pdf.faults import lost_in_joining
from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.left_over.mark import Mark
from pipeline.forms.pdf.left_over.questions import FieldBox, Questions
from pipeline.forms.pdf.left_over.told import told
from pipeline.forms.pdf.rich_text import plain
from pipeline.forms.stamp import count_printed
from pipeline.model.form import FormKind
from pipeline.model.submission import LeftOver, LeftOverKind, Submission
from tests.unit.forms.pdf.additions import Change, changed, filled, joined, widget

_BOX: Edges = (100.0, 500.0, 300.0, 520.0)
_SHORT = "reported number of objects (110) is not one plus the highest object number (914)"
_LONG = "reported number of objects (914) is not one plus the highest object number (110)"


def _read(*changes: Change) -> tuple[LeftOver, ...]:
    (found,) = read_forms_of("form.pdf", changed(filled(FormKind.QR), *changes))
    assert isinstance(found, Submission)
    return found.left_over


def _information(**entries: str) -> Change:
    def write(pdf: Any) -> None:
        for name, text in entries.items():
            pdf.docinfo[f"/{name}"] = String(text)

    return write


def _signature(**entries: str) -> Change:
    def sign(pdf: Any) -> None:
        page, _ = widget(pdf, "notes")
        value = Dictionary(Type=Name.Sig)
        for key, text in entries.items():
            value[f"/{key}"] = String(text)
        field = Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("Signature1"), V=value
        )
        made = pdf.make_indirect(field)
        page.obj.Annots.append(made)
        pdf.Root.AcroForm.Fields.append(made)

    return sign


def test_properties_of_our_own_are_known() -> None:
    assert _read() == ()
    assert _read(_information(Author="Oliver", Producer="Any 1.0", Title="Form 3")) == ()


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (_information(Subject="by Friday"), LeftOverKind.PROPERTY, "by Friday"),
        (
            _information(Keywords="WA-FORM qr 1.1 en, branch South; urgent"),
            LeftOverKind.PROPERTY,
            "branch South, urgent",
        ),
        (_signature(Reason="under reserve"), LeftOverKind.FIELD, "under reserve"),
        (_signature(Reason="ok", Location="Leeds"), LeftOverKind.FIELD, "ok, Leeds"),
    ],
)
def test_words_about_the_file_are_told_at_no_question(
    change: Change, kind: LeftOverKind, words: str
) -> None:
    (item,) = _read(change)
    assert (item.kind, item.words, item.field) == (kind, words, "")


def test_signature_without_words_says_nothing() -> None:
    assert _read(_signature()) == ()


def _marks(*pages: int, words: str = "DRAFT", up: float = 0.0) -> list[Mark]:
    left, bottom, right, top = _BOX
    return [
        Mark(page, ((left, bottom + up * page, right, top + up * page),), LeftOverKind.PAGE, words)
        for page in pages
    ]


def test_what_is_at_the_same_place_of_several_pages_is_at_no_question() -> None:
    questions = Questions([FieldBox("notes", 0, _BOX), FieldBox("website", 1, _BOX)], None)
    (item,) = told(_marks(0, 1), questions, {})
    assert (item.words, item.field) == ("DRAFT", "")
    fields = [item.field for item in told(_marks(0, 1, up=8.0), questions, {})]
    assert fields == ["notes", "website"]
    (alone,) = told(_marks(1), questions, {})
    assert alone.field == "website"
    fields = [item.field for item in told(_marks(0, 1, words=""), questions, {})]
    assert fields == ["notes", "website"]


def test_short_list_of_objects_was_lost_in_joining() -> None:
    assert lost_in_joining([_SHORT])
    assert not lost_in_joining([_LONG])
    assert not lost_in_joining([_SHORT, "unexpected end of file"])
    assert not lost_in_joining([])


def test_identities_are_counted() -> None:
    assert count_printed("WA-FORM qr 1.1 en · 1/2 … WA-FORM qr 1.1 en · 2/2") == 2
    assert count_printed("a form") == 0


def _bookmarks(*titles: str) -> Change:
    def add(pdf: Any) -> None:
        with pdf.open_outline() as outline:
            outline.root.extend(OutlineItem(title, 0) for title in titles)

    return add


def test_bookmarks_are_told_once_and_those_of_joined_forms_with_the_first() -> None:
    both = joined(filled(FormKind.QR, "ja"), filled(FormKind.ONBOARDING))
    marks = _bookmarks("call first", "How to send it", "both", "both.pdf", "call first")
    first, second = read_forms_of("both.pdf", changed(both, marks))
    assert isinstance(first, Submission)
    assert isinstance(second, Submission)
    told = LeftOver(LeftOverKind.BOOKMARK, "call first", "Outlines")
    assert (first.left_over, second.left_over) == ((told,), ())


def test_bookmarks_that_lead_in_a_circle_end() -> None:
    def turn(pdf: Any) -> None:
        with pdf.open_outline() as outline:
            outline.root.append(OutlineItem("round", 0))
        first = pdf.Root.Outlines.First
        pdf.Root.Outlines.Last.Next = first

    assert [item.words for item in _read(turn)] == ["round"]


def _hinted(name: str, words: str) -> Change:
    def write(pdf: Any) -> None:
        own = widget(pdf, name)[1]
        own.TU = String(words.replace("OWN", str(own.TU)))

    return write


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("OWN", []),
        ("OWN – at the weekend too", ["at the weekend too"]),
        ("Please phone: OWN", ["Please phone"]),
        ("To correct – OWN", []),
        ("Wunsch: nur per Mail", ["Wunsch: nur per Mail"]),
        ("contact_phone", []),
        ("", []),
    ],
)
def test_words_in_the_hint_of_a_box_are_told_at_its_question(words: str, told: list[str]) -> None:
    found = _read(_hinted("contact_phone", words))
    assert [(item.words, item.field) for item in found] == [(one, "contact_phone") for one in told]


@pytest.mark.parametrize(
    ("rich", "whole", "kept"),
    [
        ("<body><p>a <b>b</b></p><p>c</p></body>", "a b\nc", "a b\nc"),
        ("a<br/>b &amp; c &lt;d&gt;", "a\nb & c <d>", "a\nb & c <d>"),
        ('x <span style="text-decoration: underline line-through">y</span> z', "x y z", "x z"),
        ("x <s>y <i>z</i></s> w", "x y z w", "x w"),
        ("<del>all</del>", "all", ""),
        ("1 < 2", "1 < 2", "1 < 2"),
        ("</p></p>a<br>b", "a\nb", "a\nb"),
    ],
)
def test_rich_text_is_read_with_and_without_what_is_struck_out(
    rich: str, whole: str, kept: str
) -> None:
    assert (plain(rich), plain(rich, with_struck=False)) == (whole, kept)
