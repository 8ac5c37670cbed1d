"""Delivery against the sandbox: what is in the outbox reaches the phones, whatever the gateway does."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import Engine, text

from channels.sandbox.faults import FaultSet, SmsFaults
from channels.sms import wire
from channels.sms.sender import Sender
from core.db import transaction
from core.outbox import operations as outbox
from core.outbox.queries import backlog, database_time, dead_letters
from core.outbox.rules import LEASE, QUEUED_FOR, UNKNOWN_PAUSE
from tests.builders import Town
from tests.gateways import Served, served_sandbox
from tests.notices import AMINA, BARAKA, CHAUSIKU, EVENT_AT, STANDING, Notice, hello
from workers import breaker as breaker_module
from workers.breaker import Breaker
from workers.carrier import AWAY_SECONDS_MAX
from workers.delivery import BATCH_SECONDS_MAX, Delivery
from workers.jobs import deliver, deliver_with
from workers.persist import PAUSES_SECONDS
from workers.relay import POLL_SECONDS, REDIS_AWAY_SECONDS_MAX
from workers.sweeper import SWEEP_SECONDS
from workers.wake import JOB_SECONDS_MAX

_SHOW = text(
    "SELECT o.event_key || ' ' || o.state || coalesce(' ' || string_agg(a.outcome, ' ' ORDER BY a.n), '')"
    " FROM outbox o LEFT JOIN attempt a ON a.group_id = o.group_id AND a.outbox_id = o.id"
    " GROUP BY o.group_id, o.id ORDER BY o.id"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """An outbox, who delivers it, and the gateway with the phones behind it."""

    engine: Engine
    gateway: Served
    delivery: Delivery
    breaker: Breaker
    put: Callable[..., list[int]]

    def show(self) -> list[str]:
        """Show each message with its state, and each try with its outcome."""
        with transaction(self.engine) as session:
            return list(session.execute(_SHOW).scalars())

    def again(self) -> None:
        """Let every pause be over."""
        self.breaker.reset()
        with transaction(self.engine) as session:
            session.execute(text("UPDATE outbox SET next_at = now() WHERE state = 'ready'"))

    def bad_day(self, faults: SmsFaults) -> None:
        """Let the gateway do this from now on."""
        self.gateway.sandbox.faults.replace(FaultSet(sms=faults))

    def received(self, *phones: str) -> list[int]:
        """Count what each phone has."""
        return [len(self.gateway.received(phone)) for phone in phones]


@pytest.fixture
def scene(engine: Engine, put: Callable[..., list[int]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Deliver from the test's database to a sandbox. The breaker's pause is over when the test says so, not sooner on a busy machine."""
    monkeypatch.setattr(breaker_module, "PAUSE_SECONDS_FIRST", breaker_module.PAUSE_SECONDS_MAX)
    with served_sandbox() as gateway:
        sender, breaker = Sender(base_url=gateway.url, username="sandbox", api_key="sandbox"), Breaker()
        yield Scene(engine, gateway, Delivery(engine, sender, standing=STANDING, breaker=breaker), breaker, put)


def test_messages_reach_their_phones_in_their_language(scene: Scene) -> None:
    ids = scene.put(Notice("a", AMINA), Notice("b", BARAKA, language="sw"), Notice("c", AMINA, language="fr"))
    scene.delivery.run(ids)
    assert scene.gateway.received(AMINA) == [hello("en"), hello("fr")]
    assert scene.gateway.received(BARAKA) == [hello("sw")]
    assert scene.show() == ["a sent sent", "b sent sent", "c sent sent"]


def test_the_same_text_is_one_call_and_a_job_twice_sends_once(scene: Scene) -> None:
    ids = scene.put(Notice("e", AMINA), Notice("e", BARAKA), Notice("e", CHAUSIKU))
    scene.delivery.run(ids)
    scene.delivery.run(ids)
    assert [call.recipients for call in scene.gateway.sandbox.calls.listed("sms")] == [3]
    assert scene.received(AMINA, BARAKA, CHAUSIKU) == [1, 1, 1]


def test_what_was_sent_is_recorded(scene: Scene) -> None:
    scene.delivery.run(scene.put(Notice("a", AMINA)))
    with transaction(scene.engine) as session:
        ((provider_id, cost, segments),) = session.execute(text("SELECT provider_id, cost, segments FROM attempt")).all()
    assert provider_id.startswith("ATXid_")
    assert (cost, segments) == ("KES 0.8000", 1)


def test_poison_goes_to_a_person_and_blocks_nobody(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    ids = scene.put(
        Notice("unknown template", AMINA, template="no.such.key"),
        Notice("a", AMINA),
        Notice("a fact is missing", AMINA, facts={}),
        Notice("a fact cannot be read", AMINA, facts={"name": "A", "group": "U"}),
        Notice("no number", "0700"),
        Notice("b", BARAKA),
    )
    with transaction(scene.engine) as session:
        broken = text("""UPDATE outbox SET facts = '{"name": {"$date": "never"}, "group": "U"}' WHERE id = :id""")
        session.execute(broken, {"id": ids[3]})
    scene.delivery.run(ids)
    assert scene.show() == [
        "unknown template dead rejected",
        "a sent sent",
        "a fact is missing dead rejected",
        "a fact cannot be read dead rejected",
        "no number dead rejected",
        "b sent sent",
    ]
    assert scene.received(AMINA, BARAKA) == [1, 1]
    alarms = [record for record in caplog.records if record.getMessage() == "message given up"]
    assert [record.levelno for record in alarms] == [logging.ERROR] * 4
    assert {getattr(record, "outbox_id", None) for record in alarms} == {*ids[2:5], ids[0]}
    with transaction(scene.engine) as session:
        letters = {each.template: each.detail or "" for each in dead_letters(session)}
    assert "UnknownKeyError" in letters["no.such.key"]


def test_one_refused_number_leaves_the_others(scene: Scene) -> None:
    scene.bad_day(SmsFaults(statuses={AMINA: 406, BARAKA: 500}))
    scene.delivery.run(scene.put(Notice("e", AMINA), Notice("e", BARAKA), Notice("e", CHAUSIKU)))
    assert scene.show() == ["e dead rejected", "e ready retry", "e sent sent"]


@pytest.mark.usefixtures("clean")
def test_a_group_that_used_up_its_sms_sends_receipts_and_no_reminders(scene: Scene) -> None:
    with transaction(scene.engine) as session:
        group_id = Town(session).group_id
        month = "date_trunc('month', now() AT TIME ZONE 'Africa/Nairobi')::date"
        session.execute(text(f"INSERT INTO sms_spent VALUES (:group, {month}, 'KES', 0, 99999, 0, 0)"), {"group": group_id})  # noqa: S608
        session.execute(text("DELETE FROM outbox"))
    facts = {"group": "Umoja", "starts_at": EVENT_AT, "place": "School"}
    ids = scene.put(Notice("a", AMINA, template="meeting.called", facts=facts, group_id=group_id), Notice("b", AMINA, group_id=group_id))
    scene.delivery.run(ids)
    assert scene.show() == ["a capped", "b sent sent"]
    assert scene.received(AMINA) == [1]


def test_a_retry_holds_back_its_lane_and_no_other(scene: Scene) -> None:
    scene.bad_day(SmsFaults(statuses={AMINA: 500}))
    ids = scene.put(*(Notice(f"{n}", AMINA, name=f"{n}") for n in range(3)), Notice("b", BARAKA, name="0"), Notice("c", BARAKA))
    scene.delivery.run(ids)
    assert scene.show() == ["0 ready retry", "1 ready", "2 ready", "b sent sent", "c sent sent"]
    scene.bad_day(SmsFaults())
    scene.delivery.run(ids)
    assert scene.received(AMINA) == [0], "the first has its pause"
    scene.again()
    scene.delivery.run(ids)
    assert scene.gateway.received(AMINA) == [hello("en", f"{n}") for n in range(3)]


@pytest.mark.parametrize("faults", [SmsFaults(status=503), SmsFaults(status=429), SmsFaults(message="InsufficientBalance")])
def test_while_the_gateway_is_down_one_message_asks_and_the_others_wait(scene: Scene, faults: SmsFaults) -> None:
    scene.bad_day(faults)
    ids = scene.put(*(Notice(f"{n}", AMINA, name=f"{n}") for n in range(4)))
    scene.delivery.run(ids)
    with transaction(scene.engine) as session:
        session.execute(text("UPDATE outbox SET next_at = now()"))
    scene.delivery.run(ids)  # the breaker is open: nobody asks
    assert scene.show() == ["0 ready down", "1 ready", "2 ready", "3 ready"]
    assert len(scene.gateway.sandbox.calls.listed("sms")) == 1
    with transaction(scene.engine) as session:
        assert backlog(session, at=database_time(session)).leased == 0
    scene.bad_day(SmsFaults())
    scene.again()
    scene.delivery.run(ids)
    assert scene.show() == ["0 sent down sent", "1 sent sent", "2 sent sent", "3 sent sent"]
    assert scene.gateway.received(AMINA) == [hello("en", f"{n}") for n in range(4)]


def test_accepted_then_cut_waits_for_the_report_and_is_tried_once_more(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.bad_day(SmsFaults(cut=True, times=1))
    ids = scene.put(Notice("a", AMINA), Notice("b", BARAKA, name="Baraka"))
    with monkeypatch.context() as hurry:
        hurry.setattr(wire, "READ_SECONDS", 0.3)  # the server of this test leaves the line open
        scene.delivery.run(ids)
    scene.breaker.reset()
    scene.delivery.run(ids)
    assert scene.show() == ["a ready unknown", "b ready"]
    with transaction(scene.engine) as session:
        wait = session.execute(text("SELECT o.next_at - a.at FROM outbox o JOIN attempt a ON a.outbox_id = o.id")).scalar_one()
    assert UNKNOWN_PAUSE <= wait < UNKNOWN_PAUSE + timedelta(minutes=1)
    scene.bad_day(SmsFaults())
    scene.again()
    scene.delivery.run(ids)
    assert scene.show() == ["a sent unknown sent", "b sent sent"]


def test_told_to_stop_it_puts_the_rest_back(scene: Scene) -> None:
    ids = scene.put(Notice("a", AMINA), Notice("b", BARAKA, name="Baraka"))
    scene.delivery.stopping.set()
    scene.delivery.run(ids)
    assert scene.show() == ["a ready", "b ready"]
    with transaction(scene.engine) as session:
        assert len(outbox.reserve(session, limit=9, at=database_time(session))) == 2


def test_a_slow_gateway_does_not_hold_a_batch_beyond_its_leases(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each look at the clock finds it so much later: there is time for two calls.
    monkeypatch.setattr("workers.delivery.monotonic", count(step=BATCH_SECONDS_MAX * 0.4).__next__)
    ids = scene.put(*(Notice(f"{n}", AMINA, name=f"{n}") for n in range(5)))
    scene.delivery.run(ids)
    assert scene.received(AMINA) == [2]
    scene.delivery.run(ids)
    assert scene.gateway.received(AMINA) == [hello("en", f"{n}") for n in range(4)]


def test_the_times_fit_together() -> None:
    call = timedelta(seconds=wire.CONNECT_SECONDS + wire.ANSWER_SECONDS)
    assert call < LEASE
    assert timedelta(seconds=BATCH_SECONDS_MAX) + call + timedelta(seconds=sum(PAUSES_SECONDS)) < timedelta(seconds=JOB_SECONDS_MAX)
    # What a killed worker had is on its way again within a minute; what a lost queue had, within half.
    assert LEASE + timedelta(seconds=SWEEP_SECONDS + POLL_SECONDS) < timedelta(seconds=60)
    assert QUEUED_FOR + timedelta(seconds=REDIS_AWAY_SECONDS_MAX + AWAY_SECONDS_MAX) < timedelta(seconds=30)


def test_a_message_whose_lease_was_lost_is_not_sent(scene: Scene) -> None:
    ids = scene.put(Notice("a", AMINA))
    with transaction(scene.engine) as session:
        (mine,) = outbox.claim(session, ids=ids, at=database_time(session))
        outbox.put_back(session, [mine], until=database_time(session))
    scene.delivery.send([mine])
    assert scene.received(AMINA) == [0]


def test_the_job_swallows_what_a_newer_caller_says(scene: Scene) -> None:
    deliver_with(scene.delivery)
    deliver(outbox_ids=scene.put(Notice("a", AMINA)), lane=3, why="later")
    assert scene.received(AMINA) == [1]
