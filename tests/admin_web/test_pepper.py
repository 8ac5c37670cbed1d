"""The pepper: whatever runs must have the one that the PINs of its database were made with."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from admin_web import house
from admin_web.cli import cli, explain
from core.db import transaction
from core.groups.pins import PepperDiffers, keep_mark, mark_of
from core.settings import Settings, SettingsInvalid
from tests.admin_web.demo import rows
from tests.channels.town import PEPPER

pytestmark = pytest.mark.usefixtures("clean")
IMPORT = "ledger import - --book X --currency KES"


@pytest.fixture
def installation(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Give the pepper of an installation that is no demo; the environment says the rest of it."""
    (tmp_path / "pepper").write_bytes(bytes(32))
    # What a command tells its children there is gone after the test.
    monkeypatch.setattr(os, "environ", os.environ.copy())
    environment = {
        "PAMOJA_DEMO": "0",
        "PAMOJA_SECRET_PATH": "a-path-that-is-long-enough",
        "PAMOJA_PEPPER_FILE": str(tmp_path / "pepper"),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": "redis://127.0.0.1:9",
        "AT_BASE_URL": "http://127.0.0.1:9",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # The tests have one log for all.
    monkeypatch.setattr("workers.logs.configure", lambda *_, **__: None)

    def only_prepare(given: Settings, *, prepare: Callable[[str], object], **_more: Any) -> None:  # noqa: ANN401
        prepare(given.database_url)

    monkeypatch.setattr(house, "run", only_prepare)
    return bytes(32)


def marks(engine: Engine) -> list[bytes]:
    """The marks in the database."""
    return [bytes(mark) for (mark,) in rows(engine, "SELECT pepper_mark FROM installation")]


@pytest.mark.parametrize("command", ["migrate", "up", "seed", "group list", "member list --group X", IMPORT])
def test_the_first_to_run_marks_the_database(engine: Engine, installation: bytes, command: str) -> None:
    # That there is no group X is said after the mark was made.
    assert CliRunner().invoke(cli, command.split()).exit_code == int("X" in command and "import" not in command)
    assert marks(engine) == [mark_of(installation)]


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("command", ["web", "worker", "clock", "up", "migrate", "seed", "group list", "member list --group X", IMPORT])
def test_nothing_runs_on_another_pepper(engine: Engine, command: str) -> None:
    with transaction(engine) as session:
        keep_mark(session, pepper=PEPPER)
    refused = CliRunner().invoke(cli, command.split()).exception
    assert isinstance(refused, PepperDiffers)
    assert explain(refused).startswith("The pepper is not the one that this database's PINs were made with. Name the right one")
    assert marks(engine) == [mark_of(PEPPER)]
    assert rows(engine, "SELECT count(*) FROM command_record") == [(0,)]


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize(("kept", "well"), [(None, True), (bytes(32), True), (PEPPER, False)], ids=["none", "own", "another"])
def test_the_doctor_compares_and_leaves_it_at_that(engine: Engine, kept: bytes | None, well: bool) -> None:  # noqa: FBT001 a column
    if kept is not None:
        with transaction(engine) as session:
            keep_mark(session, pepper=kept)
    findings = {each["check"]: each for each in json.loads(CliRunner().invoke(cli, ["doctor", "--json"]).stdout)}
    assert findings["pepper"]["well"] is well
    assert marks(engine) == ([] if kept is None else [mark_of(kept)])


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("command", ["web", "worker", "up", "migrate", "doctor", "group list", "verify"])
def test_nothing_runs_on_a_pepper_that_nobody_named(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("PAMOJA_PEPPER_FILE", "")
    refused = CliRunner().invoke(cli, command.split()).exception
    assert isinstance(refused, SettingsInvalid)
    assert "PAMOJA_PEPPER_FILE: Must be set where DATABASE_URL is" in explain(refused)


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("command", ["worker", "clock"])
def test_a_process_starts_while_its_database_is_away(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    started: list[str] = []
    monkeypatch.setenv("DATABASE_URL", "postgresql://pamoja@127.0.0.1:9/pamoja")
    monkeypatch.setattr(f"workers.{command}.run", lambda *_: started.append(command))
    assert CliRunner().invoke(cli, [command]).exit_code == 0
    assert started == [command]
