"""Choose the reader of a form file. Runs in the guarded child."""

from pipeline.model.form import FileFormat, FormFile
from pipeline.model.submission import Submission, UnreadableFile


def read_form(file: FormFile) -> Submission | UnreadableFile:
    """Return what the form says, or why nothing could be read from it.

    Other exceptions are possible for hostile bytes: call it through the guard.
    """
    if file.format is FileFormat.XLSX:
        from pipeline.forms.xlsx_reader import read_xlsx  # noqa: PLC0415 - slow to import

        return read_xlsx(file)
    from pipeline.forms.pdf_reader import read_pdf  # noqa: PLC0415 - slow to import

    return read_pdf(file)
