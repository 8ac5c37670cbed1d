"""What a look-up costs: one statement, whatever it shows; two where somebody may go on with what broke off."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import pytest

from channels.lookups import LOOKUPS, Look
from core.db.engine import Driver
from core.db.statement import Statement

from .test_turn import walk
from .town import AMINA, BARAKA, CHAUSIKU, FATUMA, PIN, SHARED, STRANGER, WANJIRU, Town

# A stranger, and who begins, may have broken something off: that is asked in the same trip.
TWO: Final = {"beginning", "caller"}
NONE: Final = {"newcomer", "phone", "resumed", "speaker"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, int]:
    """Count the statements of each look-up, and keep the most."""
    most: dict[str, int] = {}
    count = Counter[str]()
    later, execute = Statement.later, Driver.execute

    def counted(self: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 as the real one
        count["all"] += 1
        return later(self, *given, **named)

    def executed(self: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 as the real one
        count["all"] += 1
        return execute(self, *given, **named)

    def counting(name: str, real: Callable[[Look], Any]) -> Callable[[Look], Any]:
        def look(here: Look) -> Any:  # noqa: ANN401 as the real one
            before = count["all"]
            try:
                return real(here)
            finally:
                most[name] = max(most.get(name, 0), count["all"] - before)

        return look

    monkeypatch.setattr(Statement, "later", counted)
    monkeypatch.setattr(Driver, "execute", executed)
    for name, real in list(LOOKUPS.items()):
        monkeypatch.setitem(LOOKUPS, name, counting(name, real))  # type: ignore[arg-type] it is a dict
    return most


def test_a_look_up_is_one_statement(town: Town, asked: Mapping[str, int]) -> None:
    walk(town, "begin", AMINA, "5", "0", "4", "0", "3", PIN, "0", "5", "5", "0", "3", "0", "2", "0", "7", "UMOJA")
    walk(town, "save", AMINA, "1", "500", "1")
    walk(town, "loan", AMINA, "2", "500", "1", "1")
    walk(town, "joins", STRANGER, "1", "Neema", "UMOJA", "0")
    walk(town, "resumes", STRANGER, "1")
    walk(town, "later", BARAKA, "3")
    walk(town, "inbox", BARAKA, "1", PIN, "1", "1", "1", "1", PIN)
    walk(town, "repay", AMINA, "2", "1", "100", "2")
    walk(town, "meeting", FATUMA, "4", "4", "1")
    walk(town, "who", SHARED, "5", PIN, "5", "6", "00")
    walk(town, "no pin", SHARED, "0", "1", "Zuri", "UMOJA", "1")
    walk(town, "lets in", CHAUSIKU, "1", PIN)
    walk(town, "helps", CHAUSIKU, "0", "4", "3", "1")
    walk(town, "first pin", SHARED, "8", "0")
    walk(town, "groups", WANJIRU, "5", "3", "2", "4")
    walk(town, "telegram", AMINA, "00", "00", "5", "4")
    assert {name: times for name, times in asked.items() if times > (2 if name in TWO else 0 if name in NONE else 1)} == {}
    in_a_chat = {"statement"}  # no dialog shows it; its tests are those of Telegram
    assert set(asked) == set(LOOKUPS) - in_a_chat, set(LOOKUPS) - set(asked)


def test_rules_hold_from_their_day_on_where_the_group_lives(town: Town) -> None:
    for low, day in ((200_00, "2026-03-04"), (70_00, "2026-03-03")):
        town.sql(
            "INSERT INTO constitution (group_id, version, effective_from, rules) SELECT group_id, version + 1, %(day)s,"
            " rules || jsonb_build_object('saving_minor_min', %(low)s::int) FROM constitution WHERE group_id = %(group)s"
            " ORDER BY version DESC LIMIT 1",
            day=day,
            low=low,
            group=town.groups["UMOJA"],
        )
    assert "KES 50 to" in walk(town, "today", AMINA, "1")
    town.now += timedelta(hours=15, minutes=30)  # half past midnight in Nairobi
    assert "KES 70 to" in walk(town, "tomorrow", AMINA, "1")
    town.now += timedelta(days=1)
    assert "KES 70 to" in walk(town, "after", AMINA, "1"), "the newest of those whose day has come"


def test_the_first_root_menu_of_a_session_costs_nothing_more(town: Town, asked: Mapping[str, int]) -> None:
    assert walk(town, "s", AMINA).startswith("CON Umoja: Amina\n")
    assert asked == {"caller": 0, "beginning": 2, "root": 0}, "whom the number reaches was asked along with the session"
