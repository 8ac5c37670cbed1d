"""Serve a WSGI application: granian in this process, which keeps its own workers."""

import os
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from core import settings as core_settings
from core.settings import Settings
from workers import logs
from workers.services import ServiceFailed
from workers.tether import die_with_parent

STOP_SECONDS_MAX: Final = 8
PORT_SECONDS_MAX: Final = 3.0  # one that was killed may hold it for a moment


def serve(settings: Settings, *, process: str, target: str, port: int, workers: int, threads: int) -> None:
    """Serve the application that the factory `target` ("package.module:name") makes, until SIGTERM or SIGINT.

    :raises ServiceFailed: if somebody else has the port
    """
    wait_for_port(settings.host, port, seconds=PORT_SECONDS_MAX)
    server = Server(
        target,
        address=settings.host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS_MAX,
        log_level=LogLevels.error,
        log_dictconfig={"handlers": {}, "loggers": {"_granian": {"propagate": True}}},
        # No access log: the path of a request holds the secret.
        log_access=False,
    )
    logs.configure(settings, process=process)
    # What the workers need is loaded once, here, and they share the memory.
    import_module(target.partition(":")[0])
    server.serve(target_loader=partial(_load, process, os.getpid()))


def wait_for_port(host: str, port: int, *, seconds: float = 0.0) -> None:
    """Make sure that nobody listens there: the kernel would let two servers share a port, and each get half of the calls.

    :raises ServiceFailed: if somebody does
    """
    deadline = time.monotonic() + seconds
    while (error := _taken(host, port)) is not None:
        if time.monotonic() > deadline:
            raise ServiceFailed(f"Port {port} of {host}: {error.strerror}")
        time.sleep(0.1)


def _taken(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _load(process: str, parent: int, target: str) -> Any:  # noqa: ANN401 whatever the factory makes
    """Make the application, in a worker."""
    if os.getpid() != parent:
        # At once: a worker that is asked to stop just as it begins to wait never does, and would keep the port.
        die_with_parent(signal.SIGKILL, parent=parent)
    logs.configure(core_settings.load(serving=True), process=process)
    module, _, name = target.partition(":")
    factory: Callable[[], Any] = getattr(import_module(module), name)
    return factory()
