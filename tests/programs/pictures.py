"""Pictures of every form for ``docs/pictures``: ``python -m tests.programs.pictures``.

Each form in each language and format, blank, and the onboarding form as a marked copy. Workbooks
are printed by LibreOffice with our own fonts, PDFs are drawn by poppler; all is then reduced to a
few colours, so that the folder stays small.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.pdf.fonts import FOLDER
from pipeline.forms.publish import build_form
from pipeline.forms.texts import form_texts
from pipeline.model.form import FileFormat, Filling, FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.resources import languages
from pipeline.wording.problems import sentence
from tests.programs.running import run

TARGET = Path(__file__).parents[2] / "docs" / "pictures"
ADDRESS, PRIVACY = "GenesysCloudWhatsAppRequests@genesys.com", "privacy@example.com"
_DPI = 80
#: Drawn finer and reduced: at 80 dpi the edge of a line of text can fall out of its clip.
_FINER = 2
_COLOURS = 24
_LARGEST = 90_000
_ALL = 4_000_000
#: Stands in for the fonts of our workbooks, so that a picture is the same on every machine.
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{fonts}</dir>
<alias binding="same"><family>BIZ UDPゴシック</family><prefer><family>Noto Sans JP</family></prefer>
</alias></fontconfig>"""
#: The answers of the marked copy that are wrong, and what is said about each.
_WRONG = (
    Problem("org_id", Severity.ERROR, field="genesys_org_id"),
    Problem("phone_no_country", Severity.ERROR, field="phone_number"),
    Problem(
        "digits_id", Severity.ERROR, field="meta_business_id", params=(("min", 8), ("max", 20))
    ),
    Problem("empty", Severity.ERROR, field="use_case"),
)
_GIVEN = {
    "contact_name": "𠮷田 髙子",
    "genesys_org_id": "3f2a9c1e",
    "phone_number": "03-1234-5678",
    "phone_number_again": "03-1234-5678",
    "meta_business_id": "1234",
    "use_case": "",
    "ready_date": "2031-03-01",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One document to be pictured: the beginning of its pictures' names, and what it is."""

    name: str
    title: str
    format: FileFormat
    content: bytes


def documents() -> Iterator[Shown]:
    """Yield every blank, then the marked copies, language by language."""
    for language in languages():
        for kind in FormKind:
            yield from _both(kind, language, None)
        yield from _both(FormKind.ONBOARDING, language, _marked(language))


def _both(kind: FormKind, language: str, filling: Filling | None) -> Iterator[Shown]:
    title = form_texts(language).form(kind).title
    for file_format, suffix in ((FileFormat.PDF, ""), (FileFormat.XLSX, "_xlsx")):
        content = build_form(kind, language, file_format, filling, address=ADDRESS, privacy=PRIVACY)
        name = f"{kind.value}_{language}{'_marked' if filling else ''}{suffix}"
        words = f"{title}, {'a marked copy, ' if filling else ''}{file_format.value}"
        yield Shown(name, words, file_format, content)


def _marked(language: str) -> Filling:
    """Return a customer's answers in ``language``, some of them wrong."""
    kind, texts = FormKind.ONBOARDING, form_texts(language)
    answers = {}
    for field, question in FORMS[kind].questions.items():
        if question.kind is AnswerKind.TICK:
            answers[field] = "yes"
        else:
            answers[field] = question.choices[0] if question.choices else texts.example(kind, field)
    answers |= {**_GIVEN, "reply_language": language}
    marks = tuple((one.field, (sentence(one, language, kind),)) for one in _WRONG)
    return Filling(tuple(answers.items()), marks)


def draw(shown: Shown, folder: Path, target: Path) -> list[Path]:
    """Write a picture of each page of ``shown`` into ``target``; ``folder`` is for what is between.

    Raises RuntimeError when a program fails or a picture is too large.
    """
    source = folder / f"{shown.name}.{shown.format.value}"
    source.write_bytes(shown.content)
    printed = source.with_suffix(".pdf")
    if shown.format is FileFormat.XLSX:
        _print(source, folder)
    run("pdftoppm", "-r", str(_DPI * _FINER), "-png", printed, folder / shown.name, folder=folder)
    written = []
    for number, page in enumerate(sorted(folder.glob(f"{shown.name}-*.png")), 1):
        path = target / f"{shown.name}_{number}.png"
        with Image.open(page) as picture:
            small = picture.convert("RGB").reduce(_FINER)
            few = small.quantize(_COLOURS, dither=Image.Dither.NONE)
            few.save(path, optimize=True)
        if path.stat().st_size > _LARGEST:
            raise RuntimeError(f"{path.name} has {path.stat().st_size} bytes")
        written.append(path)
    return written


def _print(source: Path, folder: Path) -> None:
    """Print the workbook ``source`` as a PDF beside it."""
    fonts = folder / "fonts.conf"
    fonts.write_text(_FONTS.format(fonts=FOLDER), encoding="utf-8")
    command = ("soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless")
    environment = {"FONTCONFIG_FILE": str(fonts), "HOME": str(folder)}
    options = ("--convert-to", "pdf", "--outdir", folder, source)
    run(*command, *options, folder=folder, environment=environment)


def gallery(pages: dict[str, list[Path]], titles: dict[str, str]) -> str:
    """Return the index of the pictures as Markdown."""
    rows = ["# Pictures of the forms", ""]
    rows += [
        "Every page of every published form, and the onboarding form as a marked copy that",
        "goes back to a customer. Made by `python -m tests.programs.pictures`, which needs",
        "LibreOffice and poppler-utils; run it again when a form changes.",
        "",
    ]
    rows += [f"- [{titles[name]}](#{name.replace('_', '-')})" for name in pages]
    for name, found in pages.items():
        rows += ["", f'<a id="{name.replace("_", "-")}"></a>', "", f"## {titles[name]}", ""]
        rows += [
            f"![{titles[name]}, page {number} of {len(found)}]({path.as_posix()})"
            for number, path in enumerate(found, 1)
        ]
    return "\n".join(rows) + "\n"


def main() -> None:
    """Make all pictures anew; raises RuntimeError when together they are too large."""
    target = TARGET / "forms"
    with tempfile.TemporaryDirectory() as between:
        fresh = Path(between) / "forms"
        fresh.mkdir()
        pages, titles = {}, {}
        for shown in documents():
            folder = Path(between) / shown.name
            folder.mkdir()
            pages[shown.name] = draw(shown, folder, fresh)
            titles[shown.name] = f"{shown.title} ({shown.name.split('_')[1]})"
        size = sum(path.stat().st_size for found in pages.values() for path in found)
        if size > _ALL:
            raise RuntimeError(f"the pictures have {size} bytes")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(fresh, target)
    places = {name: [Path(f"forms/{path.name}") for path in found] for name, found in pages.items()}
    text = gallery(places, titles)
    TARGET.joinpath("README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
