"""The gateway's callbacks: whatever comes is answered, nothing is answered before it is kept, and reports never go back."""

from itertools import permutations
from urllib.parse import urlencode

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from channels import conversations
from channels.app import create_app
from channels.sms import gateway
from core.settings import Settings
from tests.channels.town import AMINA, PIN, Town

REPORT = "SELECT status, reason FROM delivery_report WHERE provider_id = %(id)s"


def report(town: Town, status: str, *, provider_id: str = "ATXid_7", **more: str) -> int:
    body = urlencode({"id": provider_id, "status": status, "phoneNumber": AMINA, "networkCode": "63902"} | more).encode()
    return gateway.answer(gateway.delivery, town.house, body, at=town.clock())


def test_reports_in_any_order_come_to_the_same(town: Town) -> None:
    for order in permutations(("Sent", "Buffered", "Success", "Failed")):
        provider_id = "ATXid_" + "".join(order)
        for status in (*order, order[0]):
            assert report(town, status, provider_id=provider_id) == 200
        assert town.sql(REPORT, id=provider_id) == [("Success", None)]


def test_a_refusal_says_why_and_a_new_state_is_kept_lowest(town: Town) -> None:
    assert report(town, "InventedTomorrow") == 200
    assert report(town, "Sent") == 200
    assert report(town, "Failed", failureReason="UserInBlackList") == 200
    assert town.sql(REPORT, id="ATXid_7") == [("Failed", "UserInBlackList")]


def test_a_report_of_an_unknown_id_settles_what_may_have_been_sent(town: Town) -> None:
    group = town.groups["UMOJA"]
    town.sql(
        "INSERT INTO outbox (group_id, address, language, template, facts, event_key, attempts)"
        " VALUES (%(group)s, %(phone)s, 'en', 'sms.reply', '{}', 'x', 1)",
        group=group,
        phone=AMINA,
    )
    town.sql(
        "INSERT INTO attempt (group_id, outbox_id, n, at, outcome)"
        " SELECT group_id, id, 1, now(), 'unknown' FROM outbox WHERE event_key = 'x'"
    )
    assert report(town, "Success", provider_id="ATXid_lost") == 200
    assert town.sql("SELECT state FROM outbox WHERE event_key = 'x'") == [("sent",)]


def test_who_opts_out_with_the_gateway_is_stopped(town: Town) -> None:
    body = urlencode({"senderId": "PAMOJA", "phoneNumber": AMINA}).encode()
    assert gateway.answer(gateway.opt_out, town.house, body, at=town.now) == 200
    assert gateway.answer(gateway.opt_out, town.house, body, at=town.now) == 200
    assert town.sql("SELECT address FROM stopped") == [(AMINA,)]


def test_the_date_may_come_in_any_form(town: Town) -> None:
    dates = ("2026-03-02T06:04:45Z", "2026-03-02 06:04:45", "yesterday", "")
    for n, date in enumerate(dates):
        body = urlencode({"id": f"ATXid_{n}", "from": AMINA, "to": "77123", "text": "BAL", "date": date, "linkId": "1"}).encode()
        assert gateway.answer(gateway.sms, town.house, body, at=town.now) == 200
    assert town.sql("SELECT count(*) FROM outbox WHERE template = 'sms.reply'") == [(len(dates),)]


def test_nothing_is_answered_before_it_is_kept(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise conversations.Overtaken

    body = urlencode({"id": "ATXid_1", "from": AMINA, "text": "SAVE 500"}).encode()
    with monkeypatch.context() as patch:
        patch.setattr("channels.sms.received.receive", away)
        patch.setattr("channels.retry.PATIENCE_S", 0)
        assert gateway.answer(gateway.sms, town.house, body, at=town.now) == 503
    assert town.sql("SELECT count(*) FROM sms_received") == [(0,)]
    assert gateway.answer(gateway.sms, town.house, body, at=town.now) == 200
    assert town.sql("SELECT count(*) FROM sms_received") == [(1,)]


FORMS = {
    gateway.sms: {"id": "ATXid_1", "from": AMINA, "text": f"SAVE 500 {PIN}"},
    gateway.delivery: {"id": "ATXid_1", "status": "Success", "phoneNumber": AMINA},
    gateway.opt_out: {"senderId": "PAMOJA", "phoneNumber": AMINA},
}


@pytest.mark.parametrize(
    ("handler", "breaks"),
    [
        (gateway.sms, "channels.sms.answers.read"),
        (gateway.sms, "channels.sms.answers.put"),
        (gateway.delivery, "core.outbox.reports.keep"),
        (gateway.opt_out, "core.outbox.stops.stop"),
    ],
)
def test_what_nobody_foresaw_is_logged_without_a_word_of_it_and_comes_again(
    town: Town, monkeypatch: pytest.MonkeyPatch, handler: gateway.Handler, breaks: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"{AMINA} {PIN} SAVE 500")

    body = urlencode(FORMS[handler]).encode()
    with monkeypatch.context() as patch, capture_logs() as logged:
        patch.setattr(breaks, broken)
        patch.setattr(gateway, "log", structlog.get_logger("channels.sms.gateway"))
        assert gateway.answer(handler, town.house, body, at=town.now) == 503
    (said,) = logged
    assert (said["event"], said["callback"], said["error"], said["log_level"]) == (
        "callback failed",
        handler.__name__,
        "ValueError",
        "error",
    )
    assert "test_callbacks.py" in said["where"][-1]
    assert not [each for each in (AMINA, AMINA[1:], PIN, "SAVE") if each in str(logged)]
    assert gateway.answer(handler, town.house, body, at=town.now) == 200


_VALUE = st.text(max_size=40) | st.binary(max_size=20).map(lambda raw: raw.decode("latin-1"))
_NAME = st.sampled_from(["id", "from", "text", "to", "date", "status", "phoneNumber", "failureReason", "senderId"]) | _VALUE


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(_NAME, _VALUE), max_size=8), raw=st.binary(max_size=60))
def test_whatever_is_posted_there_is_no_error_of_ours(town: Town, pairs: list[tuple[str, str]], raw: bytes) -> None:
    for handler in (gateway.sms, gateway.delivery, gateway.opt_out):
        for body in (urlencode(pairs).encode(), raw):
            assert gateway.answer(handler, town.house, body, at=town.now) in {200, 400}


def test_the_routes_are_behind_the_secret(town: Town, settings: Settings, database_url: str) -> None:
    client = create_app(settings, town.engine, town.house, database_url).test_client()
    forms = {
        "sms": {"id": "ATXid_1", "from": AMINA, "text": "BAL"},
        "delivery": {"id": "ATXid_1", "status": "Success"},
        "opt-out": {"phoneNumber": AMINA},
    }
    for what, form in forms.items():
        assert client.post(f"/at/wrong/{what}", data=form).status_code == 404
        assert client.post(f"/at/demo/{what}", data=form).status_code == 200
        assert client.post(f"/at/demo/{what}", data={}).status_code == 400
    assert client.post("/at/demo/other", data={}).status_code == 404
