"""Where settings come from: the file and the environment, merged, with the place of each value."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pipeline.config.kinds import FileName, bare
from pipeline.config.secret import Secret
from pipeline.config.section import Section
from pipeline.config.sections import Settings
from pipeline.errors import ConfigurationError

PREFIX = "PIPELINE_"
FILE_NAME = "pipeline.toml"
_OURS = frozenset({"PIPELINE_CONFIG", "PIPELINE_HOME", "PIPELINE_LANG"})
# Set by others: Kubernetes for a service called "pipeline", and Azure DevOps for each job.
_FOREIGN = re.compile(r"PIPELINE_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?|WORKSPACE)")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_HOME = ("store", "home")
_SQLITE = re.compile(r"(sqlite(?:\+pysqlite)?:///)(?!/|:memory:|~|\s*$)(.+)", re.DOTALL)


@dataclass
class Sources:
    """What was read: the values, where each came from, and what nobody knows."""

    path: Path | None
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    faults: list[ConfigurationError] = field(default_factory=list)

    def origin(self, key: str) -> str:
        """Return what sets ``key`` or something below it; empty for a default."""
        parts = key.split(".")
        for length in range(len(parts), 0, -1):
            found = self.origins.get(".".join(parts[:length]))
            if found is not None:
                return found
        return next((self.origins[name] for name in self.origins if name.startswith(f"{key}.")), "")

    def place(self, key: str) -> str:
        """Return where ``key`` is set, or could be."""
        return self.origin(key) or str(self.path or FILE_NAME)


def read_sources(
    path: Path | None, home: Path | None, environment: Mapping[str, str], *, optional: bool
) -> Sources:
    """Return the settings of the file and of the environment, which goes first.

    Raises ConfigurationError: ``config_none`` when there are none, ``config_missing``,
    ``config_unreadable``, ``config_encoding``, ``config_syntax``.
    """
    variable = environment.get("PIPELINE_CONFIG", "")
    named = path or (Path(variable) if variable else None)
    file = (named or Path(FILE_NAME)).absolute()
    values = _read(file, required=named is not None)
    found = Sources(None if values is None else file, values or {})
    for key in _leaves(found.values):
        found.origins[key] = str(file)
    _anchor(found.values, file.parent)
    _add_environment(found, environment)
    if found.path is None and not found.origins and not found.faults and not optional:
        raise ConfigurationError("config_none", path=file)
    chosen = home or (
        Path(environment["PIPELINE_HOME"]) if environment.get("PIPELINE_HOME") else None
    )
    store = found.values.setdefault("store", {})
    if isinstance(store, dict):
        if chosen is not None:
            store["home"] = chosen.absolute() if str(chosen).strip() else str(chosen)
            found.origins["store.home"] = "--home" if home else "PIPELINE_HOME"
        else:
            store.setdefault("home", file.parent / "state")
    return found


def read_values(
    path: Path, values: Mapping[str, Mapping[str, Any]], origins: Mapping[str, str]
) -> Sources:
    """Return ``values`` as if the file ``path`` held them; no file and no environment is read.

    ``origins`` says of each key where it really comes from.
    """
    copied = {section: dict(table) for section, table in values.items()}
    for table in copied.values():
        for key, value in table.items():
            table[key] = dict(value) if isinstance(value, dict) else value
    found = Sources(path, copied, dict(origins))
    _anchor(found.values, path.parent)
    found.values.setdefault("store", {}).setdefault("home", path.parent / "state")
    return found


def _read(path: Path, *, required: bool) -> dict[str, Any] | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        if required:
            raise ConfigurationError("config_missing", path=path) from error
        return None
    except OSError as error:
        raise ConfigurationError("config_unreadable", path=path, reason=error.strerror) from error
    text = _decoded(path, content)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(path, text, str(error)) from None


def _decoded(path: Path, content: bytes) -> str:
    """Return the text of a UTF-8 file; a byte order mark is taken, as editors on Windows write."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in content[:4]:
        raise ConfigurationError("config_encoding", path=path, encoding="UTF-16", line=1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            "config_encoding", path=path, encoding="Latin-1 / Windows-1252 / Shift_JIS", line=line
        ) from None


def _syntax(path: Path, text: str, reason: str) -> ConfigurationError:
    place = _PLACE.search(reason)
    lines = text.rstrip("\n").split("\n")
    line, column = (place.group(1), place.group(2)) if place else (None, None)
    return ConfigurationError(
        "config_syntax",
        path=path,
        line=line or len(lines),
        column=column or len(lines[-1]) + 1,
        reason=_PLACE.sub("", reason),
    )


def _leaves(values: Mapping[str, Any], before: str = "") -> list[str]:
    found = []
    for key, value in values.items():
        name = f"{before}{key}"
        found += _leaves(value, f"{name}.") if isinstance(value, dict) and value else [name]
    return found


def _anchor(values: dict[str, Any], folder: Path) -> None:
    """Take relative paths from ``folder``: cron and systemd start elsewhere than a shell."""
    for table, name in _files_in(values):
        if isinstance(table.get(name), str) and table[name].strip():
            table[name] = str(folder / os.path.expanduser(table[name].strip()))  # noqa: PTH111 - Path.expanduser raises where nobody has a home
    store = values.get("store")
    if not isinstance(store, dict) or not isinstance(store.get("url"), str):
        return
    if relative := _SQLITE.fullmatch(store["url"].strip()):
        store["url"] = f"{relative[1]}{folder / relative[2]}"


def _files_in(values: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the tables and keys that name a file: of secrets, and of settings declared so.

    The home of the store is one too; the folders of mail are below it.
    """
    for section, table in values.items():
        declared = section_at([section]) if isinstance(table, dict) else None
        for key, kind in (declared.types if declared else {}).items():
            if isinstance(table.get(key), dict) and _is_secret(kind):
                yield table[key], "file"
            elif FileName() in get_args(kind) or (section, key) == _HOME:
                yield table, key


def _is_secret(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Secret)


def _add_environment(found: Sources, environment: Mapping[str, str]) -> None:
    own: dict[str, Any] = {}
    for variable, value in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable in _OURS or _FOREIGN.fullmatch(variable):
            continue
        parts = variable[len(PREFIX) :].lower().split("__")
        if len(parts) < 2 or not all(parts):  # noqa: PLR2004 - a section and a key
            near = get_close_matches(variable, known_variables(), n=1, cutoff=0.5)
            hint = near[0] if near else f"{PREFIX}TEAM__COUNTRY"
            found.faults.append(ConfigurationError("environment_unknown", name=variable, near=hint))
            continue
        table = own
        for part in parts[:-1]:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                break
        else:
            table[parts[-1]] = _typed(value, parts)
            found.origins[".".join(parts)] = variable
    _anchor(own, Path.cwd())
    for section, table in own.items():
        whole = found.values.setdefault(section, {})
        if isinstance(whole, dict):
            whole.update(table)
        else:
            found.values[section] = table


def _typed(text: str, place: list[str]) -> Any:
    """Read a value of the environment as TOML, or as plain text when it is none.

    A user called 12345 is text: numbers stay text where the setting is one.
    """
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    if isinstance(value, (str, list, dict)):
        return value
    section = section_at(place[:-1])
    kind = section.types.get(place[-1]) if section else None
    return text if bare(kind) is str else value


def section_at(place: Sequence[str]) -> type[Section] | None:
    """Return the section (or section of a section) at ``place``, or None."""
    section: type[Section] = Settings
    for part in place:
        kind = section.types.get(part)
        if not (isinstance(kind, type) and issubclass(kind, Section)):
            return None
        section = kind
    return section


def known_variables() -> list[str]:
    """Return the variables of the environment that set something."""
    names = [
        f"{PREFIX}{section}__{key}".upper()
        for section in Settings.types
        for key in (section_at([section]) or Settings).types
    ]
    return [*names, *sorted(_OURS)]
