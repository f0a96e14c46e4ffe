"""What is done in one place only: asking for a secret."""

from tests.gates.test_console_words import PACKAGE


def test_secrets_are_asked_for_in_one_place() -> None:
    found = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "hide_input" in path.read_text(encoding="utf-8") or "getpass(" in path.read_text("utf-8")
    ]
    assert found == ["cli/asking.py"]
