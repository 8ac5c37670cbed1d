"""Whether a server is ready: not when one of its processes answers, but when all of them do. Linux only, as the load generator is."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from workers.processes import commands

_PROC: Final = Path("/proc")
_ESTABLISHED: Final = "01"
_GET: Final = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER_SECONDS: Final = 2.0  # for all that are asked at once


def children_of(parent: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for pid, _ in commands():
        with suppress(OSError, IndexError):
            if int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(pid)
    return found


def answering(parent: int, port: int, *, at_once: int = 16) -> set[int]:
    """Open some connections at once, ask something on each, and say which children of the server took them."""
    lines: list[socket.socket] = []
    until = time.monotonic() + ANSWER_SECONDS
    try:
        with suppress(OSError):
            lines.extend(socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) for _ in range(at_once))
        answered = {line.getsockname()[1] for line in [line for line in lines if _asked(line)] if _answers(line, until)}
        inodes = _inodes(port, answered)
        return {pid for pid in children_of(parent) if _holds(pid, inodes)}
    finally:
        for line in lines:
            line.close()


def wait_for_all(parent: int, port: int, *, count: int, seconds: float, alive: Callable[[], bool] = lambda: True) -> bool:
    """Wait until so many processes of a server answer; say whether they did, in time and while it was alive."""
    seen: set[int] = set()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and alive():
        seen |= answering(parent, port)
        if len(seen & set(children_of(parent))) >= count:
            return True
        time.sleep(0.02)
    return False


def _asked(line: socket.socket) -> bool:
    try:
        line.sendall(_GET)
    except OSError:
        return False
    return True


def _answers(line: socket.socket, until: float) -> bool:
    line.settimeout(max(0.001, until - time.monotonic()))
    try:
        return line.recv(64).startswith(b"HTTP/1.1 ")
    except OSError:
        return False


def _inodes(port: int, clients: set[int]) -> set[str]:
    """The server's ends of connections, as the kernel numbers them."""
    found = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for row in (_PROC / "net" / table).read_text().splitlines()[1:]:
                _, local, remote, state, *rest = row.split()
                if state == _ESTABLISHED and int(local.rpartition(":")[2], 16) == port and int(remote.rpartition(":")[2], 16) in clients:
                    found.add(rest[5])
    return found


def _holds(pid: int, inodes: set[str]) -> bool:
    with suppress(OSError):
        for file in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                if str(file.readlink()).removeprefix("socket:[").removesuffix("]") in inodes:
                    return True
    return False
