"""Our form readers against the libraries that one would take instead."""

import hashlib
import importlib.util
import io
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from pipeline.forms.pdf_reader import read_pdf
from pipeline.forms.pdf_writer import build_pdf
from pipeline.forms.xlsx_reader import read_xlsx
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.model.submission import Submission
from tests.benchmarks.measuring import medians, show
from tests.filled.mails import ADDRESS, answers, workbook

_NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.benchmark
def test_xlsx_reader_against_openpyxl() -> None:
    content = workbook(0, _NOW)
    file = FormFile("form.xlsx", content, FileFormat.XLSX, hashlib.sha256(content).hexdigest(), 0)

    def cells() -> int:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return sum(1 for sheet in book for row in sheet.iter_rows() for _ in row)

    assert isinstance(read_xlsx(file), Submission)
    show("reading a workbook", *medians(lambda: read_xlsx(file), cells, rounds=15), "openpyxl")


@pytest.mark.benchmark
def test_pdf_reader_against_pypdf() -> None:
    if importlib.util.find_spec("pypdf") is None:
        pytest.skip("pypdf is not installed: nothing to compare with")
    pypdf = importlib.import_module("pypdf")
    filling = Filling(tuple(answers(0, _NOW).items()))
    content = build_pdf(
        FormKind.ONBOARDING, "en", filling, address=ADDRESS, privacy="privacy@genesys.example"
    )
    file = FormFile("form.pdf", content, FileFormat.PDF, hashlib.sha256(content).hexdigest(), 0)
    assert isinstance(read_pdf(file), Submission)
    ours, floor = medians(
        lambda: read_pdf(file), lambda: pypdf.PdfReader(io.BytesIO(content)).get_fields()
    )
    show("reading a PDF form", ours, floor, "pypdf")
