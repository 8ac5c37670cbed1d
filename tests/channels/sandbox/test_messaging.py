"""The SMS side: the exact answers of the gateway, and what lands in the inboxes."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from time import perf_counter, process_time
from typing import Any

import httpx
import pytest
from africastalking.SMS import SMSService  # type: ignore[import-untyped]  # it has none
from werkzeug.serving import make_server

from channels.sandbox import messaging
from channels.sandbox.app import create_app
from channels.sandbox.faults import FaultSet, SmsFaults
from channels.sandbox.sandbox import Sandbox
from tests.channels.sandbox.application import Application

AMINA, BARAKA = "+254700000001", "+254700000002"
SEND = "/version1/messaging"
KEY = {"apiKey": "sandbox", "Accept": "application/json"}


def inject(sandbox: Sandbox, **faults: object) -> None:
    sandbox.faults.replace(FaultSet(sms=replace(SmsFaults(), **faults)))  # type: ignore[arg-type]  # one helper for all fields


def send(api: httpx.Client, *, to: str = AMINA, message: str = "Hello", **more: str) -> httpx.Response:
    return api.post(SEND, headers=KEY, data={"username": "sandbox", "to": to, "message": message, "bulkSMSMode": "1", **more})


def recipients(response: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = response.json()["SMSMessageData"]["Recipients"]
    return found


def test_the_answer_is_the_gateways_to_the_letter(api: httpx.Client) -> None:
    response = send(api)
    assert response.status_code == 201
    assert response.headers["Content-Type"] == "application/json"
    message_id = recipients(response)[0]["messageId"]
    assert re.fullmatch(r"ATXid_[0-9a-f]{32}", message_id)
    assert response.json() == {
        "SMSMessageData": {
            "Message": "Sent to 1/1 Total Cost: KES 0.8000",
            "Recipients": [
                {"statusCode": 101, "number": AMINA, "status": "Success", "cost": "KES 0.8000", "messageId": message_id, "messageParts": 1}
            ],
        }
    }


def test_each_number_has_its_own_answer(sandbox: Sandbox, api: httpx.Client) -> None:
    inject(sandbox, statuses={BARAKA: 406})
    response = send(api, to=f"{AMINA},{BARAKA},0712", message="x" * 161)
    assert response.json()["SMSMessageData"]["Message"] == "Sent to 1/3 Total Cost: KES 1.6000"
    told = [tuple(each[name] for name in ("number", "statusCode", "status", "cost", "messageParts")) for each in recipients(response)]
    assert told == [
        (AMINA, 101, "Success", "KES 1.6000", 2),
        (BARAKA, 406, "UserInBlacklist", "0", 0),
        ("0712", 403, "InvalidPhoneNumber", "0", 0),
    ]
    assert [each["messageId"] for each in recipients(response)][1:] == ["None", "None"]
    assert [len(sandbox.inboxes.listed(phone)) for phone in (AMINA, BARAKA)] == [1, 0]


@pytest.mark.parametrize(("key", "username"), [("wrong", "sandbox"), ("", "sandbox"), ("sandbox", "prod")])
def test_a_wrong_key_is_refused_in_plain_text(api: httpx.Client, key: str, username: str) -> None:
    response = api.post(SEND, headers={"apiKey": key}, data={"username": username, "to": AMINA, "message": "Hello"})
    assert (response.status_code, response.headers["Content-Type"]) == (401, "text/plain")
    assert response.text == "The supplied authentication is invalid"


@pytest.mark.parametrize("missing", ["to", "message"])
def test_a_form_without_a_field(api: httpx.Client, missing: str) -> None:
    response = send(api, **{missing: ""})
    assert (response.status_code, response.text) == (400, f"Request is missing required form field '{missing}'")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", SEND, 405), ("POST", "/version1/user", 405), ("POST", "/version1/airtime/send", 404), ("POST", SEND + "/", 201)],
)
def test_other_addresses(api: httpx.Client, method: str, path: str, status: int) -> None:
    assert api.request(method, path, headers=KEY, data={"username": "sandbox", "to": AMINA, "message": "Hi"}).status_code == status


@pytest.mark.parametrize(
    ("text", "segments", "encoding"),
    [("Habari & 100% €", 1, "GSM-7"), ("x" * 306, 2, "GSM-7"), ("ሰላም", 1, "UCS-2"), ("😀" * 36, 2, "UCS-2")],
)
def test_what_lies_in_the_inbox(api: httpx.Client, text: str, segments: int, encoding: str) -> None:
    send(api, message=text, **{"from": "PAMOJA"})
    (sms,) = api.get(f"/api/handsets/{AMINA}/sms").json()
    assert (sms["from"], sms["text"], sms["segments"], sms["encoding"]) == ("PAMOJA", text, segments, encoding)
    assert sms["at"].endswith("+00:00")


def test_a_message_without_a_sender_is_signed_by_the_gateway(api: httpx.Client) -> None:
    send(api)
    assert api.get(f"/api/handsets/{AMINA}/sms").json()[0]["from"] == "AFRICASTKNG"


def test_the_balance_goes_down(api: httpx.Client) -> None:
    before = api.get("/version1/user", headers=KEY, params={"username": "sandbox"})
    assert (before.headers["Content-Type"], before.json()) == ("application/json", {"UserData": {"balance": "KES 1000000.00"}})
    send(api, to=f"{AMINA},{BARAKA}")
    assert api.get("/version1/user", headers=KEY, params={"username": "sandbox"}).json()["UserData"]["balance"] == "KES 999998.40"
    assert api.get("/version1/user", params={"username": "sandbox"}).status_code == 401


def test_delivery_is_reported(sandbox: Sandbox, api: httpx.Client, application: Application) -> None:
    message_id = recipients(send(api))[0]["messageId"]
    assert sandbox.courier.idle()
    assert application.forms("delivery") == [{"id": message_id, "status": "Success", "phoneNumber": AMINA, "networkCode": "99999"}]
    assert application.seen[0].kind == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error"])
def test_a_report_that_nobody_wants_is_forgotten(sandbox: Sandbox, api: httpx.Client, application: Application, status: str) -> None:
    application.status = status
    assert send(api).status_code == 201
    assert sandbox.courier.idle()
    assert len(application.forms("delivery")) == 1


@pytest.mark.parametrize(
    ("faults", "reports"),
    [({"reports": False}, 0), ({"drop": True}, 0), ({"duplicates": 2}, 3), ({"report_first": True}, 1), ({"report_delay_ms": 60}, 1)],
)
def test_reports_on_a_bad_day(
    sandbox: Sandbox, api: httpx.Client, application: Application, faults: dict[str, object], reports: int
) -> None:
    inject(sandbox, **faults)
    send(api)
    assert sandbox.courier.idle()
    assert len(application.forms("delivery")) == reports


def test_a_report_may_overtake_the_answer_or_come_late(sandbox: Sandbox, api: httpx.Client, application: Application) -> None:
    inject(sandbox, report_first=True)
    send(api)
    assert len(application.forms("delivery")) == 1
    inject(sandbox, report_delay_ms=300)
    send(api)
    assert sandbox.courier.idle()
    assert len(application.forms("delivery")) == 2
    (*_, answered), (*_, reported) = sandbox.calls.listed("sms"), sandbox.calls.listed("callbacks")
    assert reported.at - answered.at > timedelta(seconds=0.25)


def test_reports_in_any_order(sandbox: Sandbox, api: httpx.Client, application: Application) -> None:
    inject(sandbox, shuffle=True)
    sent = [recipients(send(api))[0]["messageId"] for _ in range(12)]
    assert sandbox.courier.idle()
    told = [form["id"] for form in application.forms("delivery")]
    assert told != sent
    assert sorted(told) == sorted(sent)


@pytest.mark.parametrize(
    ("faults", "statuses", "delivered"),
    [
        ({"status": 500, "times": 1}, [500, 201], 1),
        ({"status": 429}, [429, 429], 0),
        ({"drop": True, "times": 1}, [201, 201], 1),
        ({"share": 0.0, "status": 503}, [201, 201], 2),
    ],
)
def test_bad_answers(sandbox: Sandbox, api: httpx.Client, faults: dict[str, object], statuses: list[int], delivered: int) -> None:
    inject(sandbox, **faults)
    assert [send(api).status_code for _ in statuses] == statuses
    assert len(sandbox.inboxes.listed(AMINA)) == delivered
    assert [call["status"] for call in api.get("/api/calls", params={"gateway": "sms"}).json()] == statuses


def test_more_in_a_second_than_it_takes(sandbox: Sandbox, api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = [100.0]
    monkeypatch.setattr(messaging, "monotonic", lambda: watch[0])
    inject(sandbox, per_second=1)
    statuses = [send(api).status_code for _ in range(2)]
    watch[0] += 1.1
    assert [*statuses, send(api).status_code] == [201, 429, 201]


def test_nobody_is_sent_to(sandbox: Sandbox, api: httpx.Client) -> None:
    inject(sandbox, message="InvalidSenderId")
    assert send(api).json() == {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}


@pytest.mark.parametrize(("message", "parts"), [("Habari", 1), ("x" * 150, 2)])
def test_the_first_message_says_how_to_opt_out(sandbox: Sandbox, api: httpx.Client, message: str, parts: int) -> None:
    inject(sandbox, footer=True)
    first = recipients(send(api, message=message))
    assert [(each["cost"], each["messageParts"]) for each in first] == [(f"KES {0.8 * parts:.4f}", parts)]
    both = recipients(send(api, to=f"{AMINA},{BARAKA}", message=message))
    assert {each["number"]: each["messageParts"] for each in both} == {AMINA: 1, BARAKA: parts}
    told = [[sms.text for sms in sandbox.inboxes.listed(phone)] for phone in (AMINA, BARAKA)]
    assert told == [[message + messaging.FOOTER, message], [message + messaging.FOOTER]]


@pytest.mark.parametrize("status", sorted(messaging.STATUSES))
def test_any_status_for_a_number(sandbox: Sandbox, api: httpx.Client, status: int) -> None:
    inject(sandbox, statuses={AMINA: status})
    (told,) = recipients(send(api))
    accepted = status in {100, 101, 102}
    assert (told["statusCode"], told["status"], told["messageId"] != "None") == (status, messaging.STATUSES[status], accepted)
    assert len(sandbox.inboxes.listed(AMINA)) == accepted


def test_a_slow_gateway(sandbox: Sandbox, api: httpx.Client) -> None:
    inject(sandbox, latency_ms=120)
    began = perf_counter()
    assert send(api).status_code == 201
    assert perf_counter() - began >= 0.12


def test_the_inbox_keeps_the_newest_thousand(sandbox: Sandbox, api: httpx.Client) -> None:
    inject(sandbox, reports=False)
    for number in range(1_003):
        send(api, message=str(number))
    texts = [sms["text"] for sms in api.get(f"/api/handsets/{AMINA}/sms").json()]
    assert (len(texts), texts[0], texts[-1]) == (1_000, "3", "1002")


def test_a_message_costs_little_time(sandbox: Sandbox) -> None:
    """A benchmark pours 100,000 of them through: 50 µs each is a few seconds of that."""
    inject(sandbox, reports=False)
    started = process_time()
    for number in range(1_000):
        body = f"username=sandbox&to=%2B2547{number:08d}&message=Habari".encode()
        assert json.loads(b"".join(_post(sandbox, body)))["SMSMessageData"]["Recipients"][0]["statusCode"] == 101
    # Of this process alone, whatever else the machine is busy with; generous, for there are slow ones.
    assert (process_time() - started) / 1_000 < 0.001


def _post(sandbox: Sandbox, body: bytes) -> Any:  # noqa: ANN401 what WSGI returns
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": SEND,
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_APIKEY": "sandbox",
        "wsgi.input": BytesIO(body),
    }
    return sandbox.messaging(environ, lambda *_: lambda _: None)


@pytest.fixture
def address(sandbox: Sandbox) -> Iterator[str]:
    """The sandbox behind a real port, for clients that bring their own connection."""
    server = make_server("127.0.0.1", 0, create_app(sandbox=sandbox), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_gateways_own_sdk_understands_us(address: str) -> None:
    sdk = SMSService("sandbox", "sandbox")
    sdk._baseUrl = f"{address}/version1"  # noqa: SLF001 the SDK has no other way to another address
    answer = sdk.send("Karibu", [AMINA, BARAKA], sender_id="PAMOJA")
    assert [each["statusCode"] for each in answer["SMSMessageData"]["Recipients"]] == [101, 101]


def test_an_answer_that_is_cut_was_delivered_all_the_same(sandbox: Sandbox, address: str) -> None:
    inject(sandbox, cut=True)
    with httpx.Client(base_url=address, trust_env=False) as client, pytest.raises(httpx.RemoteProtocolError):
        send(client)
    assert len(sandbox.inboxes.listed(AMINA)) == 1
    assert [call.status for call in sandbox.calls.listed("sms")] == [0]
