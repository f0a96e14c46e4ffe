"""Whose fault an exception is: the file's, or ours."""

from typing import NoReturn

import pikepdf
import pypdfium2
import pytest

from pipeline.forms.pdf.faults import DamagedPdfError, blamed_on, is_of_file, tells_damage

_LONG = "reported number of objects (90) is not one plus the highest object number (88)"
_SHORT = "reported number of objects (88) is not one plus the highest object number (90)"


class _Pdf:
    """An open file that qpdf has warned of."""

    def __init__(self, *warnings: str) -> None:
        self._warnings = warnings

    def get_warnings(self) -> list[str]:
        return list(self._warnings)


def _raised(error: Exception) -> Exception:
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        DamagedPdfError("array"),
        MemoryError(),
        pikepdf.PdfError("x"),
        pikepdf.DataDecodingError("x"),
        pikepdf.DeletedObjectError("x"),
        pypdfium2.PdfiumError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_damage_that_a_reader_or_a_library_found_is_of_the_file(error: Exception) -> None:
    assert is_of_file(_raised(error))


@pytest.mark.parametrize(
    "error",
    [TypeError("x"), KeyError("x"), ValueError("x"), RecursionError("x"), AttributeError("x")],
    ids=lambda error: type(error).__name__,
)
def test_exception_of_python_is_ours(error: Exception) -> None:
    assert not is_of_file(_raised(error))
    assert not is_of_file(error)  # never raised


def test_exception_out_of_the_code_of_a_library_is_of_the_file() -> None:
    with pytest.raises(TypeError) as caught:
        pikepdf.open(3.5)  # type: ignore[arg-type]
    assert is_of_file(caught.value)


def _fail() -> NoReturn:
    raise TypeError("object is not a dictionary")


@pytest.mark.parametrize(
    ("warnings", "kind"),
    [
        ((), TypeError),
        ((_LONG,), TypeError),
        ((_SHORT,), DamagedPdfError),
        ((_LONG, "object 7 0: unexpected EOF"), DamagedPdfError),
    ],
)
def test_warnings_of_the_file_decide_where_nothing_else_tells(
    warnings: tuple[str, ...], kind: type[Exception]
) -> None:
    with pytest.raises(kind) as caught, blamed_on(_Pdf(*warnings)):
        _fail()
    assert type(caught.value) is kind


def test_damage_stays_what_it_is() -> None:
    with pytest.raises(pikepdf.PdfError), blamed_on(_Pdf(_SHORT)):
        raise pikepdf.PdfError("x")


def test_long_list_of_objects_is_untidy_alone() -> None:
    assert not tells_damage(_LONG)
    assert tells_damage(_SHORT)
