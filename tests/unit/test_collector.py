"""The collector of cycles is away while something loads, and back as it was after that."""

import gc
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import pytest

from pipeline.collector import loading, paused


@pytest.mark.parametrize("away", [paused, loading])
@pytest.mark.parametrize("was_on", [True, False])
def test_it_is_away_meanwhile_and_then_as_before(
    away: Callable[[], AbstractContextManager[None]], *, was_on: bool
) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        with suppress(KeyError), away():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()


def test_what_was_loaded_is_not_looked_through_again() -> None:
    before = gc.get_freeze_count()
    with loading():
        kept: list[list[int]] = [[] for _ in range(100)]
    assert gc.get_freeze_count() >= before + len(kept)
