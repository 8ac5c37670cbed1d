"""`pamoja doctor`: what works, and what does not."""

import json
from dataclasses import asdict

import click

from core import settings

EXAMPLES = """\b
Examples:
  pamoja doctor
  pamoja doctor --json
"""


@click.command("doctor", epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of findings.")
def command(*, as_json: bool) -> None:
    """Check settings, database, ledger, Redis, workers and gateway; exit 1 if something is not well."""
    from admin_web.checks import examine  # noqa: PLC0415 not needed for --help
    from workers.services import join_redis, services  # noqa: PLC0415

    given = settings.load()
    with services(given, redis=False) as running:
        findings = list(examine(given, join_redis(given, running)))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        width = max(len(finding.check) for finding in findings)
        for finding in findings:
            mark = click.style("ok  ", fg="green") if finding.well else click.style("FAIL", fg="red")
            click.echo(f"{mark}  {finding.check:<{width}}  {finding.found}")
    if not all(finding.well for finding in findings):
        raise click.exceptions.Exit(1)
