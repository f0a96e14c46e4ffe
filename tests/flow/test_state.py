"""The state folder: made once, never anew beside what is there, and for us alone."""

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.clock import SettableClock
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, TryLaterError
from pipeline.flow.services import open_services
from pipeline.flow.services.state import migrate_database, open_store
from tests.world.customers import HANAKO, form
from tests.world.outbox import notices
from tests.world.settings import settings_of
from tests.world.world import START, World

ODD_NAMES = [
    "with blanks  and 'quotes' \"too\"",
    "状態　フォルダー",
    "what?mode=memory",
    "a#b;c&d",
    "%41%2e%2e",
    "$HOME `id` *",
    "-dash",
    "c:\\back\\slash",
    "e\u0301 ÅÄÖ",
    "😀 {braces} [x] !",
]
PARTS = {
    "token.key": "token_key_missing",
    "authority": "authority_missing",
    "authority/authority.key": "authority_missing",
    "authority/authority.crt": "authority_missing",
    "requests.sqlite3": "database_gone",
}


def use(settings: Settings, *, make: bool = True) -> tuple[bytes, str]:
    """Open the services as a command does; return the token key and the authority."""
    with open_services(settings, SettableClock(START), make=make) as services:
        return services.token_key, services.authority.fingerprint


def code_of(settings: Settings, *, make: bool = True) -> str:
    with pytest.raises(ConfigurationError) as caught:
        use(settings, make=make)
    return caught.value.code


def listed(folder: Path) -> dict[str, bytes]:
    """Return every file below ``folder`` with its bytes, and every folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"(folder)"
        for path in sorted(folder.rglob("*"))
    }


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def test_the_first_use_makes_all_and_the_second_finds_it(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "state")
    first = use(settings)
    assert use(settings) == first
    assert use(settings, make=False) == first
    assert not (tmp_path / "state" / "first-use").exists()


def test_looking_makes_nothing(tmp_path: Path) -> None:
    assert code_of(settings_of(tmp_path / "state"), make=False) == "state_none"
    assert listed(tmp_path) == {}
    (tmp_path / "state").mkdir()
    assert code_of(settings_of(tmp_path / "state"), make=False) == "state_none"
    assert listed(tmp_path) == {"state": b"(folder)"}


def test_what_is_no_part_of_the_state_may_lie_in_its_folder(tmp_path: Path) -> None:
    for name in ("pipeline.toml", "inbox/new/1.mail", "lost+found/x", "secrets/password"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    use(settings_of(tmp_path))


@pytest.mark.parametrize("make", [True, False])
@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_missing_beside_the_others_is_never_made_anew(
    tmp_path: Path, part: str, make: bool
) -> None:
    settings = settings_of(tmp_path)
    use(settings)
    remove(tmp_path / part)
    before = listed(tmp_path)
    assert code_of(settings, make=make) == PARTS[part]
    assert listed(tmp_path) == before


@pytest.mark.parametrize("make", [True, False])
def test_mails_without_a_database_are_no_empty_folder(tmp_path: Path, make: bool) -> None:
    blob = tmp_path / "blobs" / "ab" / ("ab" * 32)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"a mail")
    before = listed(tmp_path)
    assert code_of(settings_of(tmp_path), make=make) == "database_gone"
    assert listed(tmp_path) == before


def test_an_empty_database_file_beside_keys_is_one_that_is_gone(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    use(settings)
    (tmp_path / "requests.sqlite3").write_bytes(b"")
    assert code_of(settings) == "database_gone"


def test_keys_of_another_folder_are_refused(tmp_path: Path) -> None:
    mine, other = settings_of(tmp_path / "mine"), settings_of(tmp_path / "other")
    use(mine)
    use(other)
    for part in ("token.key", "authority"):
        shutil.copytree(tmp_path / "mine", tmp_path / "copy")
        remove(tmp_path / "copy" / part)
        source = tmp_path / "other" / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / "copy" / part)
        assert code_of(settings_of(tmp_path / "copy")) == "keys_differ"
        shutil.rmtree(tmp_path / "copy")


def test_the_authority_is_made_when_the_issuer_becomes_the_embedded_one(tmp_path: Path) -> None:
    manual = settings_of(tmp_path, certificates={"issuer": "manual"})
    with open_services(manual, SettableClock(START), make=True) as services:
        token = services.token_key
    assert not (tmp_path / "authority").exists()
    first = use(settings_of(tmp_path))
    assert first[0] == token
    remove(tmp_path / "authority")
    assert code_of(settings_of(tmp_path)) == "authority_missing"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("token.key", b"", "file_empty_or_zeros"),
        ("token.key", bytes(32), "file_empty_or_zeros"),
        ("token.key", b"short", "token_key_damaged"),
        ("authority/authority.key", bytes(300), "file_empty_or_zeros"),
        ("authority/authority.key", b"-----BEGIN", "authority_key_unreadable"),
    ],
)
def test_a_damaged_key_is_named_and_left(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    settings = settings_of(tmp_path)
    use(settings)
    (tmp_path / name).write_bytes(content)
    assert code_of(settings) == code
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("token.key", lambda path: path.chmod(0o640), "file_open_to_others"),
        (
            "token.key",
            lambda path: (path.rename(path.parent / "k"), path.symlink_to("k")),
            "file_is_link",
        ),
        ("authority/authority.key", lambda path: path.chmod(0o604), "file_open_to_others"),
        ("authority", lambda path: path.chmod(0o755), "authority_folder_open"),
    ],
)
def test_a_key_that_others_may_read_is_refused(
    tmp_path: Path, name: str, change: Callable[[Path], object], code: str
) -> None:
    settings = settings_of(tmp_path)
    use(settings)
    change(tmp_path / name)
    assert code_of(settings) == code


@pytest.mark.postgresql
def test_a_second_host_needs_the_keys_of_the_first(
    tmp_path: Path, postgresql: Callable[[], str]
) -> None:
    url = postgresql()
    first = settings_of(tmp_path / "first", store={"url": url})
    made = use(first)
    second = settings_of(tmp_path / "second", store={"url": url})
    assert code_of(second) == "keys_elsewhere"
    assert not (tmp_path / "second" / "token.key").exists()
    for part in ("token.key", "authority"):
        source, goal = tmp_path / "first" / part, tmp_path / "second" / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, goal)
    assert use(second) == made


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_state_folder_may_have_any_name_and_be_copied(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    made = use(settings_of(home))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (home / "requests.sqlite3").stat().st_size > 0
    shutil.copytree(home, tmp_path / "copy")
    assert use(settings_of(tmp_path / "copy"), make=False) == made


def test_what_is_made_is_for_us_alone_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        use(settings_of(tmp_path / "a" / "b" / "state"))
    finally:
        os.umask(before)
    modes = {
        str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode)
        for path in tmp_path.rglob("*")
    }
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert code_of(settings_of(tmp_path / "file" / "state")) == "home_unusable"


def test_a_store_is_closed_when_it_is_refused(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    use(settings)
    (tmp_path / "token.key").unlink()
    with pytest.raises(ConfigurationError):
        open_store(settings, SettableClock(START), make=True)
    assert sorted(path.name for path in tmp_path.glob("requests.sqlite3*")) == ["requests.sqlite3"]


def test_a_database_file_of_a_url_is_one_of_the_parts(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "state", store={"url": "sqlite:///data.db"})
    assert code_of(settings, make=False) == "state_none"
    made = use(settings)
    assert (tmp_path / "state" / "data.db").stat().st_size > 0
    assert use(settings, make=False) == made
    (tmp_path / "state" / "data.db").unlink()
    before = listed(tmp_path)
    assert code_of(settings) == "database_gone"
    assert listed(tmp_path) == before


def _without_tables(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")
        connection.execute("CREATE TABLE other (x)")


def _migrate_or_use(settings: Settings, *, migrating: bool) -> None:
    if migrating:
        migrate_database(settings, SettableClock(START))
    else:
        use(settings)


@pytest.mark.parametrize("migrating", [True, False])
def test_a_database_without_tables_beside_keys_is_never_filled(
    tmp_path: Path, migrating: bool
) -> None:
    settings = settings_of(tmp_path)
    use(settings)
    _without_tables(tmp_path / "requests.sqlite3")
    with pytest.raises(ConfigurationError, match="database_gone"):
        _migrate_or_use(settings, migrating=migrating)
    with closing(sqlite3.connect(tmp_path / "requests.sqlite3")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("other",)]


@pytest.mark.postgresql
@pytest.mark.parametrize("migrating", [True, False])
def test_an_empty_server_beside_keys_is_never_filled(
    tmp_path: Path, new_postgresql: Callable[[], str], migrating: bool
) -> None:
    use(settings_of(tmp_path))
    (tmp_path / "requests.sqlite3").unlink()
    settings = settings_of(tmp_path, store={"url": new_postgresql()})
    with pytest.raises(ConfigurationError, match="database_gone"):
        _migrate_or_use(settings, migrating=migrating)


def test_a_passphrase_that_is_too_short_makes_no_key(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("short")
    secret.chmod(0o600)
    certificates = {"issuer": "embedded", "passphrase": {"file": secret}}
    settings = settings_of(tmp_path / "state", certificates=certificates)
    assert code_of(settings) == "authority_passphrase_short"
    assert not (tmp_path / "state" / "token.key").exists()
    secret.write_text("long enough for the authority")
    use(settings)


def test_a_full_disk_at_the_first_use_is_try_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    settings = settings_of(tmp_path / "state")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(TryLaterError) as caught:
            use(settings)
    assert caught.value.code == "storage_unwritable"
    assert caught.value.params["reason"] == "No space left on device"
    use(settings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_of_another_user_is_named(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "state")
    use(settings)
    tmp_path.chmod(0o755)
    os.seteuid(65534)
    try:
        code = code_of(settings, make=False)
    finally:
        os.seteuid(0)
    assert code == "home_unusable"


def test_a_key_that_cannot_be_used_stops_a_run_before_it_fetches(world: World) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    key = world.services.settings.home() / "token.key"
    key.chmod(0o644)
    with pytest.raises(ConfigurationError, match="file_open_to_others"):
        world.run()
    assert world.messages() == []
    key.chmod(0o600)
    assert notices(world.run()) == ["acknowledged"]
