import pytest

from pipeline.routing.spelling import alternate_spellings


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("+525512345678", "+5215512345678"),
        ("+541123456789", "+5491123456789"),
        ("+551187654321", "+5511987654321"),
        ("+2250707123456", "+22507123456"),
        ("+2290197123456", "+22997123456"),
    ],
    ids=["mexico", "argentina", "brazil", "ivory-coast", "benin"],
)
def test_alternate_spelling_is_found_from_both_sides(first: str, second: str) -> None:
    assert second in alternate_spellings(first)
    assert first in alternate_spellings(second)


def test_ivory_coast_old_number_has_one_spelling_for_each_prefix() -> None:
    assert alternate_spellings("+22507123456") == frozenset(
        f"+225{prefix}07123456" for prefix in ("01", "05", "07", "21", "25", "27")
    )


@pytest.mark.parametrize(
    "number",
    [
        "+81312345678",
        "+551132345678",
        "+52551234567",
        "+22912",
        "+52",
        "",
        "+52551234567x",
        "+5511",
    ],
    ids=[
        "japan",
        "brazil-landline",
        "mexico-short",
        "benin-short",
        "code",
        "empty",
        "letter",
        "br",
    ],
)
def test_number_with_one_spelling_has_no_alternate(number: str) -> None:
    assert alternate_spellings(number) == frozenset()


def test_mexican_number_of_eleven_digits_without_the_one_has_no_alternate() -> None:
    assert alternate_spellings("+5225512345678") == frozenset()
