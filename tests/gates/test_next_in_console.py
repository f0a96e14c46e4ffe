"""What the console refuses is told with what can be done next there: it has no shell."""

import ast
import re
from collections.abc import Iterator

import pytest

from pipeline.errors import RefusedError
from pipeline.wording import console as words
from tests.gates.test_console_words import LANGUAGES, PACKAGE, placeholders, raised, table

_SHELL = re.compile(r"\bpipeline [a-z]|(?<![\w-])--[a-z]")


def _of_pages() -> Iterator[str]:
    """Yield the files of the console's pages, and of the decisions that they take."""
    for path in (*(PACKAGE / "web" / "screens").rglob("*.py"), *(PACKAGE / "web").glob("*/*.py")):
        yield str(path.relative_to(PACKAGE))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or node.module is None:
                continue
            for name in (node.module, *(f"{node.module}.{one.name}" for one in node.names)):
                file = name.removeprefix("pipeline.").replace(".", "/") + ".py"
                if name.startswith("pipeline.flow.staff") and (PACKAGE / file).is_file():
                    yield file


def _told_there() -> set[str]:
    """Return the codes of errors of these decisions and of the machine that name a shell."""
    files = set(_of_pages())
    return {
        code
        for code, _, place in raised()
        if (place.partition(":")[0] in files or place.startswith("tracks/"))
        and _SHELL.search(table("en")["errors"][code]["next"])
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_refusal_of_a_page_says_what_to_do_there(language: str) -> None:
    known = table(language)
    told = _told_there()
    assert len(told) > 50
    assert sorted(told - set(known["here"]) - set(known["needed"])) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_of_pages_name_no_shell_and_belong_to_an_error(language: str) -> None:
    for code, sentence in table(language)["here"].items():
        english = table("en")
        assert _SHELL.search(english["errors"][code]["next"]), code
        assert not _SHELL.search(sentence), code
        assert placeholders(sentence) == placeholders(english["here"][code]), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_told_without_a_next_step(language: str) -> None:
    with words.speaking(language):
        for code in table("en")["errors"]:
            told = words.explain(RefusedError(code), to_type=False)
            assert not _SHELL.search(told), code
            assert len(told.split("\n")) > 1, code
