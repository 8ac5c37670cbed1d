"""What the SMS of an instalment says is what the screen of the loan says, on the same day, in every language."""

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from core.commands import ApplyForLoan, DecideCash, DecideLoan, DeclareRepayment, DisburseLoan
from core.db.engine import transaction
from core.money import Money
from workers.daily import remind

from .test_turn import walk
from .town import AMINA, ZONE, Town, build

# 900 for 3 months from 2 March: three parts of 345, the first on 2 April.
DUE: Final = datetime(2026, 4, 2, 9, tzinfo=ZoneInfo(ZONE))
AMOUNTS: Final = re.compile(r"KES [0-9]+(?:,[0-9]{3})*|\d\d/\d\d/\d\d")


def borrow(town: Town, *, repaid: int) -> None:
    """Let Amina borrow 900 and repay something of it."""
    at_home = {"channel": "ussd", "group_id": town.groups["UMOJA"]}
    amina, baraka, chausiku = (town.people[name] for name in ("Amina", "Baraka", "Chausiku"))
    loan = town.do(ApplyForLoan, **at_home, actor_id=amina, amount=Money(900_00, "KES"), months=3).facts["loan_id"]
    town.do(DecideLoan, **at_home, actor_id=chausiku, loan_id=loan, agree=True, pin_given=True)
    town.do(DisburseLoan, **at_home, actor_id=baraka, loan_id=loan, pin=town.sealed("Baraka"))
    if repaid:
        town.do(DeclareRepayment, **at_home, actor_id=amina, loan_id=loan, amount=Money(repaid * 100, "KES"))
        ((declared,),) = town.sql("SELECT max(id) FROM declaration")
        town.do(DecideCash, **at_home, actor_id=baraka, declaration_id=declared, agree=True, pin_given=True)


@pytest.mark.parametrize("language", ["en", "sw", "fr"])
@pytest.mark.parametrize(
    ("repaid", "days", "says"),
    [
        (0, -3, {"KES 345", "02/04/26", "KES 1,035"}),
        (100, 0, {"KES 245", "02/04/26", "KES 935"}),
        (100, 1, {"KES 245", "02/04/26", "KES 935"}),
        (345, 8, None),
        (345, 27, {"KES 345", "02/05/26", "KES 690"}),
        (500, 30, {"KES 190", "02/05/26", "KES 535"}),
    ],
)
def test_the_sms_and_the_screen_agree(turns: Engine, language: str, repaid: int, days: int, says: set[str] | None) -> None:
    town = build(turns, language)
    borrow(town, repaid=repaid)
    town.now = DUE + timedelta(days=days)
    before = len(town.phone(AMINA).inbox())
    with transaction(town.engine) as session:
        put = sum(remind(session, at=town.now))
    told = [sms.text for sms in town.phone(AMINA).inbox()[before:]]
    assert put == len(told) + (3 if told and days > 0 and days < 27 else 0), "the leaders are told too of what is late"
    screen = walk(town, "looks", AMINA, "2")
    assert [set(AMOUNTS.findall(text)) for text in told] == ([] if says is None else [says])
    if says is not None:
        assert says <= set(AMOUNTS.findall(screen)), screen
