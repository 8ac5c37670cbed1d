"""The plan of calls: few calls, and each phone reads its messages in order."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from core.outbox.operations import Claimed
from workers.calls import Written, plan

AT = datetime(2025, 3, 1, tzinfo=UTC)


def batch(*messages: str) -> list[Written]:
    """Read 'a:Hello b:Hello' as messages in order."""
    split = [each.split(":") for each in messages]
    return [Written(Claimed(7, n, address, "en", "t", {}, 0, AT), text, 1) for n, (address, text) in enumerate(split)]


def planned(*messages: str) -> list[str]:
    """Show the plan as 'Hello: a b'."""
    return [f"{call.text}: {' '.join(each.message.address for each in call.written)}" for call in plan(batch(*messages))]


def test_the_same_text_is_one_call() -> None:
    assert planned("a:X", "b:Y", "c:X", "d:X") == ["X: a c d", "Y: b"]


def test_the_same_text_twice_to_one_phone_is_two_calls() -> None:
    assert planned("a:X", "a:X", "b:X") == ["X: a", "X: a b"]


def test_no_message_overtakes_another_to_the_same_phone() -> None:
    assert planned("a:X", "a:Y", "b:Y", "b:X") == ["X: a", "Y: a b", "X: b"]


def test_a_call_has_a_limit() -> None:
    assert [len(call.written) for call in plan(batch(*(f"{n}:X" for n in range(201))))] == [100, 100, 1]


def test_nothing_is_no_call() -> None:
    assert plan([]) == []


@given(some.lists(some.tuples(some.sampled_from("abcd"), some.sampled_from("XYZ")), max_size=30))
def test_every_message_once_in_order_and_each_number_once_a_call(messages: list[tuple[str, str]]) -> None:
    written = batch(*(f"{address}:{text}" for address, text in messages))
    calls = plan(written)
    flat = [each for call in calls for each in call.written]
    assert sorted(each.message.id for each in flat) == list(range(len(messages)))
    assert all(each.text == call.text for call in calls for each in call.written)
    assert all(len({each.message.address for each in call.written}) == len(call.written) for call in calls)
    for address in "abcd":
        assert all(one < other for one, other in pairwise(each.message.id for each in flat if each.message.address == address))
