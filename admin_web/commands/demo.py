"""`pamoja demo`: everything, with seeded groups, a local gateway and a browser phone."""

import os
from contextlib import ExitStack

import click

from core import demo_note, settings
from core.settings import Settings

# What a developer's .env says of the real world is no business of the demo; what was typed before the command is.
OWN = {
    "PAMOJA_SECRET_PATH": "",
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "AT_USERNAME": "",
    "AT_API_KEY": "",
    "AT_BASE_URL": "",
    "AT_SENDER": "",
    "TELEGRAM_TOKEN": "",
    "TELEGRAM_BASE_URL": "",
    "TELEGRAM_WEBHOOK_URL": "",
    "TELEGRAM_SECRET": "",
    "PAMOJA_LOG_LEVEL": "warning",
}
EXAMPLES = """\b
Examples:
  pamoja demo
  pamoja demo --port 9000
"""
# Tables of anybody, but for those that belong to an extension.
_TABLES = """
SELECT EXISTS (
  SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
), to_regclass('organisation') IS NOT NULL
"""


@click.command("demo", epilog=EXAMPLES)
@click.option("--port", type=click.IntRange(1, 65_533), metavar="N", help="Web side on N, desk on N+1, sandbox on N+2.")
def command(*, port: int | None) -> None:
    """Start everything with seeded groups, a local gateway and a browser phone, until Ctrl-C."""
    from admin_web import house, pepper  # noqa: PLC0415 not needed for --help
    from admin_web.commands.seed import ensure_demo  # noqa: PLC0415
    from core.db.migrate import migrate  # noqa: PLC0415
    from workers.supervisor import told  # noqa: PLC0415

    for name, value in OWN.items():
        os.environ.setdefault(name, value)
    os.environ["PAMOJA_DEMO"] = "1"
    if port is not None:
        os.environ |= {f"PAMOJA_{name}_PORT": str(port + n) for n, name in enumerate(("WEB", "DESK", "SANDBOX"))}
    given = settings.load(serving=True)
    os.environ |= told(given)
    if given.database_url:
        spare_others(given.database_url, ours=False)
    click.echo("Starting the demo ...")

    with ExitStack() as afterwards:

        def prepare(database_url: str) -> None:
            if not given.database_url:
                spare_others(database_url, ours=True)
            migrate(database_url)
            pepper.check(given, database_url)
            ensure_demo(given, database_url)
            ports = {"WEB": given.web_port, "DESK": given.desk_port, "SANDBOX": given.sandbox_port}
            noted = {"PAMOJA_DEMO": 1, **{f"PAMOJA_{name}_PORT": port for name, port in ports.items()}}
            afterwards.enter_context(demo_note.left(given.home, noted))

        house.run(
            given,
            processes={
                "web": (given.web_port, "/readyz"),
                "worker": (0, ""),
                "clock": (0, ""),
                "sandbox": (given.sandbox_port, "/healthz"),
                **house.bot_if_set(given),
            },
            prepare=prepare,
            greet=lambda: _greeting(given),
        )


def spare_others(database_url: str, *, ours: bool) -> None:
    """Refuse a database that is not the demo's own: neither empty nor filled by a seed. Nothing in it is touched.

    In `ours`, the embedded one, groups that were opened beside the demo's are no obstacle.

    :raises click.ClickException: if it is somebody else's
    """
    from admin_web.seeds import large, plan  # noqa: PLC0415 not needed for --help
    from core.db import make_engine, transaction  # noqa: PLC0415
    from core.db.engine import driver  # noqa: PLC0415
    from core.groups.queries import organisations  # noqa: PLC0415

    engine = make_engine(database_url, role=None, pool_size=1)
    try:
        with transaction(engine) as session:
            filled, is_house = driver(session).execute(_TABLES).fetchone() or (True, False)
            found = organisations(session) if is_house else set()
    finally:
        engine.dispose()
    others = sorted(found - {plan.ORGANISATION, large.ORGANISATION})
    if not filled or (found and not others) or (ours and (not found or plan.ORGANISATION in found)):
        return
    whose = f"groups of {', '.join(others)}" if others else "something else than the demo"
    where = "The database of this home" if ours else "The database that DATABASE_URL names"
    way_out = "Name another PAMOJA_HOME" if ours else "Leave DATABASE_URL empty, or name an empty database"
    raise click.ClickException(f"{where} holds {whose}, and the demo's people all have the same PIN. {way_out}.")


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
