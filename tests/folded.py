"""Many alike cases as one test: a test of its own costs more than most of them."""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import pytest

Test = Callable[..., None]


def folded(
    arguments: str | tuple[str, ...], cases: Iterable[Any], by: Callable[[Any], str]
) -> Callable[[Test], Test]:
    """Run a test for all ``cases``, as one test for each value of ``by``.

    A case is the value of the one argument, or a tuple of the values of several. The first case
    that fails ends the test, and is named in a note.
    """
    first, *others = (arguments,) if isinstance(arguments, str) else arguments
    groups: dict[str, list[Any]] = {}
    for case in cases:
        groups.setdefault(by(case), []).append(case)

    def fold(test: Test) -> Test:
        @wraps(test)
        def of_all(**given: Any) -> None:
            for case in given.pop("cases"):
                values = dict(zip((first, *others), case, strict=True)) if others else {first: case}
                try:
                    test(**values, **given)
                except BaseException as error:
                    error.add_note(f"with {values}")
                    raise

        own = inspect.signature(test)
        named = [
            one.replace(name="cases") if one.name == first else one
            for one in own.parameters.values()
            if one.name not in others
        ]
        of_all.__dict__["__signature__"] = own.replace(parameters=named)
        marked: Test = pytest.mark.parametrize("cases", list(groups.values()), ids=list(groups))(
            of_all
        )
        return marked

    return fold
