"""What is wrong with a lock: a requirement that no locked line meets, in any environment we run in.

The requirements come from the metadata of the installed packages. A package that is locked for
other environments only is not installed here; its requirements are those that the lock itself
notes (``# via``).
"""

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).parents[2]

#: The lock's name and the extras of pyproject.toml that it holds beside the dependencies.
LOCKS = {
    "requirements.lock": ("build",),
    "requirements-oauth.lock": ("dkim", "google", "microsoft"),
    "requirements-test.lock": ("dkim", "google", "microsoft", "test"),
}

_PLATFORMS = {
    "linux x86_64": ("posix", "linux", "Linux", "x86_64"),
    "linux aarch64": ("posix", "linux", "Linux", "aarch64"),
    "darwin arm64": ("posix", "darwin", "Darwin", "arm64"),
    "win32 AMD64": ("nt", "win32", "Windows", "AMD64"),
    "emscripten wasm32": ("posix", "emscripten", "Emscripten", "wasm32"),
}
#: Nothing of ours runs there, but markers of what we need tell it apart.
_IN_BROWSERS = "CPython 3.13 emscripten wasm32"


def _environment(python: str, implementation: str, platform: str) -> dict[str, str]:
    os_name, sys_platform, system, machine = _PLATFORMS[platform]
    return {
        "os_name": os_name,
        "sys_platform": sys_platform,
        "platform_system": system,
        "platform_machine": machine,
        "platform_release": "",
        "platform_version": "",
        "platform_python_implementation": implementation,
        "implementation_name": implementation.lower(),
        "implementation_version": f"{python}.0",
        "python_version": python,
        "python_full_version": f"{python}.0",
    }


#: Every environment that the locks are for. The key "here" is the one that runs now.
ENVIRONMENTS: dict[str, Mapping[str, str]] = {
    "here": {name: str(value) for name, value in default_environment().items()},
    "PyPy 3.11 linux x86_64": _environment("3.11", "PyPy", "linux x86_64"),
    **{
        f"CPython {python} {platform}": _environment(python, "CPython", platform)
        for python, platform in itertools.product(("3.11", "3.12", "3.13", "3.14"), _PLATFORMS)
        if "emscripten" not in platform
    },
    _IN_BROWSERS: _environment("3.13", "CPython", "emscripten wasm32"),
}


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of a lock, with all that stands below its name."""

    requirement: str
    hashes: int
    via: frozenset[str]

    @property
    def parsed(self) -> Requirement:
        """Return the requirement: name, extras, version, marker."""
        return _parsed(self.requirement)

    @property
    def name(self) -> str:
        """Return the package's name in its canonical spelling."""
        return canonicalize_name(self.parsed.name)

    @property
    def version(self) -> str:
        """Return the pinned version, or empty when something else than ``==`` is there."""
        pins = list(self.parsed.specifier)
        pinned = len(pins) == 1 and pins[0].operator == "==" and "*" not in pins[0].version
        return pins[0].version if pinned else ""

    def applies(self, environment: str) -> bool:
        """Tell whether the line is meant for the environment of this name."""
        return _holds(self.parsed.marker, environment, frozenset())


def blocks(text: str) -> list[str]:
    """Cut a lock into its packages, each with its hashes and notes."""
    parts = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    return [part for part in parts if part.strip() and not part.startswith("#")]


def read(text: str) -> list[Locked]:
    """Read every package of a lock."""
    found = []
    for block in blocks(text):
        lines = [line.strip().removesuffix("\\").strip() for line in block.splitlines()]
        notes = [line.removeprefix("#").strip().removeprefix("via").strip() for line in lines[1:]]
        found.append(
            Locked(
                requirement=lines[0],
                hashes=sum(bool(re.fullmatch("--hash=sha256:[0-9a-f]{64}", x)) for x in lines[1:]),
                via=frozenset(canonicalize_name(note) for note in notes if note),
            )
        )
    return found


def wrong(text: str, extras: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with a lock; nothing when it is closed."""
    yield from (f"an address: {word}" for word in ("://", "-url", " @ ", "-e ") if word in text)
    locked = read(text)
    for line in locked:
        if not line.hashes:
            yield f"{line.name} has no hash"
        if not line.version:
            yield f"{line.name} is not pinned"
        installed = _metadata(line.name).version
        if line.applies("here") and installed != line.version:
            yield f"{line.name} {line.version} is locked, and {installed} is installed"
    for environment in ENVIRONMENTS:
        yield from (f"{environment}: {what}" for what in _open_in(environment, locked, extras))


def _open_in(environment: str, locked: list[Locked], extras: tuple[str, ...]) -> Iterator[str]:
    """Yield what no line meets and what nothing asks for, in one environment."""
    applying = {line.name: line for line in locked if line.applies(environment)}
    python = ENVIRONMENTS[environment]["python_full_version"]
    waiting = [("pyproject.toml", wish) for wish in _wishes_of_project(extras)]
    reached: set[str] = set()
    while waiting:
        asking, wish = waiting.pop()
        name = canonicalize_name(wish.name)
        line = applying.get(name)
        if line is None:
            yield f"{asking} needs {wish}, which is not locked"
        elif not wish.extras <= line.parsed.extras:
            yield f"{asking} needs {wish}, which is locked without the extra"
        elif not _allows(wish.specifier, line.version):
            yield f"{asking} needs {wish}, and {line.version} is locked"
        elif name not in reached:
            reached.add(name)
            if not _allows(_metadata(name).pythons, python):
                yield f"{name} is not for Python {python}"
            wanted = frozenset(line.parsed.extras)
            waiting += [(name, each) for each in _wishes(line, locked, wanted, environment)]
    yield from (f"nothing needs {name}" for name in sorted(applying.keys() - reached))


@dataclass(frozen=True, slots=True)
class _Metadata:
    version: str | None
    requires: tuple[Requirement, ...]
    pythons: SpecifierSet


@cache
def _metadata(name: str) -> _Metadata:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return _Metadata(None, (), SpecifierSet())
    requires = tuple(_parsed(text) for text in found.requires or ())
    pythons = SpecifierSet(str(found.metadata.json.get("requires_python", "")))
    return _Metadata(found.version, requires, pythons)


def _wishes(
    line: Locked, locked: list[Locked], extras: frozenset[str], environment: str
) -> list[Requirement]:
    """Return what a locked package needs in an environment, the extras of its line counted."""
    if _metadata(line.name).version:
        return _wishes_of_installed(line.name, extras, environment)
    noted = [each for each in locked if line.name in each.via and each.applies(environment)]
    return [_parsed(each.name) for each in noted]


@cache
def _wishes_of_installed(name: str, extras: frozenset[str], environment: str) -> list[Requirement]:
    return [wish for wish in _metadata(name).requires if _holds(wish.marker, environment, extras)]


@cache
def _wishes_of_project(extras: tuple[str, ...]) -> list[Requirement]:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in extras for text in optional[extra])]
    return [_parsed(text) for text in texts]


@cache
def _parsed(text: str) -> Requirement:
    return Requirement(text)


@cache
def _allows(specifier: SpecifierSet, version: str) -> bool:
    return specifier.contains(version, prereleases=True)


@cache
def _holds(marker: Marker | None, environment: str, extras: frozenset[str]) -> bool:
    if marker is None:
        return True
    values = ENVIRONMENTS[environment]
    return any(marker.evaluate({**values, "extra": extra}) for extra in extras or {""})
