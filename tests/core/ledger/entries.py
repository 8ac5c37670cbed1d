"""Entries as JSON lines, for tests, and the command that takes them in."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.commands import ImportEntries
from core.execute import CONSOLE, execute
from core.ids import new_id
from core.ledger.queries import group_of
from tests.books import AT


def entry(key: str, day: str, postings: Mapping[str, str], *, memo: str | None = None) -> dict[str, object]:
    """Write an entry: account -> decimal."""
    said: dict[str, object] = {"key": key, "date": day}
    if memo is not None:
        said["memo"] = memo
    return said | {"postings": [{"account": account, "amount": amount} for account, amount in postings.items()]}


def entries(*said: Mapping[str, object]) -> list[bytes]:
    """Write lines of a file."""
    return [json.dumps(each).encode() for each in said]


def take_lines(
    session: Session,
    lines: Iterable[bytes],
    *,
    book: str = "Old",
    currency: str | None = "KES",
    may_open: bool = True,
    **envelope: Any,  # noqa: ANN401 fields of any command
) -> dict[str, Any]:
    """Import lines as the operator does, through the door, and give the receipt's facts."""
    said = {"id": new_id(), "at": AT, "channel": CONSOLE, "group_id": group_of(session, book=book)} | envelope
    return execute(session, ImportEntries(**said, book=book, currency=currency, may_open=may_open, lines=list(lines))).facts
