"""The terminal: every command explains itself, and what goes wrong is said in a line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from psycopg import OperationalError

from admin_web.cli import cli, explain, main
from core.refusal import Refused
from core.settings import PROJECT, Settings, SettingsInvalid
from workers.services import ServiceFailed

NAMES = cli.list_commands(click.Context(cli))


def pamoja(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 our own
        (sys.executable, "-m", "admin_web", *arguments),
        check=False,
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_command_helps_with_an_example(name: str) -> None:
    shown = CliRunner().invoke(cli, [name, "--help"])
    assert shown.exit_code == 0
    assert f"pamoja {name}" in shown.output.partition("Example")[2]


def test_the_list_names_every_command_and_imports_none() -> None:
    program = (
        "import sys; from admin_web.cli import main\ntry: main(['--help'])\nfinally: print('sqlalchemy' in sys.modules, file=sys.stderr)"
    )
    shown = subprocess.run((sys.executable, "-c", program), check=True, cwd=PROJECT, capture_output=True, text=True)  # noqa: S603 our own
    listed = shown.stdout.partition("Commands:")[2]
    assert [name for name in NAMES if f"\n  {name} " not in listed] == []
    assert shown.stderr == "False\n"


def test_an_unknown_command_is_refused() -> None:
    done = pamoja("fly")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such command 'fly'" in done.stderr


def test_wrong_settings_are_said_all_at_once_without_a_traceback() -> None:
    done = pamoja("config", DATABASE_URL="mysql://there", PAMOJA_WEB_PORT="none")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "pamoja: the settings are not right:",
        "  DATABASE_URL: Must begin with postgresql://",
        "  PAMOJA_WEB_PORT: Not a valid integer.",
    ]


def test_a_traceback_is_for_those_who_ask() -> None:
    assert "Traceback" in pamoja("config", PAMOJA_WEB_PORT="none", PAMOJA_DEBUG="1").stderr


def test_a_database_that_is_away_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "pepper").write_bytes(bytes(32))
    away = {"DATABASE_URL": "postgresql://pamoja@127.0.0.1:9/pamoja", "PAMOJA_PEPPER_FILE": str(tmp_path / "pepper")}
    done = pamoja("migrate", **away)
    assert done.returncode == 1
    assert done.stderr.startswith("pamoja: the database: ")
    assert done.stderr.count("\n") == 1


class TooLate(Refused):
    code = "meeting.too_late"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SettingsInvalid(["A: b", "C: d"]), "the settings are not right:\n  A: b\n  C: d"),
        (TooLate(by=3), "refused: meeting.too_late (by 3)"),
        (ServiceFailed("There is no Redis here."), "There is no Redis here."),
        (OperationalError("connection failed\nand more"), "the database: connection failed"),
        (FileNotFoundError(2, "No such file", "x"), "[Errno 2] No such file: 'x'"),
        (KeyError("x"), "KeyError: 'x' (PAMOJA_DEBUG=1 shows where)"),
    ],
)
def test_what_went_wrong_is_explained(error: Exception, said: str) -> None:
    assert explain(error) == said


def test_the_settings_are_shown_as_data(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["config", "--json"])
    assert ended.value.code == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["demo"], shown["pepper"]) == (True, "****")
    assert shown["home"] == str(settings.home)


def test_the_plan_of_a_current_database_is_empty(settings: Settings) -> None:
    done = pamoja("migrate", "--plan", "--json", DATABASE_URL=settings.database_url)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_the_doctor_finds_what_is_not_well(settings: Settings, redis_url: str) -> None:
    done = pamoja("doctor", "--json", DATABASE_URL=settings.database_url, REDIS_URL=redis_url, AT_BASE_URL="http://127.0.0.1:9")
    findings = {each["check"]: each for each in json.loads(done.stdout)}
    assert done.returncode == 1
    assert {name for name, each in findings.items() if not each["well"]} == {"worker", "clock", "gateway", "sms balance"}
    assert findings["postgresql"]["found"] == "version 18, external"
    assert findings["migrations"]["found"] == "at head"
