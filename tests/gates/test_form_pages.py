"""The printed pages of every PDF form: complete, legible, small, the same each time."""

import ctypes
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.fonts import BOLD, LATIN, REGULAR, covered, drawable
from pipeline.forms.pdf.write.form import _finished, _in_parts, build_pdf
from pipeline.forms.texts import form_texts
from pipeline.model.form import Filling, FormKind
from pipeline.resources import languages, template

ADDRESS, PRIVACY = "GenesysCloudWhatsAppRequests@genesys.com", "privacy@example.com"
#: Blank, with an answer to every question, with answers as long as they may be, and with marks.
STATES = ("blank", "filled", "full", "marked")
#: In every run: all blanks, and of each form in each language one other state in turn.
EVERY_FORM = [
    pytest.param(
        (kind, language, state),
        id=f"{kind}-{language}-{state}",
        marks=() if state in {"blank", STATES[1 + (one + two) % 3]} else pytest.mark.long,
    )
    for one, kind in enumerate(FormKind)
    for two, language in enumerate(languages())
    for state in STATES
]
#: An answer that is too long for its box makes it grow.
MOST_PAGES = {"blank": 4, "filled": 4, "full": 6, "marked": 5}
MARGIN = 30.0  # points; nothing but notes may be printed nearer to the edge
SMALLEST = 9.0
HIDDEN = 2
CONTRAST = 4.5
SCALE = 2


Form = tuple[FormKind, str, Filling, bytes]
#: Japanese takes twice the room of English.
LONG = {"ja": "お問い合わせにお答えし、ご注文の発送をお知らせします。"}
LONG_LATIN = "We answer questions about orders and say when they are sent. "


def filling_of(kind: FormKind, language: str, state: str) -> Filling:
    """Nothing, or an answer to every question, long ones among them, with marks at some."""
    if state == "blank":
        return Filling()
    texts = form_texts(language)
    answers = {}
    for name, question in FORMS[kind].questions.items():
        answers[name] = question.choices[-1] if question.choices else texts.example(kind, name)
        if question.kind == "tick":
            answers[name] = "yes"
        elif state == "full" and question.maximum:
            answers[name] = (LONG.get(language, LONG_LATIN) * 40)[: question.maximum]
    if state != "marked":
        return Filling(tuple(answers.items()))
    answers |= {"contact_name": "𠮷田 髙子 김철수 😀", "company_legal_name": "Long name " * 25}
    answers["notes"] = f"{texts.hint(kind, 'notes')}\n" * 12
    sentence = f"{texts.hint(kind, 'genesys_org_id')} 😀 김 𠮷 {'x' * 90}"
    marks = ("contact_name", "company_legal_name", "country", "genesys_org_id", "notes")
    return Filling(tuple(answers.items()), tuple((name, (sentence,)) for name in marks))


@cache
def built(kind: FormKind, language: str, state: str) -> Form:
    filling = filling_of(kind, language, state)
    content = build_pdf(kind, language, filling, address=ADDRESS, privacy=PRIVACY)
    return kind, language, filling, content


@pytest.fixture(params=EVERY_FORM)
def form(request: pytest.FixtureRequest) -> Form:
    return built(*request.param)


@pytest.fixture
def pages(form: Form) -> Iterator[list[Any]]:
    document = pypdfium2.PdfDocument(form[3])
    yield [document[index] for index in range(len(document))]
    document.close()


@pytest.fixture
def state(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["form"][2])


def texts_on(page: Any) -> list[Any]:
    return list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]))


def fill_of(item: Any) -> tuple[int, int, int]:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    assert pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha)
    return red.value, green.value, blue.value


def luminance(colour: tuple[int, ...]) -> float:
    """WCAG 2.2, relative luminance."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_form_has_at_most_four_pages_of_a4(state: str, pages: list[Any]) -> None:
    assert 1 <= len(pages) <= MOST_PAGES[state]
    assert {tuple(round(edge) for edge in page.get_size()) for page in pages} == {(595, 842)}


def test_form_is_smaller_than_400_kilobytes(form: Form) -> None:
    assert len(form[3]) < 400_000


def test_form_is_made_of_the_same_bytes_each_time(form: Form) -> None:
    kind, language, filling, content = form
    _finished.clear()
    _in_parts.clear()
    assert build_pdf(kind, language, filling, address=ADDRESS, privacy=PRIVACY) == content


def test_no_text_leaves_the_page_or_runs_under_a_box(form: Form, pages: list[Any]) -> None:
    with pikepdf.open(BytesIO(form[3])) as pdf:
        boxes = [
            [
                [float(edge) for edge in widget.Rect]
                for widget in page.obj.get("/Annots", [])
                if widget.Subtype == "/Widget"
            ]
            for page in pdf.pages
        ]
    for page, fields in zip(pages, boxes, strict=True):
        width, height = page.get_size()
        for item in texts_on(page):
            left, bottom, right, top = item.get_bounds()
            assert left >= MARGIN
            assert right <= width - MARGIN
            assert bottom >= MARGIN
            assert top <= height - MARGIN
            for x0, y0, x1, y1 in fields:
                apart = right <= x0 + 1 or left >= x1 - 1 or top <= y0 + 1 or bottom >= y1 - 1
                assert apart, (left, bottom, right, top)


def test_every_word_of_the_form_is_printed(form: Form, pages: list[Any]) -> None:
    kind, language, filling, _ = form
    printed = "".join(page.get_textpage().get_text_range() for page in pages)
    # a hyphen at the end of a line comes out as U+FFFE, whether it is part of the word or not
    found = "".join(printed.replace("\ufffe", "").replace("-", "").split())
    texts = form_texts(language)
    words = texts.form(kind)
    wanted = [words.title, words.purpose, words.what_next, PRIVACY, ADDRESS]
    if not filling.marks:
        wanted += [texts.words("how_to_fill"), texts.words("facts_first")][
            : 1 + ("consent" in FORMS[kind].groups)
        ]
    if filling.marks:
        wanted += [drawable(text) for _, sentences in filling.marks for text in sentences]
        wanted += [texts.words("unshown_note"), texts.words("check_mark")]
    else:
        wanted += [words.other_form, words.time_needed, *words.have_at_hand]
    if "consent" in FORMS[kind].groups:
        wanted += texts.facts
    for name, question in FORMS[kind].questions.items():
        wanted += [
            texts.label(kind, name),
            texts.hint(kind, name),
            texts.requirement(kind, name),
            texts.statement(kind, name),
            "" if question.kind == "tick" else texts.model(kind, name),
        ]
    missing = [text for text in wanted if "".join(text.replace("-", "").split()) not in found]
    assert missing == []


def test_nothing_is_printed_smaller_than_nine_points(pages: list[Any]) -> None:
    sizes = set()
    for page in pages:
        for item in texts_on(page):
            size = ctypes.c_float()
            assert pdfium.FPDFTextObj_GetFontSize(item, size)
            sizes.add(round(size.value * abs(item.get_matrix().d), 2))
    assert min(sizes) >= SMALLEST


def fields_of(pdf: Any) -> Iterator[tuple[str, Any]]:
    for page in pdf.pages:
        for item in page.obj.get("/Annots", []):
            if item.Subtype == "/Widget" and not int(item.F) & HIDDEN:
                yield str(item.T), item


def test_no_answer_is_shown_or_typed_smaller_than_nine_points(form: Form) -> None:
    with pikepdf.open(BytesIO(form[3])) as pdf:
        for name, field in fields_of(pdf):
            font, size, *_ = str(field.DA).split()
            assert font.startswith("/")
            assert float(size) >= SMALLEST, name  # nothing is made as small as it has to be
            if field.FT != "/Btn" and "/V" in field:
                shown = pikepdf.parse_content_stream(field.AP.N, "Tf Tm")
                sizes = [float(one.operands[1]) for one in shown if str(one.operator) == "Tf"]
                scales = [one.operands for one in shown if str(one.operator) == "Tm"]
                assert min(sizes) >= SMALLEST, name
                assert {tuple(map(float, matrix[:4])) for matrix in scales} == {(1, 0, 0, 1)}


def test_every_answer_is_shown_whole_within_its_box(form: Form, state: str) -> None:
    answers = dict(form[2].answers)
    with pikepdf.open(BytesIO(form[3])) as pdf:
        for name, field in fields_of(pdf):
            if field.FT == "/Btn" or "/V" not in field:
                continue
            left, bottom, right, top = (float(edge) for edge in field.Rect)
            line, glyphs = 0.0, 0
            for one in pikepdf.parse_content_stream(field.AP.N, "Tm Tj"):
                if str(one.operator) == "Tm":
                    line = float(one.operands[5])
                    assert 1 <= line <= top - bottom - 0.7 * SMALLEST, name
                else:
                    glyphs += len(bytes(one.operands[0])) // 2
            assert right - left > 200
            if field.FT == "/Tx" and state != "marked":
                blanks = sum(character.isspace() for character in answers[name])
                assert len(answers[name]) - blanks <= glyphs <= len(answers[name]), name


def test_every_text_stands_out_from_its_ground(pages: list[Any]) -> None:
    for page in pages:
        picture = page.render(scale=SCALE).to_pil().convert("RGB")
        for item in texts_on(page):
            left, bottom, right, top = (edge * SCALE for edge in item.get_bounds())
            high = picture.height
            crop = picture.crop(
                (int(left) - 3, int(high - top) - 3, int(right) + 3, int(high - bottom) + 3)
            )
            ground = Counter(crop.get_flattened_data()).most_common(1)[0][0]
            assert contrast(fill_of(item), ground) >= CONTRAST


def test_no_glyph_is_missing(form: Form) -> None:
    with pikepdf.open(BytesIO(form[3])) as pdf:
        for page in pdf.pages:
            for instruction in pikepdf.parse_content_stream(page, "Tj TJ"):
                operand = next(iter(instruction.operands))
                parts = operand if isinstance(operand, pikepdf.Array) else [operand]
                for part in parts:
                    if isinstance(part, pikepdf.String):
                        codes = bytes(part)
                        glyphs = [codes[at : at + 2] for at in range(0, len(codes), 2)]
                        assert b"\0\0" not in glyphs


def test_our_fonts_cover_every_character_of_every_template() -> None:
    known = covered(REGULAR) | covered(LATIN) | {ord("\n"), ord("\t")}
    missing = {
        f"{character!r} in {path.name}"
        for path in _template_files()
        for character in set(path.read_text(encoding="utf-8"))
        if ord(character) not in known
    }
    assert missing == set()


def test_bold_font_covers_every_word_of_the_forms() -> None:
    words = "".join(
        path.read_text(encoding="utf-8") for path in sorted(template("forms").glob("*.toml"))
    )
    missing = {one for one in words if ord(one) not in covered(BOLD) and one != "\n"}
    assert missing == set()


def _template_files() -> list[Path]:
    kinds = {".toml", ".md", ".jinja", ".html", ".css", ".txt"}
    # the report is a page for browsers, which have fonts of their own
    found = [path for path in sorted(template().rglob("*")) if path.suffix in kinds]
    return [path for path in found if path.parent.name != "report"]


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_form_is_clean_for_qpdf(form: Form, tmp_path: Path) -> None:
    path = tmp_path / "form.pdf"
    path.write_bytes(form[3])
    command = ["qpdf", "--check", str(path)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "WARNING" not in checked.stdout + checked.stderr


def test_gallery_shows_every_form_and_stays_small() -> None:
    folder = Path(__file__).parents[2] / "docs" / "pictures"
    pictures = sorted((folder / "forms").glob("*.png"))
    listed = re.findall(r"\]\(forms/([^)]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [path.name for path in pictures]
    assert {path.stem.rpartition("_")[0] for path in pictures} == {
        f"{name}{suffix}"
        for language in languages()
        for name in (*(f"{kind}_{language}" for kind in FormKind), f"onboarding_{language}_marked")
        for suffix in ("", "_xlsx")
    }
    sizes = [path.stat().st_size for path in pictures]
    assert max(sizes) <= 90_000
    assert sum(sizes) <= 4_000_000
