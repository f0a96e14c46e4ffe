"""What is inside a PDF form that we make."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.pdf.values import decode_string
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import form_texts
from pipeline.model.form import Filling, FormKind
from pipeline.model.submission import Submission
from pipeline.resources import languages

Build = Callable[..., bytes]
FORMS_AND_LANGUAGES = [(kind, language) for kind in FormKind for language in languages()]
READ_ONLY, REQUIRED, MULTILINE, COMBO = 1, 2, 1 << 12, 1 << 17


@pytest.fixture
def fields_of() -> Iterator[Callable[[bytes], dict[str, Any]]]:
    """The fields of a form by name; the file stays open for the test."""
    with ExitStack() as stack:

        def find(content: bytes) -> dict[str, Any]:
            pdf = stack.enter_context(pikepdf.open(BytesIO(content)))
            return {str(field.T): field for field in pdf.Root.AcroForm.Fields}

        yield find


def printed(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        return "".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_form_has_the_field_that_each_question_needs(
    build: Build, fields_of: Any, kind: FormKind, language: str
) -> None:
    fields = fields_of(build(kind, language))
    texts = form_texts(language)
    assert [*fields] == [*FORMS[kind].questions, "_form", "_version", "_lang"]
    for name, question in FORMS[kind].questions.items():
        field = fields[name]
        label, requirement = texts.label(kind, name), texts.requirement(kind, name)
        assert str(field.TU) == f"{label} – {requirement}"
        flags = int(field.Ff)
        assert bool(flags & REQUIRED) == (question.required and not question.conditional)
        assert not flags & READ_ONLY
        if question.kind is AnswerKind.TICK:
            assert (field.FT, field.V, field.AS) == ("/Btn", "/Off", "/Off")
            assert set(field.AP.N.keys()) == {"/Yes", "/Off"}
        elif question.choices:
            assert field.FT == "/Ch"
            assert flags & COMBO
            options = [(str(pair[0]), str(pair[1])) for pair in field.Opt]
            assert options == [("-", "—"), *texts.choices(name)]
            assert str(field.V) == "-"
        else:
            assert field.FT == "/Tx"
            assert bool(flags & MULTILINE) == question.long
            assert "/V" not in field
            assert bytes(field.DA) == b"/Helv 10 Tf 0 g"


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_form_says_what_it_is_in_every_place(
    build: Build, fields_of: Any, kind: FormKind, language: str
) -> None:
    content = build(kind, language)
    stamp = Stamp(kind, FORMS[kind].version, language)
    fields = fields_of(content)
    for name, value in (("_form", kind.value), ("_version", stamp.version), ("_lang", language)):
        assert str(fields[name].V) == value
        assert int(fields[name].Ff) == READ_ONLY
        assert int(fields[name].F) == 2
    with pikepdf.open(BytesIO(content)) as pdf:
        assert str(pdf.docinfo.Keywords) == stamp.text
        assert stamp.text.encode() in pdf.Root.Metadata.read_bytes()
        pages = len(pdf.pages)
    assert printed(content).count(stamp.text) == pages


def test_form_is_tagged_and_ready_for_every_viewer(build: Build) -> None:
    with pikepdf.open(BytesIO(build(FormKind.ONBOARDING, "ja"))) as pdf:
        root = pdf.Root
        assert "/NeedAppearances" not in root.AcroForm
        assert bool(root.MarkInfo.Marked)
        assert "/StructTreeRoot" in root
        assert str(root.Lang) == "ja"
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert str(pdf.docinfo.Title) == "WhatsApp利用申請書（新規）"
        assert all(page.obj.Tabs == "/S" for page in pdf.pages)
        fonts = [str(font.BaseFont) for page in pdf.pages for font in page.resources.Font.values()]
        assert not [name for name in fonts if "Form-Input" in name]


def test_address_and_privacy_address_are_printed(build: Build) -> None:
    text = printed(build(FormKind.QR, "en"))
    assert "send it to requests@example.com" in text
    assert "privacy@example.com" in text


def test_same_input_gives_the_same_bytes(build: Build) -> None:
    filling = Filling(
        answers=(("contact_name", "田中 愛子"), ("number_use", "never")),
        marks=(("number_use", ("選択してください",)),),
    )
    first = build(FormKind.ONBOARDING, "ja", filling)
    assert build(FormKind.ONBOARDING, "ja", filling) == first


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_every_answer_that_is_filled_in_is_read_back(
    build: Build, read: Any, full_answers: Any, kind: FormKind, language: str
) -> None:
    answers = full_answers(kind, language)
    submission = read(build(kind, language, Filling(tuple(answers.items()))))
    assert isinstance(submission, Submission)
    assert {answer.field: answer.raw for answer in submission.answers} == answers
    stamp = (submission.form, submission.version, submission.language)
    assert stamp == (kind, FORMS[kind].version, language)
    assert not any(answer.damaged for answer in submission.answers)
    assert submission.missing == ()


def test_filled_japanese_is_drawn_with_an_embedded_font(build: Build, fields_of: Any) -> None:
    filling = Filling((("contact_name", "髙﨑 Łódź"), ("is_m2m", "no"), ("ack_charges", "yes")))
    fields = fields_of(build(FormKind.ONBOARDING, "ja", filling))
    fonts = fields["contact_name"].AP.N.Resources.Font
    for font in fonts.values():
        assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor
    assert len(fonts) == 2
    assert (str(fields["is_m2m"].V), fields["ack_charges"].AS) == ("no", "/Yes")


def test_filled_answer_is_seen_on_the_rendered_page(build: Build) -> None:
    filling = Filling((("contact_name", "田中愛子"),))
    pictures = []
    for content in (build(FormKind.QR, "ja"), build(FormKind.QR, "ja", filling)):
        document = pypdfium2.PdfDocument(content)
        document.init_forms()
        pictures.append(bytes(document[0].render().buffer))
        document.close()
    assert pictures[0] != pictures[1]


def test_choice_may_be_given_by_its_word_in_any_language(build: Build, fields_of: Any) -> None:
    answers = (
        ("number_use", "Never used in WhatsApp"),
        ("is_m2m", "いいえ"),
        ("ack_charges", "Yes"),
    )
    fields = fields_of(build(FormKind.ONBOARDING, "ja", Filling(answers)))
    found = (str(fields["number_use"].V), str(fields["is_m2m"].V), fields["ack_charges"].V)
    assert found == ("never", "no", "/Yes")


def test_answer_that_no_choice_is_leaves_the_list_open(build: Build, fields_of: Any) -> None:
    fields = fields_of(build(FormKind.QR, "en", Filling((("qr_action", "perhaps"),))))
    assert str(fields["qr_action"].V) == "-"


def test_long_text_shrinks_and_hostile_text_is_inert(build: Build, read: Any) -> None:
    hostile = ") Tj ET Q <script>{{ 7*7 }}</script> \ud842\x07 " + "長い文です。" * 100
    filling = Filling((("notes", hostile),), (("notes", ("<b>{{ 7*7 }}</b>",)),))
    content = build(FormKind.ONBOARDING, "en", filling)
    submission = read(content)
    assert submission.answer("notes").raw == hostile.replace("\ud842", "\ufffd")
    assert "<b>{{ 7*7 }}</b>" in printed(content)


def drawn(field: Any) -> str:
    """The text of an appearance, by the maps of its fonts from glyphs to characters."""
    meaning: dict[str, dict[str, str]] = {}
    for key, font in field.AP.N.Resources.Font.items():
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", font.ToUnicode.read_bytes())
        meaning[key] = {
            glyph.decode(): bytes.fromhex(text.decode()).decode("utf-16-be")
            for glyph, text in pairs
        }
    found, current = "", ""
    for instruction in pikepdf.parse_content_stream(field.AP.N, "Tf Tj"):
        operand = next(iter(instruction.operands))
        if str(instruction.operator) == "Tf":
            current = str(operand)
        else:
            codes = bytes(operand).hex().upper()
            glyphs = [codes[at : at + 4] for at in range(0, len(codes), 4)]
            found += "".join(meaning[current][glyph] for glyph in glyphs)
    return found


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("髙﨑 𠮷乃 濵田", "髙﨑 𠮷乃 濵田"),
        ("栁澤 槗本 邉 神 彥 內", "栁澤 槗本 邉 神 彥 內"),
        ("辻\U000e0101 葛\ufe00城 \u200bA\u200d", "辻 葛城 A"),
        ("か\u3099 e\u0301 Łódź Ångström", "が é Łódź Ångström"),
        ("김 철수 สม 😀", "□ □□ □□ □"),
        ("Иванов Ωμέγα", "Иванов Ωμέγα"),
    ],
)
def test_name_is_drawn_with_its_own_characters(
    build: Build, fields_of: Any, written: str, shown: str
) -> None:
    content = build(FormKind.QR, "ja", Filling((("contact_name", written),)))
    field = fields_of(content)["contact_name"]
    assert drawn(field) == shown
    assert decode_string(bytes(field.V)) == (written, False)
    note = "このファイルでは表示できない文字"
    assert (note in "".join(printed(content).split())) == ("□" in shown)


def test_answer_that_begins_with_a_combining_mark_is_drawn(build: Build, fields_of: Any) -> None:
    filling = Filling((("contact_name", "e"), ("contact_department", "\u0301x")))
    fields = fields_of(build(FormKind.QR, "ja", filling))
    found = (drawn(fields["contact_name"]), drawn(fields["contact_department"]))
    assert found == ("e", "\u0301x")


def test_answer_that_does_not_fit_says_that_there_is_more(build: Build, fields_of: Any) -> None:
    filling = Filling((("integration_name", "長い名前" * 60), ("contact_name", "短い名前")))
    fields = fields_of(build(FormKind.QR, "en", filling))
    assert drawn(fields["integration_name"]).endswith("…")
    assert drawn(fields["contact_name"]) == "短い名前"


def test_box_of_a_marked_copy_grows_with_its_answer(build: Build, fields_of: Any) -> None:
    long = "これは長い文です。" * 100
    plain, copy = (
        fields_of(build(FormKind.QR, "ja", Filling((("notes", long),), marks)))["notes"]
        for marks in ((), (("notes", ("短くしてください",)),))
    )
    heights = [round(float(field.Rect[3]) - float(field.Rect[1])) for field in (plain, copy)]
    assert heights == [47, 209]
    assert drawn(copy) == long


def test_marked_answer_is_boxed_with_its_sentences_beside_it_and_in_a_note(build: Build) -> None:
    sentence = "Organization ID must be 36 characters: numbers, letters a to f and hyphens"
    filling = Filling((("genesys_org_id", "sample"),), (("genesys_org_id", (sentence,)),))
    content = build(FormKind.ONBOARDING, "en", filling)
    with pikepdf.open(BytesIO(content)) as pdf:
        notes = [
            (str(annotation.Subtype), str(annotation.Contents))
            for page in pdf.pages
            for annotation in page.obj.get("/Annots", [])
            if annotation.Subtype != "/Widget"
        ]
    assert notes == [("/Square", "To correct – Organization ID"), ("/Text", sentence)]
    assert sentence in " ".join(printed(content).split())
    assert "Answers that are marked “To correct”: 1." in printed(content)


def test_marked_field_says_so_in_its_name(build: Build, fields_of: Any) -> None:
    filling = Filling((), (("contact_name", ("Please write a name",)),))
    fields = fields_of(build(FormKind.QR, "en", filling))
    assert str(fields["contact_name"].TU) == "Contact name – Required – To correct"
    assert str(fields["contact_email"].TU) == "Contact e-mail address – Required"


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=100),
    notes=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\r\x1b"), max_size=200
    ),
    use=st.sampled_from(["", "new", "delete"]),
)
def test_whatever_is_filled_in_is_read_back(
    build: Build, read: Any, name: str, notes: str, use: str
) -> None:
    assume(name.strip())
    answers = {"contact_name": name, "notes": notes, "qr_action": use}
    submission = read(build(FormKind.QR, "ja", Filling(tuple(answers.items()))))
    assert isinstance(submission, Submission)
    found = {answer.field: answer.raw for answer in submission.answers if answer.field in answers}
    assert found == answers
