"""A submission: the raw answers of a filled form, each with where it came from."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model.form import FileFormat, FormKind
from pipeline.model.problem import Problem


class CellType(StrEnum):
    """What kind of thing held the raw answer."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    ERROR = "error"
    FORMULA = "formula"
    BUTTON = "button"
    PRINT = "print"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Answer:
    """One raw answer.

    ``raw`` is the text as it stands in the file, untouched (a number as its shortest exact decimal
    text, a date cell as ISO 8601, a formula without a stored value as its text with the leading
    ``=``); ``where`` is the cell (``Form!D12``) or the PDF field name. ``damaged`` tells that the
    file's bytes could not all be decoded. ``disagrees`` is a second reading of the same question
    that differs from the first (an xlsx found by two ways).
    """

    field: str
    raw: str
    where: str
    cell_type: CellType = CellType.TEXT
    damaged: bool = False
    disagrees: str | None = None


class LeftOverKind(StrEnum):
    """What kind of thing in a file holds words that are neither our print nor an answer."""

    CELL = "cell"
    SHEET = "sheet"
    COMMENT = "comment"
    TEXT_BOX = "text_box"
    STRUCK = "struck"
    PICTURE = "picture"
    ANNOTATION = "annotation"
    INK = "ink"
    STAMP = "stamp"
    PAGE = "page"
    FIELD = "field"
    RULE = "rule"
    LINK = "link"
    FORMAT = "format"
    NAME = "name"
    PROPERTY = "property"
    BOOKMARK = "bookmark"
    HINT = "hint"
    CAPTION = "caption"
    OPTION = "option"


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Something that the customer put into the file beside the answers.

    ``words`` is the text as it stands there (empty for ink and pictures); ``where`` is the cell,
    or the page and its part; ``field`` is the question where it stands, or empty. ``told`` tells
    that the customer was asked about it before and sent it again.
    """

    kind: LeftOverKind
    words: str
    where: str
    field: str = ""
    told: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same in another file: its place may differ there."""
        return self.field, self.kind.value, " ".join(self.words.split())


@dataclass(frozen=True, slots=True)
class Submission:
    """A filled form as read.

    ``version`` and ``language`` are what the file says (empty when it says nothing); ``missing``
    lists field ids that the definition has and the file does not (not blank: gone); ``from_print``
    is true for a flattened or printed copy that was read by position. ``dated`` is the ISO 8601
    time the file says it was last saved, or empty. ``program`` is the known one that saved
    it, as far as the file tells. ``left_over`` is what the customer added beside the answers, in
    the order of the file.
    """

    form: FormKind
    version: str
    language: str
    format: FileFormat
    file_name: str
    sha256: str
    answers: tuple[Answer, ...]
    missing: tuple[str, ...] = ()
    from_print: bool = False
    dated: str = ""
    program: str = ""
    left_over: tuple[LeftOver, ...] = ()

    def answer(self, field: str) -> Answer | None:
        """Return the answer of ``field``, or None when the file has no such field."""
        return next((answer for answer in self.answers if answer.field == field), None)


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file that no submission could be read from, and the problem that says why."""

    file_name: str
    problem: Problem
