"""Every language that customers meet is whole, and a further one needs text files alone."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from babel import Locale

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.texts import choice_vocabulary, fold_word, form_texts
from pipeline.intake.reply.vocabulary import says
from pipeline.model.form import FormKind
from pipeline.model.message import Command
from pipeline.model.notice import NoticeName
from pipeline.notifications.sources import find_source, shared_part
from pipeline.resources import languages, root, template
from tests.sources import variants

OTHERS = [language for language in languages() if language != "en"]
#: The files of one language; the notices have one more each.
TOMLS = ("forms/{}.toml", "commands/{}.toml", "qr/{}.toml", "problems/{}.toml")
WORDS = "notices/words.{}.toml"
PLACEHOLDER = re.compile(r"\{(\w*)\}")
#: A language that we have no words of, made of the English ones.
FOURTH = "nl"

Leaves = dict[str, Any]


def leaves(tree: object, path: str = "") -> Leaves:
    """Return what a TOML tree holds, by its path."""
    if not isinstance(tree, dict):
        return {path: tree}
    return {
        place: value
        for key, inner in tree.items()
        for place, value in leaves(inner, f"{path}/{key}").items()
    }


def read(name: str, language: str) -> Leaves:
    return leaves(tomllib.loads(template(name.format(language)).read_text("utf-8")))


def required(name: str, language: str) -> Leaves:
    """Return the part of a file that every language must have alike.

    Free are further words for an answer, the names of languages and of zones, parts of phrases, and
    the label within a sentence, which some languages take as it is printed.
    """
    free = (
        "/choices_also/",
        "/language/names/",
        "/zones/names/",
        "/zones/spelling/",
        "/parts/",
    )
    return {
        place: value
        for place, value in read(name, language).items()
        if not place.startswith(free) and not re.fullmatch(r"/fields/.*/(?:inside|start)", place)
    }


def placeholders(value: object) -> set[str]:
    return {name.lower() for name in PLACEHOLDER.findall(str(value))}


def own_tables(language: str) -> set[str]:
    """Return the tables of words that the notices of ``language`` ask for by name."""
    sources = [template("notices", notice.value, f"{language}.md") for notice in NoticeName]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    return set(re.findall(r"v\.word\(\s*[\"'](\w+)[\"']", text))


def test_files_of_customers_exist_in_the_same_languages() -> None:
    folders = {name.partition("/")[0] for name in TOMLS}
    found = {folder: {path.stem for path in template(folder).glob("??.toml")} for folder in folders}
    found |= {
        f"notices/{name}": {path.stem for path in template("notices", name).glob("??.md")}
        for name in ("_shared", *NoticeName)
    }
    found["words"] = {
        path.stem.partition(".")[2] for path in template("notices").glob("words.??.toml")
    }
    assert found == {place: set(languages()) for place in found}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", TOMLS)
def test_file_has_exactly_the_keys_of_english(name: str, language: str) -> None:
    english, other = (required(name, code) for code in ("en", language))
    assert sorted(other) == sorted(english)
    assert {place: type(value) for place, value in other.items()} == {
        place: type(value) for place, value in english.items()
    }


@pytest.mark.parametrize("language", OTHERS)
def test_words_of_notices_have_exactly_the_keys_of_english(language: str) -> None:
    english, other = (required(WORDS, code) for code in ("en", language))
    own = tuple(f"/{table}/" for table in own_tables(language))
    assert sorted(set(english) - set(other)) == []
    surplus = [place for place in sorted(set(other) - set(english)) if not place.startswith(own)]
    assert surplus == []
    for names, count in (("months", 12), ("weekdays", 7)):
        assert len(set(other[f"/dates/{names}"])) == count


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", [*TOMLS, WORDS])
def test_text_has_the_placeholders_of_english(name: str, language: str) -> None:
    english, other = (required(name, code) for code in ("en", language))
    differing = {
        place: (english[place], other[place])
        for place in english
        # each language writes its dates its own way; test_dates and test_writing pin them
        if not place.startswith("/dates/")
        and placeholders(english[place]) != placeholders(other[place])
    }
    assert differing == {}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", [*TOMLS, WORDS])
def test_no_text_is_empty_that_english_has(name: str, language: str) -> None:
    english, found = (required(name, code) for code in ("en", language))
    empty = [
        place
        for place, value in found.items()
        if english.get(place) not in ("", [])
        and value in ("", [])
        # a mark at the end of a line, a heading: only what reads as words has to be said
        and re.search(r"\w", str(english.get(place)))
    ]
    assert empty == []


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("notice", NoticeName)
def test_notice_has_the_variants_and_the_causes_of_english(
    notice: NoticeName, language: str
) -> None:
    def heads(code: str) -> dict[str, tuple[object, ...]]:
        found = {name: find_source(notice.value, name, (), code) for name in variants(notice, code)}
        return {
            name: (source.when, source.address, source.signature) for name, source in found.items()
        }

    assert heads(language) == heads("en")
    assert {find_source(notice.value, name, (), language).language for name in heads("en")} == {
        language
    }


@pytest.mark.parametrize("language", languages())
def test_shared_parts_that_notices_name_exist(language: str) -> None:
    sources = [
        find_source(notice.value, variant, (), language)
        for notice in NoticeName
        for variant in variants(notice.value, language)
    ]
    named = {f"signature_{source.signature}" for source in sources}
    assert [part for part in sorted(named) if not shared_part(language, part)] == []


@pytest.mark.parametrize("language", languages())
def test_synonym_means_a_choice_that_exists(language: str) -> None:
    texts = form_texts(language)
    wrong = {
        (name, code)
        for form in FORMS.values()
        for name, question in form.questions.items()
        if question.kind in {AnswerKind.CHOICE, AnswerKind.TICK}
        for code in texts.synonyms(name)
        if code not in (question.choices or ("yes",)) and code != "unknown"
    }
    assert wrong == set()


@pytest.mark.parametrize("spoken", languages())
@pytest.mark.parametrize("named", languages())
def test_name_of_each_language_is_understood_in_each_language(spoken: str, named: str) -> None:
    name = Locale.parse(form_texts(spoken).locale).languages[named]
    words = choice_vocabulary(FormKind.ONBOARDING)["reply_language"]
    assert words[fold_word(name)] == named


@pytest.mark.parametrize("language", languages())
def test_every_command_has_phrases_and_the_first_means_it_alone(language: str) -> None:
    said = tomllib.loads(template("commands", f"{language}.toml").read_text("utf-8"))["commands"]
    assert set(said) == {command.value for command in Command}
    assert [name for name, phrases in said.items() if not phrases] == []
    assert [name for name, phrases in said.items() if says("commands", phrases[0]) != (name,)] == []


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("notice", NoticeName)
def test_notice_asks_for_the_commands_of_english(notice: NoticeName, language: str) -> None:
    """What a notice asks for in capitals, and the first phrase of the same command.

    A block may have another phrase of it: what undoes a withdrawal is no word for an activation.
    """
    english, other = (first_phrases(code) for code in ("en", language))
    text, translated = (notice_text(notice, code) for code in ("en", language))
    asked = {
        name
        for name, phrase in english.items()
        if name != "ok" and re.search(rf"\b{re.sub(' ', '', phrase)}\b", text)
    }
    blocks = "\n".join(re.findall(r"```act\n(.*?)```", translated, re.DOTALL))
    words = re.findall(r"(?m)^[^\n:：]+[:：][ ]?(.+)$", blocks)
    in_blocks = {name for word in words for name in says("commands", word)}
    missing = sorted(asked - in_blocks)
    assert [name for name in missing if "".join(other[name].split()) not in translated] == []


def first_phrases(language: str) -> dict[str, str]:
    said = tomllib.loads(template("commands", f"{language}.toml").read_text("utf-8"))["commands"]
    return {name: phrases[0] for name, phrases in said.items()}


def notice_text(notice: NoticeName, language: str) -> str:
    """Return the source without the blanks between words, which wrap where they like."""
    text = template("notices", notice.value, f"{language}.md").read_text("utf-8")
    return re.sub(r"(?<=[^\W\da-zäöü])\s+(?=[^\W\da-zäöü]{2})", "", text)


_PROBE = f"""
import json
from pipeline.forms.publish import build_form
from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.forms.texts import choice_vocabulary
from pipeline.forms.xlsx.read.reader import read_xlsx
from pipeline.intake.language import customer_language
from pipeline.intake.phrases import load_phrases
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.notifications.sources import find_source
from pipeline.notifications.words import words_of
from pipeline.qr.button import signature_line
from pipeline.resources import languages

def language(file_format, read):
    content = build_form(FormKind.QR, "{FOURTH}", file_format, Filling((("notes", "Hallo"),)),
                         address="r@example.com", privacy="p@example.com")
    return read(FormFile("form", content, file_format, "0" * 64, 0)).language

print(json.dumps({{
    "languages": languages(),
    "xlsx": language(FileFormat.XLSX, read_xlsx),
    "pdf": language(FileFormat.PDF, lambda file: read_pdf_forms(file)[0]),
    "asked": choice_vocabulary(FormKind.QR)["reply_language"].get("nederlands"),
    "written": customer_language("", "Goedendag", "{FOURTH}", "de", languages()),
    "header": customer_language("", "Goedendag", "", "{FOURTH}-NL", languages()),
    "notice": find_source("acknowledged", "", (), "{FOURTH}").language,
    "words": words_of("{FOURTH}").language,
    "button": signature_line("LINK", "{FOURTH}"),
    "command": "GEREED" in load_phrases()["ready"],
}}))
"""


def test_fourth_language_needs_text_files_alone(tmp_path: Path) -> None:
    shutil.copytree(root() / "templates", tmp_path / "templates")
    (tmp_path / "pipeline").symlink_to(root() / "pipeline", target_is_directory=True)
    for path in sorted((tmp_path / "templates").rglob("*")):
        if (
            re.fullmatch(r"(?:words\.)?en\.(?:toml|md)", path.name)
            and path.parent.name != "console"
        ):
            other = path.with_name(path.name.replace("en.", f"{FOURTH}.", 1))
            text = path.read_text("utf-8").replace('name = "English"', 'name = "Nederlands"')
            text = text.replace('locale = "en"', f'locale = "{FOURTH}"')
            text = text.replace('ready = ["READY"', 'ready = ["GEREED"')
            other.write_text(text.replace("Chat with us", "Chat met ons"), "utf-8")
    run = subprocess.run(
        [sys.executable, "-c", _PROBE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "languages": ["en", *sorted({*OTHERS, FOURTH})],
        "xlsx": FOURTH,
        "pdf": FOURTH,
        "asked": FOURTH,
        "written": FOURTH,
        "header": FOURTH,
        "notice": FOURTH,
        "words": FOURTH,
        "button": "Chat met ons on WhatsApp: LINK",
        "command": True,
    }
