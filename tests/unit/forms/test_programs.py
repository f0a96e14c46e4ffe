"""The program that saved a form is known by its name alone, whatever else the file says."""

from pathlib import Path

import pytest

from pipeline.forms.programs import program_of
from pipeline.intake.read import read_file
from pipeline.model.form import FileFormat, FormFile
from pipeline.model.submission import Submission

_SAMPLES = Path(__file__).parents[3] / "samples" / "forms"


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("LibreOffice/7.4.7.2$Linux_X86_64 LibreOffice_project/40$Build-2", "LibreOffice"),
        ("Microsoft Excel", "Microsoft Excel"),
        ("Microsoft Macintosh Excel", "Microsoft Excel"),
        ("Microsoft\u00ae Word f\u00fcr Microsoft 365", "Microsoft Word"),
        ("Microsoft Excel Compatible / Openpyxl 3.1.5", ""),
        ("WeasyPrint 70.0", ""),
        ("pdf-lib (https://github.com/Hopding/pdf-lib)", "pdf-lib"),
        ("macOS Version 14.5 (Build 23F79) Quartz PDFContext", "Apple Preview"),
        ("Adobe Acrobat Pro (64-bit) 24.2", "Adobe Acrobat"),
        ("Skia/PDF m126", "Chrome"),
        ("Hanako Sato's own program, tel. +81 3 1234 5678", ""),
        ("Wordsworth", ""),
        ("x" * 300 + " Microsoft Excel", ""),
        ("", ""),
    ],
)
def test_names_of_programs(told: str, name: str) -> None:
    assert program_of(told) == name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("lindenhof-migration_en.xlsx", "Microsoft Excel"),
        ("riviere-onboarding-errors_en.xlsx", "LibreOffice"),
        ("celtic-parcel-drivers_en.pdf", "pdf-lib"),
        ("merlion-onboarding_en.pdf", ""),
    ],
)
def test_programs_of_files(file: str, name: str) -> None:
    kind = FileFormat(file.rpartition(".")[2])
    content = (_SAMPLES / file).read_bytes()
    (found,) = read_file(FormFile(file, content, kind, "", 0))
    assert isinstance(found, Submission)
    assert found.program == name
