"""`pamoja clock`: the process that does what is due."""

import click

from core import settings
from workers import logs
from workers.services import services

EXAMPLES = """\b
Examples:
  pamoja clock
"""


@click.command("clock", epilog=EXAMPLES)
def command() -> None:
    """Do what is due: wake the workers, and take up what one left. Of several, one works and the others stand by."""
    from admin_web import pepper  # noqa: PLC0415 not needed for --help
    from workers import clock  # noqa: PLC0415

    given = settings.load()
    logs.configure(given, process="clock")
    with services(given) as running:
        pepper.check_if_there(given, running.database_url)
        clock.run(given, running.database_url, running.redis_url)
