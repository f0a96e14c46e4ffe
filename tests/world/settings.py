"""Settings of the tests: an address, a server that judges senders, and staff."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.config import Settings

ADDRESS = "GenesysCloudWhatsAppRequests@genesys.com"
PRIVACY = "privacy@genesys.com"
STAFF = "whatsapp-staff@genesys.example"
AUTHSERV = "mx.genesys.example"

_BASE: Mapping[str, Mapping[str, object]] = {"sender": {"authserv_ids": (AUTHSERV,)}}


def settings_of(home: Path, **sections: Mapping[str, object]) -> Settings:
    """Return settings with the state in ``home``; keywords are sections that differ."""
    store = {"home": home, **sections.pop("store", {})}
    return Settings.model_validate(_merged(store=store, **sections))


def write_settings(path: Path, **sections: Mapping[str, object]) -> Path:
    """Write the same settings as a configuration file (TOML) and return its path."""
    lines: list[str] = []
    for name, values in _merged(**sections).items():
        lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def _merged(**sections: Mapping[str, object]) -> dict[str, dict[str, object]]:
    names = dict.fromkeys([*_BASE, *sections])
    return {name: {**_BASE.get(name, {}), **sections.get(name, {})} for name in names}


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, Path):
        value = str(value)
    return json.dumps(value, ensure_ascii=False)
