"""Names of servers, mail addresses and domains: which ones can exist."""

import re
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urlsplit

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+|localhost")
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_LOCAL_PART = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}")
_MOST_ADDRESS = 254


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_host(text: str) -> bool:
    """Return whether ``text`` can be the name or the address of a server."""
    try:
        address = ip_address(text)
    except ValueError:
        # RFC 1123, 2.1: no name ends with a number, so that an address is never taken for one.
        named = _HOST.fullmatch(text) and len(text) < _MOST_ADDRESS
        return bool(named) and not _ends_with_number(text)
    broadcast = address == IPv4Address("255.255.255.255")
    return not (address.is_unspecified or address.is_multicast or broadcast)


def is_endpoint(text: str) -> bool:
    """Return whether ``text`` is a URL that secrets may be sent to.

    Plain HTTP is for this machine only. A fragment is forbidden (RFC 6749, 3.2), and a user in the
    URL would be shown with it.
    """
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "<>\\^`{|}#')
    return safe and plain and is_host(host) and "@" not in parts.netloc and port != 0


def split_bind(text: str) -> tuple[str, int] | None:
    """Return the address and the port of ``text`` (``[::1]:8765``), or None when it has none."""
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    digits = port.isascii() and port.isdigit() and len(port) <= len("65535")
    try:
        address = None if bare == "localhost" else ip_address(bare)
    except ValueError:
        return None
    bracketed = bare != host
    if address is not None and bracketed != (":" in bare):
        return None
    return (bare, int(port)) if digits and 0 < int(port) < 1 << 16 else None


def is_base_url(text: str) -> bool:
    """Return whether ``text`` is a URL that pages can lie below: without query, of one host."""
    return is_endpoint(text) and "?" not in text


def is_network(text: str) -> bool:
    """Return whether ``text`` is an address, or a network without bits of a host."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def is_domain(text: str) -> bool:
    """Return whether ``text`` can be the domain of an address."""
    return bool(_DOMAIN.fullmatch(text)) and not _ends_with_number(text)


def is_address(text: str) -> bool:
    """Return whether ``text`` is one mail address without a name."""
    local, _, domain = text.rpartition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    known = _LOCAL_PART.fullmatch(local) and local.isprintable() and is_domain(domain)
    return bool(known) and not dots and len(text) <= _MOST_ADDRESS


def same_mailbox(one: str, other: str) -> bool:
    """Return whether two addresses lead to one mailbox: what follows a plus is a note."""
    return _plain(one) == _plain(other)


def _plain(address: str) -> str:
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _ends_with_number(text: str) -> bool:
    return text.rstrip(".").rpartition(".")[2].isdigit()
