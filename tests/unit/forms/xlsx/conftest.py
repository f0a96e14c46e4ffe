import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from pipeline.forms.xlsx.read.reader import read_xlsx
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.model.submission import Submission, UnreadableFile

ADDRESS = "requests@example.com"
PRIVACY = "privacy@example.com"

Build = Callable[..., bytes]
Read = Callable[[bytes], Submission]
Refuse = Callable[[bytes], str]
Edit = Callable[[bytes, Callable[[Workbook], None]], bytes]
Parts = Callable[[bytes, Mapping[str, Any]], bytes]


def _build(
    kind: FormKind = FormKind.ONBOARDING,
    language: str = "en",
    answers: Mapping[str, str] | None = None,
    marks: Mapping[str, tuple[str, ...]] | None = None,
) -> bytes:
    filling = Filling(tuple((answers or {}).items()), tuple((marks or {}).items()))
    return build_xlsx(kind, language, filling, address=ADDRESS, privacy=PRIVACY)


def _file(content: bytes) -> FormFile:
    digest = hashlib.sha256(content).hexdigest()
    return FormFile("form.xlsx", content, FileFormat.XLSX, digest, 0)


def _read(content: bytes) -> Submission:
    found = read_xlsx(_file(content))
    assert isinstance(found, Submission), found
    return found


def _refuse(content: bytes) -> str:
    found = read_xlsx(_file(content))
    assert isinstance(found, UnreadableFile), found
    return found.problem.code


def _edit(content: bytes, change: Callable[[Workbook], None]) -> bytes:
    book = load_workbook(io.BytesIO(content))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _with_parts(content: bytes, changes: Mapping[str, Any]) -> bytes:
    """Replace parts by bytes, by the result of a function of the old bytes, or drop them (None)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in [*old.namelist(), *(key for key in changes if key not in old.namelist())]:
            change = changes.get(name, lambda data: data)
            if callable(change):
                change = change(old.read(name))
            if change is not None:
                new.writestr(name, change)
    return out.getvalue()


@pytest.fixture
def build() -> Build:
    """Make a form: kind, language, answers, marks."""
    return _build


@pytest.fixture
def form_file() -> Callable[[bytes], FormFile]:
    """Wrap bytes as a file of a message."""
    return _file


@pytest.fixture
def read() -> Read:
    """Read a form that can be read."""
    return _read


@pytest.fixture
def refuse() -> Refuse:
    """Read a file that cannot be read, and return the code of its problem."""
    return _refuse


@pytest.fixture
def edit() -> Edit:
    """Change a workbook with openpyxl, as a program of the world would."""
    return _edit


@pytest.fixture
def with_parts() -> Parts:
    """Change parts of the zip."""
    return _with_parts
