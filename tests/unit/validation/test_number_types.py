"""What is asked of a readable number beside its reading."""

import pytest

from pipeline.validation.phone.number_types import (
    code_of_country,
    countries_of_code,
    international_writing,
    zones_of,
)


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+81312345678", "+81 3-1234-5678"),
        ("+819012345678", "+81 90-1234-5678"),
        ("+4915123456789", "+49 1512 3456789"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_a_number_is_shown_in_international_writing(e164: str, shown: str) -> None:
    assert international_writing(e164) == shown


def test_calling_codes_and_their_countries() -> None:
    assert (code_of_country("JP"), code_of_country("ZZ")) == (81, 0)
    assert {"US", "CA"} <= set(countries_of_code(1))
    assert countries_of_code(999) == ()


def test_zones_of_a_number() -> None:
    assert zones_of("+81312345678") == ("Asia/Tokyo",)
