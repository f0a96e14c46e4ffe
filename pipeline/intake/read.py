"""Choose the reader of a form file. Runs in the guarded child."""

from dataclasses import dataclass, replace

from pipeline.errors import place_of
from pipeline.intake.find import FoundForms
from pipeline.model.form import FileFormat, FormFile
from pipeline.model.submission import Submission, UnreadableFile

_NO_FORM_OF_OURS = frozenset({"file_template", "file_scanned", "file_print_unread"})


@dataclass(frozen=True, slots=True)
class ReadForms:
    """What all files of one message gave; its parts are those of ``FoundForms``.

    ``faults`` are our own: the type and place of each exception that cost one of the files.
    """

    submissions: tuple[Submission, ...]
    unreadable: tuple[UnreadableFile, ...]
    other_files: tuple[str, ...]
    faults: tuple[str, ...] = ()


def read_forms(found: FoundForms) -> ReadForms:
    """Read all forms of a message; a file may hold several.

    A PDF or workbook that is no form of ours (a brochure, a scan) is a problem only when no other
    file of the message is one. The same form inside the same attachment once more, as in a PDF that
    has its own original attached, counts once.

    A fault of ours at one file keeps no other form of the message from being read; without another
    one it is raised.
    """
    read: list[tuple[int, Submission | UnreadableFile]] = []
    faults: list[Exception] = []
    for file in found.forms:
        try:
            read += [(file.position, item) for item in read_file(file)]
        except (MemoryError, ImportError, OSError):
            raise  # of the machine: the whole message is read again later
        except Exception as error:  # noqa: BLE001 - told to staff
            faults.append(error)
    kept: dict[tuple[object, ...], Submission] = {}
    for position, item in read:
        if isinstance(item, Submission):
            same = (position, item.form, item.language, item.format, item.answers)
            kept[same] = _joined(kept[same], item) if same in kept else item
    submissions = tuple(kept.values())
    if faults and not submissions:
        raise faults[0]
    failed = [item for _, item in read if isinstance(item, UnreadableFile)]
    told = [item for item in failed if not submissions or item.problem.code not in _NO_FORM_OF_OURS]
    passed_over = [item.file_name for item in failed if item not in told]
    return ReadForms(
        submissions,
        (*found.unreadable, *told),
        (*found.other_files, *passed_over),
        tuple(f"{type(error).__name__} at {place_of(error)}" for error in faults),
    )


def _joined(one: Submission, other: Submission) -> Submission:
    """Return ``one`` with what was added to the ``other`` copy of it too."""
    new = tuple(item for item in other.left_over if item not in one.left_over)
    return replace(one, left_over=(*one.left_over, *new)) if new else one


def read_file(file: FormFile) -> tuple[Submission | UnreadableFile, ...]:
    """Return what each form in ``file`` says, or why nothing could be read from it.

    An exception is a fault of ours; hostile bytes can end the process: call it through the guard.
    """
    if file.format is FileFormat.XLSX:
        from pipeline.forms.xlsx.read.reader import read_xlsx_forms  # noqa: PLC0415 - slow to import

        return read_xlsx_forms(file)
    from pipeline.forms.pdf.reader import read_pdf_forms  # noqa: PLC0415 - slow to import

    return read_pdf_forms(file)
