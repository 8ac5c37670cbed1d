"""`pamoja worker`: the process that carries messages to the gateway."""

import click

from core import settings
from workers import logs
from workers.services import services

EXAMPLES = """\b
Examples:
  pamoja worker
  PAMOJA_LOG_LEVEL=debug pamoja worker
"""


@click.command("worker", epilog=EXAMPLES)
def command() -> None:
    """Carry messages to the gateway until stopped; run as many as the traffic needs."""
    from admin_web import pepper  # noqa: PLC0415 not needed for --help
    from workers import worker  # noqa: PLC0415

    given = settings.load()
    logs.configure(given, process="worker")
    with services(given) as running:
        pepper.check_if_there(given, running.database_url)
        worker.run(given, running.database_url, running.redis_url)
