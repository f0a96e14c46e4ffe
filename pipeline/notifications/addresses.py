"""Addresses as they travel: international domains as A-labels (RFC 5890)."""


def a_label(domain: str) -> str:
    """Return ``domain`` as A-labels; unchanged when it cannot be one."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def on_the_wire(address: str) -> str:
    """Return ``address`` with its domain as A-labels; the local part stays as it is."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{a_label(domain)}"
