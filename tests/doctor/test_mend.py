"""``doctor --mend`` mends what it says, and of a whole installation nothing else."""

import stat

import pytest

from tests.doctor.installation import Installation, Picture, picture
from tests.doctor.test_broken import found, quick
from tests.doctor.ways import SETTINGS, STATE, WORK, Broken, asleep

_DATABASE = "state/requests.sqlite3"
_MENDED = {"settings can be written", "the state is open", "rows asleep"}
#: Others could read these: a person has to ask who did.
_KEYS = ("state/token.key", "state/authority")


def _changed(before: Picture, after: Picture) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_what_is_whole_is_left_as_it_is(installation: Installation) -> None:
    before = picture(installation.folder)
    assert quick(installation, "--mend").code == 0
    assert picture(installation.folder) == before


@pytest.mark.parametrize(
    "row",
    [row for row in (*SETTINGS, *STATE, *WORK) if row.name not in _MENDED],
    ids=lambda row: row.name,
)
@pytest.mark.long
def test_what_a_person_has_to_mend_is_left_alone(row: Broken, installation: Installation) -> None:
    row.break_it(installation)
    before = picture(installation.folder)
    called = quick(installation, "--mend")
    assert found(called)[row.check][0] == row.state
    assert picture(installation.folder) == before


def test_all_at_once_is_mended_and_told(installation: Installation) -> None:
    asleep(installation)
    installation.set("team", alert_to="")
    installation.config.chmod(0o666)
    installation.home.chmod(0o755)
    for name in ("requests.sqlite3", "blobs"):
        path = installation.home / name
        path.chmod(path.stat().st_mode | 0o055)
    before = picture(installation.folder)
    assert set(found(quick(installation))) == {"settings", "home", "asleep", "alerts"}

    called = quick(installation, "--mend", "--as", "saki")
    assert (called.code, set(found(called))) == (0, {"alerts"})
    for said in ("can no longer change", "no longer read or change", "Woken:"):
        assert said in called.out
    after = picture(installation.folder)
    tables = {f"{_DATABASE} {table}" for table in ("requests", "events")}
    closed = {"pipeline.toml", "state", _DATABASE, "state/blobs"}
    assert _changed(before, after) == tables | closed
    assert stat.S_IMODE(installation.home.stat().st_mode) == 0o700
    for name in closed:
        (old, content), (new, same) = before[name], after[name]
        assert (new, same) == (old & ~(0o022 if name == "pipeline.toml" else 0o077), content)
    _only_woken(before, after)
    assert quick(installation, "--mend").code == 0
    assert picture(installation.folder) == after


def _only_woken(before: Picture, after: Picture) -> None:
    """Of each request the wake-up and its version have changed; each has one more line."""
    old, new = (one[f"{_DATABASE} requests"] for one in (before, after))
    count = 0
    for was, now in zip(old, new, strict=True):
        differ = sum(left != right for left, right in zip(was, now, strict=True))
        assert differ in {0, 4}  # next_at, version, and the number and digest of the last line
        count += differ > 0
    lines, more = (one[f"{_DATABASE} events"] for one in (before, after))
    added = [row for row in more if row not in lines]
    assert (len(added), len(more) - len(lines)) == (count, count)
    assert all("saki" in str(row) for row in added)


def test_keys_that_others_could_read_are_left_to_a_person(installation: Installation) -> None:
    for name in _KEYS:
        path = installation.folder / name
        path.chmod(path.stat().st_mode | 0o055)
    before = picture(installation.folder)
    called = quick(installation, "--mend")
    told = found(called)
    assert (called.code, told["home"][0]) == (4, "warn")
    assert "token.key" in told["home"][1]
    assert picture(installation.folder) == before
