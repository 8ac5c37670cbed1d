"""`pamoja verify`: recompute everything from the postings, and name the first bad row."""

import json
import time

import click

from core import settings
from workers.services import connect_running

EXAMPLES = """\b
Examples:
  pamoja verify
  pamoja verify --json
"""


@click.command("verify", epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of the checks.")
def command(*, as_json: bool) -> None:
    """Recompute everything from the postings, check by check. Exit 1 if one fails, with its first bad row."""
    from core.db import make_engine, transaction  # noqa: PLC0415 not needed for --help
    from core.ledger.verify import first_broken  # noqa: PLC0415
    from core.verify import CHECKS  # noqa: PLC0415

    answers = []
    with connect_running(settings.load()) as database_url:
        engine = make_engine(database_url, pool_size=1)
        for check in CHECKS:
            begun = time.monotonic()
            with transaction(engine) as session:
                broken = first_broken(session, check)
            seconds = time.monotonic() - begun
            answers.append({"check": check.name, "ok": broken is None, "seconds": round(seconds, 3)})
            if broken is not None:
                answers[-1] |= {"book": broken.book, "row": broken.row, "sentence": broken.sentence}
            if not as_json:
                click.echo(f"{check.name:<28} {'ok' if broken is None else 'FAILED':<6} {seconds:8.3f} s")
                click.echo(f"  {broken.sentence}" if broken is not None else "", nl=broken is not None)
        engine.dispose()
    if as_json:
        click.echo(json.dumps(answers, default=str))
    failed = sum(not answer["ok"] for answer in answers)
    if failed:
        raise click.ClickException(f"{failed} of {len(answers)} checks failed")
    if not as_json:
        click.echo(f"All {len(answers)} checks hold.")
