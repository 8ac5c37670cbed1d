"""`pamoja quote`: pure calculations, no database; one JSON object a line in, one a line out."""

import pkgutil
from importlib import import_module

import click

from admin_web import quotes


class _Kinds(click.Group):
    """The kinds of quote, each loaded when it is asked for: a new one is a new file in `admin_web/quotes/`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        names = (module.name for module in pkgutil.iter_modules(quotes.__path__))
        return sorted(name.replace("_", "-") for name in names if name != "lines")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{quotes.__name__}.{cmd_name.replace('-', '_')}").command
        return command


EXAMPLES = """\b
Examples:
  echo '{"text": "Umeweka KES 500"}' | pamoja quote sms
  pamoja quote phone < numbers.jsonl
"""


@click.command("quote", cls=_Kinds, epilog=EXAMPLES)
def command() -> None:
    """Calculate without a database: JSON objects on standard input, one a line, and an answer to each."""
