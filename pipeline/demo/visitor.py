"""A visitor of the demo: a user with a password of their own, and a place to serve the console."""

import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.services import open_services
from pipeline.flow.staff.people import users
from pipeline.store.staff_records import Role

NAME = "visitor"
_HOST, _PORT = "127.0.0.1", 8765
#: Letters and digits that nobody takes for each other.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who may log in to the console of a demo."""

    name: str
    password: str = field(repr=False)


def invite(folder: Path) -> Visitor:
    """Let one visitor look after the demo in ``folder``, with a password that nobody else has."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    password = "-".join(groups)
    settings = load(folder / "pipeline.toml", environment={})
    with open_services(settings, SystemClock()) as services:
        users.add(services, NAME, Role.ADMIN, "demo", password=password)
    return Visitor(NAME, password)


def free_place() -> tuple[str, int]:
    """Return where the console can be served on this machine: its usual port, or any free one."""
    for port in (_PORT, 0):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((_HOST, port))
            except OSError:
                continue
            return _HOST, int(tried.getsockname()[1])
    return _HOST, _PORT
