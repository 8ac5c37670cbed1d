"""The load generator: a process of its own, one epoll loop, raw keep-alive HTTP, the same for every server that is measured.

`python -m bench.load` reads one JSON object (see `Order`) and writes one (see `Tally`). Each client plays a script: it
sends what the script gives, hands the script the reply, and notes how long that took under the script's label.
"""

import json
import select
import socket
import sys
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from bench.scripts import SCRIPTS, Ask

Script = Generator[Ask, str, None]
_clock: Final = time.perf_counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to play, where, for how long. `rate` is requests a second over all clients; 0 is as fast as it goes."""

    script: str
    port: int
    path: str
    seconds: float = 0.0
    requests: int = 0  # stop after so many, where no seconds are given
    clients: int = 16
    rate: float = 0.0
    first: int = 1
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What came of it: seconds taken, replies that the script did not expect, and each label's times in seconds."""

    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=dict)


class _Client:
    """One connection and its script."""

    def __init__(self, order: Order, number: int) -> None:
        self.script: Script = SCRIPTS[order.script](number, order.first, order.options)
        self._head = f"POST {order.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        self.socket = socket.create_connection(("127.0.0.1", order.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ask = next(self.script)
        self.began = 0.0
        self._held = b""

    def send(self, now: float) -> None:
        """Send the next request of the script."""
        body = self.ask.body
        self.began = now
        self.socket.sendall(f"{self._head}{len(body)}\r\n\r\n{body}".encode())

    def receive(self) -> str | None:
        """Take what came; the reply's body once it is whole."""
        self._held += self.socket.recv(65_536)
        head, mark, body = self._held.partition(b"\r\n\r\n")
        if not mark:
            return None
        lower = head.lower()
        at = lower.index(b"content-length:") + 15
        if len(body) < int(lower[at:].split(b"\r\n", 1)[0]):
            return None
        self._held = b""
        return body.decode()


class _Play:
    """A run of an order. Until every client has played what its script calls opening, nothing is counted or paced."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._clients = [_Client(order, number) for number in range(order.clients)]
        self._poll, self._by_fd = select.epoll(), {client.socket.fileno(): client for client in self._clients}
        self._gap = order.clients / order.rate if order.rate else 0.0
        self._due: dict[int, float] = {}  # who waits for the time of their next request
        self._busy = 0
        self._left = order.requests or sys.maxsize
        self._until = float("inf")
        self.tally = Tally()

    def run(self) -> Tally:
        """Play until the order is fulfilled."""
        for fd, client in self._by_fd.items():
            self._poll.register(fd, select.EPOLLIN)
            client.send(_clock())
        self._busy = len(self._clients)
        began = self._begin() if not self._opening() else 0.0
        while self._busy or self._due:
            for fd, _ in self._poll.poll(0.0005 if self._due else 1.0):
                text = self._by_fd[fd].receive()
                if text is not None:
                    self._take(fd, text, counted=bool(began))
                    began = began or (0.0 if self._opening() else self._begin())
            self._send_due()
        self.tally.seconds = _clock() - began
        for client in self._clients:
            client.socket.close()
        return self.tally

    def _opening(self) -> bool:
        return any(client.ask.label.startswith("open") for client in self._clients)

    def _begin(self) -> float:
        now = _clock()
        if self._order.seconds:
            self._until = now + self._order.seconds
        return now

    def _take(self, fd: int, text: str, *, counted: bool) -> None:
        client, now = self._by_fd[fd], _clock()
        if counted:
            self._left -= 1
            self.tally.times.setdefault(client.ask.label, []).append(now - client.began)
        if not client.ask.expects.met_by(text):
            self.tally.wrong.append(f"{client.ask.label}: {text[:160]!r}")
        client.ask = client.script.send(text)
        if now >= self._until or self._left < self._busy:
            self._busy -= 1
        elif self._gap and counted:
            # At a given rate a request is due at its time, and what it waits for its turn counts as its time too.
            self._busy -= 1
            self._due[fd] = client.began + self._gap
        else:
            client.send(now)

    def _send_due(self) -> None:
        if not self._due:
            return
        now = _clock()
        if now >= self._until:
            self._due.clear()
        for fd in [fd for fd, due in self._due.items() if due <= now]:
            self._busy += 1
            self._by_fd[fd].send(self._due.pop(fd))


def play(order: Order) -> Tally:
    """Play the order's script with all its clients."""
    return _Play(order).run()


def main() -> None:
    """Play what is asked on standard input."""
    tally = play(Order(**json.load(sys.stdin)))
    tally.wrong = [f"{len(tally.wrong)} in all", *tally.wrong[:5]] if tally.wrong else []
    json.dump(asdict(tally), sys.stdout)


if __name__ == "__main__":
    main()
