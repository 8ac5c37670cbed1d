"""`pamoja jobs`: the messages that wait, what was given up, what they cost."""

import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from core import settings

if TYPE_CHECKING:
    from core.outbox.queries import Backlog, DeadLetter
    from core.outbox.spending import Spent

EXAMPLES = """\b
Examples:
  pamoja jobs
  pamoja jobs --json
  pamoja jobs dead --limit 20
  pamoja jobs retry 1234
"""
DEAD_EXAMPLES = """\b
Examples:
  pamoja jobs dead
  pamoja jobs dead --limit 20 --json
"""
RETRY_EXAMPLES = """\b
Example:
  pamoja jobs retry 1234
"""
NO_GROUP = "-"  # what concerns none, such as the answer to a stranger
DEAD_SHOWN = 10

log = logging.getLogger(__name__)


@click.group("jobs", epilog=EXAMPLES, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; amounts as the gateway writes them, ages in seconds.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Show what waits to be sent, what was given up and why, what this month cost, and what is left at the gateway."""
    if ctx.invoked_subcommand is not None:
        return
    from admin_web import console  # noqa: PLC0415 not needed for --help
    from core.outbox import queries, spending  # noqa: PLC0415

    with console.house() as session:
        at = queries.database_time(session)
        backlog = queries.backlog(session, at=at)
        spent = spending.most(session, month=spending.month_of(at))
        letters = queries.dead_letters(session, limit=DEAD_SHOWN)
    balance = _balance()
    if as_json:
        data = {**_counts(backlog), "balance": balance, "spent": [_spent(each) for each in spent], "dead_letters": _letters(letters)}
        click.echo(json.dumps(data))
    else:
        _show(backlog, spent, letters, balance)


@command.command(epilog=DEAD_EXAMPLES)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def dead(*, limit: int, as_json: bool) -> None:
    """List the messages that were given up, and why."""
    from admin_web import console  # noqa: PLC0415 not needed for --help
    from core.outbox.queries import dead_letters  # noqa: PLC0415

    with console.house() as session:
        found = dead_letters(session, limit=limit)
    if as_json:
        click.echo(json.dumps(_letters(found)))
    elif found:
        _show_letters(found)
    else:
        click.echo("No message was given up.")


@command.command(epilog=RETRY_EXAMPLES)
@click.argument("message_id", metavar="ID", type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def retry(*, message_id: int, as_json: bool) -> None:
    """Try the message ID again, which was given up; it goes as soon as a worker is free."""
    from admin_web import console  # noqa: PLC0415 not needed for --help
    from core.outbox.outcomes import revive  # noqa: PLC0415
    from core.outbox.queries import database_time  # noqa: PLC0415

    with console.house(
        sentences={"outbox.not_given_up": "no message {id} was given up: pamoja jobs dead lists those that were"}
    ) as session:
        group_id = revive(session, message_id=message_id, at=database_time(session))
    if group_id is None:
        raise click.ClickException(f"no message {message_id} was given up: pamoja jobs dead lists those that were")
    log.warning("message %d of group %d was given up and is tried again, from the console", message_id, group_id)
    click.echo(json.dumps({"id": message_id, "state": "ready"}) if as_json else f"Message {message_id} is ready to be sent again.")


def _balance() -> dict[str, Any]:
    """Ask the gateway what is left; that it does not say is no error of this command."""
    from channels.sms.account import Account, BalanceUnknown  # noqa: PLC0415 not needed for --help
    from workers.purse import is_low  # noqa: PLC0415

    given = settings.load()
    try:
        left = Account.of(given).balance()
    except BalanceUnknown as why:
        return {"left": None, "low": None, "why": str(why)}
    return {"left": str(left), "low": is_low(left, least=given.at_balance_least), "why": None}


def _counts(backlog: "Backlog") -> dict[str, int]:
    return {
        "ready": backlog.ready,
        "due": backlog.due,
        "leased": backlog.leased,
        "dead": backlog.dead,
        "capped": backlog.capped,
        "oldest_seconds": int(backlog.oldest.total_seconds()),
    }


def _spent(spent: "Spent") -> dict[str, Any]:
    return {
        "group": spent.code,
        "messages": spent.messages,
        "segments": spent.segments,
        "again": spent.again,
        "billed": [str(amount) for amount in spent.billed],
    }


def _letters(letters: "list[DeadLetter]") -> list[dict[str, Any]]:
    """Give dead letters as data: never a number in full, and what they say is not read at all."""
    from core.phone import masked  # noqa: PLC0415 not needed for --help
    from workers.logs import Discretion  # noqa: PLC0415

    # The reason may be the gateway's own words, and those may name the number.
    discreet = Discretion(settings.load()).cleaned
    return [
        {
            "id": each.id,
            "group": each.group,
            "message": each.template,
            "to": masked(each.address),
            "tries": each.attempts,
            "outcome": each.outcome,
            "reason": discreet(each.detail),
            "created_at": each.created_at.isoformat(timespec="seconds"),
        }
        for each in letters
    ]


def _show(backlog: "Backlog", spent: "list[Spent]", letters: "list[DeadLetter]", balance: dict[str, Any]) -> None:
    from admin_web import console  # noqa: PLC0415 not needed for --help

    oldest = f", the oldest for {timedelta(seconds=int(backlog.oldest.total_seconds()))}" if backlog.due else ""
    left = f"{balance['left']}{', which is low: pay in' if balance['low'] else ''}" if balance["left"] else f"not known: {balance['why']}"
    rows = [
        ("ready", f"{backlog.ready}, of which {backlog.due} are due{oldest}"),
        ("leased", f"{backlog.leased}, which a worker has"),
        ("dead", f"{backlog.dead}, which were given up"),
        ("capped", f"{backlog.capped}, left out because their group had used up the SMS of its month"),
        ("balance", left),
    ]
    console.table(("", ""), rows)
    if spent:
        click.echo("\nThis month")
        costs = [(each.code or NO_GROUP, each.messages, each.segments, each.again, " + ".join(map(str, each.billed))) for each in spent]
        console.table(("GROUP", "MESSAGES", "SEGMENTS", "MAYBE TWICE", "COST"), costs)
    if letters:
        click.echo("\nGiven up")
        _show_letters(letters)
        if backlog.dead > len(letters):
            click.echo("There are more: pamoja jobs dead", err=True)


def _show_letters(letters: "list[DeadLetter]") -> None:
    from admin_web import console  # noqa: PLC0415 not needed for --help

    titles = ("ID", "GROUP", "MESSAGE", "TO", "TRIES", "REASON", "SINCE")
    rows = [
        (each["id"], each["group"] or NO_GROUP, each["message"], each["to"], each["tries"], _reason(each), each["created_at"])
        for each in _letters(letters)
    ]
    console.table(titles, rows)


def _reason(letter: dict[str, Any]) -> str:
    return ": ".join(part for part in (letter["outcome"], letter["reason"]) if part) or "unknown"
