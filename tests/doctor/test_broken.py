"""Each broken installation is found, by the check that it belongs to, with how to mend it."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from pipeline import resources
from pipeline.flow.views.doctor import NAMES, OF_SERVERS, Finding
from pipeline.wording import console as words
from tests.doctor.installation import Installation, picture
from tests.doctor.servers import SERVERS, refusing
from tests.doctor.ways import SETTINGS, STATE, WORK, Broken, long_log
from tests.servers.smtp import SmtpSink
from tests.world.command_line import Called

#: These take seconds and are broken in tests of their own.
_SLOW = {"pdf", "templates", "child"}
_QUICK = tuple(f"--only={name}" for name in NAMES if name not in _SLOW)
#: Those that ask no server: a state that is thrown away takes a second to make.
_HERE = tuple(one for one in _QUICK if one.removeprefix("--only=") not in OF_SERVERS)
_ALL = (*SETTINGS, *STATE, *WORK, *SERVERS)


def found(called: Called) -> dict[str, tuple[str, str]]:
    """Return of each check that is not fine its state and what is said, as people read it."""
    titles = {words.word(f"check_{name}"): name for name in NAMES}
    states = {words.status_word(state): state for state in ("good", "warn", "bad")}
    blocks = [part.partition("\n") for part in f"\n{called.out}".split("\n[")[1:]]
    heads = [(*head.split("] "), " ".join(rest.split())) for head, _, rest in blocks]
    return {
        titles[title]: (states[state], said)
        for state, title, said in heads
        if states[state] != "good"
    }


def quick(it: Installation, *more: str) -> Called:
    """Call ``doctor`` with the checks that ask no server and take no seconds."""
    return it.call("doctor", *_HERE, *more)


@pytest.mark.parametrize("row", _ALL, ids=lambda row: row.name)
def test_a_broken_installation_is_found(row: Broken, installation: Installation) -> None:
    row.break_it(installation)
    before = picture(installation.folder)
    called = installation.call("doctor", *(_QUICK if row in SERVERS else _HERE))
    state, said = found(called).get(row.check, ("good", ""))
    assert (state, called.code) == (row.state, row.code), called.out
    assert row.what in said
    assert row.mend in said
    assert picture(installation.folder) == before


def test_there_are_as_many_as_were_asked_for() -> None:
    assert len({row.name for row in _ALL}) == len(_ALL) >= 30


def test_a_long_log_is_found_and_emptied(installation: Installation) -> None:
    with closing(long_log(installation)):
        state, said = found(quick(installation))["log"]
        assert (state, "doctor --mend" in said) == ("warn", True)
        mended = quick(installation, "--mend")
        assert (mended.code, found(mended)) == (0, {})
        assert "brought into the database" in mended.out
        assert found(quick(installation)) == {}


def test_a_server_that_takes_no_reply_address_is_found(
    installation: Installation, sink: SmtpSink
) -> None:
    refusing(installation, sink)
    called = installation.call("doctor", "--only", "courier", "--only", "reply_address")
    state, said = found(called)["reply_address"]
    assert (called.code, state) == (0, "warn")
    assert "550 5.1.1" in said
    assert "mailbox.reply_address to plain" in said
    assert sink.messages == []


def test_damaged_texts_are_found(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(resources.template(), tmp_path / "copy" / "templates")
    (copy / "notices" / "held" / "ja.md").unlink()
    (copy / "notices" / "rejected" / "de.md").write_text("no front matter", encoding="utf-8")
    monkeypatch.setattr(resources, "_root", lambda: str(copy.parent))
    called = installation.call("doctor", "--only", "templates")
    state, said = found(called)["templates"]
    assert (called.code, state) == (4, "bad")
    assert "notices/held/ja.md, notices/rejected/de.md" in said
    assert "Install the program again" in said


@pytest.mark.parametrize(
    ("module", "what", "mend"),
    [
        ("raise OSError('cannot load library pango')", "no_pango", "apt-get install libpango"),
        (
            "class HTML:\n def __init__(self, **_): pass\n def write_pdf(self): return b''",
            "font of the program",
            "Install the program again",
        ),
    ],
)
def test_what_pdf_forms_lack_is_found(
    installation: Installation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    what: str,
    mend: str,
) -> None:
    (tmp_path / "weasyprint.py").write_text(module)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    called = installation.call("doctor", "--only", "pdf")
    state, said = found(called)["pdf"]
    assert (called.code, state) == (0, "warn")
    assert what in said
    assert mend in said


def test_a_check_that_there_is_not_is_misuse(installation: Installation) -> None:
    called = installation.call("doctor", "--only", "weather")
    assert (called.code, called.out) == (2, "")
    assert "mailbox" in called.err


def test_only_what_is_named_is_checked_and_told_as_json(installation: Installation) -> None:
    called = installation.call("doctor", "--only", "backup", "--only", "issuer", "--json")
    rows = called.json()
    assert [row["check"] for row in rows] == ["backup", "issuer"]
    assert set(rows[0]) == set(Finding.__slots__)
