"""`pamoja group meeting`: call a group's meeting, change it, call it off, close it."""

from typing import TYPE_CHECKING, Any

import click

from core.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from core.commands import Command
    from core.groups.queries import GroupCard
    from core.ids import MeetingId

EXAMPLES = """\b
Examples:
  pamoja group meeting call UMOJA --at "2026-12-05 14:00" --place School
  pamoja group meeting change UMOJA --at "2026-12-06 10:00"
  pamoja group meeting change UMOJA --on 2026-12-12 --place Market
  pamoja group meeting cancel UMOJA --reason "Heavy rain"
  pamoja group meeting close UMOJA
"""
GROUP = click.argument("code", metavar="GROUP")
AT = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
ON = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="The meeting of that day, if not the next one.")


class NoneToCome(Refused):
    """The group (`group`) has no such meeting to come."""

    code = "meeting.none_to_come"


class NoneBegun(Refused):
    """The group (`group`) has no meeting that has begun and is not closed."""

    code = "meeting.none_begun"


@click.group("meeting", epilog=EXAMPLES)
def command() -> None:
    """Call a meeting, change it, call it off, close it. Members are told by SMS."""


@command.command(epilog=EXAMPLES)
@GROUP
@click.option("--at", "starts_at", type=AT, required=True, help="When it begins, by the clock where the group lives.")
@click.option("--place", required=True, help="Where, in at most 30 characters.")
def call(*, code: str, starts_at: "datetime", place: str) -> None:
    """Call a meeting."""
    from core.commands import CallMeeting  # noqa: PLC0415 not needed for --help

    def asked(_session: "Session", group: "GroupCard", at: "datetime") -> "Command":
        return CallMeeting(**_envelope(group, at), starts_at=_moment(starts_at, group), place=place)

    click.echo("{group} meets {when}, {place}. Every member gets an SMS.".format(**_do(code, asked)))


@command.command(epilog=EXAMPLES)
@GROUP
@ON
@click.option("--at", "starts_at", type=AT, help="When it begins now, by the clock where the group lives.")
@click.option("--place", help="Where it is now, in at most 30 characters.")
def change(*, code: str, on: "datetime | None", starts_at: "datetime | None", place: str | None) -> None:
    """Move the next meeting, before it begins. With another time, members are asked again whether they come."""
    from core.commands import ChangeMeeting  # noqa: PLC0415 not needed for --help

    if starts_at is None and place is None:
        raise click.UsageError("Say what changes, with --at or --place.")

    def asked(session: "Session", group: "GroupCard", at: "datetime") -> "Command":
        moved = None if starts_at is None else _moment(starts_at, group)
        return ChangeMeeting(**_envelope(group, at), meeting_id=_to_come(session, group, at, on), starts_at=moved, place=place)

    click.echo("{group} meets {when}, {place}. Every member gets an SMS.".format(**_do(code, asked)))


@command.command(epilog=EXAMPLES)
@GROUP
@ON
@click.option("--reason", default="", help="Why, in at most 30 characters; members are told.")
def cancel(*, code: str, on: "datetime | None", reason: str) -> None:
    """Call off the next meeting."""
    from core.commands import CancelMeeting  # noqa: PLC0415 not needed for --help

    def asked(session: "Session", group: "GroupCard", at: "datetime") -> "Command":
        return CancelMeeting(**_envelope(group, at), meeting_id=_to_come(session, group, at, on), reason=reason)

    click.echo("The meeting of {group}, {when}, {place}, is called off. Every member gets an SMS.".format(**_do(code, asked)))


@command.command(epilog=EXAMPLES)
@GROUP
def close(*, code: str) -> None:
    """Close the meeting that has begun: every member is told what came of it."""
    from channels.words.money import phone_money  # noqa: PLC0415 not needed for --help
    from core.commands import CloseMeeting  # noqa: PLC0415
    from core.meetings import queries  # noqa: PLC0415

    def asked(session: "Session", group: "GroupCard", at: "datetime") -> "Command":
        found = queries.begun(session, group=group, at=at)
        if found is None:
            raise NoneBegun(group=group.name)
        return CloseMeeting(**_envelope(group, at), meeting_id=found)

    facts = _do(code, asked)
    sums = ", ".join(f"{name} {phone_money(facts[name])}" for name in ("saved", "repaid", "lent", "box"))
    click.echo(f"The meeting of {facts['group']}, {facts['when']}, is closed: {sums}. Every member gets an SMS.")


def _do(code: str, ask: "Callable[[Session, GroupCard, datetime], Command]") -> dict[str, Any]:
    """Ask the house, and give the facts of the receipt with `when` in words."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 not needed for --help

    from admin_web import console, register  # noqa: PLC0415
    from core import clock  # noqa: PLC0415
    from core.execute import execute  # noqa: PLC0415

    with console.house() as session:
        at = clock.now()
        group = register.card(session, code=code, at=at)
        facts = execute(session, ask(session, group, at)).facts
    return facts | {"when": facts["starts_at"].astimezone(ZoneInfo(group.timezone)).strftime("%Y-%m-%d %H:%M")}


def _envelope(group: "GroupCard", at: "datetime") -> dict[str, Any]:
    from core.execute import CONSOLE  # noqa: PLC0415 not needed for --help
    from core.ids import new_id  # noqa: PLC0415

    return {"id": new_id(), "at": at, "channel": CONSOLE, "group_id": group.id}


def _moment(typed: "datetime", group: "GroupCard") -> "datetime":
    from zoneinfo import ZoneInfo  # noqa: PLC0415 not needed for --help

    return typed.replace(tzinfo=ZoneInfo(group.timezone))


def _to_come(session: "Session", group: "GroupCard", at: "datetime", on: "datetime | None") -> "MeetingId":
    """The meeting that is meant.

    :raises NoneToCome: if there is none
    """
    from core.meetings import queries  # noqa: PLC0415 not needed for --help

    day: date | None = None if on is None else on.date()
    found = queries.to_come(session, group=group, at=at, on=day)
    if found is None:
        raise NoneToCome(group=group.name)
    return found
