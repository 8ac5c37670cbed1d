"""`pamoja ledger`: books as data: import entries, show the trial balance, export."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.ledger.lines import RefusedRow
    from core.ledger.queries import BookCard

EXAMPLES = """\b
Examples:
  pamoja ledger import entries.jsonl --book OLD --currency KES --open
  pamoja ledger balance --book UMOJA --as-of 2026-06-30
  pamoja ledger export --book UMOJA --format hledger > umoja.journal
"""
IMPORT_EXAMPLES = """\b
Examples:
  pamoja ledger import entries.jsonl --book OLD --currency KES --open
  cat entries.jsonl | pamoja ledger import - --book UMOJA

\b
A line of FILE:
  {"key": "r-1", "date": "2026-03-01", "memo": "Fees",
   "postings": [{"account": "assets:cash", "amount": "250.00"},
                {"account": "income:fees", "amount": "-250.00"}]}
"""
BALANCE_EXAMPLES = """\b
Examples:
  pamoja ledger balance --book UMOJA
  pamoja ledger balance --book UMOJA --as-of 2026-06-30 --json
"""
EXPORT_EXAMPLES = """\b
Examples:
  pamoja ledger export --book UMOJA --format csv > umoja.csv
  pamoja ledger export --book UMOJA --format beancount > umoja.beancount
"""
STYLES = ("hledger", "beancount", "csv")
_SENTENCES = {
    "ledger.no_such_book": "there is no book {book} (--currency KES opens one on import)",
    "import.too_many_rows": "at most {most} rows are imported at once: divide the file",
    "import.too_many_bytes": "at most {most} MB are imported at once: divide the file",
    "import.other_currency": "the book {book} is in {currency}",
    "import.bad_book": "a book cannot have this {what}: {value}",
}
BOOK = click.option("--book", required=True, metavar="NAME", help="The book; a group's is named by the group's code.")


@click.group("ledger", epilog=EXAMPLES)
def command() -> None:
    """Take entries from elsewhere into a book, show its trial balance, give it to other programs."""


@command.command("import", epilog=IMPORT_EXAMPLES)
@click.argument("file", metavar="FILE")
@BOOK
@click.option("--open", "may_open", is_flag=True, help="Open accounts on first use; the first part of the name says the kind.")
@click.option("--currency", metavar="CODE", help="The currency of a new book, such as KES.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: what was done, or what was refused.")
def import_(*, file: str, book: str, may_open: bool, currency: str | None, as_json: bool) -> None:
    """Post the entries of FILE (JSON lines; - is the standard input), all or none. Running it twice changes nothing.

    In a group's own book, members' savings and loans are left to what the members ask for and are told of.
    """
    from core import clock  # noqa: PLC0415 not needed for --help
    from core.commands import ImportEntries  # noqa: PLC0415
    from core.execute import CONSOLE, execute  # noqa: PLC0415
    from core.ids import new_id  # noqa: PLC0415
    from core.ledger.imports import RowsRefused  # noqa: PLC0415
    from core.ledger.queries import group_of  # noqa: PLC0415

    lines, done = _read(file), None
    refused: Sequence[RefusedRow] = ()
    with _house() as session:
        command = ImportEntries(
            id=new_id(),
            at=clock.now(),
            channel=CONSOLE,
            group_id=group_of(session, book=book),
            book=book,
            currency=currency,
            may_open=may_open,
            lines=lines,
        )
        try:
            done = execute(session, command).facts
        except RowsRefused as why:
            refused = why.rows
    if done is None:
        _say_refused(refused, as_json=as_json)
    elif as_json:
        click.echo(json.dumps(done))
    else:
        click.echo(
            "{entries} entries posted to {book}, {accounts} accounts opened, {repeated} entries stood already.".format(**done, book=book)
        )


def _read(file: str) -> list[bytes]:
    """Read the lines, and no more of them than is refused for its length."""
    from core.ledger.imports import BYTES_MAX  # noqa: PLC0415 not needed for --help

    try:
        with click.open_file(file, "rb") as stream:
            content: bytes = stream.read(BYTES_MAX + 1)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    return content.splitlines(keepends=True)


def _say_refused(rows: "Sequence[RefusedRow]", *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"refused": [{"row": each.row, "reason": each.reason} for each in rows]}))
    for each in rows:
        click.echo(f"row {each.row}: {each.reason}", err=True)
    count = "1 row is" if len(rows) == 1 else f"{len(rows)} rows are"
    raise click.ClickException(f"nothing was imported: {count} refused")


@command.command(epilog=BALANCE_EXAMPLES)
@BOOK
@click.option("--as-of", metavar="DATE", help="At the end of this day, such as 2026-06-30.")
@click.option("--json", "as_json", is_flag=True, help='Print a JSON array of {"account", "balance"}; debits are positive.')
def balance(*, book: str, as_of: str | None, as_json: bool) -> None:
    """Show the trial balance: every account that was posted to by the day."""
    from core.ledger.exports import major  # noqa: PLC0415 not needed for --help
    from core.ledger.queries import trial_balance  # noqa: PLC0415

    day = _day(as_of)
    with _house() as session:
        card = _card(session, book)
        lines = [line for line in trial_balance(session, book_id=card.id, as_of=day) if line.moved]
    if as_json:
        click.echo(json.dumps([{"account": line.code, "balance": major(line.minor, card.currency)} for line in lines]))
        return
    width = max((len(line.code) for line in lines), default=0)
    click.echo(f"{book}, {card.currency}, {'now' if day is None else f'at the end of {day}'}")
    for line in lines:
        side = f"{major(abs(line.minor), card.currency):>18}"
        click.echo(f"{line.code:<{width}}  {side if line.minor >= 0 else '':>18}  {side if line.minor < 0 else '':>18}".rstrip())
    debits = f"{major(sum(line.minor for line in lines if line.minor > 0), card.currency):>18}"
    credit = f"{major(-sum(line.minor for line in lines if line.minor < 0), card.currency):>18}"
    click.echo(f"{'':<{width}}  {debits}  {credit}")


@command.command(epilog=EXPORT_EXAMPLES)
@BOOK
@click.option("--format", "style", required=True, type=click.Choice(STYLES), help="For which program.")
def export(*, book: str, style: str) -> None:
    """Print the whole book for another program."""
    from core.ledger.exports import export as lines_of  # noqa: PLC0415 not needed for --help

    with _house() as session:
        for line in lines_of(session, card=_card(session, book), name=book, style=style):
            click.echo(line)


@contextmanager
def _house() -> "Iterator[Session]":
    from admin_web import console  # noqa: PLC0415 not needed for --help
    from core.db import driver  # noqa: PLC0415

    with console.house(sentences=_SENTENCES) as session:
        # A whole book takes longer than a phone may wait.
        driver(session).execute("SELECT set_config('statement_timeout', '0', true)")
        yield session


def _card(session: "Session", book: str) -> "BookCard":
    from core.ledger.queries import book_card  # noqa: PLC0415 not needed for --help

    return book_card(session, name=book)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise click.ClickException(f"--as-of: write the day like 2026-06-30, not {text}") from error
