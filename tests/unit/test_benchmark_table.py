"""The table that `make bench` writes into the documentation."""

import pytest

from tests.benchmarks.measuring import Measured
from tests.benchmarks.table import PAGE, written


def test_the_page_gets_the_last_of_equal_ratios_in_its_place() -> None:
    page = "before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n"
    measured = [
        Measured("a", "b", 0.3, 0.1),
        Measured("a", "b", 0.2, 0.1),
        Measured("c", "d", 3, 2),
    ]
    found = written(page, measured)
    assert "| a | b | 2.00 | 200 ms | 100 ms |\n| c | d | 1.50 | 3 s | 2 s |" in found
    assert "old" not in found
    assert found.startswith("before\n")
    assert found.endswith("\nafter\n")


def test_the_page_of_the_documentation_has_a_place() -> None:
    assert written(PAGE.read_text(encoding="utf-8"), [])
    with pytest.raises(ValueError, match="no place"):
        written("no marks", [])
