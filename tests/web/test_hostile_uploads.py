"""Files that somebody made to harm, given to the import of numbers; names that are no names."""

import pytest

from pipeline.errors import PipelineError
from pipeline.flow.staff.people import users
from pipeline.store.staff_records import Role
from tests.hostile.catalogue import CATALOGUE
from tests.hostile.making import Hostile
from tests.world.console import ORIGIN, Browser, Staff
from tests.world.world import World

_HEAD = b"number,state,organisation,since\n"
_FILES = {one.name: one for one in CATALOGUE if not one.is_mail}
_TABLES = {
    "nothing": b"",
    "zeros": b"\x00" * 100_000,
    "a column of zeros": _HEAD + b"\x00,\x00,\x00,\x00\n",
    "half a character": _HEAD + b"+81312345678,active,\xe3\x81,\n",
    "one line": _HEAD + b"9" * 2_900_000,
    "a quote without an end": _HEAD + b'"' + b"+81312345678,active\n" * 50_000,
    "only commas": b"," * 1_000_000,
    "many columns": b"number," + b"x," * 400_000,
    "UTF-16 without its end": b"\xff\xfe" + "number\n".encode("utf-16-le") + b"\x31",
    "a domain of 100,000 labels": _HEAD + b"+81312345678,active," + b"a." * 100_000 + b"example,\n",
    "a formula": _HEAD + b"=1+1,active,=cmd|' /C calc'!A0,\n",
    "a page": _HEAD + b"<script>alert(1)</script>,<img src=x onerror=alert(1)>,javascript:x,\n",
}


def _given(browser: Browser, name: str, raw: bytes) -> tuple[int, str]:
    browser.get("/numbers/import")
    answer = browser.client.post(
        "/numbers/import",
        data=browser.tokens(),
        files={"file": (name, raw, "text/csv")},
        headers={"origin": ORIGIN},
    )
    return answer.status_code, answer.text


def _unchanged(world: World) -> bool:
    with world.services.store.read() as tx:
        return tx.numbers.list() == []


@pytest.mark.parametrize("table", _TABLES)
def test_hostile_table_changes_nothing_and_is_answered(
    world: World, staff: Staff, table: str
) -> None:
    status, page = _given(staff.person("sato"), "../../etc/numbers.csv", _TABLES[table])
    assert status in {200, 400}
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert _unchanged(world)


@pytest.mark.parametrize("hostile", list(_FILES.values())[::6], ids=lambda one: one.name)
def test_hostile_file_is_refused_as_a_table(world: World, staff: Staff, hostile: Hostile) -> None:
    status, page = _given(staff.person("sato"), hostile.file_name, hostile.make())
    assert status in {200, 400, 413}
    assert "Traceback" not in page
    assert _unchanged(world)


def test_table_that_is_too_large_is_never_cut(world: World, staff: Staff) -> None:
    line = b"+81312345678,active,sakura-denki.example,\n"
    raw = _HEAD + line * (3_000_001 // len(line) + 1)
    status, page = _given(staff.person("sato"), "numbers.csv", raw)
    assert status == 400
    assert "larger than 3 MB" in page
    assert _unchanged(world)


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "\x00", "a\x00b", "a\nb", "a\r\nSet-Cookie: x=1", "\u202eotas", "sa\u200bto"),
        *("../../etc/passwd", "<script>alert(1)</script>", "=1+1", "\uff53ato", "s\u0430to"),
        *("a" * 10_000, "sato ", "SATO", "sato'--", "admin\u0000", "\ud800"),
    ],
)
def test_name_that_could_be_taken_for_another_is_no_user(world: World, name: str) -> None:
    password = "correct-horse-battery-staple"
    users.add(world.services, "sato", Role.VIEWER, "test", password=password)
    with pytest.raises(PipelineError, match=r"^user_"):
        users.add(world.services, name, Role.ADMIN, "test", password=password)
    with world.services.store.read() as tx:
        assert [user.name for user in tx.users.list()] == ["sato"]
