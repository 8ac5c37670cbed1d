"""The alarm of an empty purse: once, until the balance has been enough again."""

import logging

import pytest
from sqlalchemy.orm import Session

from channels.sms.account import Account, BalanceUnknown
from core.outbox.spending import billed
from workers.purse import Purse


class Told(Account):
    """An account of which a test says what is left; '' is a gateway that does not say."""

    def __init__(self, *balances: str) -> None:
        super().__init__(base_url="http://127.0.0.1:9", username="sandbox", api_key="sandbox")
        self.balances = list(balances)

    def balance(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 as the account's own
        """Say the next balance."""
        left = billed(self.balances.pop(0))
        if left is None:
            raise BalanceUnknown("it does not say")
        return left


LOW, ENOUGH, SILENT = (
    "the balance at the gateway is low",
    "the balance at the gateway is enough again",
    "the balance at the gateway is not known",
)


@pytest.mark.parametrize(
    ("balances", "said"),
    [
        (["KES 500.00", "KES 9000"], []),
        (["KES 499.99", "KES 400", "KES 300"], [LOW]),
        (["KES 1", "KES 600", "KES 700", "KES 2"], [LOW, ENOUGH, LOW]),
        (["KES 1", "", "", "KES 1"], [LOW, SILENT]),
        (["", "KES 900", ""], [SILENT, SILENT]),
    ],
)
def test_what_is_said(balances: list[str], said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    purse = Purse(Told(*balances), least=500)
    for _ in balances:
        purse.look()
    assert [record.getMessage() for record in caplog.records] == said
    assert all(record.levelno == logging.ERROR for record in caplog.records if record.getMessage() == LOW)


@pytest.mark.parametrize(("least", "looks"), [(500, 1), (0, 0)])
def test_who_wants_no_alarm_asks_nobody(session: Session, least: int, looks: int) -> None:
    account = Told("KES 1")
    purse = Purse(account, least=least)
    purse.tick(session)
    while purse._looking is not None and purse._looking.is_alive():  # noqa: SLF001 wait for it
        purse._looking.join()  # noqa: SLF001 wait for it
    assert len(account.balances) == 1 - looks
