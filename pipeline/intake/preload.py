"""Importing this imports all readers of forms, before the guarded child shuts itself in.

What a reader imports on its own later is found too; here it is sooner, and Python may keep what it
compiled. Where a library is broken, the readers that need it fail when a form of theirs comes.
"""

from contextlib import suppress
from importlib import import_module

for _name in (
    "pipeline.forms.xlsx.read.reader",
    "pipeline.forms.pdf.reader",
    "pikepdf",
    "pypdfium2.raw",
):
    with suppress(ImportError, OSError):
        import_module(_name)
