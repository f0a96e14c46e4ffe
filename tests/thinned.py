"""A sample of many alike cases for every run; the others are for the long ones."""

from collections.abc import Iterable
from typing import Any

import pytest


def thinned(cases: Iterable[Any], every: int, first: int = 0) -> list[Any]:
    """Return all cases as parameters of one test; all but each ``every``-th are long."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            marks=() if place % every == first % every else pytest.mark.long,
        )
        for place, case in enumerate(cases)
    ]
