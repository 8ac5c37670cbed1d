"""What SECURITY.md promises, held to the code."""

import re
from typing import Final

import psycopg

from core.groups.rules import PERMITS
from core.settings import PROJECT

PAGE: Final = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
WORDS: Final = {4: "four", 5: "five", 6: "six", 7: "seven"}
CALLABLE: Final = """
SELECT proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prosecdef AND has_function_privilege('pamoja_app', oid, 'EXECUTE')
"""


def test_the_ledger_changes_through_the_functions_it_names(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = {name for (name,) in connection.execute(CALLABLE)}
    (paragraph,) = (each for each in PAGE.split("\n\n") if "pamoja_app" in each)
    assert set(re.findall(r"`(\w+)`", paragraph.partition("`pamoja verify`")[0])) - {"pamoja_app"} == found
    assert f"only through {WORDS[len(found)]} functions" in paragraph


def test_what_needs_a_pin_is_what_it_says() -> None:
    pins = {kind for kind, permit in PERMITS.items() if permit.pin}
    balances, decisions, own = (
        {"pin.prove"},
        {"cash.decide", "dispute.decide", "loan.decide", "loan.disburse", "member.decide"},
        {"pin.set", "link.make"},
    )
    assert pins == balances | decisions | own
    for words in (
        "balances",
        "every decision of a leader (cash received, loans, payouts, joining, disputes)",
        "a change of the PIN",
        "link codes",
    ):
        assert words in PAGE, words


def test_no_pin_is_reset() -> None:
    assert not [kind for kind in PERMITS if "reset" in kind]
    assert "A forgotten PIN cannot be reset" in PAGE
