"""Gateways for tests: the sandbox served on a port, and one that answers byte for byte what a test gives it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from time import sleep
from typing import Self

from werkzeug.serving import make_server

from channels.sandbox.app import create_app
from channels.sandbox.options import Options
from channels.sandbox.sandbox import Sandbox, open_sandbox


@dataclass(frozen=True, slots=True)
class Served:
    """A sandbox, and where it listens."""

    url: str
    sandbox: Sandbox

    def received(self, phone: str) -> list[str]:
        """The texts in a handset's inbox, oldest first."""
        return [sms.text for sms in self.sandbox.inboxes.listed(phone)]


@contextmanager
def served_sandbox(*, port: int = 0) -> Iterator[Served]:
    """Serve a sandbox whose callbacks go nowhere."""
    sandbox = open_sandbox(Options(target="http://127.0.0.1:9"))
    server = make_server("127.0.0.1", port, create_app(sandbox=sandbox), threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}", sandbox)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        sandbox.close()


@dataclass
class Scripted:
    """Answers each request with the next of its pieces; between pieces of one answer it pauses, and a None cuts the line."""

    answers: list[list[bytes | None]]
    pause: float = 0.0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._line = self._listener
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/at/"
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, self._line):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=2)
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._line = line
            with line:
                while self._answer(line):
                    pass

    def _answer(self, line: socket.socket) -> bool:
        request = b""
        while b"\r\n\r\n" not in request or len(request.split(b"\r\n\r\n", 1)[1]) < _length(request):
            chunk = line.recv(65_536)
            if not chunk:
                return False
            request += chunk
        self.requests.append(request)
        for piece in self.answers.pop(0):
            if piece is None:
                return False
            try:
                line.sendall(piece)
            except OSError:
                return False
            sleep(self.pause)
        return True


def _length(request: bytes) -> int:
    head = request.split(b"\r\n\r\n", 1)[0].lower()
    return int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]) if b"content-length:" in head else 0


def answer(status: str, body: str, *, kind: str = "application/json") -> list[bytes | None]:
    """Write a whole HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    return [head.encode() + body.encode()]
