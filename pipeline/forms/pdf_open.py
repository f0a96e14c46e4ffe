"""Opening a PDF from memory, within limits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import Any

import pikepdf

_STREAM_MEMORY = 64 * 1024 * 1024
_MAXIMUM_WARNINGS = 100
#: Where the trailer of a file stands whose list of objects is a table (ISO 32000-2, 7.5.5).
_TAIL_BYTES = 4_096
_MAPPED_BYTES = 1024 * 1024


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    """Open ``content`` for reading and close it again.

    Raises PasswordError or PdfError of pikepdf. At a limit qpdf gives an empty value and a warning.
    """
    _set_limits()
    if _is_read_faster_mapped(content):
        with os.fdopen(os.memfd_create("form", os.MFD_CLOEXEC), "wb+") as file:
            file.write(content)
            file.seek(0)
            with pikepdf.open(file, access_mode=pikepdf.AccessMode.mmap_only) as pdf:
                yield pdf
    else:
        with pikepdf.open(BytesIO(content)) as pdf:
            yield pdf


def _is_read_faster_mapped(content: bytes) -> bool:
    """Return whether qpdf looks up each object in the file: then calls of Python take the time."""
    small = len(content) < _MAPPED_BYTES
    return small and b"trailer" in content[-_TAIL_BYTES:] and hasattr(os, "memfd_create")


@cache
def _set_limits() -> None:
    """Set the limits of qpdf, once for the process."""
    pikepdf.settings.set_qpdf_limits(
        doc_max_warnings=_MAXIMUM_WARNINGS,
        parser_max_nesting=100,
        parser_max_container_size=200_000,
        max_stream_filters=5,
        flate_max_memory=_STREAM_MEMORY,
        png_max_memory=_STREAM_MEMORY,
        run_length_max_memory=_STREAM_MEMORY,
        tiff_max_memory=_STREAM_MEMORY,
        dct_max_memory=_STREAM_MEMORY,
    )
