"""The JSON that people script against: INTERFACES.md, "Sandbox, for scripts"."""

import re
from typing import Any

import httpx
import pytest

from channels.sandbox.faults import FaultSet, UnknownFault
from channels.sandbox.options import DEMO_PEOPLE
from channels.sandbox.sandbox import Sandbox
from tests.channels.sandbox.application import Application

AMINA = "/api/handsets/+254700000001"


def test_a_session_as_the_handset_lives_it(api: httpx.Client, application: Application) -> None:
    application.answer = lambda form: "END Asante." if form["text"] == "1" else "CON Umoja\n1 Save"
    dialled = api.post(f"{AMINA}/dial", json={"code": "*384*77#"}).json()
    assert (dialled["screen"], dialled["open"]) == ("Umoja\n1 Save", True)
    replied = api.post(f"{AMINA}/reply", json={"session": dialled["session"], "text": "1"}).json()
    assert (replied["session"], replied["screen"], replied["open"]) == (dialled["session"], "Asante.", False)
    late = api.post(f"{AMINA}/reply", json={"session": dialled["session"], "text": "1"})
    assert (late.status_code, late.json()) == (409, {"error": "This session is over"})


def test_hanging_up(api: httpx.Client, sandbox: Sandbox, application: Application) -> None:
    session = api.post(f"{AMINA}/dial", json={"code": "*384*77#"}).json()["session"]
    assert api.post(f"{AMINA}/hangup", json={"session": session}).json() == {"session": session, "screen": "", "open": False}
    assert sandbox.courier.idle()
    assert application.forms("ussd-events")[0]["status"] == "Incomplete"


@pytest.mark.parametrize("phone", ["+254700000001", "%2B254700000001", "254700000001", "%20254700000001"])
def test_a_number_in_an_address_is_read_in_any_spelling(api: httpx.Client, sandbox: Sandbox, phone: str) -> None:
    api.post(f"/api/handsets/{phone}/dial", json={"code": "*384*77#"})
    assert sandbox.calls.listed("ussd")[0].phone == "+254700000001"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/handsets/0700000001/dial", {"code": "*384*77#"}),
        ("POST", f"{AMINA}/dial", {}),
        ("POST", f"{AMINA}/dial", {"code": 384}),
        ("POST", f"{AMINA}/dial", {"code": "*384*77#", "pin": "1"}),
        ("POST", f"{AMINA}/dial", ["*384*77#"]),
        ("POST", f"{AMINA}/reply", {"text": "1"}),
        ("POST", f"{AMINA}/sms", {"to": "38477"}),
        ("PUT", "/api/faults", {"sms": {"status": "many"}}),
        ("GET", "/api/calls?gateway=telex", None),
    ],
)
def test_what_cannot_be_read_is_said(api: httpx.Client, method: str, path: str, body: object) -> None:
    response = api.request(method, path, json=body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_a_handset_sends_an_sms_in_the_gateways_format(api: httpx.Client, application: Application) -> None:
    sent = api.post(f"{AMINA}/sms", json={"text": "BAL & more", "to": "21512"})
    assert (sent.status_code, sent.json()["status"]) == (201, 200)
    (seen,) = application.seen
    assert (seen.path, seen.kind) == ("/at/demo/sms", "application/x-www-form-urlencoded")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", seen.form["date"])
    assert seen.form == {
        "date": seen.form["date"],
        "from": "+254700000001",
        "id": sent.json()["id"],
        "text": "BAL & more",
        "to": "21512",
        "cost": "KES 0.0000",
        "networkCode": "99999",
    }


def test_the_other_date_and_a_duplicate(api: httpx.Client, sandbox: Sandbox, application: Application) -> None:
    api.put("/api/faults", json={"sms": {"date_shape": "space", "duplicates": 1}})
    api.post(f"{AMINA}/sms", json={"text": "BAL"})
    assert sandbox.courier.idle()
    first, second = application.forms("sms")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", first["date"])
    assert first == second


def test_an_sms_comes_again_until_we_say_200(api: httpx.Client, sandbox: Sandbox, application: Application) -> None:
    application.statuses = ["503 Service Unavailable"]
    assert api.post(f"{AMINA}/sms", json={"text": "BAL"}).json()["status"] == 503
    assert sandbox.courier.idle()
    assert [call["status"] for call in api.get("/api/calls?gateway=callbacks").json()] == [503, 200]
    assert len({form["id"] for form in application.forms("sms")}) == 1


def test_who_opts_out_with_the_gateway(api: httpx.Client, sandbox: Sandbox, application: Application) -> None:
    application.statuses = ["503 Service Unavailable"]
    assert api.post(f"{AMINA}/opt-out").json() == {"status": 503}
    assert sandbox.courier.idle()
    assert application.forms("opt-out") == [{"senderId": "AFRICASTKNG", "phoneNumber": "+254700000001"}] * 2


def test_where_nobody_takes_an_sms_it_is_told_and_not_tried_for_hours(
    api: httpx.Client, sandbox: Sandbox, application: Application
) -> None:
    application.status = "404 Not Found"
    assert api.post(f"{AMINA}/sms", json={"text": "BAL"}).json()["status"] == 404
    assert sandbox.courier.idle(seconds=0)
    assert len(application.forms("sms")) == 1


def test_faults_are_shown_put_and_taken_back(api: httpx.Client) -> None:
    good = api.get("/api/faults").json()
    bad = api.put("/api/faults", json={"ussd": {"latency_ms": 200}, "sms": {"status": 429, "times": 3}}).json()
    assert (bad["ussd"]["latency_ms"], bad["sms"]["status"], bad["sms"]["times"]) == (200, 429, 3)
    assert api.get("/api/faults").json() == bad
    assert api.put("/api/faults", json={}).json() == good
    assert api.put("/api/faults", json=good).json() == good


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"telex": {}},
        {"ussd": {"status": 500}},
        {"ussd": {"dial_shape": "both"}},
        {"ussd": {"latency_ms": -1}},
        {"ussd": {"cut": 1}},
        {"sms": {"share": 1.5}},
        {"sms": {"share": True}},
        {"sms": {"times": "3"}},
        {"sms": {"statuses": {"+254700000001": "403"}}},
        {"sms": None},
    ],
)
def test_a_fault_that_does_not_exist(body: object) -> None:
    with pytest.raises(UnknownFault):
        FaultSet.parse(body)


def test_calls_are_counted_by_gateway_and_hold_no_text(api: httpx.Client, sandbox: Sandbox) -> None:
    session = api.post(f"{AMINA}/dial", json={"code": "*384*77#"}).json()["session"]
    api.post(f"{AMINA}/reply", json={"session": session, "text": "a PIN"})
    form = {"username": "sandbox", "to": "+254700000001,+254700000002", "message": "secret"}
    api.post("/version1/messaging", headers={"apiKey": "sandbox"}, data=form)
    api.get("/version1/user", headers={"apiKey": "sandbox"}, params={"username": "sandbox"})
    counted = {gateway: api.get("/api/calls", params={"gateway": gateway}).json() for gateway in ("ussd", "sms", "account")}
    assert {gateway: [call["status"] for call in calls] for gateway, calls in counted.items()} == {
        "ussd": [200, 200],
        "sms": [201],
        "account": [200],
    }
    assert counted["sms"][0]["recipients"] == 2
    everything = api.get("/api/calls").text
    assert "a PIN" not in everything
    assert "secret" not in everything
    assert sandbox.courier.idle()  # the reports are calls too
    assert api.delete("/api/calls").status_code == 204
    assert api.get("/api/calls").json() == []


def test_inboxes_of_several_at_once(api: httpx.Client) -> None:
    phones = [person.phone for person in DEMO_PEOPLE]
    form = {"username": "sandbox", "to": ",".join(phones[:2]), "message": "Karibu"}
    api.post("/version1/messaging", headers={"apiKey": "sandbox"}, data=form)
    found: dict[str, Any] = api.get("/api/inboxes", params={"phones": ",".join(phones), "after": 1}).json()
    assert list(found["inboxes"]) == [phones[1]]
    assert found["boot"] == api.get("/api/setup").json()["boot"]
    assert api.delete(f"/api/handsets/{phones[1]}/sms").status_code == 204
    assert api.get(f"/api/handsets/{phones[1]}/sms").json() == []


@pytest.mark.parametrize("path", ["/", "/web/js/main.js", "/web/css/phone.css", "/api/setup", "/healthz"])
def test_the_page_trusts_nobody_else(api: httpx.Client, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_another_site_is_not_served(api: httpx.Client) -> None:
    assert api.get("/api/calls", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert api.get("/api/calls", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
