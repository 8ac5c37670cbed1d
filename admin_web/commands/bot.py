"""`pamoja bot`: the process that answers in Telegram."""

import click

from core import settings
from core.settings import SettingsInvalid
from workers import logs
from workers.services import services

EXAMPLES = """\b
Examples:
  TELEGRAM_TOKEN_FILE=/run/secrets/telegram pamoja bot
  TELEGRAM_WEBHOOK_URL=https://pamoja.example TELEGRAM_SECRET_FILE=/run/secrets/hook pamoja bot
"""


@click.command("bot", epilog=EXAMPLES)
def command() -> None:
    """Answer in Telegram until stopped: by asking for updates, or, with TELEGRAM_WEBHOOK_URL, through the web process. Run one."""
    from admin_web import pepper  # noqa: PLC0415 not needed for --help
    from workers import bot  # noqa: PLC0415

    given = settings.load()
    if not given.telegram_token:
        raise SettingsInvalid(["TELEGRAM_TOKEN: Must be set; @BotFather in Telegram gives it"])
    logs.configure(given, process="bot")
    with services(given) as running:
        pepper.check_if_there(given, running.database_url)
        bot.run(given, running.database_url)
