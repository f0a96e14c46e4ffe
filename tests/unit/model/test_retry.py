from datetime import timedelta

import pytest

from pipeline.model.retry import Retry

_MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 60), (7, 60), (99, 60)]
)
def test_waits_double_up_to_the_longest(failures: int, minutes: int) -> None:
    retry = Retry.doubling(2 * _MINUTE, 60 * _MINUTE)
    assert retry.wait_after(failures) == minutes * _MINUTE


def test_longest_that_is_a_doubling_itself_stands_once() -> None:
    assert Retry.doubling(_MINUTE, 4 * _MINUTE).waits == (_MINUTE, 2 * _MINUTE, 4 * _MINUTE)


def test_last_of_given_waits_repeats() -> None:
    retry = Retry((_MINUTE, 60 * _MINUTE))
    assert [retry.wait_after(number) for number in (1, 2, 3)] == [
        _MINUTE,
        60 * _MINUTE,
        60 * _MINUTE,
    ]


def test_without_a_number_of_attempts_nothing_is_given_up() -> None:
    assert not Retry((_MINUTE,)).given_up_after(1_000_000)
    limited = Retry((_MINUTE,), attempts=3)
    assert [limited.given_up_after(number) for number in (0, 2, 3, 4)] == [False, False, True, True]
