"""Folded cases fail as tests of their own do, and every case of a sample is tried by some run."""

import pytest

from tests.folded import folded
from tests.thinned import thinned


def test_first_case_that_fails_is_named() -> None:
    def is_even(one: int, other: int) -> None:
        assert (one + other) % 2 == 0

    cases = [(2, 4), (1, 3), (5, 2), (2, 7)]
    of_all = folded(("one", "other"), cases, by=lambda case: f"from {case[0]}")(is_even)
    (marked,) = of_all.__dict__["pytestmark"]
    assert marked.args == ("cases", [[(2, 4), (2, 7)], [(1, 3)], [(5, 2)]])
    assert marked.kwargs == {"ids": ["from 2", "from 1", "from 5"]}
    of_all(cases=[(1, 3)])
    with pytest.raises(AssertionError) as caught:
        of_all(cases=cases)
    assert caught.value.__notes__ == ["with {'one': 5, 'other': 2}"]


def test_what_a_sample_leaves_out_is_long() -> None:
    found = thinned("abcde", 2, 1)
    assert [one.values for one in found] == [("a",), ("b",), ("c",), ("d",), ("e",)]
    assert [bool(one.marks) for one in found] == [True, False, True, False, True]
