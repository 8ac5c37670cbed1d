"""`pamoja migrate`: bring the database to what this version expects."""

import json

import click

from core import settings
from workers.services import connect_running

EXAMPLES = """\b
Examples:
  pamoja migrate --plan
  pamoja migrate
"""


@click.command("migrate", epilog=EXAMPLES)
@click.option("--plan", is_flag=True, help="Only say what would be done.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of the steps.")
def command(*, plan: bool, as_json: bool) -> None:
    """Bring the database to what this version expects. Safe to run twice, and by two at once."""
    from admin_web import pepper  # noqa: PLC0415 not needed for --help
    from core.db import migrate  # noqa: PLC0415

    given = settings.load()
    with connect_running(given) as database_url:
        steps = migrate.pending(database_url) if plan else migrate.migrate(database_url)
        if not plan:
            pepper.check(given, database_url)
    if as_json:
        click.echo(json.dumps([step._asdict() for step in steps]))
        return
    for step in steps:
        click.echo(f"{'to do' if plan else 'done'}  {step.revision}  {step.title}")
    if not steps:
        click.echo("The database is up to date.")
