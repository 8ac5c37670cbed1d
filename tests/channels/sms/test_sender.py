"""The sender against every answer a gateway gives."""

import json
import socket
from collections.abc import Iterator
from time import monotonic, sleep
from urllib.parse import parse_qs

import pytest

from channels.sandbox.faults import FaultSet, SmsFaults
from channels.sandbox.messaging import STATUSES
from channels.sms import wire
from channels.sms.sender import RECIPIENT_CODES, Accepted, Fate, Rejected, Result, Retry, Sender, Unknown
from tests.gateways import Scripted, Served, answer, served_sandbox

AMINA, BARAKA, CHAUSIKU = "+254700000001", "+254700000002", "+254700000003"


@pytest.fixture
def gateway() -> Iterator[Served]:
    """Give a sandbox on a good day. Each test has its own: a slow answer may still be on its way when the test is over."""
    with served_sandbox() as served:
        yield served


@pytest.fixture
def sender(gateway: Served) -> Sender:
    """Hold an account at the sandbox."""
    return Sender(base_url=gateway.url, username="sandbox", api_key="sandbox", sender="SAVE")


def to(url: str) -> Sender:
    """Hold an account at any gateway."""
    return Sender(base_url=url, username="prod", api_key="a-key")


def recipients(*each: tuple[object, str, str]) -> str:
    """Write an answer with these recipients."""
    rows = [{"statusCode": code, "number": number, "status": "x", "cost": "KES 0.8000", "messageId": id_} for code, number, id_ in each]
    return json.dumps({"SMSMessageData": {"Message": "Sent", "Recipients": rows}})


def test_one_text_reaches_many_numbers_in_one_call(gateway: Served, sender: Sender) -> None:
    gateway.sandbox.calls.clear()
    results = sender.send("Hello & 100% €", [AMINA, BARAKA])
    assert [type(each) for each in results.values()] == [Accepted, Accepted]
    accepted = results[AMINA]
    assert isinstance(accepted, Accepted)
    assert accepted.provider_id.startswith("ATXid_")
    assert accepted.cost == "KES 0.8000"
    assert gateway.received(AMINA) == gateway.received(BARAKA) == ["Hello & 100% €"]
    assert [sms.sender for sms in gateway.sandbox.inboxes.listed(AMINA)] == ["SAVE"]
    assert [call.recipients for call in gateway.sandbox.calls.listed("sms")] == [2]


def test_the_table_of_codes_is_the_gateways() -> None:
    assert RECIPIENT_CODES.keys() == STATUSES.keys()
    assert {code for code, fate in RECIPIENT_CODES.items() if fate is Fate.FINAL} == {401, 403, 404, 406, 407}


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (401, Rejected("401 RiskHold", final=True)),
        (402, Retry("402 InvalidSenderId")),
        (403, Rejected("403 InvalidPhoneNumber", final=True)),
        (404, Rejected("404 UnsupportedNumberType", final=True)),
        (405, Retry("405 InsufficientBalance")),
        (406, Rejected("406 UserInBlacklist", final=True)),
        (407, Rejected("407 CouldNotRoute", final=True)),
        (409, Rejected("409 DoNotDisturbRejection", final=False)),
        (500, Rejected("500 InternalServerError", final=False)),
        (501, Rejected("501 GatewayError", final=False)),
        (502, Rejected("502 RejectedByGateway", final=False)),
    ],
)
def test_one_number_is_refused_and_the_others_are_not(gateway: Served, sender: Sender, status: int, result: Result) -> None:
    gateway.sandbox.faults.replace(FaultSet(sms=SmsFaults(statuses={BARAKA: status})))
    results = sender.send("Hello", [AMINA, BARAKA])
    assert isinstance(results[AMINA], Accepted)
    assert results[BARAKA] == result


@pytest.mark.parametrize(
    ("faults", "result"),
    [
        (SmsFaults(message="InvalidSenderId"), Retry("InvalidSenderId")),
        (SmsFaults(message="InsufficientBalance"), Retry("InsufficientBalance")),
        (SmsFaults(message="The text is not allowed"), Rejected("The text is not allowed", final=False)),
        (SmsFaults(status=429), Retry("429 Injected by the sandbox")),
        (SmsFaults(status=500), Retry("500 Injected by the sandbox")),
        (SmsFaults(status=503), Retry("503 Injected by the sandbox")),
        (SmsFaults(status=504), Unknown("504 Injected by the sandbox")),
    ],
)
def test_nobody_is_served(gateway: Served, sender: Sender, faults: SmsFaults, result: Result) -> None:
    gateway.sandbox.faults.replace(FaultSet(sms=faults))
    assert sender.send("Hello", [AMINA, BARAKA]) == {AMINA: result, BARAKA: result}
    assert gateway.received(AMINA) == []


def test_a_wrong_key_is_the_accounts_fault(gateway: Served) -> None:
    sender = Sender(base_url=gateway.url, username="sandbox", api_key="wrong")
    assert sender.send("Hello", [AMINA]) == {AMINA: Retry("401 The supplied authentication is invalid")}


def test_accepted_and_then_cut_is_unknown(gateway: Served, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway.sandbox.faults.replace(FaultSet(sms=SmsFaults(cut=True)))
    with monkeypatch.context() as hurry:
        hurry.setattr(wire, "READ_SECONDS", 1.0)  # the server of this test leaves the line open
        assert isinstance(sender.send("Hello", [AMINA])[AMINA], Unknown)
    deadline = monotonic() + 30
    while not gateway.received(AMINA) and monotonic() < deadline:
        sleep(0.01)
    assert gateway.received(AMINA) == ["Hello"]
    gateway.sandbox.faults.replace(FaultSet())
    assert isinstance(sender.send("Hello", [AMINA])[AMINA], Accepted)


def test_a_slow_gateway_is_unknown(gateway: Served, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "READ_SECONDS", 0.2)
    gateway.sandbox.faults.replace(FaultSet(sms=SmsFaults(latency_ms=3_000)))
    assert sender.send("Hello", [AMINA]) == {AMINA: Unknown("TimeoutError")}


def test_nobody_listens() -> None:
    with socket.socket() as taken:  # so that nobody else begins to listen there meanwhile
        taken.bind(("127.0.0.1", 0))
        result = to(f"http://127.0.0.1:{taken.getsockname()[1]}").send("Hello", [AMINA])[AMINA]
    assert result == Retry("unreachable: ConnectionRefusedError")


@pytest.mark.parametrize("url", ["http://gateway.invalid", "ftp://127.0.0.1", "nonsense"])
def test_no_such_place(url: str) -> None:
    assert isinstance(to(url).send("Hello", [AMINA])[AMINA], Retry)


def test_numbers_that_are_none_do_not_spoil_the_call(gateway: Served, sender: Sender) -> None:
    results = sender.send("Hello", ["0700", AMINA, "+254x", ""])
    refused = Rejected("InvalidPhoneNumber", final=True)
    assert isinstance(results.pop(AMINA), Accepted)
    assert results == {"0700": refused, "+254x": refused, "": refused}
    assert gateway.received(AMINA) == ["Hello"]
    assert sender.send("Hello", ["0700"]) == {"0700": refused}


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (answer("201 Created", recipients((101, AMINA, "ATXid_1"))), Accepted("ATXid_1", "KES 0.8000")),
        (answer("200 OK", recipients(("101", AMINA, "None")), kind="application/json; charset=utf-8"), Accepted("", "KES 0.8000")),
        (
            answer("201 Created", recipients((102, AMINA[1:], "ATXid_1")), kind="text/plain"),
            Accepted("ATXid_1", "KES 0.8000"),
        ),
        (answer("201 Created", recipients((101, BARAKA, "ATXid_1"))), Unknown("not in the answer")),
        (answer("201 Created", recipients((999, AMINA, "ATXid_1"))), Rejected("999 x", final=False)),
        (answer("201 Created", '{"SMSMessageData":{"Message":"","Recipients":[]}}'), Rejected("no recipients", final=False)),
        (answer("201 Created", '{"SMSMessageData":{"Recipients":[{"number":1}]}}'), Unknown("the answer has another shape")),
        (answer("201 Created", "[]"), Unknown("the answer has another shape")),
        (answer("201 Created", '"ok"'), Unknown("the answer has another shape")),
        (answer("200 OK", "<html>"), Unknown("the answer is no JSON")),
        (answer("200 OK", ""), Unknown("the answer is no JSON")),
        (
            answer("400 Bad Request", "Request is missing 'message'", kind="text/plain"),
            Rejected("400 Request is missing 'message'", final=False),
        ),
        (answer("404 Not Found", ""), Retry("404")),
        (answer("302 Found\r\nLocation: http://127.0.0.1:9/", ""), Retry("302")),
        ([*answer("502 Bad Gateway", "x" * 5_000)], Retry("502 " + "x" * 56)),
        ([b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{", None], Unknown("IncompleteRead")),
        ([b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", None], Unknown("IncompleteRead")),
        ([b"nonsense\r\n\r\n", None], Unknown("BadStatusLine")),
        ([None], Unknown("RemoteDisconnected")),
    ],
)
def test_answers_byte_for_byte(given: list[bytes | None], result: Result) -> None:
    with Scripted([given]) as gateway:
        assert to(gateway.url).send("Hello", [AMINA]) == {AMINA: result}


def test_an_answer_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.3)
    drip: list[bytes | None] = [b"HTTP/1.1 201 Created\r\nContent-Length: 5000\r\n\r\n", *[b" "] * 1_000]
    with Scripted([drip], pause=0.05) as gateway:
        began = monotonic()
        assert to(gateway.url).send("Hello", [AMINA]) == {AMINA: Unknown("the answer has no end")}
        assert monotonic() - began < 25  # of the 50 seconds that it would take


def test_the_request_is_the_sdks_own() -> None:
    with Scripted([answer("201 Created", recipients((101, AMINA, "1"), (101, BARAKA, "2")))]) as gateway:
        to(gateway.url).send("Hello & 100% €", [AMINA, BARAKA])
    head, body = gateway.requests[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /at/version1/messaging HTTP/1.1\r\n")
    assert b"\r\napiKey: a-key\r\n" in head
    assert b"\r\nAccept: application/json\r\n" in head
    assert parse_qs(body.decode()) == {
        "username": ["prod"],
        "to": [f"{AMINA},{BARAKA}"],
        "message": ["Hello & 100% €"],
        "bulkSMSMode": ["1"],
    }


def test_the_connection_is_kept_while_it_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "IDLE_SECONDS_MAX", 60.0)
    good = answer("201 Created", recipients((101, AMINA, "1")))
    with Scripted([good] * 4) as gateway:
        sender = to(gateway.url)
        for _ in range(3):
            sender.send("Hello", [AMINA])
        assert gateway.connections == 1
        monkeypatch.setattr(wire, "IDLE_SECONDS_MAX", 0.0)
        assert isinstance(sender.send("Hello", [AMINA])[AMINA], Accepted)
        assert gateway.connections == 2


def test_a_call_has_a_limit_and_each_number_once() -> None:
    with pytest.raises(AssertionError):
        to("http://127.0.0.1:9").send("Hello", [f"+2547{n:08}" for n in range(101)])
    with pytest.raises(AssertionError):
        to("http://127.0.0.1:9").send("Hello", [AMINA, AMINA])
