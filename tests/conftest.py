"""One real PostgreSQL and one real Redis for the whole run; a database of its own, cloned from a migrated one, for each worker."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import hypothesis
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from redis import Redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core import settings as core_settings
from core.db import Work, make_engine
from core.db.migrate import migrate
from core.settings import Settings
from workers.services import ServiceFailed, services
from workers.services.place import place_of

HOME_PREFIX: Final = "pamoja-test-"
DATABASE: Final = "PAMOJA_TEST_DATABASE_URL"
REDIS: Final = "PAMOJA_TEST_REDIS_URL"
# Only here: a test's database need not survive the power going off.
POSTGRES_OPTIONS: Final = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}

hypothesis.settings.register_profile("pamoja", derandomize=True, deadline=None)
hypothesis.settings.load_profile("pamoja")

# No setting of the terminal or of a developer's .env reaches a test.
for _name in [name for name in os.environ if re.match(r"(PAMOJA|AT|DARAJA|TELEGRAM)_|(DATABASE|REDIS)_URL|PORT$", name)]:
    if _name not in {DATABASE, REDIS}:
        del os.environ[_name]
os.environ["PAMOJA_ENV_FILE"] = os.devnull

_servers = ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` writes transcripts anew, for a person to review."""
    parser.addoption("--update", action="store_true", help="write what really happens into tests/transcripts")


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers before the workers of pytest-xdist, which find them by the environment."""
    if getattr(config.option, "numprocesses", None) and not config.option.collectonly:
        _start()


def pytest_unconfigure() -> None:
    _servers.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that kill a whole house. One worker then has all of them, one after the other, and never two at once."""
    items.sort(key=lambda item: item.get_closest_marker("chaos") is None)


def _start() -> None:
    """Start PostgreSQL and Redis, and migrate the database that the others are cloned from."""
    if DATABASE in os.environ:
        return
    _remove_forgotten()
    home = Path(tempfile.mkdtemp(prefix=f"{HOME_PREFIX}{os.getpid()}-"))
    _servers.callback(place_of(home).remove)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAMOJA_HOME", str(home))
        settings = core_settings.load()
    running = _servers.enter_context(services(settings, postgres_options=POSTGRES_OPTIONS))
    migrate(running.database_url)
    os.environ |= {DATABASE: running.database_url, REDIS: running.redis_url}
    _servers.callback(lambda: [os.environ.pop(name) for name in (DATABASE, REDIS)])


def _remove_forgotten() -> None:
    """Remove what a killed run left behind."""
    for home in Path(tempfile.gettempdir()).glob(f"{HOME_PREFIX}*"):
        pid = home.name.removeprefix(HOME_PREFIX).split("-", 1)[0]
        with suppress(OSError, ServiceFailed):  # one of another user is not ours to remove
            if not Path("/proc/self").exists() or Path("/proc", pid).exists():
                continue
            place_of(home).remove()


class Database:
    """The database of this worker."""

    def __init__(self, server: str, name: str) -> None:
        self._server = server
        self.name = name
        self.url = server.replace("/pamoja?", f"/{name}?")

    def clone(self) -> None:
        """Make it anew, as migrated; whoever is connected is thrown out."""
        with psycopg.connect(make_conninfo(self._server, dbname="postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {self.name} TEMPLATE pamoja STRATEGY file_copy")


@pytest.fixture(scope="session")
def database(worker_id: str) -> Database:
    """Give the database of this worker."""
    _start()
    found = Database(os.environ[DATABASE], f"test_{worker_id}")
    found.clone()
    return found


@pytest.fixture(scope="session")
def database_url(database: Database) -> str:
    """Give its address, as the owner."""
    return database.url


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """Give an engine with the rights of the application."""
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def owner_engine(database_url: str) -> Iterator[Engine]:
    """Give an engine with the rights of the owner."""
    made = make_engine(database_url, role=None)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """Give a session whose work is rolled back after the test."""
    with Work(engine) as work:
        yield work.session


@pytest.fixture
def clean(database: Database, engine: Engine, owner_engine: Engine) -> Iterator[None]:
    """For a test that commits: the database is made anew after it."""
    yield
    engine.dispose()
    owner_engine.dispose()
    database.clone()


@pytest.fixture
def redis_url(worker_id: str) -> str:
    """Give an empty Redis."""
    _start()
    number = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    url = f"{os.environ[REDIS]}?db={number}"
    with Redis.from_url(url) as redis:
        redis.flushdb()
    return url


@pytest.fixture
def settings(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give the settings of a demo on this worker's database; the environment says the same."""
    monkeypatch.setenv("PAMOJA_DEMO", "1")
    monkeypatch.setenv("PAMOJA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    return core_settings.load()


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a short folder for services of the test's own; removed with all they left."""
    folder = Path(tempfile.mkdtemp(prefix=f"{HOME_PREFIX}{os.getpid()}-"))
    yield folder
    place_of(folder).remove()
    shutil.rmtree(folder, ignore_errors=True)
