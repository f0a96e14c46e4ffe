"""A healthy installation: nothing is wrong, and nothing is changed."""

from tests.doctor.installation import Installation
from tests.doctor.test_broken import found


def test_all_is_well(installation: Installation) -> None:
    called = installation.call("doctor")
    assert (called.code, called.err, found(called)) == (0, "", {})
