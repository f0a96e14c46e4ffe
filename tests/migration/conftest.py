"""Empty databases on both engines."""

from pathlib import Path

import pytest


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two empty databases of one engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'one'}", f"sqlite:///{tmp_path / 'two'}"
    make = request.getfixturevalue("new_postgresql")
    return make(), make()
