"""What a test needs and a machine may not have."""

import pytest


def skip_without(program: object, name: str) -> None:
    """Skip where the program is not installed; where CI=true, the skip is a failure."""
    if program is None:
        pytest.skip(f"{name} is not installed")
