"""What web sites and services do to workbooks with exceljs and SheetJS."""

import json
from pathlib import Path
from typing import Any

from pipeline.forms.xlsx.write.fill import fill_xlsx
from pipeline.model.form import Filling, FormKind
from tests.odd_files.case import Make
from tests.odd_files.making import Writer, written
from tests.odd_files.pictures import picture_of
from tests.programs.running import call_node
from tests.world.customers import good_answers
from tests.world.settings import ADDRESS, PRIVACY

_HERE = Path(__file__).parent
EXCELJS = Writer("exceljs", "xlsx", ("node:exceljs", "exceljs"))
SHEETJS = Writer("SheetJS", "xlsx", ("node:xlsx", "SheetJS"))
_QR = FormKind.QR
_MOVE = FormKind.MIGRATION


def _exceljs(*steps: list[Any]) -> Make:
    return lambda content, folder: _run("exceljs.cjs", content, folder, "out.xlsx", list(steps))[1]


def _picture(field: str, words: str) -> Make:
    def make(content: bytes, folder: Path) -> bytes:
        path = written(picture_of(words), folder, "picture.png")
        steps = [["picture", field, str(path)]]
        return _run("exceljs.cjs", content, folder, "out.xlsx", steps)[1]

    return make


def _sheetjs(*steps: list[Any], ending: str = "xlsx", kind: str = "") -> Make:
    def make(content: bytes, folder: Path) -> tuple[str, bytes]:
        return _run("sheetjs.cjs", content, folder, f"out.{ending}", list(steps), kind or ending)

    return make


def _run(
    script: str, content: bytes, folder: Path, name: str, steps: list[list[Any]], kind: str = ""
) -> tuple[str, bytes]:
    source, target = written(content, folder, "in.xlsx"), folder / name
    job = {"source": str(source), "target": str(target), "type": kind, "steps": steps}
    call_node(_HERE / script, written(json.dumps(job).encode(), folder, "job.json"), folder=folder)
    return name, target.read_bytes()


def _marked(make: Make, kind: FormKind, language: str) -> Make:
    """Return what ``make`` makes of the copy that our own mail brought back, with two marks."""
    given = tuple(good_answers(kind, language).items())
    marks = tuple((name, ("?",)) for name in ("contact_name", "genesys_org_name"))

    def marked(_content: bytes, folder: Path) -> "bytes | tuple[str, bytes]":
        copy = fill_xlsx(kind, language, Filling(given, marks), address=ADDRESS, privacy=PRIVACY)
        return make(copy, folder)

    return marked


EXCELJS.add("saved again", "a portal keeps and returns the file", _exceljs(), language="ja")
EXCELJS.asked(
    "note",
    "a reviewer in a portal",
    _exceljs(["note", "company_legal_name", "合併予定です"]),
    "company_legal_name",
    words="合併予定です",
    language="ja",
)
EXCELJS.asked(
    "words right of the table",
    "a column of remarks",
    _exceljs(["beside", "country", 4, "und Österreich"]),
    "country",
    words="und Österreich",
    language="de",
)
EXCELJS.asked(
    "words over the hint",
    "a column of remarks",
    _exceljs(["beside", "source_waba_id", 1, "ask the provider"]),
    "source_waba_id",
    words="ask the provider",
    kind=_MOVE,
)
EXCELJS.asked(
    "old name struck out",
    "a correction that can be seen",
    _exceljs(["rich", "contact_department", "Einkauf", " Kundendienst"]),
    "contact_department",
    words=("Einkauf", "Kundendienst"),
    language="de",
)
EXCELJS.asked(
    "answer struck out",
    "a correction that can be seen",
    _exceljs(["strike", "genesys_org_name"]),
    "genesys_org_name",
    words="sakura-denki",
    language="ja",
)
EXCELJS.add(
    "link that is its own text",
    "a portal makes links",
    _exceljs(["link", "website", "https://harbour-books.example", "https://harbour-books.example"]),
)
EXCELJS.asked(
    "tip of a link",
    "a portal makes links",
    _exceljs(
        [
            "link",
            "website",
            "https://harbour-books.example",
            "https://harbour-books.example",
            "retired in May",
        ]
    ),
    "website",
    words="retired in May",
)
EXCELJS.add(
    "formula with its result",
    "looked up in another table",
    _exceljs(["formula", "contact_name", '"Oliver "&"Whitcombe"', "Oliver Whitcombe"]),
)
EXCELJS.asked(
    "error as an answer",
    "looked up in vain",
    _exceljs(["error", "genesys_org_name", "#N/A"]),
    "genesys_org_name",
    words="#N/A",
)
EXCELJS.add(
    "date as a date",
    "a date picker",
    _exceljs(["date", "ready_date", "2026-12-01T00:00:00Z"]),
    reads={"ready_date": "2026-12-01"},
    language="de",
)
EXCELJS.asked(
    "number shown as a word",
    "a format of the template",
    _exceljs(["format", "source_waba_id", 102290129340398, '"to be confirmed"']),
    "source_waba_id",
    words="to be confirmed",
    kind=_MOVE,
)
EXCELJS.asked(
    "prompt of a rule",
    "a template of the department",
    _exceljs(["prompt", "contact_phone", "Zentrale", "nur bis 12 Uhr besetzt"]),
    "contact_phone",
    words=("Zentrale", "nur bis 12 Uhr besetzt"),
    language="de",
)
EXCELJS.asked(
    "picture over an answer",
    "a signature pad",
    _picture("contact_name", "O. W."),
    "contact_name",
    marked=True,
)
EXCELJS.staff(
    "header",
    "a portal's mark",
    _exceljs(["header", "notes", "INTERNAL USE ONLY"]),
    words="INTERNAL USE ONLY",
)
EXCELJS.staff(
    "hidden sheet",
    "a portal's data",
    _exceljs(["sheet", "notes", "meta", "veryHidden", "ticket 4711 by Kim"]),
    words="ticket 4711 by Kim",
    kind=_QR,
    language="de",
)
EXCELJS.add(
    "rows put in between", "a template of the department", _exceljs(["insert", "phone_number", 2])
)

EXCELJS.add(
    "marked copy saved again",
    "a portal keeps and returns the file",
    _marked(_exceljs(), FormKind.ONBOARDING, "ja"),
    language="ja",
)

SHEETJS.add(
    "marked copy saved again",
    "a web editor",
    _marked(_sheetjs(), _MOVE, "ja"),
    kind=_MOVE,
    language="ja",
)
SHEETJS.add("saved again", "a web editor", _sheetjs(), kind=_MOVE)
SHEETJS.asked(
    "comment",
    "a web editor",
    _sheetjs(["comment", "integration_name", "renamed in June"]),
    "integration_name",
    words="renamed in June",
    kind=_QR,
)
SHEETJS.asked(
    "words right of the table",
    "a web editor",
    _sheetjs(["beside", "where_shown", 5, "店頭は来月から"]),
    "where_shown",
    words="店頭は来月から",
    kind=_QR,
    language="ja",
)
SHEETJS.staff(
    "sheet added",
    "a web editor",
    _sheetjs(["sheet", "notes", "Log", "edited by intern"]),
    words="edited by intern",
)
SHEETJS.add(
    "the form's sheet alone",
    "a service exports one sheet",
    _sheetjs(["only", "notes"]),
    language="de",
)
SHEETJS.add(
    "questions and answers alone",
    "a service exports what it stored",
    _sheetjs(["table", "notes"]),
    language="ja",
)
for _ending, _kind, _code, _habit in (
    ("xls", "biff8", "file_type", "Excel 97-2004"),
    ("xls", "biff5", "file_type", "Excel 5.0"),
    ("xls", "biff2", "file_other", "Excel 2.1"),
    ("xlsb", "xlsb", "file_type", "Excel Binary Workbook"),
    ("ods", "ods", "file_type", "OpenDocument"),
    ("fods", "fods", "file_type", "OpenDocument, flat"),
    ("xml", "xlml", "file_type", "XML Spreadsheet 2003"),
    ("csv", "csv", "file_other", "CSV"),
    ("txt", "txt", "file_other", "Unicode text"),
    ("html", "html", "file_other", "web page"),
    ("slk", "sylk", "file_other", "SYLK"),
    ("dif", "dif", "file_other", "DIF"),
    ("rtf", "rtf", "file_other", "RTF"),
):
    SHEETJS.refused(
        f"saved as {_kind}",
        _habit,
        _sheetjs(
            ["only", "notes"]
            if _kind in {"biff2", "biff5"}
            else ["set", "contact_department", {"t": "s", "v": "IT"}],
            ending=_ending,
            kind=_kind,
        ),
        _code,
        language="de" if _kind < "d" else "en",
    )
