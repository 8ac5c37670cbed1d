"""Where the embedded services live, and as whom they run.

PostgreSQL refuses to run as root. Then it runs as a system user of its own, in a folder of our own, so that the
permissions of no folder that we did not make are ever touched.
"""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.children import Account

SHARED: Final = Path("/var/lib/pamoja")  # only as root
USER: Final = "pamoja"
HOME_NOTE: Final = "home"
DATA: Final = "postgres"
# The kernel holds 107 bytes of a unix socket's path.
SOCKET_FOLDER_BYTES_MAX: Final = 107 - len("/.s.PGSQL.5432.lock")


class ServiceFailed(Exception):
    """An embedded service cannot be started; the text says why, for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of the services of one home."""

    home: Path
    base: Path  # of lock, data and sockets; the last two belong to the account, if there is one
    sockets: Path
    account: Account | None
    mark: str  # names the processes of this home in the process list

    @property
    def data(self) -> Path:
        """Where the data of PostgreSQL is."""
        return self.base / DATA

    def log(self, name: str) -> Path:
        """Where a service writes its log."""
        return self.home / f"{name}.log"

    def remove(self) -> None:
        """Throw away everything that is there, data too. Nothing may run there any more."""
        for folder in (self.base, self.sockets, self.home):
            shutil.rmtree(folder, ignore_errors=True)


def place_of(home: Path) -> Place:
    """Find or make the folders of a home.

    :raises ServiceFailed: if they cannot be made
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        account = _account() if os.geteuid() == 0 else None
        with locked(home):
            base, mark = _base(home) if account else (home, _digest(home))
            sockets = _sockets(home, base, account)
    except OSError as error:
        raise ServiceFailed(f"{error.filename}: {error.strerror}") from error
    return Place(home=home, base=base, sockets=sockets, account=account, mark=f"pamoja-{mark}")


def make_folder(folder: Path, account: Account | None) -> None:
    """Make a folder that only the account can enter, unless it is there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time work on a folder; the kernel frees the lock of one that dies."""
    with (folder / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _account() -> Account:
    if (found := _user(USER)) is None:
        _add_user()
        found = _user(USER) or _user("nobody")
    if found is None:
        raise ServiceFailed(f"PostgreSQL does not run as root, and there is no other user: make one called {USER}, or set DATABASE_URL")
    return found


def _user(name: str) -> Account | None:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, found.pw_uid, found.pw_gid)


def _add_user() -> None:
    useradd = shutil.which("useradd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if useradd is not None:
        options = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
        # Two may try at once: whoever comes second fails, and finds the user.
        subprocess.run((useradd, *options, USER), check=False, capture_output=True, timeout=30)  # noqa: S603


def _digest(home: Path) -> str:
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


def _base(home: Path) -> tuple[Path, str]:
    """Find or make the folder of our own that belongs to a home; a home that was removed and made again gets a new one."""
    note, data = home / "place", home / DATA
    if data.is_dir() and not data.is_symlink():
        raise ServiceFailed(f"{data} was made by another user than root: run as {data.owner()}")
    if not note.exists():
        SHARED.mkdir(mode=0o711, parents=True, exist_ok=True)
        _prune()
        mark = secrets.token_hex(6)
        base = SHARED / mark
        base.mkdir(mode=0o711)
        (base / HOME_NOTE).write_text(str(home))
        # Whoever looks for the data in the home shall find it.
        data.unlink(missing_ok=True)
        data.symlink_to(base / DATA)
        note.write_text(mark)
    mark = note.read_text()
    return SHARED / mark, mark


def _prune() -> None:
    """Remove what belonged to homes that were temporary, and are gone."""
    temporary = Path(tempfile.gettempdir())
    for note in SHARED.glob(f"*/{HOME_NOTE}"):
        with suppress(FileNotFoundError):  # another process may be removing the same
            home = Path(note.read_text())
            if home.is_relative_to(temporary) and not home.exists():
                shutil.rmtree(note.parent, ignore_errors=True)


def _sockets(home: Path, base: Path, account: Account | None) -> Path:
    folder = base / "run"
    if len(os.fsencode(folder)) <= SOCKET_FOLDER_BYTES_MAX:
        make_folder(folder, account)
        return folder
    # Too deep for a socket: a short folder elsewhere, and a note of where it is.
    note = home / "sockets"
    if note.exists() and _is_ours(folder := Path(note.read_text()), account):
        return folder
    folder = Path(tempfile.mkdtemp(prefix="pamoja-"))
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    note.write_text(str(folder))
    return folder


def _is_ours(folder: Path, account: Account | None) -> bool:
    """Say whether nobody else can have put the folder there, or reach into it."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    owner = account.uid if account else os.geteuid()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700  # noqa: PLR2004
