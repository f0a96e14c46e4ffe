"""What editors change at the fields of a form: lists, captions, names, looks, subjects."""

from typing import Any

import pytest
from pikepdf import Array, Dictionary, Name, String

from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.pdf.printed.damage import has_lost_characters
from pipeline.model.form import FormKind
from pipeline.model.submission import LeftOverKind, Submission
from tests.unit.forms.pdf.additions import Change, changed, drawn, filled, note, widget

_ICON = (20.0, 20.0)


def _read(*changes: Change, **answers: str | None) -> Submission:
    (found,) = read_forms_of("form.pdf", changed(filled(FormKind.QR, **answers), *changes))
    assert isinstance(found, Submission)
    return found


def _told(found: Submission) -> list[tuple[LeftOverKind, str, str]]:
    return [(item.kind, item.words, item.field) for item in found.left_over]


def _list(name: str, *options: tuple[str, str] | str, value: str | None = None) -> Change:
    def write(pdf: Any) -> None:
        _, item = widget(pdf, name)
        item.Opt = Array(
            [
                String(one) if isinstance(one, str) else Array(list(map(String, one)))
                for one in options
            ]
        )
        if value is not None:
            item.V = String(value)

    return write


def _set(name: str, **entries: Any) -> Change:
    def write(pdf: Any) -> None:
        _, item = widget(pdf, name)
        for key, value in entries.items():
            item[f"/{key}"] = value

    return write


@pytest.mark.parametrize(
    ("options", "value", "raw", "other"),
    [
        ([("svg", "SVG"), ("both", "SVG alone")], "both", "both", "SVG alone"),
        ([("png", "SVG"), ("svg", "PNG")], "svg", "svg", "PNG"),
        ([("0", "—"), ("1", "PNG"), ("2", "SVG")], "1", "PNG", None),
        ([("1", "PNG"), ("1", "SVG")], "1", "PNG", "SVG"),
        (["PNG", "SVG"], "PNG", "PNG", None),
        ([("png", "PNG"), ("fax", "Telefax")], "fax", "Telefax", None),
        ([("png", "PNG"), ("-", "later")], "-", "", "later"),
    ],
)
def test_value_of_a_list_is_what_the_list_showed(
    options: list[tuple[str, str] | str], value: str, raw: str, other: str | None
) -> None:
    answer = _read(_list("image_format", *options, value=value)).answer("image_format")
    assert answer is not None
    assert (answer.raw, answer.disagrees) == (raw, other)


def test_options_that_were_put_into_a_list_are_told_once() -> None:
    found = _read(_list("image_format", ("png", "PNG"), ("x", "on paper"), ("", "Please choose")))
    assert _told(found) == [(LeftOverKind.OPTION, "on paper; Please choose", "")]
    assert found.left_over[0].where.endswith("image_format")


def test_list_in_other_words_of_ours_is_no_news() -> None:
    assert _told(_read(_list("image_format", ("png", "PNG"), ("svg", "svg"), ("-", "—")))) == []


@pytest.mark.parametrize(
    ("name", "look", "words"),
    [
        ("where_shown", Dictionary(CA=String("not in Leeds")), "not in Leeds"),
        ("where_shown", Dictionary(RC=String("ask Kim")), "ask Kim"),
        ("notes", Dictionary(CA=String("8")), ""),
        ("notes", Dictionary(CA=String("notes")), ""),
    ],
)
def test_caption_of_a_box_is_told_at_its_question(name: str, look: Any, words: str) -> None:
    wanted = [(LeftOverKind.CAPTION, words, name)] if words else []
    assert _told(_read(_set(name, MK=look))) == wanted


@pytest.mark.parametrize("tool", ["Sticky Note", "Text", "Notiz", "ノート注釈"])
def test_name_of_a_tool_is_no_subject(tool: str) -> None:
    (item,) = _read(note("Text", "notes", "call Kim", size=_ICON, Subj=String(tool))).left_over
    assert (item.words, item.where) == ("call Kim", "p. 3, reader")


def test_subject_of_a_person_is_told_before_the_words() -> None:
    (item,) = _read(note("Text", "notes", "call Kim", Subj=String("until May"))).left_over
    assert (item.words, item.field) == ("until May\ncall Kim", "notes")


def _field(name: str, **entries: Any) -> Change:
    def add(pdf: Any) -> None:
        page, _ = widget(pdf, "notes")
        item = Dictionary(Type=Name.Annot, Subtype=Name.Widget, T=String(name), F=4, P=page.obj)
        item.Rect = Array([300, 20, 420, 34])
        for key, value in {"FT": Name.Tx, **entries}.items():
            item[f"/{key}"] = value
        made = pdf.make_indirect(item)
        page.obj.Annots.append(made)
        pdf.Root.AcroForm.Fields.append(made)

    return add


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_field("Text1"), []),
        (_field("Text Box 1"), []),
        (_field("Cost centre"), ["Cost centre"]),
        (_field("Text1", V=String("4711")), ["4711"]),
        (_field("Text1", TU=String("Text1")), []),
        (_field("Text1", TU=String("who pays?")), ["who pays?"]),
        (
            _field(
                "List1",
                FT=Name.Ch,
                V=String("1"),
                Opt=Array([Array([String("1"), String("at once")])]),
            ),
            ["at once"],
        ),
    ],
)
def test_field_of_their_own_is_told_by_what_it_says(change: Change, words: list[str]) -> None:
    assert [item.words for item in _read(change).left_over] == words


def _look(words: bytes) -> Change:
    def write(pdf: Any) -> None:
        _, item = widget(pdf, "contact_department")
        if "/V" in item:
            del item.V
        item.AP = Dictionary(N=pdf.make_stream(words, Type=Name.XObject, Subtype=Name.Form))

    return write


@pytest.mark.parametrize(
    ("content", "other"),
    [
        (b"/Tx BMC BT /F1 9 Tf (Night desk) Tj ET EMC", "Night desk"),
        (b"/Tx BMC q Q EMC", None),
        (b"/Tx BMC BT /F1 9 Tf ( ) Tj ET EMC", None),
        (b"q 0 0 200 14 re W n 1 1 1 rg 0 0 200 14 re f 0.5 w 0 0 200 14 re S Q " * 3, None),
    ],
)
def test_answer_that_is_drawn_alone_is_asked_about(content: bytes, other: str | None) -> None:
    answer = _read(_look(content)).answer("contact_department")
    assert answer is not None
    assert (answer.raw, answer.disagrees) == ("", other)


def test_print_that_was_covered_is_told_where_it_stood() -> None:
    white = drawn("notes", lambda box: b"1 1 1 rg 60 %.1f 230 40 re f" % (box[3] - 30), {})
    assert _told(_read(white)) == [(LeftOverKind.PAGE, "", "notes")]


@pytest.mark.parametrize(
    ("text", "is_lost"),
    [
        ("0_0K0U0M\\K", True),
        ("0D0D0H", True),
        ("0121 234 5678", False),
        ("030123", False),
        ("A0B0C0D0", False),
        ("2027-03-01", False),
    ],
)
def test_kana_that_were_read_in_halves_are_damaged(text: str, is_lost: bool) -> None:
    assert has_lost_characters(text) is is_lost
