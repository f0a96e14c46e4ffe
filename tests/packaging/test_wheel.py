"""The wheel works without the checkout; `make wheel-check` does the same on every Python there is.

No index is asked here: the environment is a new one, and the packages that the wheel needs are
those of the environment that runs the tests. `tools/try-wheel` installs them by the lock.
"""

import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.using import CHECKOUT, close_checkout, stranger, use

_PACKAGED = ("pipeline", "templates", "forms", "samples")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    hatchling = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    done = subprocess.run(
        [*hatchling, "--directory", folder],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path) -> Iterator[Path]:
    """Yield the Python of a new environment that has the wheel, readable for everybody."""
    pytest.importorskip("ensurepip", reason="ensurepip is not installed")
    with tempfile.TemporaryDirectory(prefix="wheel-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
        python = folder / "env" / "bin" / "python"
        packages = next((folder / "env" / "lib").glob("python*/site-packages"))
        # A line of a .pth adds the folder, not the .pth files in it: the checkout stays out.
        third_party = sysconfig.get_path("purelib")
        (packages / "third_party.pth").write_text(f"{third_party}\n", encoding="utf-8")
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
        subprocess.run([*pip, "--force-reinstall", wheel], check=True, capture_output=True)
        close_checkout(python)
        yield python


def test_wheel_holds_every_file_of_the_checkout_and_no_other(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *_PACKAGED],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    expected = {n if n.startswith("pipeline/") else f"pipeline/_bundled/{n}" for n in listed}
    assert held == expected


def test_wheel_is_used_by_another_user_in_another_folder(environment: Path) -> None:
    with stranger(environment) as who:
        use(who)
