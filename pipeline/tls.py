"""What two ends of a line find out about its encryption, for mail in and mail out alike."""

import contextlib
import ipaddress
import socket
import ssl

_LONGEST_PROBE = 5.0
#: What OpenSSL calls an answer that is no TLS.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG",
                     "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})  # fmt: skip


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine, so that nobody else hears the line."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def answered_plain(error: BaseException) -> bool:
    """Return whether a TLS handshake failed because the other end does not speak TLS."""
    return isinstance(error, ssl.SSLError) and error.reason in _NO_TLS


def speaks_tls(host: str, port: int, seconds: float) -> bool:
    """Return whether the port begins with TLS at once; asked of a port that said nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # nothing is sent and nothing believed: only whether there is a handshake is of interest
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        contextlib.suppress(OSError),
        socket.create_connection((host, port), min(seconds, _LONGEST_PROBE)) as line,
        context.wrap_socket(line, server_hostname=host),
    ):
        return True
    return False
