"""The books language: a test whose text is a ledger.

    2025-03-01 saving.deposit  cash < savings:amina  500

A line is a day, a kind, the account that is debited, the one that is credited, an amount in major units, and `#key` where
the key matters. Accounts open on first use; those named in `floors` never fall below 0 on their own side.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Final

from sqlalchemy.orm import Session

from core.db.engine import driver
from core.ids import AccountId, EntryId, new_id
from core.ledger import operations as ledger
from core.ledger import queries
from core.ledger.lines import account_kind
from core.ledger.operations import Posted
from core.refusal import Refused

AT: Final = datetime(2025, 3, 1, 9, tzinfo=UTC)
TODAY: Final = AT.date()
CURRENCY: Final = "KES"
_LINE: Final = re.compile(r"(?P<day>\S+) +(?P<kind>\S+) +(?P<debit>\S+) < (?P<credit>\S+) +(?P<amount>[0-9.]+)( +#(?P<key>\S+))?")
_keys = count(1)


class Books:
    """One book of a test."""

    def __init__(self, session: Session, *, name: str | None = None, floors: Sequence[str] = ("cash",)) -> None:
        self.session = session
        self.name = name or f"book {new_id().hex}"
        self.id = ledger.open_book(session, book_id=None, organisation_id=None, name=self.name, currency=CURRENCY)
        self._floors = floors
        self._entries: dict[str, EntryId] = {}

    def account(self, code: str) -> AccountId:
        """Open an account, or find it."""
        kind = "liability" if code.startswith("savings:") else account_kind(code)
        floor = 0 if code in self._floors else None
        return ledger.open_account(self.session, book_id=self.id, code=code, kind=kind, floor_minor=floor)

    def read(self, text: str) -> list[str]:
        """Post every line; say what came of each: `posted`, `stood`, or the code of the refusal."""
        return [self._line(line.strip()) for line in text.strip().splitlines()]

    def _line(self, line: str) -> str:
        said = _LINE.fullmatch(line)
        assert said is not None, f"not a line of the books: {line}"
        minor = int(Decimal(said["amount"]) * 100)
        return self.post(
            [(said["debit"], minor), (said["credit"], -minor)], kind=said["kind"], day=date.fromisoformat(said["day"]), key=said["key"]
        )

    def post(self, lines: Sequence[tuple[str, int]], *, kind: str = "test", day: date = TODAY, key: str | None = None) -> str:
        """Post lines of (code, minor units; debit positive), and say what came of it."""
        key = key or f"key {next(_keys)}"
        accounts = [(self.account(code), minor) for code, minor in lines]
        return self._outcome(
            key,
            lambda: ledger.post_entry(self.session, book_id=self.id, key=key, kind=kind, lines=accounts, effective_on=day, at=AT),
        )

    def reverse(self, key: str, *, as_key: str | None = None) -> str:
        """Reverse the entry of a key, and say what came of it."""
        mirror, entry = as_key or f"not {key}", self._entries.get(key, EntryId(0))
        return self._outcome(
            mirror,
            lambda: ledger.reverse_entry(
                self.session, book_id=self.id, entry_id=entry, key=mirror, memo="wrong", effective_on=AT.date(), at=AT
            ),
        )

    def _outcome(self, key: str, post: Callable[[], Posted]) -> str:
        connection = driver(self.session)
        connection.set_savepoint()
        try:
            posted = post()
        except Refused as refused:
            connection.undo_to_savepoint()
            return refused.code
        self._entries[key] = posted.entry_id
        return "posted" if posted.fresh else "stood"

    def entry(self, key: str) -> EntryId:
        """The entry of a key."""
        return self._entries[key]

    def balance(self, code: str) -> Decimal:
        """What an account holds on its own side, in major units."""
        return Decimal(queries.balances(self.session, book_id=self.id, codes=[code])[code].minor) / 100

    def trial(self, day: str | None = None) -> dict[str, Decimal]:
        """The trial balance in major units, debit positive; without the accounts that were not moved by then."""
        as_of = None if day is None else date.fromisoformat(day)
        lines = queries.trial_balance(self.session, book_id=self.id, as_of=as_of)
        return {line.code: Decimal(line.minor) / 100 for line in lines if line.moved}
