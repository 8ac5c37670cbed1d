"""`pamoja demo` keeps to itself: it takes no database of others, and leaves no word behind that would turn the next house into a demo."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from admin_web import house
from admin_web.commands import demo, up
from core import demo_note, settings
from core.db import transaction
from core.groups.operations import open_organisation
from tests.admin_web.demo import seed
from tests.conftest import Database


@pytest.fixture
def empty(database: Database) -> Iterator[str]:
    """Give a database without anything in it."""
    name = f"{database.name}_empty"
    with psycopg.connect(make_conninfo(database.url, dbname="postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
        yield database.url.replace(f"/{database.name}?", f"/{name}?")
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def refusal(database_url: str, *, ours: bool = False) -> str:
    """Say why a database is not taken; '' if it is."""
    try:
        demo.spare_others(database_url, ours=ours)
    except click.ClickException as error:
        return error.message
    return ""


def test_an_empty_database_is_taken_and_one_with_a_strangers_tables_is_not(empty: str) -> None:
    assert refusal(empty) == ""
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA shop CREATE TABLE orders (n int)")
    assert "something else than the demo" in refusal(empty)


@pytest.mark.usefixtures("clean")
def test_of_the_houses_databases_only_the_demos_own_is_taken(database_url: str, engine: Engine) -> None:
    # Migrated for somebody who has not begun yet.
    assert "Leave DATABASE_URL empty" in refusal(database_url)
    assert refusal(database_url, ours=True) == ""
    seed(engine)
    assert refusal(database_url) == ""
    with transaction(engine) as session:
        open_organisation(session, name="Umoja Trust", country="KE")
    assert "groups of Umoja Trust" in refusal(database_url)
    assert refusal(database_url, ours=True) == ""


@pytest.mark.usefixtures("clean")
def test_nor_is_a_home_taken_in_which_others_live(database_url: str, engine: Engine) -> None:
    with transaction(engine) as session:
        open_organisation(session, name="Umoja Trust", country="KE")
    assert "another PAMOJA_HOME" in refusal(database_url, ours=True)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the home of a command; what it puts into the environment is gone after the test."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setenv("PAMOJA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(command: click.Command, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object], *arguments: str) -> Result:
    """Run a command whose house does nothing but what is done before and meanwhile."""

    def stand_in(_settings: settings.Settings, *, prepare: Callable[[str], object], **_more: Any) -> None:  # noqa: ANN401
        prepare("postgresql:///nothing")
        meanwhile()

    monkeypatch.setattr(house, "run", stand_in)
    monkeypatch.setattr("core.db.migrate.migrate", lambda _url: [])
    monkeypatch.setattr("admin_web.pepper.check", lambda *_: None)
    monkeypatch.setattr("admin_web.commands.seed.ensure_demo", lambda *_: None)
    monkeypatch.setattr(demo, "spare_others", lambda *_, **__: None)
    return CliRunner().invoke(command, arguments)


def test_a_demo_leaves_word_for_as_long_as_it_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, int]] = []
    note = home / demo_note.NAME

    def another_terminal() -> None:
        with monkeypatch.context() as terminal:
            for name in ("PAMOJA_DEMO", "PAMOJA_SANDBOX_PORT"):
                terminal.delenv(name)
            found = settings.load()
        seen.append((found.demo, found.sandbox_port))

    assert run(demo.command, monkeypatch, another_terminal, "--port", "9100").exit_code == 0
    assert seen == [(True, 9102)]
    assert not note.exists()

    def breaks() -> None:
        raise RuntimeError

    assert run(demo.command, monkeypatch, breaks).exit_code == 1
    assert not note.exists()


def test_after_a_demo_that_was_killed_the_house_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMOJA_SECRET_PATH", "x" * 22)
    monkeypatch.setenv("AT_USERNAME", "umoja")
    home.mkdir()
    (home / demo_note.NAME).write_text("PAMOJA_DEMO=1\nPAMOJA_SANDBOX_PORT=9102\n")
    assert settings.load().at_base_url == "https://api.africastalking.com", "nobody holds the note any more"
    with demo_note.left(home, {"PAMOJA_DEMO": 1, "PAMOJA_SANDBOX_PORT": 9102}):
        assert settings.load().at_base_url == "http://127.0.0.1:9102"
    seen: list[str] = []
    # A worker reads the settings as any command does; what its supervisor tells it comes first.
    assert run(up.command, monkeypatch, lambda: seen.append(settings.load().at_base_url)).exit_code == 0
    assert seen == ["https://api.africastalking.com"]
    assert os.environ["PAMOJA_DEMO"] == "0"
