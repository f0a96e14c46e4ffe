"""A fault of our own at a file is no damage of the file: staff have the mail, nobody is told so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NoReturn

import pikepdf
import pytest

from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.child import read_message
from pipeline.forms.pdf.faults import DamagedPdfError
from pipeline.forms.xlsx.read.archive import DamagedFileError
from pipeline.guard import Guard
from pipeline.model.form import FormKind
from pipeline.model.request import Status
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.world import World

_OF_PDF = "pipeline.forms.pdf.reader.open_form"
_OF_XLSX = "pipeline.forms.xlsx.read.reader.read_relations"
_PDF = form(FormKind.ONBOARDING, "en", "pdf")
_XLSX = form(language="en")


def _bug() -> NoReturn:
    raise KeyError("with words of a customer")


def _deep() -> NoReturn:
    _deep()


def _type() -> NoReturn:
    raise TypeError("unsupported operand type(s)")


def _missing() -> NoReturn:
    raise ModuleNotFoundError("No module named 'pypdfium2'")


@contextmanager
def _failing(
    error: Callable[[], object], readers: tuple[str, ...] = (_OF_PDF, _OF_XLSX)
) -> Iterator[None]:
    """Let readers fail once they have opened a file."""

    def fail(*_: object, **__: object) -> NoReturn:
        error()
        raise AssertionError

    with pytest.MonkeyPatch.context() as patched:
        for name in readers:
            patched.setattr(name, fail)
        yield


def _read(error: Callable[[], object], raw: bytes) -> ReadMessage:
    with _failing(error):
        return read_message(raw)


def key_error(raw: bytes) -> ReadMessage:
    """Meet a KeyError in both readers."""
    return _read(_bug, raw)


def recursion(raw: bytes) -> ReadMessage:
    """Meet a RecursionError in both readers."""
    return _read(_deep, raw)


def type_error(raw: bytes) -> ReadMessage:
    """Meet a TypeError in both readers."""
    return _read(_type, raw)


def bug_at_pdf(raw: bytes) -> ReadMessage:
    """Meet a KeyError in the reader of PDFs alone."""
    with _failing(_bug, (_OF_PDF,)):
        return read_message(raw)


def library_missing_at_pdf(raw: bytes) -> ReadMessage:
    """Miss a library in the reader of PDFs alone."""
    with _failing(_missing, (_OF_PDF,)):
        return read_message(raw)


@pytest.fixture(scope="module")
def child() -> Iterator[Guard]:
    """A guarded child that has imported this module before it is shut in."""
    with Guard(preload=(__name__,)) as started:
        yield started


@pytest.fixture
def read_by(monkeypatch: pytest.MonkeyPatch, world: World, child: Guard) -> Callable[..., None]:
    world.services.guard = child
    return partial(monkeypatch.setattr, "pipeline.flow.inbound.read.read_message")


@pytest.mark.parametrize(
    ("reader", "kind", "file"),
    [
        pytest.param(key_error, "KeyError", _PDF, id="KeyError-pdf"),
        pytest.param(type_error, "TypeError", _XLSX, id="TypeError-xlsx"),
        pytest.param(recursion, "RecursionError", _PDF, id="RecursionError-pdf"),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                (key_error, "KeyError", _XLSX),
                (type_error, "TypeError", _PDF),
                (recursion, "RecursionError", _XLSX),
            )
        ),
    ],
)
def test_fault_of_ours_is_told_to_staff_and_to_nobody_else(
    world: World,
    read_by: Callable[..., None],
    file: tuple[str, bytes],
    reader: Callable[[bytes], ReadMessage],
    kind: str,
) -> None:
    read_by(reader)
    assert world.mail(OLIVER, file) == []
    assert world.later(minutes=10) == []
    assert len(world.quarantined()) == 1
    row = world.last_message()
    assert row.last_error == "guard_exception"
    assert row.trace.startswith(f"{kind} at test_faults_of_readers.py:")
    assert "customer" not in row.trace
    assert world.alerts() == ["quarantined"]
    assert world.folders() == {"Quarantine": 1}
    assert world.requests_of(OLIVER) == []


def test_mail_is_read_when_the_fault_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch, read_by: Callable[..., None]
) -> None:
    read_by(key_error)
    assert world.mail(OLIVER, _PDF) == []
    monkeypatch.undo()
    assert notices(world.later(minutes=10)) == ["acknowledged"]
    assert world.alerts() == []


def test_fault_at_one_file_keeps_no_other_form(world: World, read_by: Callable[..., None]) -> None:
    read_by(bug_at_pdf)
    (mail,) = world.mail(OLIVER, _XLSX, ("brochure.pdf", _PDF[1]))
    assert mail.notice == "acknowledged"
    assert "brochure" not in mail.text
    assert "damaged" not in mail.text
    assert world.request(OLIVER).status is Status.POLICY_REVIEW
    assert world.alerts() == ["file_fault"]
    assert world.last_message().trace.startswith("KeyError at test_faults_of_readers.py:")
    assert world.quarantined() == []


def test_machine_that_lacks_a_library_lets_the_whole_mail_wait(
    world: World, monkeypatch: pytest.MonkeyPatch, read_by: Callable[..., None]
) -> None:
    read_by(library_missing_at_pdf)
    world.deliver(world.customer.write(HANAKO, _XLSX, _PDF))
    assert world.batch().deferred == 1
    monkeypatch.undo()
    assert world.later(hours=4) != []
    assert world.alerts() == []


# --- what is told of the file --------------------------------------------------------------------


def _raised(error: Exception) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


def by_reader(raw: bytes) -> ReadMessage:
    """Let a reader of PDFs find the file damaged."""
    return _read(_raised(DamagedPdfError("array")), raw)


def by_library(raw: bytes) -> ReadMessage:
    """Let qpdf find the file damaged."""
    return _read(_raised(pikepdf.DataDecodingError("stream")), raw)


def by_code_of_library(raw: bytes) -> ReadMessage:
    """Let the library fail in its own code."""
    return _read(lambda: pikepdf.open(3.5), raw)  # type: ignore[arg-type]


def memory(raw: bytes) -> ReadMessage:
    """Run out of memory in both readers."""
    return _read(_raised(MemoryError()), raw)


def by_reader_of_workbooks(raw: bytes) -> ReadMessage:
    """Let a reader of workbooks find the file damaged."""
    return _read(_raised(DamagedFileError("part")), raw)


@pytest.mark.parametrize(
    ("reader", "file"),
    [
        (by_reader, _PDF),
        (by_library, _PDF),
        (by_code_of_library, _PDF),
        (memory, _PDF),
        (memory, _XLSX),
        (by_reader_of_workbooks, _XLSX),
    ],
)
def test_damage_is_told_to_the_customer(
    world: World,
    read_by: Callable[..., None],
    reader: Callable[[bytes], ReadMessage],
    file: tuple[str, bytes],
) -> None:
    read_by(reader)
    assert notices(world.mail(OLIVER, file)) == ["unreadable"]
    assert world.quarantined() == []
    assert world.request(OLIVER).status is Status.NEEDS_CORRECTION
