"""`pamoja demo`: everything, with seeded groups, a local gateway and a browser phone."""

import os

import click

from core import settings
from core.settings import Settings

# What a developer's .env says of the real world is no business of the demo; what was typed before the command is.
OWN = {
    "PAMOJA_DEMO": "1",
    "PAMOJA_SECRET_PATH": "",
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "AT_USERNAME": "",
    "AT_API_KEY": "",
    "AT_BASE_URL": "",
    "AT_SENDER": "",
    "PAMOJA_LOG_LEVEL": "warning",
}
EXAMPLES = """\b
Examples:
  pamoja demo
  pamoja demo --port 9000
"""


@click.command("demo", epilog=EXAMPLES)
@click.option("--port", type=click.IntRange(1, 65_533), metavar="N", help="Web side on N, desk on N+1, sandbox on N+2.")
def command(*, port: int | None) -> None:
    """Start everything with seeded groups, a local gateway and a browser phone, until Ctrl-C."""
    from admin_web import house  # noqa: PLC0415 not needed for --help
    from admin_web.commands.seed import ensure_demo  # noqa: PLC0415
    from core.db.migrate import migrate  # noqa: PLC0415

    for name, value in OWN.items():
        os.environ.setdefault(name, value)
    if port is not None:
        os.environ |= {f"PAMOJA_{name}_PORT": str(port + n) for n, name in enumerate(("WEB", "DESK", "SANDBOX"))}
    given = settings.load(serving=True)
    click.echo("Starting the demo ...")

    def prepare(database_url: str) -> None:
        migrate(database_url)
        ensure_demo(given, database_url)
        settings.note_demo(given)

    house.run(
        given,
        processes={
            "web": (given.web_port, "/readyz"),
            "worker": (0, ""),
            "clock": (0, ""),
            "sandbox": (given.sandbox_port, "/healthz"),
        },
        prepare=prepare,
        greet=lambda: _greeting(given),
    )


def _greeting(given: Settings) -> str:
    from admin_web.house import columns, reachable  # noqa: PLC0415 not needed for --help
    from channels.sandbox.options import DEMO_PEOPLE, DEMO_PIN  # noqa: PLC0415

    host = reachable(given.host)
    addresses = columns(
        [
            ("Browser phone", f"http://{host}:{given.sandbox_port}"),
            ("USSD, for curl", f"http://{host}:{given.web_port}/at/{given.secret_path}/ussd"),
            ("Dial", given.service_code),
            ("PIN of everybody", DEMO_PIN),
        ]
    )
    people = columns([(each.phone, each.name, each.group, each.role, each.language) for each in DEMO_PEOPLE])
    tips = ("In another terminal: pamoja phone +254700000001, pamoja verify, pamoja doctor. Ctrl-C stops everything.",)
    return "\n".join(("", "Pamoja runs.", "", *addresses, "", *people, "", *tips, ""))
