"""Who may decide on a dispute, what then becomes of the entry, and what may not happen to it before."""

import psycopg
import pytest

from core.commands import DecideDispute
from core.db.engine import driver
from core.ids import DisputeId
from core.ledger.receipts import receipt_code
from core.ledger.verify import verify
from core.money import Money
from core.verify import CHECKS
from tests.builders import AT
from tests.core.outcomes import rows, told

from .quarrels import Quarrels


@pytest.mark.parametrize("agree", [True, False])
@pytest.mark.parametrize(
    ("who", "offices", "came"),
    [
        ("chausiku", {}, "done"),
        ("daudi", {}, "done"),
        ("baraka", {}, "dispute.concerned"),
        ("amina", {}, "role.not_allowed"),
        ("amina", {"amina": "chair"}, "dispute.concerned"),
        ("amina", {"amina": "key_holder", "chausiku": "", "daudi": ""}, "dispute.concerned"),
        ("daudi", {"daudi": "key_holder"}, "role.not_allowed"),  # the chair may
        ("daudi", {"daudi": "key_holder", "chausiku": ""}, "done"),
        ("daudi", {"daudi": "", "chausiku": ""}, "role.not_allowed"),
        ("baraka", {"daudi": "", "chausiku": ""}, "dispute.concerned"),
    ],
)
def test_who_decides(town: Quarrels, who: str, offices: dict[str, str], came: str, *, agree: bool) -> None:
    dispute = town.opens()
    for name, held in offices.items():
        town.holds(name, *held.split())
    assert town.decides(who, dispute, agree=agree) == came
    assert town.states() == [{True: "upheld", False: "rejected"}[agree] if came == "done" else "open"]


def test_upheld_undoes_the_entry_and_tells_each_once(town: Quarrels) -> None:
    dispute, before = town.opens(), town.balances()
    done = town.asks(DecideDispute, "chausiku", dispute_id=dispute, agree=True)
    ((reversal, actor),) = rows(
        town, "SELECT id, actor_id FROM entry WHERE book_id = %s AND reverses = %s", *(town.group_id, town.entry(town.first))
    )
    assert actor == town.people["chausiku"]
    assert town.balances() == before | {"cash": before["cash"] - 500_00, "savings:1": before["savings:1"] + 500_00}
    common = {"name": "Amina", "amount": Money(500_00, "KES"), "on": AT.date(), "group": "Umoja", "code": town.first}
    assert done == common
    said = common | {"by": "Chausiku", "ref": receipt_code(reversal), "new": Money(200_00, "KES")}
    assert told(town, "dispute.upheld") == [("amina", said)]
    assert told(town, "entry.corrected") == []
    assert {facts["reason"] for _, facts in told(town, "entry.corrected_in_book")} == {town.first}
    assert [name for name, _ in told(town, "entry.corrected_in_book")] == ["baraka", "chausiku", "daudi"]
    assert list(verify(town.session, CHECKS)) == []


def test_rejected_leaves_everything_as_it_was(town: Quarrels) -> None:
    dispute, before = town.opens(), town.balances()
    assert town.decides("daudi", dispute, agree=False) == "done"
    assert town.balances() == before
    said = {"name": "Amina", "amount": Money(500_00, "KES"), "on": AT.date(), "group": "Umoja", "code": town.first, "by": "Daudi"}
    assert told(town, "dispute.rejected") == [("amina", said)]
    # It is no longer frozen.
    assert town.corrects(town.first) == "done"
    assert list(verify(town.session, CHECKS)) == []


@pytest.mark.parametrize(("first", "state"), [("uphold", "upheld"), ("reject", "rejected"), ("withdraw", "withdrawn")])
@pytest.mark.parametrize("then", ["uphold", "reject", "withdraw"])
def test_a_dispute_is_closed_once(town: Quarrels, first: str, state: str, then: str) -> None:
    dispute = town.opens()
    steps = {
        "uphold": lambda: town.decides("chausiku", dispute),
        "reject": lambda: town.decides("daudi", dispute, agree=False),
        "withdraw": lambda: town.withdraws("amina", dispute),
    }
    assert [steps[first](), steps[then]()] == ["done", "role.already_decided"]
    assert town.states() == [state]


def test_only_who_disputes_takes_it_back(town: Quarrels) -> None:
    dispute = town.opens()
    assert [town.withdraws(who, dispute) for who in ("baraka", "chausiku", "amina")] == ["role.not_allowed", "role.not_allowed", "done"]
    assert told(town, "dispute.withdrawn")[0][0] == "amina"
    assert town.corrects(town.first) == "done"


def test_what_is_disputed_is_corrected_by_the_decision_alone(town: Quarrels) -> None:
    dispute = town.opens()
    assert town.corrects(town.first) == "entry.disputed"
    assert town.corrects(town.second) == "done"
    assert town.decides("chausiku", dispute) == "done"
    assert town.corrects(town.first) == "ledger.already_reversed"


def test_nobody_decides_on_what_is_not_there(town: Quarrels) -> None:
    assert town.decides("chausiku", DisputeId(0)) == "role.already_decided"
    assert town.withdraws("amina", DisputeId(0)) == "role.already_decided"


def test_an_entry_of_a_loan_stays_disputed_until_it_is_said_to_stand(town: Quarrels) -> None:
    town.borrows("amina", 600)
    ((paid_out,),) = rows(town, "SELECT max(id) FROM entry WHERE book_id = %s", town.group_id)
    repaid = str(town.repays("amina", 100)["code"])
    # Of the loan its principal, as the receipt has it: the interest did not change hands.
    for code, handed_over in ((receipt_code(paid_out), Money(600_00, "KES")), (repaid, Money(100_00, "KES"))):
        dispute = town.opens("amina", code)
        assert told(town, "dispute.opened")[-1][1]["amount"] == handed_over
        assert town.decides("chausiku", dispute) == "ledger.entry_of_a_loan"
        assert town.states()[-1] == "open"
        assert town.decides("chausiku", dispute, agree=False) == "done"


def test_what_is_lent_out_stays_disputed_until_the_box_holds_it(town: Quarrels) -> None:
    town.borrows("amina", 600)
    dispute = town.opens()
    assert town.decides("chausiku", dispute) == "ledger.overdrawn"
    assert town.states() == ["open"]
    town.saves("daudi", 1_000)
    assert town.decides("chausiku", dispute) == "done"


def of_two(town: Quarrels) -> str:
    """Post an entry that moves the savings of two; no command does, and whoever writes one finds that both are heard."""
    ((entry,),) = rows(
        town,
        "SELECT entry_id FROM (SELECT array_agg(id ORDER BY id) AS ids FROM account"
        " WHERE book_id = %s AND code IN ('cash', 'savings:1', 'savings:4')) a,"
        " post_entry(%s, 'two', 'test', NULL, '2025-03-01', %s, ids, ARRAY[300, -100, -200]::bigint[])",
        *(town.group_id, town.group_id, AT),
    )
    return receipt_code(entry)


def test_what_two_dispute_is_decided_by_neither_and_undone_for_both(town: Quarrels) -> None:
    code = of_two(town)
    hers, his = town.opens("amina", code), town.opens("daudi", code)
    assert [town.decides("daudi", dispute) for dispute in (hers, his)] == ["dispute.concerned"] * 2
    assert town.decides("chausiku", hers) == "done"
    assert town.states() == ["upheld", "upheld"]
    assert [(name, facts["amount"].minor, facts["new"].minor) for name, facts in told(town, "dispute.upheld")] == [
        ("amina", 100, 700_00),
        ("daudi", 200, 0),
    ]
    assert told(town, "entry.corrected") == []
    assert town.decides("chausiku", his) == "role.already_decided"


def test_who_did_not_dispute_what_is_undone_hears_of_a_correction(town: Quarrels) -> None:
    dispute = town.opens("amina", of_two(town))
    assert town.decides("chausiku", dispute) == "done"
    assert [name for name, _ in told(town, "entry.corrected")] == ["daudi"]


# The database states the same law.
BROKEN = [
    ("dispute_maker_is_not_checker", "UPDATE dispute SET state = 'rejected', decided_at = now(), decided_by = person_id"),
    ("dispute_maker_is_not_checker", "UPDATE dispute SET state = 'rejected', decided_at = now(), decided_by = recorded_by"),
    ("decided_by_somebody", "UPDATE dispute SET state = 'rejected', decided_at = now()"),
    ("upheld_is_reversed", "UPDATE dispute SET state = 'upheld', decided_at = now(), decided_by = (SELECT max(id) FROM person)"),
    ("upheld_is_reversed", "UPDATE dispute SET reversal_id = entry_id"),
    ("closed_at_its_time", "UPDATE dispute SET state = 'withdrawn'"),
    ("closed_at_its_time", "UPDATE dispute SET decided_at = now()"),
    ("known_dispute_state", "UPDATE dispute SET state = 'lost', decided_at = now()"),
    (
        "one_open_dispute",
        "INSERT INTO dispute (group_id, entry_id, recorded_by, member_id, person_id, opened_at, state)"  # noqa: ISC004 one statement
        " SELECT group_id, entry_id, recorded_by, member_id, person_id, opened_at, state FROM dispute",
    ),
]


@pytest.mark.parametrize(("law", "statement"), BROKEN)
def test_the_database_states_it_too(town: Quarrels, law: str, statement: str) -> None:
    town.opens()
    with pytest.raises(psycopg.IntegrityError) as refused:
        driver(town.session).execute(statement)
    assert refused.value.diag.constraint_name == law
