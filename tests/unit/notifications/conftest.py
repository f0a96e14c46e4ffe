"""The facts that the notices of these tests are filled with."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.model.notice import NoticeFacts
from pipeline.notifications.preview.samples import usual_facts

MakeFacts = Callable[..., NoticeFacts]


@pytest.fixture
def make_facts() -> MakeFacts:
    """Return a maker of realistic facts in a language; every fact can be replaced by name."""

    def make(language: str = "en", **changes: Any) -> NoticeFacts:
        return replace(usual_facts(language), **changes)

    return make
