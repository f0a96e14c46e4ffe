"""Reads a filled form from a workbook that somebody sent.

Answers are found by their defined name, then by the hidden key column, then by the label; never by
a fixed cell. What cannot be read is a problem, not an exception.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.collector import paused
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import fold_word
from pipeline.forms.xlsx.read.archive import DamagedFileError, RefusedFileError, open_archive
from pipeline.forms.xlsx.read.blocks import Block, find_blocks
from pipeline.forms.xlsx.read.gather import left_over
from pipeline.forms.xlsx.read.parts import read_relations
from pipeline.forms.xlsx.read.workbook import Workbook
from pipeline.model.form import FormFile
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import Submission, UnreadableFile

_DAMAGED = "file_damaged"
_REFUSED = "file_refused"
_NOT_OURS = "file_template"
_MACRO = "file_macro"
_EMPTY = "file_empty"
_TWO_FORMS = "file_two_forms"
_TYPE = "file_type"

#: Relations of a workbook to parts that run, whatever these parts are called.
_MACRO_PARTS = frozenset({"vbaProject", "xlMacrosheet", "xlIntlMacrosheet"})
_USUAL_PART = "xl/workbook.xml"
_NUMBER = "phone_number"
_LONGEST_NUMBER = 200
#: More forms than anybody puts into one file.
_MOST_FORMS = 12
_BLANKS = frozenset({"", "-", "—", "–", "－"})


def read_xlsx_forms(file: FormFile) -> tuple[Submission | UnreadableFile, ...]:
    """Return the submission of each form in ``file``, or the problem that says why there is none.

    Raises nothing for what is wrong with the bytes: an exception is a fault of ours.
    """
    try:
        with paused():
            return _read(file)
    except RefusedFileError:
        return (_unreadable(file, _REFUSED),)
    except (DamagedFileError, MemoryError):
        return (_unreadable(file, _DAMAGED),)


def read_xlsx(file: FormFile) -> Submission | UnreadableFile:
    """Return the first form in ``file``; see :func:`read_xlsx_forms`."""
    return read_xlsx_forms(file)[0]


def _unreadable(file: FormFile, code: str, **params: str | int) -> UnreadableFile:
    return UnreadableFile(
        file.name, Problem(code, Severity.ERROR, params=tuple(sorted(params.items())))
    )


def _read(file: FormFile) -> tuple[Submission | UnreadableFile, ...]:
    reader = _open(file)
    if isinstance(reader, UnreadableFile):
        return (reader,)
    blocks = find_blocks(reader.scanned)
    if len(blocks) > 1:
        return _several(file, reader, blocks)
    found = _form(file, reader)
    if found is None:
        return (_unreadable(file, _NOT_OURS),)
    return (_unreadable(file, _EMPTY) if _is_blank(found) else found,)


def _several(
    file: FormFile, reader: Workbook, blocks: tuple[Block, ...]
) -> tuple[Submission | UnreadableFile, ...]:
    """Return the forms of ``blocks``: one for each kind and number.

    Copies of a form for one number are one form, and where they differ both answers are told. One
    without a number is taken for a copy of the first of its kind. What stands in none of the forms
    is told with the first.
    """
    if len(blocks) > _MOST_FORMS:
        return (_unreadable(file, _TWO_FORMS, n=len(blocks)),)
    groups: list[tuple[str, list[Block]]] = []
    for number, block in sorted(
        ((_number_of(reader, block), block) for block in blocks), key=lambda item: not item[0]
    ):
        for known, group in groups:
            if group[0].kind is block.kind and _is_same_number(known, number):
                group.append(block)
                break
        else:
            groups.append((number, [block]))
    views = [reader]
    if len(groups) > 1:
        views = [reader.part_of(tuple(group), blocks) for _, group in groups]
    found = [form for view in views if (form := _form(file, view)) and not _is_blank(form)]
    return tuple(_whole(found)) or (_unreadable(file, _EMPTY),)


def _whole(found: list[Submission]) -> Iterator[Submission]:
    """Yield the forms that have answers; what was added to blank ones is told with the first."""
    filled = [form for form in found if not _has_no_answers(form)]
    beside = tuple(
        replace(item, field="")
        for form in found
        if filled and _has_no_answers(form)
        for item in form.left_over
    )
    for number, form in enumerate(filled or found[:1]):
        yield form if number else replace(form, left_over=(*form.left_over, *beside))


def _number_of(reader: Workbook, block: Block) -> str:
    """Return the digits of the number that a form is for, as they were typed; or empty."""
    view = reader.part_of((block,), (block,))
    spot = view.places(block.kind).get(_NUMBER)
    raw = view.answer(_NUMBER, spot).raw if spot else ""
    return "".join(sign for sign in fold_word(raw[:_LONGEST_NUMBER]) if sign.isdecimal())


def _is_same_number(one: str, other: str) -> bool:
    """Whether two spellings may be of one number: with its country's code, with a zero before."""
    short, long = sorted((one.lstrip("0"), other.lstrip("0")), key=len)
    return not short or long.endswith(short)


def _has_no_answers(found: Submission) -> bool:
    return all(answer.raw.strip() in _BLANKS and not answer.disagrees for answer in found.answers)


def _is_blank(found: Submission) -> bool:
    return not found.left_over and _has_no_answers(found)


def _form(file: FormFile, reader: Workbook) -> Submission | None:
    """Return what one form says, or None when it is none of ours."""
    stamp, places = reader.identify()
    if stamp is None or not places:
        return None
    answers = tuple(reader.answer(name, found) for name, found in places.items())
    return Submission(
        form=stamp.kind,
        version=stamp.version,
        language=stamp.language,
        format=file.format,
        file_name=file.name,
        sha256=file.sha256,
        answers=answers,
        missing=tuple(name for name in FORMS[stamp.kind].questions if name not in places),
        dated=reader.dated,
        program=reader.program,
        left_over=left_over(reader, stamp, places),
    )


def _open(file: FormFile) -> Workbook | UnreadableFile:
    """Return the reader of a workbook, or why it is none that can be read."""
    archive = open_archive(file.content)
    if any(name.endswith("vbaproject.bin") for name in archive.names):
        return _unreadable(file, _MACRO)
    package = read_relations(archive, "")
    part = next((name for kind, name in package.values() if kind == "officeDocument"), "")
    if part.endswith(".bin"):
        return _unreadable(file, _TYPE, type="xlsb")
    if not archive.has(part):
        lost = part or not archive.names or (not package and archive.has(_USUAL_PART))
        return _unreadable(file, _DAMAGED if lost else _NOT_OURS)
    reader = Workbook(archive, part, dict(package.values()))
    if _MACRO_PARTS & reader.relations.keys():
        return _unreadable(file, _MACRO)
    return reader
