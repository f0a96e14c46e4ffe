"""The address of the database: what is wrong with it, and how it is shown without its password."""

import re
from collections.abc import Iterator

from pipeline.config.places import is_host
from pipeline.config.sections import Settings
from pipeline.config.written import Origin
from pipeline.errors import ConfigurationError

_SCHEMES = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AUTHORITY = re.compile(r"(?:(?P<user>[^:]*)(?P<password>:.*)?@)?(?P<server>[^@]*)", re.DOTALL)
_SERVER = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>.*))?", re.DOTALL)
_MOST_PORT = 65_535
_QUERY_PASSWORD = re.compile(r"((?:^|[?&])(?:ssl)?password=)[^&]*", re.IGNORECASE)


def hidden(url: str) -> str:
    """Return the URL of a database without its password, also where the password breaks the URL."""
    before, marked, rest = url.partition("://")
    if before.startswith("sqlite"):
        return url  # a file has no password, and may have an @ in its name
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    if at and (colon or re.search(r"[/?#@]", login)):
        user = user if colon and not re.search(r"[/?#@]", user) else ""
        rest = f"{user}:***@{place}"
    return _QUERY_PASSWORD.sub(r"\1***", f"{before}{marked}{rest}" if marked else url)


def database_faults(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield what is wrong with the address and with the place of its password.

    The URL itself is never told: it may hold a password.
    """
    store, key = settings.store, "store.url"
    if store.url and (code := _fault(store.url)):
        scheme = _SCHEME.match(store.url)
        shown = f'"{scheme[1]}"' if scheme else '"…"'
        yield ConfigurationError(code, key=key, scheme=shown, where=origin(key))
    elif store.password.is_set() and not _takes_password(store.url):
        yield ConfigurationError(
            "setting_store_password", key="store.password", where=origin("store.password")
        )


def _fault(url: str) -> str:
    """Return the code of what is wrong with ``url``, or nothing."""
    scheme, marked, rest = url.partition("://")
    if scheme not in _SCHEMES or not marked:
        return "setting_store_url"
    if scheme.startswith("sqlite"):
        return _file_fault(rest)
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        return "setting_store_url_blank"
    authority, path, query = _parts(rest)
    # An @ belongs before the server and nowhere else: one behind it is part of a password that
    # holds a / ? or #, and so is the "server" before it.
    if authority.count("@") > 1 or "@" in path + query or "#" in rest:
        return "setting_store_url_sign"
    found = _AUTHORITY.fullmatch(authority)
    if found is None or _BAD_ESCAPE.search(authority):
        return "setting_store_url_sign"
    return _server_fault(found["server"]) or ("" if path.strip("/") else "setting_store_url_name")


def _file_fault(rest: str) -> str:
    if not rest.isprintable():
        return "setting_store_url_blank"
    if rest.strip("/ ") in {"", ":memory:"}:
        return "setting_store_url_memory"
    if rest.startswith("/~"):
        return "setting_store_url_home"
    return "" if rest.startswith("/") else "setting_store_url_slashes"


def _parts(rest: str) -> tuple[str, str, str]:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    path, _, query = rest[len(authority) :].partition("?")
    return authority, path, query


def _server_fault(server: str) -> str:
    found = _SERVER.fullmatch(server)
    if found is None:
        return "setting_store_url_host"
    port = found["port"]
    if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port) <= _MOST_PORT):
        return "setting_store_url_port"
    host = found["host"].removeprefix("[").removesuffix("]")
    return "" if not host or is_host(host) else "setting_store_url_host"


def _takes_password(url: str) -> bool:
    if not url.startswith("postgresql"):
        return False
    found = _AUTHORITY.fullmatch(_parts(url.partition("://")[2])[0])
    return bool(found and found["user"]) and found is not None and found["password"] is None
