# ruff: noqa: INP001 - a script beside its data, in no package
"""Filling a blank with a real program: LibreOffice, exceljs, pdf-lib, pdf.js, pdftk-java."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

_HERE = Path(__file__).parent
_PACKAGES = ("exceljs@4.4.0", "pdf-lib@1.17.1", "pdfjs-dist@5.6.205")
_NODE_SCRIPTS = {
    "exceljs": "fill_exceljs.cjs",
    "pdf-lib": "fill_pdf_lib.cjs",
    "pdf.js": "fill_pdfjs.mjs",
}


class Programs:
    """The programs, with their own folder for settings and packages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._profile = folder / "profile"
        self._packages = folder / "packages"

    def prepare(self) -> None:
        """Install the node packages, and the macro into a profile of LibreOffice."""
        self._packages.mkdir(parents=True, exist_ok=True)
        (self._packages / "package.json").write_text("{}", encoding="utf-8")
        _run("npm", "install", "--silent", "--no-audit", *_PACKAGES, folder=self._packages)
        for script in _NODE_SCRIPTS.values():
            shutil.copy(_HERE / script, self._packages / script)
        self._soffice("--terminate_after_init")  # makes the profile, and would undo what is in it
        macro = (_HERE / "fill_libreoffice.bas").read_text(encoding="utf-8")
        library = self._profile / "user" / "basic" / "Standard"
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
            'library:passwordprotected="false"><library:element library:name="Filling"/>'
            "</library:library>",
        )
        _write(
            library / "Filling.xba",
            '<script:module xmlns:script="http://openoffice.org/2000/script" '
            f'script:name="Filling" script:language="StarBasic">{escape(macro)}</script:module>',
        )

    def fill(self, program: str, blank: Path, answers: Mapping[str, str], target: Path) -> None:
        """Fill ``blank`` with ``answers`` (as the program needs them) and save it as ``target``."""
        target.unlink(missing_ok=True)
        if program == "libreoffice":
            self._libreoffice(blank, answers, target)
        elif program == "pdftk-java":
            self._pdftk(blank, answers, target)
        else:
            self._node(_NODE_SCRIPTS[program], blank, answers, target)
        if not target.is_file():
            raise SystemExit(f"{program} did not write {target.name}")

    def _libreoffice(self, blank: Path, answers: Mapping[str, str], target: Path) -> None:
        lines = [f"{name}\t{text}".replace("\n", "\\n") for name, text in answers.items()]
        answers_file = self._folder / "answers.tsv"
        answers_file.write_text("\n".join(lines), encoding="utf-8")
        call = f'macro:///Standard.Filling.Fill("{blank}","{answers_file}","{target}")'
        self._soffice(call)

    def _soffice(self, call: str) -> None:
        profile = f"-env:UserInstallation={self._profile.as_uri()}"
        _run("soffice", profile, "--headless", "--norestore", call, folder=self._folder)

    def _pdftk(self, blank: Path, answers: Mapping[str, str], target: Path) -> None:
        fields = "".join(
            f"<field name={quoteattr(name)}><value>{escape(text)}</value></field>"
            for name, text in answers.items()
        )
        data = self._folder / "answers.xfdf"
        namespace = 'xmlns="http://ns.adobe.com/xfdf/"'
        _write(data, f"<xfdf {namespace}><fields>{fields}</fields></xfdf>")
        call = ("fill_form", str(data), "output", str(target))
        _run("pdftk", str(blank), *call, folder=self._folder)

    def _node(self, script: str, blank: Path, answers: Mapping[str, str], target: Path) -> None:
        data = self._folder / "answers.json"
        data.write_text(json.dumps(dict(answers)), encoding="utf-8")
        _run("node", script, str(blank), str(data), str(target), folder=self._packages)


def _run(*command: str, folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own command lines
        command, cwd=folder, check=False, capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stdout}{done.stderr}")


def _write(path: Path, content: str) -> None:
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{content}\n', encoding="utf-8")
