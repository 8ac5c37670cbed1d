"""A group with something to dispute, and words to do it with."""

from datetime import datetime
from typing import Any

from core.commands import DecideDispute, OpenDispute, ReverseEntry, WithdrawDispute
from core.ids import DisputeId, EntryId
from core.ledger.receipts import entry_of
from tests.builders import AT, Town
from tests.core.outcomes import outcome, rows


class Quarrels(Town):
    """Amina saved 500 and then 200, which the treasurer recorded; the treasurer saved 300, which the chair recorded."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.first = str(self.saves("amina", 500)["code"])
        self.second = str(self.saves("amina", 200)["code"])
        self.treasurers = str(self.saves("baraka", 300)["code"])

    def disputes(self, who: str, code: str, *, at: datetime = AT) -> str:
        """Dispute a receipt, and say what came of it."""
        return outcome(self, OpenDispute, who, code=code, at=at)

    def opens(self, who: str = "amina", code: str = "") -> DisputeId:
        """Dispute a receipt, by default Amina's first one."""
        return DisputeId(self.asks(OpenDispute, who, code=code or self.first)["dispute_id"])

    def decides(self, who: str, dispute: DisputeId, *, agree: bool = True) -> str:
        """Decide, and say what came of it."""
        return outcome(self, DecideDispute, who, dispute_id=dispute, agree=agree)

    def withdraws(self, who: str, dispute: DisputeId) -> str:
        """Take back, and say what came of it."""
        return outcome(self, WithdrawDispute, who, dispute_id=dispute)

    def corrects(self, code: str) -> str:
        """Have an operator correct an entry, and say what came of it."""
        return outcome(self, ReverseEntry, None, entry_id=self.entry(code), reason="counted twice", effective_on=AT.date())

    def entry(self, code: str) -> EntryId:
        """The entry behind a receipt's code."""
        found = entry_of(code)
        assert found is not None
        return EntryId(found)

    def states(self) -> list[str]:
        """Where the disputes of the group stand, in their order."""
        return [row[0] for row in rows(self, "SELECT state FROM dispute WHERE group_id = %s ORDER BY id", self.group_id)]

    def balances(self) -> dict[str, int]:
        """Every account of the group's book, debit positive."""
        return dict(rows(self, "SELECT code, balance_minor FROM account WHERE book_id = %s", self.group_id))

    def holds(self, who: str, *offices: str, state: str = "active") -> None:
        """Give somebody other offices than they have."""
        rows(
            self,
            "UPDATE member SET roles = %s, state = %s WHERE group_id = %s AND id = %s RETURNING id",
            *(list(offices), state, self.group_id, self.members[who]),
        )

    def sql(self, statement: str, *values: Any) -> list[Any]:  # noqa: ANN401 whatever a column holds
        """Ask the database itself."""
        return rows(self, statement, *values)
