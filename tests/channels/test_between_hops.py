"""What may happen between two hops of a session: a loan is opened or paid elsewhere, cash can no longer be booked. Each gets a sentence."""

from typing import Any, Final

import pytest
from sqlalchemy import Engine

from channels.words.catalogue import LANGUAGES, say
from core.commands import ApplyForLoan, DecideLoan, DisburseLoan
from core.money import Money

from .test_rights import newest
from .test_turn import walk
from .town import AMINA, BARAKA, PIN, Town, build

FIVE_HUNDRED: Final = Money(500_00, "KES")
OWED: Final = Money(525_00, "KES")


@pytest.fixture(params=LANGUAGES)
def town(request: pytest.FixtureRequest, turns: Engine) -> Town:
    """Give the town in each language."""
    return build(turns, request.param)


@pytest.fixture
def lent(town: Town) -> int:
    """Lend Amina 500 for a month."""
    group = {"group_id": town.groups["UMOJA"], "channel": "ussd"}
    town.do(ApplyForLoan, **group, actor_id=town.people["Amina"], amount=FIVE_HUNDRED, months=1)
    loan = newest(town, "loan", town.groups["UMOJA"])
    town.do(DecideLoan, **group, actor_id=town.people["Chausiku"], loan_id=loan, agree=True, pin_given=True)
    town.do(DisburseLoan, **group, actor_id=town.people["Baraka"], loan_id=loan, pin_given=True)
    return loan


def told(town: Town, answer: str, hint: str, screen: str, **facts: Any) -> None:  # noqa: ANN401 facts of any kind
    """See that the phone says why, and then shows a screen that goes on."""
    first, second = say(town.language, hint, **facts), say(town.language, screen, **facts)
    assert answer.startswith(f"CON {first}\n{second}"), answer


def asks_for(town: Town) -> dict[str, Any]:
    savings, box = Money(3_000_00, "KES"), Money(town.sql("SELECT max(balance_minor) FROM account WHERE code = 'cash'")[0][0], "KES")
    return {"most": savings * 3, "multiple": 3, "savings": savings, "box": box}


def test_a_loan_was_asked_for_on_another_phone(town: Town) -> None:
    walk(town, "s", AMINA, "2")
    walk(town, "t", AMINA, "2", "500", "1", "1")
    told(town, town.answer("s", AMINA, "2*600"), "refused.loan.open", "loan.asked", principal=FIVE_HUNDRED)


def test_a_request_was_taken_back_on_another_phone(town: Town) -> None:
    walk(town, "r", AMINA, "2", "500", "1", "1")
    walk(town, "s", AMINA, "2", "1")
    walk(town, "t", AMINA, "2", "1", "1")
    told(town, town.answer("s", AMINA, "2*1*1"), "refused.role.already_decided", "loan.amount", **asks_for(town))


@pytest.mark.usefixtures("lent")
def test_a_part_of_the_loan_was_paid_meanwhile(town: Town) -> None:
    walk(town, "s", AMINA, "2", "1")
    walk(town, "t", AMINA, "2", "1", "300", "1")
    walk(town, "b", BARAKA, "1", PIN)
    left = OWED - Money(300_00, "KES")
    due = town.sql("SELECT due_on FROM instalment")[0][0]
    told(town, town.answer("s", AMINA, "2*1*525"), "refused.loan.pays_too_much", "repay.amount", owed=left, next=left, due=due)


@pytest.mark.usefixtures("lent")
def test_the_last_of_the_loan_was_paid_meanwhile(town: Town) -> None:
    for session, replies in {"amount": ("2",), "confirm": ("2", "1"), "yes": ("2", "1", "100")}.items():
        walk(town, session, AMINA, *replies)
    walk(town, "t", AMINA, "2", "2", "1", "525", "1")  # not what broke off
    walk(town, "b", BARAKA, "1", PIN)
    for session, text in {"amount": "2*1", "confirm": "2*1*100", "yes": "2*1*100*1"}.items():
        told(town, town.answer(session, AMINA, text), "refused.loan.not_active", "loan.amount", **asks_for(town))


def declared_again(town: Town, minor: int) -> None:
    """Keep a declaration that is more than is owed by now, as one that was made before."""
    town.sql(
        "INSERT INTO declaration (group_id, member_id, person_id, purpose, loan_id, amount_minor, state, declared_at)"
        " SELECT group_id, member_id, person_id, 'repayment', id, %(minor)s, 'declared', now() FROM loan",
        minor=minor,
    )


@pytest.mark.usefixtures("lent")
@pytest.mark.parametrize("paid", [300_00, 525_00])
def test_cash_that_cannot_be_booked_stands_in_nobodys_way(town: Town, paid: int) -> None:
    declared_again(town, paid)
    declared_again(town, OWED.minor)
    walk(town, "saver", AMINA, "1", "60", "1")
    question = say(town.language, "inbox.repayment", name="Amina", amount=OWED)
    walk(town, "b", BARAKA, "1")
    assert f"\n{question}\n" in town.answer("b", BARAKA, f"1*{PIN}"), "the next question stands behind what was done"
    answer = town.answer("b", BARAKA, f"1*{PIN}*1")
    why = "refused.loan.not_active" if paid == OWED.minor else "refused.loan.pays_too_much"
    told(town, answer, why, "inbox.cash.undone", name="Amina", amount=OWED, owed=OWED - Money(paid, "KES"))
    # Later shows what comes after it; not received closes it for good.
    saving = say(town.language, "inbox.saving", name="Amina", amount=Money(60_00, "KES"))
    assert town.answer("b", BARAKA, f"1*{PIN}*1*2").startswith(f"CON {saving}\n")
    walk(town, "c", BARAKA, "1", PIN)
    noted = say(town.language, "inbox.cash.done.no", name="Amina", amount=OWED)
    assert town.answer("c", BARAKA, f"1*{PIN}*1").startswith(f"CON {say(town.language, 'inbox.cash.pin.no', name='Amina', amount=OWED)}")
    assert town.answer("c", BARAKA, f"1*{PIN}*1*{PIN}").startswith(f"CON {noted}\n")
    assert walk(town, "d", BARAKA).startswith(f"CON {saving}\n")
