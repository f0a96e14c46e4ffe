"""Whose fault an exception is: the file's, or ours.

A customer is told that a file is damaged when a reader found it so, or a library did. Anything else
is a fault of ours and no reason to say so: it goes on to whoever called the reader.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_LIBRARIES = ("pikepdf", "pypdfium2", "pypdfium2_raw")
_LEFT_OUT = "object has offset 0"
_ANNOUNCED = re.compile(
    r"reported number of objects \((\d+)\) is not one plus the highest object number \((\d+)\)\Z"
)
_ITSELF = "xref entry for the xref stream itself is missing"


class DamagedPdfError(Exception):
    """A reader found the file damaged; the text names where, and holds no word of it."""


def is_of_file(error: Exception) -> bool:
    """Return whether ``error`` is told of the file and not of our code.

    So is what a reader or a library raises by a type of its own, what comes out of the code of a
    library, and memory that ran out.
    """
    if isinstance(error, DamagedPdfError | MemoryError) or _is_of_library(type(error).__module__):
        return True
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return frame is not None and _is_of_library(frame.tb_frame.f_globals.get("__name__", ""))


@contextmanager
def blamed_on(pdf: Any) -> Iterator[None]:
    """Raise DamagedPdfError in place of an exception when qpdf has warned of the open ``pdf``.

    Its functions, written in C++, raise the exceptions of Python and leave no trace of their own.
    """
    try:
        yield
    except Exception as error:
        if is_of_file(error) or not any(map(tells_damage, pdf.get_warnings())):
            raise
        raise DamagedPdfError("warnings") from error


def tells_damage(warning: Any) -> bool:
    """Return whether a warning of qpdf tells of more than an untidy file.

    Updates by pypdf make the list of objects long; where it is short (pdfunite), what comes after
    it is lost.
    """
    found = _ANNOUNCED.search(str(warning))
    is_long = found is not None and int(found[1]) > int(found[2])
    return not is_long and _ITSELF not in str(warning)


def lost_in_joining(warnings: Iterable[Any]) -> bool:
    """Return whether all that is wrong is a list of objects that ends too early.

    That is what pdfunite writes, with places for objects that it left out: the pages are there,
    most of the fields are not.
    """
    told = [str(warning) for warning in warnings if tells_damage(warning)]
    short = [text for text in told if _ANNOUNCED.search(text)]
    return bool(short) and all(text in short or _LEFT_OUT in text for text in told)


def _is_of_library(module: str) -> bool:
    return module.partition(".")[0] in _LIBRARIES
