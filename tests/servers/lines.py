"""A server of lines on loopback that says what a test wants: answers that no real server gives."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers.certificates import server_context

#: Answer of a line that ends the connection.
HANG_UP = ""


@contextmanager
def line_server(greeting: str | None, answers: Mapping[str, str]) -> Iterator[int]:
    """Run the server and give its port.

    ``greeting`` None: it says nothing. ``answers`` maps a word of a line to the answer, the first
    that fits; ``{tag}`` in it is the first word of the line (an IMAP tag), ``{begun}`` that of the
    last line of several words (of the command that goes on). A line without an answer is left
    without one.
    """
    with _server(lambda client: _talk(client, greeting, answers)) as port:
        yield port


@contextmanager
def tls_port(certificate: Path) -> Iterator[int]:
    """Run a server that speaks TLS at once and says nothing before; give its port."""
    context = server_context(certificate)

    def talk(client: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(client, server_side=True) as safe:
            while safe.recv(100):
                pass

    with _server(talk) as port:
        yield port


@contextmanager
def _server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    opened: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    opened.append(client)
                    threading.Thread(target=talk, args=(client,)).start()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            for line in (listener, *opened):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for line in opened:
                line.close()


def _talk(client: socket.socket, greeting: str | None, answers: Mapping[str, str]) -> None:
    with suppress(OSError), client, client.makefile("rb") as reader:
        if greeting == HANG_UP:
            return
        if greeting is not None:
            client.sendall(f"{greeting}\r\n".encode())
        begun = ""
        for raw in reader:
            line = raw.decode("latin-1").rstrip("\r\n")
            answer = next((said for word, said in answers.items() if word in line.upper()), None)
            if answer == HANG_UP:
                return
            if answer is not None:
                tag, several, _ = line.partition(" ")
                begun = tag if several else begun
                said = answer.replace("{tag}", tag).replace("{begun}", begun)
                client.sendall(f"{said}\r\n".encode())


@contextmanager
def closed_port() -> Iterator[int]:
    """Hold a port of the loopback that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
