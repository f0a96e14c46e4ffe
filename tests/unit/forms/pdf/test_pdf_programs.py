"""Forms that real programs filled in are read back right."""

import ctypes
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.model.form import FormKind
from pipeline.model.submission import Submission
from pipeline.resources import languages

FORMS_AND_LANGUAGES = [(kind, language) for kind in FormKind for language in languages()]
needs_pdftk = pytest.mark.skipif(shutil.which("pdftk") is None, reason="pdftk is not installed")


def xfdf(answers: dict[str, str]) -> str:
    rows = "".join(
        f'<field name="{name}"><value>{escape(value)}</value></field>'
        for name, value in answers.items()
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><xfdf xmlns="http://ns.adobe.com/xfdf/">'
    return f"{head}<fields>{rows}</fields></xfdf>"


def fdf(answers: dict[str, str]) -> bytes:
    """The older of the two formats, with its strings in UTF-16."""
    rows = "".join(
        f"<< /T ({name}) /V {'/Yes' if value == 'Yes' else utf16(value)} >>"
        for name, value in answers.items()
    )
    body = f"1 0 obj\n<< /FDF << /Fields [{rows}] >> >>\nendobj"
    return f"%FDF-1.2\n{body}\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n".encode("ascii")


def utf16(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be').hex()}>"


def as_states(kind: FormKind, answers: dict[str, str]) -> dict[str, str]:
    ticks = {name for name, item in FORMS[kind].questions.items() if item.kind is AnswerKind.TICK}
    return {name: "Yes" if name in ticks else value for name, value in answers.items()}


def fill_with_pdftk(folder: Path, form: bytes, data: bytes, *options: str) -> bytes:
    (folder / "form.pdf").write_bytes(form)
    (folder / "data").write_bytes(data)
    command = ["pdftk", "form.pdf", "fill_form", "data", "output", "filled.pdf", *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "filled.pdf").read_bytes()


@pytest.mark.pdftk
@needs_pdftk
@pytest.mark.parametrize(("kind", "language"), FORMS_AND_LANGUAGES)
def test_form_filled_by_pdftk_from_xfdf_is_read_back(
    build: Any, read: Any, full_answers: Any, tmp_path: Path, kind: FormKind, language: str
) -> None:
    answers = full_answers(kind, language) | {
        "contact_name": "髙﨑　𠮷乃",
        "notes": "一行目\n二行目",
    }
    data = xfdf(as_states(kind, answers)).encode()
    submission = read(fill_with_pdftk(tmp_path, build(kind, language), data))
    assert isinstance(submission, Submission)
    assert {answer.field: answer.raw for answer in submission.answers} == answers
    assert (submission.form, submission.language) == (kind, language)


@pytest.mark.pdftk
@needs_pdftk
def test_form_filled_by_pdftk_from_fdf_is_read_back(
    build: Any, read: Any, full_answers: Any, tmp_path: Path
) -> None:
    answers = full_answers(FormKind.MIGRATION, "ja")
    data = fdf(as_states(FormKind.MIGRATION, answers))
    submission = read(fill_with_pdftk(tmp_path, build(FormKind.MIGRATION, "ja"), data))
    assert isinstance(submission, Submission)
    assert {answer.field: answer.raw for answer in submission.answers} == answers


class Viewer:
    """PDFium, which is Chromium's viewer, driven by focus and keys."""

    def __init__(self, content: bytes) -> None:
        self.document = pypdfium2.PdfDocument(content)
        self.document.init_forms()
        self.form = self.document.formenv
        self.pages = [self.document[index] for index in range(len(self.document))]

    def place_of(self, name: str) -> tuple[Any, float, float]:
        for page in self.pages:
            for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
                annotation = pdfium.FPDFPage_GetAnnot(page, index)
                found = (ctypes.c_ushort * 200)()
                size = pdfium.FPDFAnnot_GetFormFieldName(self.form, annotation, found, 400)
                edges = pdfium.FS_RECTF()
                pdfium.FPDFAnnot_GetRect(annotation, edges)
                pdfium.FPDFPage_CloseAnnot(annotation)
                if bytes(found)[: size - 2].decode("utf-16-le") == name:
                    return page, (edges.left + edges.right) / 2, (edges.top + edges.bottom) / 2
        raise AssertionError(name)

    def type(self, name: str, text: str) -> None:
        page, x, y = self.place_of(name)
        pdfium.FORM_OnFocus(self.form, page, 0, x, y)
        encoded = (text + "\0").encode("utf-16-le")
        units = (ctypes.c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded)
        pdfium.FORM_ReplaceSelection(self.form, page, units)
        pdfium.FORM_ForceToKillFocus(self.form)

    def choose(self, name: str, index: int) -> None:
        page, x, y = self.place_of(name)
        pdfium.FORM_OnFocus(self.form, page, 0, x, y)
        pdfium.FORM_SetIndexSelected(self.form, page, index, True)
        pdfium.FORM_ForceToKillFocus(self.form)

    def click(self, name: str) -> None:
        page, x, y = self.place_of(name)
        pdfium.FORM_OnMouseMove(self.form, page, 0, x, y)
        pdfium.FORM_OnLButtonDown(self.form, page, 0, x, y)
        pdfium.FORM_OnLButtonUp(self.form, page, 0, x, y)
        pdfium.FORM_ForceToKillFocus(self.form)

    def saved(self) -> bytes:
        target = BytesIO()
        self.document.save(target)
        for page in self.pages:
            page.close()
        self.document.close()
        return target.getvalue()


@pytest.mark.parametrize("language", languages())
def test_form_filled_in_chromiums_viewer_is_read_back(build: Any, read: Any, language: str) -> None:
    viewer = Viewer(build(FormKind.ONBOARDING, language))
    viewer.type("contact_name", "髙﨑 愛子")
    viewer.type("notes", "一行目\n二行目")
    viewer.choose("number_use", 1)
    viewer.click("ack_charges")
    submission = read(viewer.saved())
    assert isinstance(submission, Submission)
    assert {answer.field: answer.raw for answer in submission.answers if answer.raw} == {
        "contact_name": "髙﨑 愛子",
        "notes": "一行目\n二行目",
        "number_use": "never",
        "ack_charges": "yes",
    }


@pytest.mark.parametrize("text", ["山田𠮷郎", "Sample 😀"])
def test_character_that_chromiums_viewer_damages_is_marked(
    build: Any, read: Any, text: str
) -> None:
    viewer = Viewer(build(FormKind.ONBOARDING, "ja"))
    viewer.type("contact_name", text)
    submission = read(viewer.saved())
    assert isinstance(submission, Submission)
    answer = submission.answer("contact_name")
    assert answer is not None
    assert answer.raw == text or answer.damaged
