"""`pamoja`: the operators' terminal. A command is a file in `admin_web/commands/`, loaded when it is asked for."""

import ast
import pkgutil
import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import click

from admin_web import commands
from core import settings

OLDEST_PYTHON = (3, 11)


class Commands(click.Group):
    """Finds the commands by file name, and imports only the one that is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by what their files say of themselves, without importing them: that would take seconds."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_line(name)) for name in self.list_commands(ctx)])


EXAMPLES = """\b
Examples:
  pamoja demo            everything, with a seeded group and a browser phone
  pamoja doctor          what works, and what does not
  pamoja COMMAND --help  more about a command
"""


@click.command(cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Savings groups run their money and their meetings from any phone."""


def main(arguments: list[str] | None = None) -> None:
    """Run one command. What goes wrong is said in a line; PAMOJA_DEBUG=1 shows where it came from."""
    signal.signal(signal.SIGTERM, _end)
    try:
        cli.main(arguments, prog_name="pamoja")
    except Exception as error:
        if settings.wants_traceback():
            raise
        click.echo(f"pamoja: {explain(error)}", err=True)
        sys.exit(1)


def explain(error: Exception) -> str:
    """Say what went wrong, for whoever sits at the terminal."""
    if isinstance(error, settings.SettingsInvalid):
        return "\n  ".join(("the settings are not right:", *error.problems))
    # Loaded by now, or the error would not be one of theirs.
    kind, module = type(error).__name__, type(error).__module__.partition(".")[0]
    if kind == "Refused" or any(base.__name__ == "Refused" for base in type(error).__mro__):
        facts = ", ".join(f"{name} {fact}" for name, fact in getattr(error, "facts", {}).items())
        return f"refused: {getattr(error, 'code', kind)}" + (f" ({facts})" if facts else "")
    if module in ("psycopg", "sqlalchemy"):
        return f"the database: {_first(str(getattr(error, 'orig', None) or error))}"
    if module == "redis":
        return f"Redis: {_first(str(error))}"
    if kind in ("ServiceFailed", "DatabaseTooNew", "PepperDiffers") or isinstance(error, OSError):
        return str(error)
    return f"{kind}: {_first(str(error))} (PAMOJA_DEBUG=1 shows where)"


def _first(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")


def _first_line(name: str) -> str:
    """Read what the docstring of a command's file says after the command's name."""
    spec = find_spec(f"{commands.__name__}.{name.replace('-', '_')}")
    assert spec is not None
    assert spec.origin is not None
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    said = _first(text).partition(": ")[2]
    return said[:1].upper() + said[1:]


def _end(signum: int, _frame: FrameType | None) -> None:
    # Leave through every `finally`: a command may have servers to stop.
    sys.exit(128 + signum)
