"""Each reason is told in each language, with what Meta said and the way out."""

from collections.abc import Iterator

import pytest

from pipeline.meta.errors import About, MetaError, Reason
from pipeline.resources import languages
from pipeline.wording import console as words


@pytest.fixture(params=languages())
def spoken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("PIPELINE_LANG", request.param)
    words.speak_as_team()
    yield request.param
    monkeypatch.undo()
    words.speak_as_team()


def test_a_reason_is_told_in_three_lines_of_its_own(spoken: str) -> None:
    told = {}
    for reason in Reason:
        error = MetaError(reason, call="number", about=About.ITEM, said="HTTP 400, code 1: {x}")
        text = words.explain(error)
        lines = text.splitlines()
        assert len(lines) == 3, (reason, text)
        assert "HTTP 400, code 1: {x}" in lines[0], (reason, text)
        assert "meta_" not in text
        told[text] = reason
    assert len(told) == len(Reason)
    if spoken == "ja":
        assert all(any("\u3040" <= sign <= "\u30ff" for sign in text) for text in told)
