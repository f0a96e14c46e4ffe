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
#: A larger file is read faster where it is than from a copy of it.
_MAPPED_BYTES = 1024 * 1024


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    """Open ``content`` for reading and close it again.

    Raises PasswordError or PdfError of pikepdf. At a limit qpdf gives an empty value and a warning.
    """
    _set_limits()
    if len(content) < _MAPPED_BYTES and hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("form", os.MFD_CLOEXEC), "rb+", buffering=0) as file:
            file.write(content)
            file.seek(0)
            with pikepdf.open(file, access_mode=pikepdf.AccessMode.mmap_only) as pdf:
                yield pdf
    else:
        with pikepdf.open(BytesIO(content)) as pdf:
            yield pdf


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
