"""`pamoja phone`: a USSD and SMS handset in the terminal, on the sandbox gateway."""

from pathlib import Path

import click
from rich.console import Console

from channels.sandbox import terminal
from channels.sandbox.options import phone_of
from channels.sandbox.phones import ApiPhone, PhoneError
from channels.sandbox.transcripts import SMS_SECONDS_MAX
from core import settings

EXAMPLES = """\b
Examples:
  pamoja phone +254700000001
  pamoja phone +254700000001 --dial '*384*77#'
  pamoja phone +254700000001 --script tests/transcripts/save.txt
"""

TRANSCRIPT = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("phone", epilog=EXAMPLES)
@click.argument("number")
@click.option("--dial", default="", metavar="CODE", help="Dial this at once.")
@click.option("--script", type=TRANSCRIPT, help="Play a transcript; exit 1 where it first differs.")
@click.option("--update", is_flag=True, help="With --script: write the transcript as it really goes.")
@click.option("--wait", default=SMS_SECONDS_MAX, show_default=True, help="How many seconds a transcript waits for an SMS.")
@click.option("--sandbox", default="", metavar="URL", help="The sandbox to use, if it is not the one of these settings.")
def command(*, number: str, dial: str, script: Path | None, update: bool, wait: float, sandbox: str) -> None:
    """Hold the phone NUMBER: dial, reply, read the SMS that come. A transcript may name further handsets."""
    held = phone_of(number)
    if held is None:
        raise click.BadParameter("write it like +254700000001", param_hint="NUMBER")
    address = sandbox or f"http://127.0.0.1:{settings.load().sandbox_port}"
    console = Console()

    def phones(each: str) -> ApiPhone:
        return ApiPhone.at(each, sandbox=address)

    try:
        if script is None:
            terminal.run(phones(held), console, dial=dial)
        elif not terminal.run_script(script, console, phones=phones, number=held, update=update, sms_seconds=wait):
            raise click.exceptions.Exit(1)
    except PhoneError as error:
        raise click.ClickException(str(error)) from error
