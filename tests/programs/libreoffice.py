"""LibreOffice Calc, driven by a macro that does what a script says."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from pipeline.forms.xlsx.layout import FIELD_PREFIX
from pipeline.model.form import FileFormat
from tests.programs.job import Job
from tests.programs.running import run

#: The program's own names of the formats that people save in.
FILTERS = {
    ".xlsx": ("Calc MS Excel 2007 XML", ""),
    ".ods": ("calc8", ""),
    ".xls": ("MS Excel 97", ""),
    ".csv": ("Text - txt - csv (StarCalc)", "44,34,76"),
}

_MACRO = Path(__file__).with_name("libreoffice.bas")
_ARGUMENTS = 5
_LINE_BREAK = "\u2028"


class LibreOffice:
    """Calc fills the named cells and saves as xlsx; all jobs in one process."""

    name = "LibreOffice"
    file_format = FileFormat.XLSX

    def missing(self) -> str:
        """Return what is not installed."""
        return "" if shutil.which("soffice") else "LibreOffice"

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        """Type all answers as on the keyboard."""
        lines: list[tuple[str, ...]] = []
        for job in jobs:
            lines += [("open", str(job.blank))]
            lines += [("type", FIELD_PREFIX + entry.field, entry.text) for entry in job.entries]
            lines += [save(job.target), ("close",)]
        work(lines, folder)
        for job in jobs:
            if not job.target.is_file():
                raise RuntimeError(f"LibreOffice did not write {job.target.name}")


PROGRAMS = (LibreOffice(),)


def save(target: Path) -> tuple[str, ...]:
    """Return the command that saves as ``target``, in the format of its suffix."""
    return ("save", str(target), *FILTERS[target.suffix])


def work(script: Iterable[Sequence[str]], folder: Path) -> None:
    """Do the commands of ``script`` (see libreoffice.bas) in one process.

    ``folder`` keeps the profile, which is made the first time. Raises RuntimeError with the words
    of the program and the command that failed.
    """
    profile = folder / "profile"
    if not profile.is_dir():
        _make_profile(profile, folder)
    path = folder / "script.tsv"
    failed = folder / "script.tsv.failed"
    failed.unlink(missing_ok=True)
    path.write_text("".join(map(_line, script)), encoding="utf-8")
    _soffice(profile, f'macro:///Standard.Forms.Work("{path}")', folder)
    if failed.is_file():
        raise RuntimeError(f"LibreOffice: {failed.read_text(encoding='utf-8', errors='replace')}")


def _line(command: Sequence[str]) -> str:
    """Return a command of the script, with empty arguments up to the number that any has."""
    padded = (*command, *[""] * (_ARGUMENTS - len(command)))
    return "\t".join(padded).replace("\n", _LINE_BREAK) + "\n"


def _soffice(profile: Path, call: str, folder: Path) -> None:
    run(
        "soffice",
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
        call,
        folder=folder,
    )


def _make_profile(profile: Path, folder: Path) -> None:
    """Let the program make a profile (it would undo what is in one), and put the macro into it."""
    _soffice(profile, "--terminate_after_init", folder)
    library = profile / "user" / "basic" / "Standard"
    library.mkdir(parents=True, exist_ok=True)
    namespace = 'xmlns:library="http://openoffice.org/2000/library"'
    link = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    _write(
        library.parent / "script.xlc",
        f'<library:libraries {namespace} {link}><library:library library:name="Standard" '
        'xlink:href="$(USER)/basic/Standard/script.xlb/" xlink:type="simple" '
        'library:link="false"/></library:libraries>',
    )
    _write(
        library / "script.xlb",
        f'<library:library {namespace} library:name="Standard" library:readonly="false" '
        'library:passwordprotected="false"><library:element library:name="Forms"/>'
        "</library:library>",
    )
    macro = escape(_MACRO.read_text(encoding="utf-8"))
    _write(
        library / "Forms.xba",
        '<script:module xmlns:script="http://openoffice.org/2000/script" '
        f'script:name="Forms" script:language="StarBasic">{macro}</script:module>',
    )


def _write(path: Path, content: str) -> None:
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{content}\n', encoding="utf-8")
