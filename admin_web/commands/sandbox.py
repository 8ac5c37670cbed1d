"""`pamoja sandbox`: a gateway and handsets to try things on, with no telephone company."""

import click

from core import settings
from workers import logs

THREADS = 64  # a handset waits in one for the answer to its reply
EXAMPLES = """\b
Examples:
  pamoja sandbox
  PAMOJA_SANDBOX_PORT=9002 pamoja sandbox
"""


@click.command("sandbox", epilog=EXAMPLES)
def command() -> None:
    """Serve a local SMS and USSD gateway with a browser phone."""
    from workers.web import serve  # noqa: PLC0415 the server is not needed for --help

    given = settings.load(serving=True)
    logs.configure(given, process="sandbox")
    # What it knows is in memory, so there is one of it.
    serve(given, process="sandbox", target="channels.sandbox.app:wsgi", port=given.sandbox_port, workers=1, threads=THREADS)
