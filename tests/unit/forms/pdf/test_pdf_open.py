"""Forms are opened one after another in the same memory, and never see each other."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from pipeline.forms.blanks import published
from pipeline.forms.pdf.open import opened
from pipeline.model.form import FormKind

_DESCRIPTORS = Path("/proc/self/fd")

#: A child opens the second form while its parent opens the first one; both look only then.
_IN_A_CHILD = """
import os, sys
from pathlib import Path
from pipeline.forms.pdf.open import opened

first, second = (Path(name).read_bytes() for name in sys.argv[1:])

def looks_right(pdf, expected):
    names = {str(field.T) for field in pdf.Root.AcroForm.Fields}
    return ("display_name" in names) is expected

with opened(first):
    pass
child_opened, parent_opened = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    with opened(second) as pdf:
        os.write(child_opened[1], b"!")
        os.read(parent_opened[0], 1)
        os._exit(0 if looks_right(pdf, False) else 1)
os.read(child_opened[0], 1)
with opened(first) as pdf:
    os.write(parent_opened[1], b"!")
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status) or not looks_right(pdf, True))
"""


def updated(kind: FormKind) -> bytes:
    """Return a blank whose list of objects is a table, as most programs write it."""
    content = published(kind, "en")
    assert content is not None
    with pikepdf.open(BytesIO(content)) as pdf:
        made = BytesIO()
        pdf.save(made, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return made.getvalue()


def names(pdf: Any) -> set[str]:
    return {str(field.T) for field in pdf.Root.AcroForm.Fields}


@pytest.fixture(scope="module")
def large() -> bytes:
    return updated(FormKind.ONBOARDING)


@pytest.fixture(scope="module")
def small() -> bytes:
    return updated(FormKind.QR)


def test_each_form_has_its_own_fields(large: bytes, small: bytes) -> None:
    assert len(small) < len(large)
    for _ in range(2):
        with opened(large) as pdf:
            assert "display_name" in names(pdf)
        with opened(small) as pdf:
            assert "display_name" not in names(pdf)


def test_two_forms_can_be_open_at_once(large: bytes, small: bytes) -> None:
    with opened(large) as outer, opened(small) as inner:
        assert "display_name" not in names(inner)
        assert "display_name" in names(outer)


@pytest.mark.skipif(not _DESCRIPTORS.is_dir(), reason="descriptors are counted on Linux")
def test_no_descriptor_is_lost(large: bytes) -> None:
    damaged = b"%PDF-1.7\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"
    with opened(large):
        pass
    before = len(list(_DESCRIPTORS.iterdir()))
    for _ in range(20):
        with pytest.raises(pikepdf.PdfError), opened(damaged):
            pass
        with opened(large):
            pass
    assert len(list(_DESCRIPTORS.iterdir())) <= before


def test_forked_process_has_memory_of_its_own(tmp_path: Path, large: bytes, small: bytes) -> None:
    (tmp_path / "large.pdf").write_bytes(large)
    (tmp_path / "small.pdf").write_bytes(small)
    subprocess.run(
        [sys.executable, "-c", _IN_A_CHILD, tmp_path / "large.pdf", tmp_path / "small.pdf"],
        check=True,
        timeout=60,
    )
