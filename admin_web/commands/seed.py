"""`pamoja seed`: fill the database with invented groups: a small demo, or any number of members."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from core import settings
from core.groups.rules import GROUP_MEMBERS_MAX
from core.settings import Settings
from workers.services import connect_running

if TYPE_CHECKING:
    from admin_web.seeds.small import Seeded

EXAMPLES = """\b
Examples:
  pamoja seed --size small
  pamoja seed --size large --members 100000

\b
Of the large one, member n (from 1) can be worked out, with 25 in a group:
  phone      +2547 and 10000000 + n: +254710000001, +254710000002, ...
  group      (n - 1) // 25 + 1, with the code L0000001, L0000002, ...
  number     (n - 1) % 25 + 1; 1 is the treasurer, 2 the chair, 3 the secretary
  language   n % 3: 0 en, 1 sw, 2 fr
  savings    KES 500 + n * 7919 % 200 * 50
  PIN        4826, everybody's
"""
MEMBERS_DEFAULT = 100_000
GROUPS_OF_DEFAULT = 25
MEMBERS_MAX = 80_000_000


@click.command("seed", epilog=EXAMPLES)
@click.option("--size", type=click.Choice(("small", "large")), default="small", show_default=True, help="The demo, or a crowd.")
@click.option(
    "--members", type=click.IntRange(1, MEMBERS_MAX), metavar="N", help=f"How many, with --size large. [default: {MEMBERS_DEFAULT}]"
)
@click.option(
    "--groups-of", type=click.IntRange(2, GROUP_MEMBERS_MAX), metavar="N", help=f"How many in a group. [default: {GROUPS_OF_DEFAULT}]"
)
@click.option("--yes", is_flag=True, help="Also into a database that holds groups of others.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, size: str, members: int | None, groups_of: int | None, yes: bool, as_json: bool) -> None:
    """Fill the database with invented groups, for a demo or a benchmark. Running it twice changes nothing."""
    if size == "small" and (members or groups_of):
        raise click.UsageError("--members and --groups-of go with --size large")
    from admin_web import pepper  # noqa: PLC0415 not needed for --help
    from core.db.migrate import migrate  # noqa: PLC0415

    given = settings.load()
    with connect_running(given) as database_url:
        migrate(database_url)
        pepper.check(given, database_url)
        if not yes:
            _spare_the_real(database_url)
        if size == "small":
            _small(given, database_url, as_json=as_json)
        else:
            _large(given, database_url, members=members or MEMBERS_DEFAULT, groups_of=groups_of or GROUPS_OF_DEFAULT, as_json=as_json)


def _spare_the_real(database_url: str) -> None:
    """Refuse to put invented people, whose PIN everybody knows, among real ones."""
    from admin_web.seeds import large, plan  # noqa: PLC0415 not needed for --help
    from core.db import make_engine, transaction  # noqa: PLC0415
    from core.groups.queries import organisations  # noqa: PLC0415

    engine = make_engine(database_url, pool_size=1)
    try:
        with transaction(engine) as session:
            others = organisations(session) - {plan.ORGANISATION, large.ORGANISATION}
    finally:
        engine.dispose()
    if others:
        names = ", ".join(sorted(others))
        raise click.ClickException(
            f"This database holds groups of {names}, and a seed's people all have the same PIN. If you mean it: --yes"
        )


def ensure_demo(given: Settings, database_url: str) -> "Seeded":
    """Make sure that a migrated database has the demo's groups, with the next meeting still ahead."""
    from admin_web.seeds.small import seed_small  # noqa: PLC0415 not needed for --help
    from core import clock  # noqa: PLC0415
    from core.db import make_engine  # noqa: PLC0415

    engine = make_engine(database_url, pool_size=1)
    try:
        return seed_small(engine, pepper=given.pepper, at=clock.now())
    finally:
        engine.dispose()


def _small(given: Settings, database_url: str, *, as_json: bool) -> None:
    seeded = ensure_demo(given, database_url)
    if as_json:
        click.echo(json.dumps(asdict(seeded)))
        return
    stands = "now" if seeded.fresh else "already"
    click.echo(f"The demo is {stands} there: {seeded.groups} groups, {seeded.members} members, {seeded.entries} entries.")


def _large(given: Settings, database_url: str, *, members: int, groups_of: int, as_json: bool) -> None:
    from admin_web.seeds.large import SeededOtherwise, seed_large  # noqa: PLC0415 not needed for --help
    from core import clock  # noqa: PLC0415

    def progress(done: int) -> None:
        click.echo(f"{done:>12,} of {members:,} members", err=True)

    try:
        loaded = seed_large(database_url, members=members, groups_of=groups_of, pepper=given.pepper, at=clock.now(), progress=progress)
    except SeededOtherwise as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        figures = {"members": loaded.members, "groups": loaded.groups, "added": loaded.added}
        click.echo(json.dumps(figures | {"seconds": round(loaded.seconds, 3), "members_per_second": loaded.members_per_second}))
    elif loaded.added:
        speed = f"{loaded.seconds:.1f} s, {loaded.members_per_second:,} members a second"
        click.echo(f"{loaded.added:,} members added, {loaded.members:,} in {loaded.groups:,} groups: {speed}.")
    else:
        click.echo(f"There are {loaded.members:,} members in {loaded.groups:,} groups already.")
