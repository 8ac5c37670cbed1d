import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands import Secret
from core.facts import Word, dump, load
from core.money import Money

AT = datetime(2026, 11, 28, 11, 0, tzinfo=UTC)
NAIROBI = ZoneInfo("Africa/Nairobi")


class Side(StrEnum):
    DEBIT = "debit"


@pytest.mark.parametrize(
    ("fact", "kept"),
    [
        (None, None),
        (True, True),
        (500, 500),
        ("Ir\u00e8ne", "Ir\u00e8ne"),
        (Side.DEBIT, "debit"),
        (Money(50_000, "KES"), {"$money": [50_000, "KES"]}),
        (date(2026, 11, 23), {"$date": "2026-11-23"}),
        (AT, {"$at": "2026-11-28T11:00:00+00:00"}),
        (AT.replace(tzinfo=ZoneInfo("UTC")), {"$at": "2026-11-28T11:00:00+00:00"}),
        (AT.astimezone(timezone(timedelta(hours=3))), {"$at": "2026-11-28T11:00:00+00:00"}),
        (AT.astimezone(NAIROBI), {"$at": "2026-11-28T14:00:00+03:00[Africa/Nairobi]"}),
        (Decimal("1.50"), {"$decimal": "1.50"}),
        (UUID(int=1), {"$id": "00000000-0000-0000-0000-000000000001"}),
        (Word("office.chair"), {"$word": "office.chair"}),
        ([Money(1, "KES"), "a"], [{"$money": [1, "KES"]}, "a"]),
        (("chair",), ["chair"]),
        ({"owed": Money(1, "KES")}, {"owed": {"$money": [1, "KES"]}}),
        # What PostgreSQL's JSON cannot hold.
        ("a\0b", "a\ufffdb"),
        ("a\ud83db", "a\ufffdb"),
    ],
)
def test_dump(fact: object, kept: object) -> None:
    assert dump({"fact": fact}) == {"fact": kept}


FACT = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        st.builds(Money, st.integers(), st.sampled_from(["KES", "UGX"])),
        st.dates(),
        st.builds(Word, st.sampled_from(["office.chair", "office.treasurer"])),
        st.datetimes(timezones=st.sampled_from([UTC, NAIROBI, ZoneInfo("Africa/Kinshasa")])),
        st.decimals(allow_nan=False, allow_infinity=False),
        st.uuids(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["name", "amount", "starts_at"]), FACT))
def test_facts_come_back_as_they_were(facts: dict[str, Any]) -> None:
    again = load(json.loads(json.dumps(dump(facts))))
    assert again == facts
    # Equal is not enough: 1, True and Decimal(1) are.
    assert json.dumps(dump(again)) == json.dumps(dump(facts))


def test_a_moment_keeps_its_zone() -> None:
    at = load(dump({"at": AT.astimezone(NAIROBI)}))["at"]
    assert (at, at.tzinfo) == (AT, NAIROBI)


@pytest.mark.parametrize("fact", [Secret("4826"), b"4826", 1.5, object(), {1, 2}])
def test_what_is_not_to_be_kept(fact: object) -> None:
    with pytest.raises(TypeError) as refused:
        dump({"fact": fact})
    assert "4826" not in str(refused.value)


@pytest.mark.parametrize("facts", [{"$money": 1}, {"a": {"$at": 1}}, {"at": datetime(2026, 1, 1)}])  # noqa: DTZ001 it is refused
def test_what_only_a_bug_can_keep(facts: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        dump(facts)
