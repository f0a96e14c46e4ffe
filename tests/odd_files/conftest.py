"""A desk that files are mailed to, for the tests of odd files."""

from collections.abc import Iterator

import pytest

from tests.odd_files.seen import Desk, open_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened
