"""A small clamd: it speaks PING, VERSION and INSTREAM, and knows the test file of EICAR."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

#: The test file that every scanner finds (EICAR), in two halves so that none finds this one.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Clamd:
    """A running server: where it listens, and what it was given."""

    address: str
    limit: int = 25_000_000
    scanned: list[bytes] = field(default_factory=list)


def _answer(line: socket.socket, clamd: Clamd) -> bytes:
    with line.makefile("rb") as given:
        command = b""
        while not command.endswith(b"\x00") and (byte := given.read(1)):
            command += byte
        if command == b"zVERSION\x00":
            return b"ClamAV 1.4.3/27500/Mon Nov 23 09:30:00 2026\x00"
        if command != b"zINSTREAM\x00":
            return b"UNKNOWN COMMAND\x00"
        content = b""
        while size := struct.unpack("!I", given.read(4))[0]:
            if len(content) + size > clamd.limit:
                return b"INSTREAM size limit exceeded. ERROR\x00"
            content += given.read(size)
    clamd.scanned.append(content)
    found = EICAR in content
    return b"stream: Eicar-Test-Signature FOUND\x00" if found else b"stream: OK\x00"


@contextmanager
def running_clamd(socket_file: Path | None = None, *, limit: int = 25_000_000) -> Iterator[Clamd]:
    """Run the server on a Unix socket, or on a free port of loopback."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(_answer(self.request, clamd))

    server: socketserver.BaseServer
    if socket_file is None:
        tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        clamd = Clamd(f"tcp:127.0.0.1:{tcp.server_address[1]}", limit)
        server = tcp
    else:
        server = socketserver.ThreadingUnixStreamServer(str(socket_file), Handler)
        clamd = Clamd(f"unix:{socket_file}", limit)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield clamd
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
