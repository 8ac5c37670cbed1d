"""`pamoja config`: the settings as they are in effect."""

import json

import click

from core import settings

EXAMPLES = """\b
Examples:
  pamoja config
  pamoja config --json
"""


@click.command("config", epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, as_json: bool) -> None:
    """Show the settings as they are in effect, with every secret masked."""
    shown = settings.load().masked()
    if as_json:
        click.echo(json.dumps(shown))
        return
    width = max(map(len, shown))
    for name, value in shown.items():
        click.echo(f"{name:<{width}}  {value}")
