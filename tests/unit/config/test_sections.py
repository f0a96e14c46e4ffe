"""The sections of the settings read values as pydantic reads them, but for what they refuse."""

import copy
import pickle
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.config import MailboxSettings, Secret, Section, Settings
from pipeline.config.kinds import RefusedValueError
from pipeline.config.schema import model_of

ORACLE = model_of(Settings)
VALUES: tuple[Any, ...] = (
    "", " ", "x", " x ", "1", "0", "993", " 993 ", "+5", "-3", "5.0", "5.5", "nan", "inf", "true",
    "Yes", "off", "imap", "IMAP", " imap ", "tls", "ok", "embedded", "US", 0, 1, -1, 2, 60, 500,
    65_535, 65_536, 10**9, 10**9 + 1, 10**30, 0.5, 5.5, 600, 600.5, float("inf"), None, [], ["a"],
    ["a", 1], [" a "], ("a",), {}, {"a": "b"}, {"a": 1}, {" a ": " b "}, {"file": "/x"},
    {"command": ["a", " b "]}, {"command": "x"}, {"credential": " c "}, {"nope": 1}, Path("x"),
    date(2020, 1, 1),
)  # fmt: skip
#: What pydantic takes and a path or a secret does not: it names nothing.
NAMES_NOTHING = {"setting_path_blank", "secret_source_blank"}


def values_of(section: Any, name: str) -> Any:
    found = getattr(section, name)
    return found.model_dump() if hasattr(found, "model_dump") else found


def settings_and_values() -> Iterator[tuple[str, str, Any]]:
    for section, kind in Settings.types.items():
        for name in kind.types:
            for value in VALUES:
                yield section, name, value


def test_values_are_those_of_pydantic() -> None:
    taken = refused = 0
    for section, name, value in settings_and_values():
        written = {section: {name: value}}
        try:
            wanted = values_of(getattr(ORACLE.model_validate(written), section), name)
        except ValidationError:
            with pytest.raises(RefusedValueError):
                Settings.model_validate(written)
            refused += 1
            continue
        try:
            found = values_of(getattr(Settings.model_validate(written), section), name)
        except RefusedValueError as error:
            assert error.code in NAMES_NOTHING, written
            continue
        assert (found, type(found)) == (wanted, type(wanted)), written
        taken += 1
    assert taken > 1000
    assert refused > 1000


@pytest.mark.parametrize("value", [True, False])
def test_a_switch_is_no_number(value: bool) -> None:
    for section, name in (("mailbox", "port"), ("mailbox", "timeout_seconds")):
        with pytest.raises(RefusedValueError, match="config_number"):
            Settings.model_validate({section: {name: value}})


@pytest.mark.parametrize("text", ["a\0b", "\x1b[1m", "a\u2028b"])
def test_no_path_has_control_characters(text: str) -> None:
    for written in ({"path": text}, {"ca_file": text}, {"password": {"file": text}}):
        with pytest.raises(RefusedValueError, match="setting_path_control"):
            MailboxSettings.model_validate(written)


def test_a_refusal_never_tells_the_value() -> None:
    with pytest.raises(RefusedValueError) as raised:
        Settings.model_validate({"mailbox": {"password": "hush-hush"}})
    assert "hush-hush" not in f"{raised.value} {raised.value!r}"


def test_what_is_wrong_is_told_and_the_rest_is_read() -> None:
    told: list[tuple[tuple[str, ...], str]] = []
    found = Settings.from_written(
        {
            "mailbox": {"port": "x", "host": " h ", "password": {"file": "", "credential": "c"}},
            "oauth": {"extra": {"a": 1}},
            "team": 3,
            "nonsense": 1,
        },
        lambda place, error: told.append((place, error.code)),
    )
    assert told == [
        (("mailbox", "port"), "config_number"),
        (("mailbox", "password", "file"), "secret_source_blank"),
        (("oauth", "extra", "a"), "config_text"),
        (("team",), "config_table"),
        (("nonsense",), "config_unknown_key"),
    ]
    assert found.mailbox == MailboxSettings(host="h", password=Secret(credential="c"))


def test_a_section_never_changes() -> None:
    section: Any = MailboxSettings(port=1)
    with pytest.raises(AttributeError):
        section.port = 2
    with pytest.raises(AttributeError):
        del section.port


def test_a_copy_is_equal_and_has_the_same_hash() -> None:
    section = Settings(mailbox=MailboxSettings(port=1, password=Secret(file=Path("/x"))))
    for other in (copy.deepcopy(section), pickle.loads(pickle.dumps(section))):
        assert other == section
        assert hash(other) == hash(section)
    assert section != Settings()
    assert section.mailbox != object()


def test_what_somebody_wrote_is_known_though_it_is_the_default() -> None:
    section = MailboxSettings.model_validate({"port": 993})
    assert section == MailboxSettings()
    assert section.given == {"port"}
    assert section.is_default("port")
    assert section.model_copy(update={"port": 1}).given == {"port"}


def test_types_of_a_base_are_those_of_its_sections() -> None:
    class Below(MailboxSettings):
        more: int = 1

    assert issubclass(Below, Section)
    assert list(Below.types) == [*MailboxSettings.types, "more"]
