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
        said = str(field.TU)
        assert said.startswith(f"{label} – {requirement} – ")
        assert said.endswith(texts.hint(kind, name))
        assert texts.statement(kind, name) in said
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
            assert "/V" not in field
            assert "/DV" not in field
            assert field.AP.N.read_bytes() == b"/Tx BMC EMC"
        else:
            assert field.FT == "/Tx"
            assert bool(flags & MULTILINE) == (question.long or question.maximum > 256)
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
    assert "send it to requests@example.com" in " ".join(text.split())
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
    assert "/V" not in fields["qr_action"]


def test_long_text_and_hostile_text_are_inert(build: Build, read: Any) -> None:
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


def test_answer_longer_than_any_box_says_that_there_is_more(build: Build, fields_of: Any) -> None:
    filling = Filling((("integration_name", "長い名前" * 900), ("contact_name", "短い名前")))
    fields = fields_of(build(FormKind.QR, "en", filling))
    assert drawn(fields["integration_name"]).endswith("…")
    assert drawn(fields["contact_name"]) == "短い名前"


def height_of(field: Any) -> float:
    return float(field.Rect[3]) - float(field.Rect[1])


@pytest.mark.parametrize("marks", [(), (("notes", ("短くしてください",)),)])
@pytest.mark.parametrize("name", ["notes", "company_legal_name", "contact_name"])
def test_box_grows_with_its_answer(build: Build, fields_of: Any, name: str, marks: Any) -> None:
    long = "これは長い文です。" * 100
    blank, copy = (
        fields_of(build(FormKind.ONBOARDING, "ja", filling))[name]
        for filling in (Filling(), Filling(((name, long),), marks))
    )
    assert height_of(copy) > height_of(blank) + 50
    assert int(copy.Ff) & MULTILINE
    assert drawn(copy) == long


@pytest.mark.parametrize("language", languages())
def test_form_of_answers_too_long_for_their_boxes_has_all_that_a_form_has(
    build: Build, read: Any, full_answers: Any, language: str
) -> None:
    kind = FormKind.MIGRATION
    answers = full_answers(kind, language) | {
        "code_contact": "佐藤 健" * 40,
        "notes": "長文。" * 333,
    }
    content = build(kind, language, Filling(tuple(answers.items())))
    texts, text = form_texts(language), "".join(printed(content).split())
    assert text.count("".join(texts.facts[0].split())) == 2
    assert "".join(texts.words("how_to_fill").split()) in text
    assert texts.words("check_mark") not in text
    submission = read(content)
    assert {answer.field: answer.raw for answer in submission.answers} == answers
    assert submission.left_over == ()


def test_links_lead_to_the_first_question_to_what_is_confirmed_and_to_us(build: Build) -> None:
    long = Filling((("notes", "long " * 400),))
    for filling in (Filling(), long):
        with pikepdf.open(BytesIO(build(FormKind.ONBOARDING, "en", filling))) as pdf:
            tops = {
                str(item.T): (page.obj.objgen, float(item.Rect[3]))
                for page in pdf.pages
                for item in page.obj.Annots
                if "/T" in item
            }
            links = [one for page in pdf.pages for one in page.obj.Annots if one.Subtype == "/Link"]
            confirmed, first, ours = links
            for link, name in ((first, "phone_number"), (confirmed, "ack_no_way_back")):
                page, top = tops[name]
                assert link.Dest[0].objgen == page
                assert top <= float(link.Dest[3]) <= top + 30
            assert str(ours.A.URI) == "mailto:requests@example.com"
            assert [str(link.Contents) for link in links] == [
                "You confirm them at the end of the form: questions 33 to 35",
                "Go to question 1",
                "requests@example.com",
            ]
            opened = pdf.Root.OpenAction
            assert opened[0].objgen == pdf.pages[0].obj.objgen
            assert round(float(opened[3])) == 842


def test_marked_copy_leads_to_us_as_well(build: Build) -> None:
    filling = Filling((), (("notes", ("?",)),))
    with pikepdf.open(BytesIO(build(FormKind.ONBOARDING, "en", filling))) as pdf:
        links = [one for page in pdf.pages for one in page.obj.Annots if one.Subtype == "/Link"]
        assert [str(one.A.URI) for one in links] == ["mailto:requests@example.com"]


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_facts_stand_on_the_first_page_and_above_what_confirms_them(
    build: Build, kind: FormKind, language: str
) -> None:
    document = pypdfium2.PdfDocument(build(kind, language))
    pages = ["".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    texts = form_texts(language)
    required = sum(one.required and not one.conditional for one in FORMS[kind].questions.values())
    assert str(required) in texts.words("required_count").replace("{n}", str(required))
    line = texts.words("required_count").replace("{n}", str(required))
    assert "".join(line.split()) in pages[0]
    if "consent" not in FORMS[kind].groups:
        return
    for fact in map("".join, map(str.split, texts.facts)):
        assert fact.replace("-", "") in pages[0].replace("-", "").replace("\ufffe", "")
    end = "".join(pages)
    facts, ticks = (
        end.rindex("".join(texts.words("facts_note").split())),
        end.rindex("".join(texts.label(kind, "ack_no_way_back").split())),
    )
    assert 0 < ticks - facts < 800


@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_box_of_several_lines_shows_the_longest_answer_or_its_hint_says_the_limit(
    build: Build, fields_of: Any, kind: FormKind, language: str
) -> None:
    fields, texts = fields_of(build(kind, language)), form_texts(language)
    for name, question in FORMS[kind].questions.items():
        if question.long:
            in_line = 53 if language == "ja" else 90
            lines = int((height_of(fields[name]) - 2.5) / 9 / 1.3)
            limit = texts.number(question.maximum)
            assert lines * in_line >= question.maximum or limit in texts.hint(kind, name)


def test_content_of_every_page_leaves_the_state_as_it_was(build: Build) -> None:
    marked = Filling((), (("notes", ("?",)),))
    for filling in (Filling(), marked):
        with pikepdf.open(BytesIO(build(FormKind.QR, "en", filling))) as pdf:
            for page in pdf.pages:
                depth = 0
                for instruction in pikepdf.parse_content_stream(page, "q Q cm"):
                    depth += {"q": 1, "Q": -1}.get(str(instruction.operator), 0)
                    assert depth >= (1 if str(instruction.operator) == "cm" else 0)
                assert depth == 0


def test_marked_answer_is_boxed_with_its_sentences_beside_it_and_in_a_note(build: Build) -> None:
    sentence = "Organization ID must be 36 characters: numbers, letters a to f and hyphens"
    filling = Filling((("genesys_org_id", "sample"),), (("genesys_org_id", (sentence,)),))
    content = build(FormKind.ONBOARDING, "en", filling)
    with pikepdf.open(BytesIO(content)) as pdf:
        notes = [
            (str(annotation.Subtype), str(annotation.Contents))
            for page in pdf.pages
            for annotation in page.obj.get("/Annots", [])
            if annotation.Subtype not in ("/Widget", "/Link")
        ]
    assert notes == [("/Square", "To correct – Organization ID"), ("/Text", sentence)]
    assert sentence in " ".join(printed(content).split())
    assert "Answers that are marked “To correct”: 1." in printed(content)


def test_marked_field_says_so_in_its_name(build: Build, fields_of: Any) -> None:
    filling = Filling((), (("contact_name", ("Please write a name",)),))
    fields = fields_of(build(FormKind.QR, "en", filling))
    assert str(fields["contact_name"].TU).startswith("To correct – Contact name – Required – ")
    assert str(fields["contact_email"].TU).startswith("Contact e-mail address – Required – ")


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
