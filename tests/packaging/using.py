"""Use an installed wheel as a stranger: another user, an empty home, another folder, no checkout.

Run as a program (``python -m tests.packaging.using PYTHON``) it uses the wheel in the environment
of that interpreter; it needs nothing but Python itself. An AssertionError says what is wrong.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
MAILS = ("01-onboarding-ja-xlsx", "06-onboarding-with-errors", "08-onboarding-m2m")

_NOBODY = 65534
_SETPRIV = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
#: For an interpreter in root's own home: nobody who may look at every file and write to none but
#: its own; where a container has no such right, nobody who passes over the modes of files.
_RIGHTS = ("", "dac_read_search", "dac_override")

_SETTINGS = """
[store]
home = "state"
[mailbox]
kind = "maildir"
path = "inbox"
[courier]
kind = "maildir"
path = "sent"
[sender]
authserv_ids = ["mx.genesys.example"]
[team]
time_zone = "Asia/Tokyo"
country = "JP"
"""

#: Closes the checkout for every process of the environment, but for packages in its .venv.
_HOOK = """
import os, sys

def _closed(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], str):
        path = os.path.abspath(arguments[0])
        if path.startswith({checkout!r}) and not path.startswith({packages!r}):
            raise PermissionError(13, "the checkout is closed", path)

sys.addaudithook(_closed)
"""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who has the environment of ``python`` and a place of their own, and nothing else."""

    python: Path
    place: Path
    prefix: tuple[str, ...]

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment in the stranger's place."""
        environment = {
            "PATH": os.defpath,
            "HOME": str(self.place / "home"),
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(self.place / "home"),
        }
        program, *arguments = command
        own = self.python.with_name(program)
        return subprocess.run(
            [*self.prefix, str(own) if own.exists() else program, *arguments],
            cwd=self.place / "work",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def says(self, *command: str) -> str:
        """Run a command that has to end well; return its standard output."""
        done = self.call(*command)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def knows(self, expression: str) -> object:
        """Return the value of a Python expression in the environment."""
        imports = "import json, os, sys, pipeline, pipeline.resources"
        return json.loads(self.says("python", "-c", f"{imports}; print(json.dumps({expression}))"))


def close_checkout(python: Path) -> None:
    """Put the hook that closes the checkout into the environment of ``python``."""
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True)
    packages = Path(found.stdout.strip())
    hook = _HOOK.format(checkout=f"{CHECKOUT}/", packages=f"{CHECKOUT}/.venv/")
    (packages / "checkout_is_closed.py").write_text(hook, encoding="utf-8")
    (packages / "checkout_is_closed.pth").write_text("import checkout_is_closed\n")


@contextmanager
def stranger(python: Path) -> Iterator[Stranger]:
    """Give a place of their own to a user without root; remove it at the end."""
    place = Path(tempfile.mkdtemp(prefix="stranger-"))
    try:
        place.chmod(0o755)
        prefix = _without_root(python)
        for name in ("home", "work"):
            (place / name).mkdir(mode=0o700)
            if prefix:
                os.chown(place / name, _NOBODY, _NOBODY)
        yield Stranger(python, place, prefix)
    finally:
        shutil.rmtree(place)


def _without_root(python: Path) -> tuple[str, ...]:
    """Return how to become nobody and still start ``python``; nothing when we are not root."""
    if os.getuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    assert setpriv, "setpriv (util-linux) is not installed: the wheel is used without root"
    probe = [str(python), "-c", "import sys, click; print(sys.base_prefix)"]
    want = subprocess.run(probe, capture_output=True, text=True, check=True).stdout
    for right in _RIGHTS:
        caps = (f"--inh-caps=-all,+{right}", f"--ambient-caps=-all,+{right}") if right else ()
        prefix = (setpriv, *_SETPRIV, *caps)
        got = subprocess.run([*prefix, *probe], capture_output=True, text=True, check=False)
        if got.stdout == want:
            return prefix
    raise AssertionError(f"a user without root cannot start {python}")


def use(who: Stranger) -> None:
    """Use the wheel: where its files are, the demo, the forms, a batch on a Maildir."""
    package = _everything_is_of_the_wheel(who)
    before = _files(package)
    assert who.says("pipeline", "version").strip()
    assert who.says("pipeline", "--help").startswith("Usage: ")
    shown = who.says("pipeline", "demo", "--dir", "a story")
    assert (who.place / "work" / "a story" / "report.html").stat().st_size
    lines = [line.removeprefix("then try").strip() for line in shown.splitlines()[-3:]]
    for line in lines:
        assert who.says("sh", "-c", line).strip(), line
    _forms_are_built(who)
    _a_batch_opens_requests(who)
    assert _files(package) == before


def _files(package: Path) -> set[Path]:
    return {path for path in package.rglob("*") if path.suffix != ".pyc"}


def _everything_is_of_the_wheel(who: Stranger) -> Path:
    package = Path(str(who.knows("os.path.dirname(pipeline.__file__)")))
    assert package.is_relative_to(who.python.parent.parent)
    assert who.knows("str(pipeline.resources.root())") == str(package / "_bundled")
    names = ("templates", "forms", "samples")
    assert [name for name in names if not (package / "_bundled" / name).is_dir()] == []
    assert who.knows("os.getuid()") != 0
    assert who.knows(f"[x for x in sys.path if x == {str(CHECKOUT)!r}]") == []
    readme = str(CHECKOUT / "README.md")
    closed = who.call("python", "-c", f"open({readme!r})")
    assert "the checkout is closed" in closed.stderr
    return package


def _forms_are_built(who: Stranger) -> None:
    build = ("pipeline", "form", "build", "--out", "forms", "--lang", "ja")
    done = who.call(*build)
    formats = ["pdf", "xlsx"]
    if (
        done.returncode == 4 and "libpango" in done.stderr
    ):  # no PDFs on this machine, and it says so
        done, formats = who.call(*build, "--format", "xlsx"), ["xlsx"]
    assert done.returncode == 0, done.stderr
    made = [path.name for path in (who.place / "work" / "forms").iterdir()]
    for end in formats:
        assert len([name for name in made if name.endswith(f".{end}")]) == 3, made


def _a_batch_opens_requests(who: Stranger) -> None:
    work = who.place / "work"
    (work / "pipeline.toml").write_text(_SETTINGS, encoding="utf-8")
    for name in ("new", "cur", "tmp"):
        (work / "state" / "inbox" / name).mkdir(parents=True)
    for name in MAILS:
        shutil.copy(CHECKOUT / "samples" / "mails" / f"{name}.eml", work / "state/inbox/new" / name)
    _give_away(who, work / "state")
    who.says("pipeline", "run")
    rows = json.loads(who.says("pipeline", "queue", "all", "--json"))
    assert len(rows) == len(MAILS), rows
    assert len(list((work / "state" / "sent").rglob("new/*"))) >= 1


def _give_away(who: Stranger, folder: Path) -> None:
    folder.chmod(0o700)
    if who.prefix:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY)


if __name__ == "__main__":
    chosen = Path(sys.argv[1]).absolute()
    close_checkout(chosen)
    with stranger(chosen) as somebody:
        use(somebody)
