"""The embedded PostgreSQL: it starts after every kind of crash, and is shared by those who come later."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from core.settings import PROJECT
from workers import processes
from workers.services.place import Place, ServiceFailed, place_of
from workers.services.postgres import Postgres

OPTIONS = {"fsync": "off"}


@pytest.fixture
def postgres(place: Place) -> Iterator[Postgres]:
    server = Postgres(place, OPTIONS)
    yield server
    server.stop()


def ask(server: Postgres, question: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def until(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def pid_of(server: Postgres) -> int:
    assert server.pid is not None
    return server.pid


def test_it_starts_safe_and_private_and_stops(postgres: Postgres, place: Place) -> None:
    durable = Postgres(place)
    durable.start()
    pid = pid_of(durable)
    assert [ask(durable, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "listen_addresses", "server_encoding")] == [
        "on",
        "on",
        "",
        "UTF8",
    ]
    assert stat.S_IMODE(place.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.data.stat().st_mode) == 0o700
    durable.stop()
    assert processes.command_of(pid) == ""
    assert postgres.pid is None


def test_who_comes_second_uses_it_and_leaves_it_running(postgres: Postgres, place: Place) -> None:
    postgres.start()
    pid = pid_of(postgres)
    second = Postgres(place, OPTIONS)
    second.start()
    assert pid_of(second) == pid
    second.stop()
    assert ask(postgres, "SELECT 1") == 1


def test_what_was_committed_survives_kill_9(postgres: Postgres) -> None:
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int); TRUNCATE kept; INSERT INTO kept VALUES (42)")
    before = pid_of(postgres)
    os.kill(before, signal.SIGKILL)
    assert until(postgres.keep)
    postgres.start()
    assert pid_of(postgres) != before
    assert ask(postgres, "SELECT n FROM kept") == 42


def test_the_number_of_another_program_does_not_block_it(postgres: Postgres, place: Place) -> None:
    postgres.start()
    stale = (place.data / "postmaster.pid").read_text().replace(str(pid_of(postgres)), str(os.getpid()), 1)
    postgres.stop()
    (place.data / "postmaster.pid").write_text(stale)
    (place.sockets / ".s.PGSQL.5432.lock").write_text(stale)
    (place.sockets / ".s.PGSQL.5432").touch()
    assert postgres.pid is None
    postgres.start()
    assert ask(postgres, "SELECT 1") == 1


def test_a_half_made_database_is_made_anew(home: Path) -> None:
    place = place_of(home)
    half = place.base / "postgres.new"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = Postgres(place, OPTIONS)
    try:
        server.start()
        assert ask(server, "SELECT current_user || '/' || current_database()") == "pamoja/pamoja"
    finally:
        server.stop()
    assert not half.exists()


def test_why_it_does_not_start_is_said(place: Place) -> None:
    with pytest.raises(ServiceFailed, match="no_such_setting"):
        Postgres(place, OPTIONS | {"no_such_setting": "1"}).start()


def test_its_log_names_no_row_and_no_statement(postgres: Postgres, place: Place) -> None:
    postgres.start()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS canaries (name text PRIMARY KEY)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO canaries VALUES ('canary-one'), ('canary-one')")
    assert "canaries_pkey" in place.log("postgres").read_text()
    assert "canary-one" not in place.log("postgres").read_text()


HOLD = """
import sys
from pathlib import Path
from workers.services.place import place_of
from workers.services.postgres import Postgres
server = Postgres(place_of(Path(sys.argv[1])), {"fsync": "off"})
server.start()
print(server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


def holder(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 our own
        (sys.executable, "-c", HOLD, str(home)), cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def heard(child: subprocess.Popen[str]) -> int:
    assert child.stdout is not None
    return int(child.stdout.readline())


def test_two_that_start_at_once_share_one(place: Place) -> None:
    with holder(place.home) as first, holder(place.home) as second:
        assert heard(first) == heard(second)


def test_it_dies_with_whoever_started_it(place: Place, postgres: Postgres) -> None:
    with holder(place.home) as parent:
        pid = heard(parent)
        parent.kill()
    assert until(lambda: not processes.command_of(pid))
    postgres.start()
    assert pid_of(postgres) != pid


def test_a_deep_home_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 5)
    place = place_of(deep)
    try:
        assert len(os.fsencode(place.sockets / ".s.PGSQL.5432.lock")) <= 107
        assert stat.S_IMODE(place.sockets.stat().st_mode) == 0o700
        assert place_of(deep).sockets == place.sockets
        if os.geteuid() != 0:
            # Whoever may write there must not be able to put something in its place.
            place.sockets.chmod(0o777)
            assert place_of(deep).sockets != place.sockets
    finally:
        place.remove()


def test_no_folder_of_others_is_opened_wider(tmp_path: Path) -> None:
    above = tmp_path / "private"
    above.mkdir(mode=0o700)
    place = place_of(above / "home")
    try:
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in (above, place.home, place.sockets)] == [0o700] * 3
    finally:
        place.remove()


def test_a_home_that_was_removed_is_a_new_one(home: Path) -> None:
    before = place_of(home)
    (before.data / "canary").mkdir(parents=True)
    assert list(home.joinpath("postgres").iterdir()) == [home / "postgres" / "canary"]
    shutil.rmtree(home)
    after = place_of(home)
    try:
        assert not (after.data / "canary").exists()
    finally:
        before.remove()
        after.remove()
