"""What SECURITY.md promises, held to the code."""

import re
from datetime import timedelta
from typing import Final

import psycopg

from core.groups import pins
from core.groups.rules import LEADERS, PERMITS
from core.settings import PROJECT, Settings

PAGE: Final = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
WORDS: Final = {4: "four", 5: "five", 6: "six", 7: "seven"}
CALLABLE: Final = """
SELECT proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prosecdef AND has_function_privilege('pamoja_app', oid, 'EXECUTE')
"""


def test_the_ledger_changes_through_the_functions_it_names(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = {name for (name,) in connection.execute(CALLABLE)}
    (paragraph,) = (each for each in PAGE.split("\n\n") if "only through" in each)
    assert set(re.findall(r"`(\w+)`", paragraph.partition("`pamoja verify`")[0])) - {"pamoja_app"} == found
    assert f"only through {WORDS[len(found)]} functions" in paragraph


def test_what_needs_a_pin_is_what_it_says() -> None:
    guarded = {kind for kind, permit in PERMITS.items() if permit.pin}
    balances, own = {"pin.prove"}, {"pin.set", "link.make"}
    decisions = {"cash.decide", "dispute.decide", "loan.decide", "loan.disburse", "member.decide"}
    resets = {"pin.ask_reset", "pin.reset"}
    assert guarded == balances | decisions | resets | own
    for words in (
        "balances",
        "every decision of a leader (cash received, loans, payouts, joining, the PIN of another, disputes)",
        "a change of the PIN",
        "link codes",
    ):
        assert words in PAGE, words


def test_a_pin_is_reset_by_two_leaders_and_by_nobody_alone() -> None:
    assert [kind for kind in PERMITS if "reset" in kind] == ["pin.ask_reset", "pin.reset"]
    assert all(PERMITS[kind].roles == LEADERS for kind in ("pin.ask_reset", "pin.reset"))
    assert "A forgotten PIN is cleared by two leaders together" in PAGE
    assert f"{pins.LOCK // timedelta(hours=1)} hours" in PAGE


def test_when_many_wrong_pins_call_a_person(settings: Settings) -> None:
    assert f"`PAMOJA_PIN_FAILURES_MAX` ({settings.pin_failures_max} unless set)" in PAGE
    assert pins.HASH_PATIENCE_S == 2
