"""How many examples Hypothesis draws for a test: few in every run, many in the long ones."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])
#: Whether the long tests were asked for; told before any test is imported.
many_wanted = False


def drawn(few: int, many: int, **more: Any) -> Callable[[Test], Test]:
    """Draw ``few`` examples, and ``many`` where the long tests were asked for."""
    from hypothesis import settings  # noqa: PLC0415 - slow to import, and few tests need it

    own = settings(max_examples=many if many_wanted else few, deadline=None, **more)

    def settled(test: Test) -> Test:
        marked: Test = pytest.mark.drawn(own(test))
        return marked

    return settled
