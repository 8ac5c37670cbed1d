"""`pamoja group`: the savings groups: list them, open one, show one, call its meetings."""

import json
from typing import TYPE_CHECKING

import click

from admin_web import meetings
from core import settings

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.ids import OrganisationId

EXAMPLES = """\b
Examples:
  pamoja group list
  pamoja group open --code UMOJA --name Umoja --organisation "Umoja Federation"
  pamoja group show UMOJA
  pamoja group meeting --help
"""
LIST_EXAMPLES = """\b
Examples:
  pamoja group list
  pamoja group list --organisation "Umoja Federation" --json
"""
OPEN_EXAMPLES = """\b
Examples:
  pamoja group open --code UMOJA --name Umoja --organisation "Umoja Federation"
  pamoja group open --code IMANI --name Imani --kind sacco --currency UGX --timezone Africa/Kampala
"""
SHOW_EXAMPLES = """\b
Examples:
  pamoja group show UMOJA
  pamoja group show UMOJA --json
"""
KINDS = ("vsla", "chama", "sacco", "asca")
ORGANISATION_MAX = 80
JSON_HELP = "Print JSON: money as texts in major units, days in ISO 8601."


@click.group("group", epilog=EXAMPLES)
def command() -> None:
    """List the savings groups, open one, show one, call its meetings."""


command.add_command(meetings.command)


@command.command("list", epilog=LIST_EXAMPLES)
@click.option("--organisation", metavar="NAME", help="Only its groups.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def list_(*, organisation: str | None, limit: int, as_json: bool) -> None:
    """List the groups by code."""
    from admin_web import console, register  # noqa: PLC0415 not needed for --help

    with console.house() as session:
        found = register.groups(session, organisation=organisation, limit=limit + 1)
    shown = found[:limit]
    if as_json:
        click.echo(json.dumps(console.as_data(shown)))
    elif shown:
        rows = [(each.code, each.name, each.kind, each.members, each.currency, each.opened_on, each.organisation) for each in shown]
        console.table(("CODE", "NAME", "KIND", "MEMBERS", "MONEY", "OPENED", "ORGANISATION"), rows)
    else:
        click.echo("There is no group yet: pamoja group open --help")
    if len(found) > limit:
        click.echo(f"There are more: --limit shows more than {limit}.", err=True)


@command.command("open", epilog=OPEN_EXAMPLES)
@click.option("--code", required=True, help="What members type to join, such as UMOJA.")
@click.option("--name", required=True, help="The name, as phones show it.")
@click.option("--kind", type=click.Choice(KINDS), default="vsla", show_default=True, help="Which rules it begins with.")
@click.option("--currency", default="KES", show_default=True, help="ISO 4217.")
@click.option("--timezone", default="Africa/Nairobi", show_default=True, help="Where it lives.")
@click.option("--organisation", metavar="NAME", help="Whose it is (opened if new); needed if there are several.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def open_(*, code: str, name: str, kind: str, currency: str, timezone: str, organisation: str | None, as_json: bool) -> None:
    """Open a group, with the rules of its kind and an empty book."""
    from admin_web import console  # noqa: PLC0415 not needed for --help
    from channels.menus import replies  # noqa: PLC0415
    from core import clock  # noqa: PLC0415
    from core.commands import OpenGroup  # noqa: PLC0415
    from core.execute import CONSOLE, execute  # noqa: PLC0415
    from core.ids import new_id  # noqa: PLC0415

    read_code, read_name = console.read(replies.code, code, "--code"), console.read(replies.name, name, "--name")
    _check(currency, timezone)
    with console.house() as session:
        at = clock.now()
        receipt = execute(
            session,
            OpenGroup(
                id=new_id(),
                at=at,
                channel=CONSOLE,
                organisation_id=_organisation(session, organisation, at=at),
                code=read_code,
                name=read_name,
                group_kind=kind,
                currency=currency.upper(),
                timezone=timezone,
            ),
        )
    if as_json:
        click.echo(json.dumps(receipt.facts))
    else:
        click.echo(f"{read_name} is open. Members join with the code {read_code}, or: pamoja member add --group {read_code} --help")


@command.command(epilog=SHOW_EXAMPLES)
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def show(*, code: str, as_json: bool) -> None:
    """Show one group: its rules, its money, its next meeting."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 not needed for --help

    from admin_web import console, register  # noqa: PLC0415
    from channels.words.money import phone_money  # noqa: PLC0415
    from core import clock  # noqa: PLC0415

    with console.house() as session:
        found = register.group(session, code=code, at=clock.now())
    if as_json:
        click.echo(json.dumps(console.as_data(found)))
        return
    meets = found.next_meeting and found.next_meeting.astimezone(ZoneInfo(found.timezone)).strftime("%Y-%m-%d %H:%M")
    rows: list[tuple[str, object]] = [
        ("name", found.name),
        ("code", found.code),
        ("kind", found.kind),
        ("organisation", f"{found.organisation} ({found.country})"),
        ("opened", found.opened_on),
        ("members", found.members),
        ("box", phone_money(found.box)),
        ("savings", phone_money(found.savings)),
        ("lent", phone_money(found.lent)),
        ("next meeting", meets or "none called"),
        *(_rule(name, value, found.currency) for name, value in found.rules.items()),
    ]
    console.table(("", ""), rows)


def _rule(name: str, value: int, currency: str) -> tuple[str, object]:
    """Say a rule; an amount is shown as money."""
    from channels.words.money import phone_money  # noqa: PLC0415 not needed for --help
    from core.money import Money  # noqa: PLC0415

    is_money = "_minor" in name
    return name.replace("_minor", "").replace("_", " "), phone_money(Money(value, currency)) if is_money else value


def _check(currency: str, timezone: str) -> None:
    from zoneinfo import available_timezones  # noqa: PLC0415 not needed for --help

    from babel.numbers import is_currency  # noqa: PLC0415

    if not is_currency(currency.upper()):
        raise click.BadParameter(f"there is no currency {currency}; write it like KES", param_hint="--currency")
    if timezone not in available_timezones():
        raise click.BadParameter(f"there is no time zone {timezone}; write it like Africa/Nairobi", param_hint="--timezone")


def _organisation(session: "Session", name: str | None, *, at: "datetime") -> "OrganisationId":
    """Find the organisation, or open it where it was named."""
    from admin_web import register  # noqa: PLC0415 not needed for --help
    from core.commands import OpenOrganisation  # noqa: PLC0415
    from core.execute import CONSOLE, execute  # noqa: PLC0415
    from core.ids import OrganisationId, new_id  # noqa: PLC0415

    found = [each for each in register.organisations(session) if name is None or each[1] == name.strip()]
    if name is not None and not found:
        if not name.strip() or len(name) > ORGANISATION_MAX:
            raise click.BadParameter(f"a name has 1 to {ORGANISATION_MAX} characters", param_hint="--organisation")
        command = OpenOrganisation(id=new_id(), at=at, channel=CONSOLE, name=name.strip(), country=settings.load().country)
        return OrganisationId(execute(session, command).facts["organisation_id"])
    if len(found) != 1:
        which = "there is none yet" if not found else f"there are {', '.join(each[1] for each in found)}"
        raise click.UsageError(f"Say whose it is with --organisation: {which}.")
    return OrganisationId(found[0][0])
