"""What a child has to read: the interpreter's libraries, fonts, time zones, and our own files."""

import mimetypes
import os
import site
import sys
import zoneinfo
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.machinery import FileFinder, ModuleSpec, all_suffixes
from pathlib import Path

from pipeline import resources

_LIBRARIES = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"),
    *("/etc/ld.so.cache", "/etc/localtime"),
    *("/dev/urandom", "/dev/random", "/dev/null"),  # qpdf takes its chance from there
)
_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/X11/fonts")
_SITES = frozenset({"site-packages", "dist-packages"})


class Remembered:
    """The modules right below a folder of sys.path that is not readable itself any more."""

    def __init__(self, finder: FileFinder, names: list[str]) -> None:
        self._specs = {name: finder.find_spec(name) for name in names}

    def find_spec(self, name: str, _target: object = None) -> ModuleSpec | None:
        """Return where the module ``name`` is."""
        return self._specs.get(name)

    def invalidate_caches(self) -> None:
        """Do nothing: the folder cannot be looked into again."""


def readable(private: tuple[str, ...]) -> Iterator[str]:
    """Yield the files and folders that Python, its packages and our readers may need.

    Nothing at or below ``private`` is among them. Of a folder of sys.path that is no folder of
    packages (a checkout, the working folder) only what can be imported is.
    """
    hidden = [Path(path).resolve() for path in private]
    for path in (*_everything(), *_loaded()):
        yield from _without(Path(path).resolve(), hidden)


def remember_modules() -> None:
    """Let what lies right below an unreadable folder of sys.path still be imported."""
    for entry in _mixed_folders():
        finder = sys.path_importer_cache.get(entry)
        names = [name for name, _ in _importable(entry)]
        if isinstance(finder, FileFinder):
            sys.path_importer_cache[entry] = Remembered(finder, names)


def _everything() -> Iterator[str]:
    yield from _whole_folders()
    for folder in _whole_folders():
        if os.path.basename(folder) in _SITES:  # noqa: PTH119
            yield from _linked(folder)
    yield from (path for entry in _mixed_folders() for _, path in _importable(entry))
    yield from (entry for entry in sys.path if os.path.isfile(entry))  # noqa: PTH113 - zips
    yield from (str(resources.template()), str(resources.root() / "forms"))
    yield from _LIBRARIES
    yield from _FONTS
    yield from zoneinfo.TZPATH
    yield from map(str, mimetypes.knownfiles)


@cache
def _whole_folders() -> tuple[str, ...]:
    """Return the folders of the standard library and of installed packages."""
    found = [os.path.dirname(os.__file__)]  # noqa: PTH120
    found += [os.path.join(sys.base_exec_prefix, name) for name in ("lib", "lib64")]  # noqa: PTH118
    with suppress(AttributeError):  # an embedded Python may have no site
        found += site.getsitepackages()
    found += [entry for entry in sys.path if os.path.basename(entry) in _SITES]  # noqa: PTH119
    return tuple(path for path in dict.fromkeys(found) if os.path.isdir(path))  # noqa: PTH112


def _mixed_folders() -> list[str]:
    whole = [Path(path).resolve() for path in _whole_folders()]
    return [
        entry
        for entry in dict.fromkeys(sys.path)
        if os.path.isdir(entry)  # noqa: PTH112
        and not any(Path(entry).resolve().is_relative_to(path) for path in whole)
    ]


def _importable(folder: str) -> list[tuple[str, str]]:
    """Return names and paths of the modules and packages right below ``folder``."""
    found = []
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
    for entry in entries:
        name, _, _ = entry.name.partition(".")
        is_package = os.path.isfile(os.path.join(entry.path, "__init__.py"))  # noqa: PTH113, PTH118
        is_module = entry.name.endswith(tuple(all_suffixes())) and entry.is_file()
        is_beside = entry.name.endswith(".libs")  # what auditwheel puts beside a package
        if name.isidentifier() and (is_package or is_module or is_beside):
            found.append((name, entry.path))
    return found


def _linked(folder: str) -> Iterator[str]:
    """Yield what the packages in ``folder`` are links to; some installers link file by file."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_symlink():
            yield entry.path
        elif entry.is_dir() and (first := _first_file(entry.path)):
            yield os.path.dirname(os.path.realpath(first))  # noqa: PTH120


def _first_file(folder: str) -> str | None:
    """Return the first file of ``folder`` if that is a link."""
    with suppress(OSError), os.scandir(folder) as entries:
        first = next((entry for entry in entries if not entry.is_dir()), None)
        return first.path if first and first.is_symlink() else None
    return None


def _loaded() -> Iterator[str]:
    """Yield where loaded modules really are, when a folder of packages holds links to them."""
    whole = tuple(os.path.join(path, "") for path in _whole_folders())  # noqa: PTH118
    seen = set()
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or os.path.dirname(path) in seen:  # noqa: PTH120
            continue
        in_package = "." in name or hasattr(module, "__path__")
        if in_package:
            seen.add(os.path.dirname(path))  # noqa: PTH120 - once for each of a thousand modules
        real = os.path.realpath(path)
        if real != path or not path.startswith(whole):
            yield os.path.dirname(real) if in_package else real  # noqa: PTH120


def _without(path: Path, hidden: list[Path]) -> Iterator[str]:
    """Yield ``path``, or what lies beside the hidden folders when one of them is below it."""
    if any(path.is_relative_to(one) for one in hidden):
        return
    if not any(one.is_relative_to(path) for one in hidden):
        yield str(path)
        return
    with suppress(OSError):
        for entry in path.iterdir():
            if not entry.is_symlink():
                yield from _without(entry, hidden)
