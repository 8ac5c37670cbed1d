"""`pamoja member`: the members of a group: list them, take one in, show one, change their phone number or office."""

import json

import click

from core.groups.rules import GROUP_MEMBERS_MAX, OFFICES

EXAMPLES = """\b
Examples:
  pamoja member list --group UMOJA
  pamoja member add --group UMOJA --name Amina --phone 0712345678 --language sw
  pamoja member show --group UMOJA 3
  pamoja member phone --group UMOJA 3 --new 0722345678
  pamoja member role --group UMOJA 3 --give treasurer

Members set their PIN themselves, on their phone: nobody else may know it.
"""
LIST_EXAMPLES = """\b
Examples:
  pamoja member list --group UMOJA
  pamoja member list --group UMOJA --json
"""
ADD_EXAMPLES = """\b
Examples:
  pamoja member add --group UMOJA --name Amina --phone 0712345678 --language sw
  pamoja member add --group UMOJA --name Baraka --phone +254712345679 --role treasurer

The member sets a PIN on first dialling.
"""
SHOW_EXAMPLES = """\b
Examples:
  pamoja member show --group UMOJA 3
  pamoja member show --group UMOJA 3 --json
"""
PHONE_EXAMPLES = """\b
Examples:
  pamoja member phone --group UMOJA 3 --new 0722345678
  pamoja member phone --group UMOJA 3 --new 0722345678 --old 0712345678

The old number and the new one are told. The PIN stays. See that it is really them.
"""
ROLE_EXAMPLES = """\b
Examples:
  pamoja member role --group UMOJA 3 --give treasurer
  pamoja member role --group UMOJA 2 --take treasurer

A group keeps a chair and somebody who keeps its cash: give an office before you take it. The leaders are told.
"""
LANGUAGES = ("en", "sw", "fr")

JSON_HELP = "Print JSON: money as texts in major units, days in ISO 8601."
GROUP = click.option("--group", "code", required=True, metavar="CODE", help="The group's code, such as UMOJA.")


@click.group("member", epilog=EXAMPLES)
def command() -> None:
    """List the members of a group, take one in, show one, change what is known of one."""


@command.command("list", epilog=LIST_EXAMPLES)
@GROUP
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def list_(*, code: str, as_json: bool) -> None:
    """List the members by number; who waits to be let in comes last."""
    from admin_web import console, register  # noqa: PLC0415 not needed for --help
    from core import clock  # noqa: PLC0415

    with console.house() as session:
        found = register.members(session, group_id=register.card(session, code=code, at=clock.now()).id)
    if as_json:
        click.echo(json.dumps(console.as_data(found)))
        return
    rows = [(each.number or "", each.name, " ".join(each.phones), each.language, _offices(each.roles), each.state) for each in found]
    console.table(("NUMBER", "NAME", "PHONE", "LANGUAGE", "ROLE", "STATE"), rows)


@command.command(epilog=ADD_EXAMPLES)
@GROUP
@click.option("--name", required=True, help="The name, as they spell it.")
@click.option("--phone", required=True, help="The mobile number, as written in the group's country, or +254...")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="What the phone speaks.")
@click.option(
    "--role", "roles", type=click.Choice([office.value for office in OFFICES]), multiple=True, help="An office; may be given again."
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def add(*, code: str, name: str, phone: str, language: str, roles: tuple[str, ...], as_json: bool) -> None:
    """Take in a person whom you vouch for: a member at once."""
    from admin_web import console, register  # noqa: PLC0415 not needed for --help
    from channels.menus import replies  # noqa: PLC0415
    from core import clock  # noqa: PLC0415
    from core.commands import AddMember  # noqa: PLC0415
    from core.execute import CONSOLE, execute  # noqa: PLC0415
    from core.ids import new_id  # noqa: PLC0415
    from core.phone import parse  # noqa: PLC0415

    read_name = console.read(replies.name, name, "--name")
    with console.house() as session:
        at = clock.now()
        group = register.card(session, code=code, at=at)
        receipt = execute(
            session,
            AddMember(
                id=new_id(),
                at=at,
                channel=CONSOLE,
                group_id=group.id,
                name=read_name,
                phone=parse(phone, register.country(session, group_id=group.id)),
                language=language,
                roles=tuple(sorted(set(roles))),
            ),
        )
    if as_json:
        click.echo(json.dumps(receipt.facts))
    else:
        click.echo(f"{receipt.facts['name']} is member {receipt.facts['number']} of {group.name}.")


@command.command(epilog=SHOW_EXAMPLES)
@GROUP
@click.argument("number", type=click.IntRange(1, GROUP_MEMBERS_MAX))
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def show(*, code: str, number: int, as_json: bool) -> None:
    """Show the member of a number, with their savings and loan."""
    from admin_web import console, register  # noqa: PLC0415 not needed for --help
    from channels.words.money import phone_money  # noqa: PLC0415
    from core import clock  # noqa: PLC0415

    with console.house() as session:
        at = clock.now()
        found = register.member(session, group=register.card(session, code=code, at=at), number=number, at=at)
    if as_json:
        data = console.as_data(found)
        click.echo(json.dumps({"group": data.pop("group"), **data.pop("member"), **data}))
        return
    loan = "none"
    if found.loan:
        loan = f"{phone_money(found.loan.principal)}, {found.loan.state}"
        loan += f": {phone_money(found.loan.owed)} owed, next due {found.loan.due_on}" if found.loan.due_on else ""
    line = found.member
    rows: list[tuple[object, ...]] = [
        ("name", line.name),
        ("number", f"{line.number} of {found.group}"),
        ("phone", ", ".join(line.phones)),
        ("language", line.language),
        ("role", _offices(line.roles)),
        ("state", line.state),
        ("joined", found.joined_on),
        ("PIN", found.pin),
        ("savings", phone_money(found.savings)),
        ("loan", loan),
    ]
    console.table(("", ""), rows)


@command.command("phone", epilog=PHONE_EXAMPLES)
@GROUP
@click.argument("number", type=click.IntRange(1, GROUP_MEMBERS_MAX))
@click.option("--new", required=True, help="The new mobile number, as written in the group's country, or +254...")
@click.option("--old", default="", help="The number it takes the place of, where the member has several.")
def change_phone(*, code: str, number: int, new: str, old: str) -> None:
    """Change the phone number of a member, in all their groups."""
    from admin_web import console, register  # noqa: PLC0415 not needed for --help
    from core import clock  # noqa: PLC0415
    from core.commands import ChangeNumber  # noqa: PLC0415
    from core.execute import CONSOLE, execute  # noqa: PLC0415
    from core.ids import new_id  # noqa: PLC0415
    from core.phone import parse  # noqa: PLC0415

    with console.house() as session:
        at = clock.now()
        group = register.card(session, code=code, at=at)
        country = register.country(session, group_id=group.id)
        asked = ChangeNumber(
            id=new_id(),
            at=at,
            channel=CONSOLE,
            group_id=group.id,
            number=number,
            phone=parse(new, country),
            old=parse(old, country) if old else "",
        )
        facts = execute(session, asked).facts
    shared = f" {facts['shared']} more people are reached there." if facts["shared"] else ""
    click.echo(f"{facts['name']} is reached at the new number.{shared}")


_OFFICE = click.Choice([office.value for office in OFFICES])


@command.command(epilog=ROLE_EXAMPLES)
@GROUP
@click.argument("number", type=click.IntRange(1, GROUP_MEMBERS_MAX))
@click.option("--give", type=_OFFICE, help="The office that the member holds from now on, beside those they hold.")
@click.option("--take", type=_OFFICE, help="The office that the member holds no longer.")
def role(*, code: str, number: int, give: str | None, take: str | None) -> None:
    """Give a member an office, or take it away."""
    if (give is None) == (take is None):
        raise click.UsageError("say either --give or --take")
    from admin_web import console, register  # noqa: PLC0415 not needed for --help
    from core import clock  # noqa: PLC0415
    from core.commands import ChangeRole  # noqa: PLC0415
    from core.execute import CONSOLE, execute  # noqa: PLC0415
    from core.ids import new_id  # noqa: PLC0415

    office = give or take or ""
    with console.house() as session:
        at = clock.now()
        group = register.card(session, code=code, at=at)
        asked = ChangeRole(id=new_id(), at=at, channel=CONSOLE, group_id=group.id, number=number, office=office, give=give is not None)
        facts = execute(session, asked).facts
    click.echo(f"{facts['name']} {'is now' if give else 'is no longer'} {facts['office']} of {group.name}.")


def _offices(roles: list[str]) -> str:
    return ", ".join(roles) or "member"
