"""Writes the download page: one static page a language, made of the words of the forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.forms.blanks import file_name
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.model.form import FileFormat, FormKind
from pipeline.resources import languages, read_toml, template

_FOLDER = "site"
_INDEX = "index.html"
_KB = 1024
_FORMAT_NAMES = {FileFormat.XLSX: "xlsx", FileFormat.PDF: "PDF"}


@dataclass(frozen=True, slots=True)
class _File:
    """A link to a form: the file's ``name``, its ``format`` and ``size`` in words."""

    name: str
    format: str
    size: str


def write_site(
    out: Path, *, address: str, privacy: str, of: Sequence[str] = languages()
) -> tuple[Path, ...]:
    """Write the pages of the languages ``of`` into the folder ``out`` and return their paths.

    The forms lie there already (:func:`pipeline.forms.publish.publish`): the pages link them and
    tell their sizes. ``address`` is where forms are sent to, ``privacy`` whom to ask about personal
    data. Raises FileNotFoundError for a form that is not there.
    """
    pages = {
        f"{language}.html": _page(out, language, of, address=address, privacy=privacy)
        for language in of
    }
    pages[_INDEX] = _index(of)
    for name, text in pages.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    return tuple(out / name for name in pages)


def _page(folder: Path, language: str, of: Sequence[str], *, address: str, privacy: str) -> str:
    texts, words = form_texts(language), _words(language)
    subject = quote(words["help_subject"])
    return _render(
        "page.html.jinja",
        language=language,
        word=_lookup(words),
        others=[(code, form_texts(code).language_name) for code in of if code != language],
        forms={kind.value: _form(folder, kind, texts) for kind in FORMS},
        facts=texts.facts,
        address=address,
        privacy=privacy,
        mailto=f"mailto:{address}?subject={subject}",
        version=", ".join(sorted({form.version for form in FORMS.values()})),
    )


def _form(folder: Path, kind: FormKind, texts: FormTexts) -> dict[str, object]:
    form = texts.form(kind)
    return {
        "title": form.title,
        "purpose": form.purpose,
        "time_needed": form.time_needed,
        "have_at_hand_title": texts.words("have_at_hand"),
        "have_at_hand": form.have_at_hand,
        "files": [_file(folder, kind, texts, name) for name in FileFormat],
    }


def _file(folder: Path, kind: FormKind, texts: FormTexts, file_format: FileFormat) -> _File:
    name = file_name(kind, texts.language, file_format)
    size = -(-(folder / name).stat().st_size // _KB)
    return _File(name, _FORMAT_NAMES[file_format], f"{texts.number(size)} KB")


def _index(of: Sequence[str]) -> str:
    pages = [
        {
            "language": language,
            "name": form_texts(language).language_name,
            "title": _words(language)["title"],
            "choose": _words(language)["choose_language"],
        }
        for language in of
    ]
    return _render("index.html.jinja", pages=pages)


def _words(language: str) -> Mapping[str, str]:
    return read_toml(_FOLDER, f"{language}.toml")


def _lookup(words: Mapping[str, str]) -> Any:
    def word(key: str, **values: object) -> str:
        return words[key].format(**values)

    return word


def _render(name: str, **values: object) -> str:
    import jinja2  # noqa: PLC0415 - only where pages are made

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template(_FOLDER)),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name).render(values)
