"""A mail is bad only when the server delivers another one after it."""

from collections.abc import Callable

import pytest

from pipeline.mailbox.one_by_one import UndeliveredError, one_by_one


def server(bad: set[int], gone: frozenset[int] = frozenset()) -> Callable[[int], str | None]:
    def deliver(uid: int) -> str | None:
        if uid in bad:
            raise UndeliveredError(f"no {uid}")
        return None if uid in gone else f"mail {uid}"

    return deliver


def never() -> bool:
    raise AssertionError("nobody has to ask")


def test_good_mails_are_found_and_nobody_asks() -> None:
    done = one_by_one([1, 2], server(set()), never)
    assert (done.found, done.withheld) == ({1: "mail 1", 2: "mail 2"}, {})


def test_mail_that_comes_after_a_bad_one_proves_that_the_server_works() -> None:
    done = one_by_one([1, 2, 3], server({2}), never)
    assert (list(done.found), done.withheld) == ([1, 3], {2: "no 2"})


def test_bad_one_at_the_end_needs_another_proof() -> None:
    done = one_by_one([1, 2], server({2}), lambda: True)
    assert (list(done.found), done.withheld) == ([1], {2: "no 2"})
    # what came before it proves nothing: the server may have died in between
    with pytest.raises(UndeliveredError, match="no 2"):
        one_by_one([1, 2], server({2}), lambda: False)


def test_server_that_delivers_nothing_is_asked_for_few() -> None:
    asked: list[int] = []

    def deliver(uid: int) -> None:
        asked.append(uid)
        raise UndeliveredError("down")

    with pytest.raises(UndeliveredError):
        one_by_one(range(1, 1000), deliver, lambda: False)
    assert asked == [1, 2, 3]


def test_mail_that_is_gone_proves_nothing() -> None:
    with pytest.raises(UndeliveredError):
        one_by_one([1, 2], server({1}, frozenset({2})), lambda: False)


def test_fifty_five_bad_ones_hide_none_behind_them() -> None:
    done = one_by_one(range(58), server(set(range(55))), lambda: True)
    assert (list(done.found), len(done.withheld)) == ([55, 56, 57], 55)
