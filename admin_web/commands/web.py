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
    from admin_web import pepper  # noqa: PLC0415 not needed for --help
    from workers.supervisor import told  # noqa: PLC0415 nor this
    from workers.web import serve  # noqa: PLC0415 nor the server

    given = settings.load(serving=True)
    logs.configure(given, process="web")
    with services(given) as running:
        pepper.check_if_there(given, running.database_url)
        # The server's own workers read the settings again.
        os.environ |= told(given) | {"DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url}
        os.environ["PAMOJA_PEPPER_FILE"] = str(given.pepper_file)
        serve(given, process="web", target="channels.app:wsgi", port=given.web_port, workers=given.web_workers, threads=given.web_threads)
