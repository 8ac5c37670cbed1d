"""The whole house in one terminal: services, migrations, and every process under the supervisor."""

import http.client
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import click

from core.settings import Settings
from workers import logs
from workers.services import ServiceFailed, services
from workers.supervisor import Supervisor, command, supervised
from workers.web import wait_for_port

READY_SECONDS_MAX: Final = 60.0
ANSWER_SECONDS_MAX: Final = 1.0


def run(
    settings: Settings,
    *,
    processes: Mapping[str, tuple[int, str]],
    prepare: Callable[[str], object],
    greet: Callable[[], str],
) -> None:
    """Run the processes until Ctrl-C. `processes` names each with its port and the path that tells when it is ready, if it has one.

    `prepare` is given the database once it is migrated, and before anything uses it.

    :raises ServiceFailed: if something cannot be started
    """
    logs.configure(settings, process="supervisor")
    doors = {name: door for name, door in processes.items() if door[0]}
    for port, _ in doors.values():
        wait_for_port(settings.host, port)
    prefixed = sys.stdout.isatty()
    with services(settings) as running:
        # To its children an embedded database is one that DATABASE_URL names, whose pepper must be named too.
        env = {"PAMOJA_PEPPER_FILE": str(settings.pepper_file)} | ({"PAMOJA_LOG_FORMAT": "console"} if prefixed else {})
        supervisor = Supervisor([command(name) for name in doors], running=running, env=env, prefixed=prefixed)
        with supervised(supervisor):
            # Those with a door take a while to load; they say that they are not ready until this is done.
            prepare(running.database_url)
            waiting = dict(doors)
            if supervisor.until(lambda: _all_answer(settings.host, waiting), seconds=READY_SECONDS_MAX):
                supervisor.add([command(name) for name in processes if name not in doors])
                click.echo(greet())
                supervisor.run()
            elif not supervisor.stopping.is_set():
                raise ServiceFailed(f"Not ready after {READY_SECONDS_MAX:.0f} seconds: {', '.join(waiting)}; the log above says why")
    click.echo("Stopped.")


def bot_if_set(settings: Settings) -> dict[str, tuple[int, str]]:
    """Name the bot among the processes where it has a token."""
    return {"bot": (0, "")} if settings.telegram_token else {}


def _all_answer(host: str, waiting: dict[str, tuple[int, str]]) -> bool:
    for name, (port, path) in list(waiting.items()):
        if _answers(reachable(host), port, path):
            del waiting[name]
    return not waiting


def _answers(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def reachable(host: str) -> str:
    """Say where to reach from this machine what listens on `host`."""
    return "127.0.0.1" if host in ("", "0.0.0.0") else host  # noqa: S104 compared, not bound


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out rows in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
