"""`pamoja web`: the public side, which the gateways call."""

import os

import click

from core import settings
from workers import logs
from workers.services import services

EXAMPLES = """\b
Examples:
  pamoja web
  PAMOJA_HOST=0.0.0.0 PAMOJA_WEB_WORKERS=4 pamoja web
"""


@click.command("web", epilog=EXAMPLES)
def command() -> None:
    """Serve the public side: USSD, SMS and the health checks."""
    from workers.web import serve  # noqa: PLC0415 the server is not needed for --help

    given = settings.load(serving=True)
    logs.configure(given, process="web")
    with services(given) as running:
        # The server's own workers read the settings again.
        os.environ |= {"DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url}
        serve(given, process="web", target="channels.app:wsgi", port=given.web_port, workers=given.web_workers, threads=given.web_threads)
