"""Opens a PDF from memory, within limits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import Any, BinaryIO

import pikepdf

_STREAM_MEMORY = 64 * 1024 * 1024
_MAXIMUM_WARNINGS = 100
#: A larger file is read faster where it is than from a copy of it.
_MAPPED_BYTES = 1024 * 1024
_TAIL_BYTES = 4_096
#: Descriptors of files in memory that no form is read from; a child process has its own.
_idle: list[int] = []
os.register_at_fork(after_in_child=_idle.clear)


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    """Open ``content`` for reading and close it again.

    Raises PasswordError or PdfError of pikepdf. At a limit qpdf gives an empty value and a warning.
    """
    _set_limits()
    if _is_read_faster_mapped(content):
        with (
            _in_memory(content) as file,
            pikepdf.open(file, access_mode=pikepdf.AccessMode.mmap_only) as pdf,
        ):
            yield pdf
    else:
        with pikepdf.open(BytesIO(content)) as pdf:
            yield pdf


def _is_read_faster_mapped(content: bytes) -> bool:
    """Return whether qpdf looks up objects one by one in the file: of a table, or of an update."""
    if len(content) > _MAPPED_BYTES or not hasattr(os, "memfd_create"):
        return False
    tail = content[-_TAIL_BYTES:]
    return b"trailer" in tail or b"/Prev" in tail


@contextmanager
def _in_memory(content: bytes) -> Iterator[BinaryIO]:
    """Yield a file in memory that holds ``content`` and can be mapped; it is used again after."""
    try:
        descriptor = _idle.pop()
    except IndexError:
        descriptor = os.memfd_create("form", os.MFD_CLOEXEC)
    try:
        os.ftruncate(descriptor, len(content))
        os.pwrite(descriptor, content, 0)
        with os.fdopen(descriptor, "rb+", buffering=0, closefd=False) as file:
            yield file
    except BaseException:
        os.close(descriptor)
        raise
    _idle.append(descriptor)


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
