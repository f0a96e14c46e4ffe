"""Forms that say when they were last saved."""

import io
import re
import zipfile
from datetime import date

from tests.world.customers import File

_PROPERTIES = "docProps/core.xml"
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def saved_on(file: File, day: date) -> File:
    """Return the workbook as a program writes it that saves it on ``day``, at noon UTC."""
    name, content = file
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as copy:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == _PROPERTIES:
                instant = f"{day:%Y-%m-%d}T12:00:00Z".encode()
                data, count = _MODIFIED.subn(rb"\g<1>" + instant, data)
                assert count == 1
            copy.writestr(entry, data)
    return name, target.getvalue()
