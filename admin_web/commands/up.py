"""`pamoja up`: all processes, under one supervisor."""

import os

import click

from core import settings

EXAMPLES = """\b
Examples:
  pamoja up
  DATABASE_URL=postgresql://pamoja@db/pamoja REDIS_URL=redis://cache/0 pamoja up
"""


@click.command("up", epilog=EXAMPLES)
def command() -> None:
    """Bring the database up to date and run every process, until Ctrl-C or SIGTERM."""
    from admin_web import house, pepper  # noqa: PLC0415 not needed for --help
    from core.db.migrate import migrate  # noqa: PLC0415
    from workers.supervisor import told  # noqa: PLC0415

    given = settings.load(serving=True)
    os.environ |= told(given)

    def prepare(database_url: str) -> None:
        migrate(database_url)
        pepper.check(given, database_url)

    house.run(
        given,
        processes={"web": (given.web_port, "/readyz"), "worker": (0, ""), "clock": (0, ""), **house.bot_if_set(given)},
        prepare=prepare,
        greet=lambda: f"Pamoja listens on http://{given.host}:{given.web_port}. Ctrl-C stops it.",
    )
