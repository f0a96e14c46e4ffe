"""The names of the authority's files, and the serial numbers of its certificates."""

import secrets

KEY_FILE = "authority.key"
CERTIFICATE_FILE = "authority.crt"

#: RFC 5280, section 6.2.1.2: 18 octets, the first 0x01, so that no encoder adds or drops an octet.
SERIAL_OCTETS = 18


def new_serial() -> str:
    """Return a new random serial number: 18 octets in hexadecimal, the first 0x01."""
    return "01" + secrets.token_hex(SERIAL_OCTETS - 1)
