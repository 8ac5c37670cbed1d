"""The USSD side against the wire format that the gateway documents."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic, sleep

import httpx
import pytest

from channels.sandbox.faults import FaultSet, UssdFaults
from channels.sandbox.options import Options
from channels.sandbox.sandbox import Sandbox, open_sandbox
from channels.sandbox.ussd import APPLICATION_DOWN, INVALID_CODE, TIMED_OUT, NoSuchSession
from core import clock
from tests.channels.sandbox.application import MENU, TARGET, Application

AMINA, BARAKA, CODE = "+254700000001", "+254700000002", "*384*77#"


def inject(sandbox: Sandbox, **faults: object) -> None:
    sandbox.faults.replace(FaultSet(ussd=replace(UssdFaults(), **faults)))  # type: ignore[arg-type]  # one helper for all fields


def talk(sandbox: Sandbox, *replies: str) -> str:
    """Dial and reply; gives the session."""
    screen = sandbox.ussd.dial(AMINA, CODE)
    for reply in replies:
        sandbox.ussd.reply(AMINA, screen.session, reply)
    return screen.session


def last_event(sandbox: Sandbox, application: Application) -> dict[str, str]:
    assert sandbox.courier.idle()
    return application.forms("ussd-events")[-1]


def test_the_callback_is_a_form_of_five_fields(sandbox: Sandbox, application: Application) -> None:
    session = talk(sandbox)
    (seen,) = application.seen
    assert seen.path == "/at/demo/ussd"
    assert seen.kind == "application/x-www-form-urlencoded"
    assert re.fullmatch(r"ATUid_[0-9a-f]{32}", session)
    assert seen.body == f"sessionId={session}&phoneNumber=%2B254700000001&networkCode=99999&serviceCode=%2A384%2A77%23&text="


@pytest.mark.parametrize(
    ("replies", "texts"),
    [
        (["1", "2", "500"], ["", "1", "1*2", "1*2*500"]),
        (["1", "a*b"], ["", "1", "1*a*b"]),
        (["1", ""], ["", "1", "1*"]),
        (["Irène & co", "+1"], ["", "Irène & co", "Irène & co*+1"]),
    ],
)
def test_text_holds_all_inputs_so_far(sandbox: Sandbox, application: Application, replies: list[str], texts: list[str]) -> None:
    talk(sandbox, *replies)
    assert [form["text"] for form in application.forms("ussd")] == texts


@pytest.mark.parametrize(
    ("dialled", "shape", "sent"),
    [
        ("*384*77#", "text", ("*384*77#", "")),
        ("*384*77*1*500#", "text", ("*384*77#", "1*500")),
        ("*384*77*1*500#", "service_code", ("*384*77*1*500#", "")),
        ("*384*77*UMOJA#", "text", ("*384*77#", "UMOJA")),
    ],
)
def test_a_dial_with_parameters_has_two_shapes(
    sandbox: Sandbox, application: Application, dialled: str, shape: str, sent: tuple[str, str]
) -> None:
    service_code, text = sent
    inject(sandbox, dial_shape=shape)
    screen = sandbox.ussd.dial(AMINA, dialled)
    sandbox.ussd.reply(AMINA, screen.session, "7")
    first, second = application.forms("ussd")
    assert (first["serviceCode"], first["text"]) == (service_code, text)
    assert (second["serviceCode"], second["text"]) == (service_code, f"{text}*7" if text else "7")


@pytest.mark.parametrize("dialled", ["*384*78#", "*384*77", "384*77#", "*384*770#", "", "*384*77*#", "#"])
def test_an_unknown_code_never_reaches_us(sandbox: Sandbox, application: Application, dialled: str) -> None:
    screen = sandbox.ussd.dial(AMINA, dialled)
    assert (screen.text, screen.open, screen.session) == (INVALID_CODE, False, "")
    assert application.seen == []


def test_a_screen_says_what_it_took(sandbox: Sandbox) -> None:
    session = sandbox.ussd.dial(AMINA, CODE).session
    screen = sandbox.ussd.reply(AMINA, session, "1")
    assert (screen.text, screen.open, screen.hops) == ("Umoja\n1 Save\n2 Loan", True, 2)
    assert (screen.septets, screen.cost, screen.seconds_left) == (len(MENU), "KES 0.10", 180)


def test_a_page_outside_gsm7_counts_as_16_bits_a_character(sandbox: Sandbox, application: Application) -> None:
    application.answer = lambda _: "END ሰላም"
    assert sandbox.ussd.dial(AMINA, CODE).septets == 16  # seven characters of 16 bits in units of seven


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", ""),
        ("200 OK", " CON Umoja"),
        ("200 OK", "CON"),
        ("200 OK", "con Umoja"),
        ("200 OK", "Umoja"),
        ("200 OK", b"\xff\xfe"),
        ("400 Bad Request", "CON Umoja"),
        ("404 Not Found", "END Umoja"),
        ("500 Internal Server Error", "CON Umoja"),
        ("302 Found", "CON Umoja"),
    ],
)
def test_a_bad_answer_ends_the_session(sandbox: Sandbox, application: Application, status: str, body: str | bytes) -> None:
    application.status, application.answer = status, lambda _: body
    screen = sandbox.ussd.dial(AMINA, CODE)
    assert (screen.text, screen.open) == (APPLICATION_DOWN, False)
    with pytest.raises(NoSuchSession):
        sandbox.ussd.reply(AMINA, screen.session, "1")
    event = last_event(sandbox, application)
    assert event["status"] == "Failed"
    assert event["errorMessage"]


def test_nobody_at_home(options: Options) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    sandbox = open_sandbox(options, client=httpx.Client(transport=httpx.MockTransport(refuse)))
    assert sandbox.ussd.dial(AMINA, CODE).text == APPLICATION_DOWN
    assert [call.status for call in sandbox.calls.listed("ussd")] == [0]
    sandbox.close()


@pytest.mark.parametrize("drips", [1, 4])
def test_the_gateway_waits_so_long_and_no_longer(application: Application, drips: int) -> None:
    def slowly(_: dict[str, str]) -> Iterator[bytes]:
        yield b"CON "
        for _drip in range(drips):
            sleep(0.4 / drips)
            yield b"x"

    application.answer = slowly
    options = Options(target=TARGET, answer_seconds_max=0.2)
    sandbox = open_sandbox(options, client=httpx.Client(transport=httpx.WSGITransport(app=application)))
    assert sandbox.ussd.dial(AMINA, CODE).text == APPLICATION_DOWN
    assert last_event(sandbox, application)["errorMessage"] == "The application did not answer in time"
    sandbox.close()


def test_our_label_comes_back_with_the_next_hop(sandbox: Sandbox, application: Application) -> None:
    application.label = "root"
    session = talk(sandbox)
    application.label = "deposit.amount"
    sandbox.ussd.reply(AMINA, session, "1")
    application.label, application.answer = "", lambda _: "END Saved."
    sandbox.ussd.reply(AMINA, session, "500")
    assert [seen.label for seen in application.seen if seen.path.endswith("/ussd")] == [None, "root", "deposit.amount"]
    assert last_event(sandbox, application)["hopsMetadata"] == "root|deposit.amount"


@pytest.mark.parametrize("label", ["a|b", "x" * 100])
def test_a_label_that_the_gateway_does_not_take(sandbox: Sandbox, application: Application, label: str) -> None:
    application.label = label
    talk(sandbox, "1")
    assert [seen.label for seen in application.seen] == [None, None]


def test_the_end_of_a_session_is_told_with_all_fields(sandbox: Sandbox, application: Application) -> None:
    application.answer = lambda form: "END Saved." if form["text"] == "1*500" else MENU
    session = talk(sandbox, "1", "500")
    event = last_event(sandbox, application)
    told_at = datetime.strptime(event.pop("date"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs((clock.now() - told_at).total_seconds()) < 60
    assert 0 <= int(event.pop("durationInMillis")) < 60_000
    assert event == {
        "sessionId": session,
        "serviceCode": CODE,
        "networkCode": "99999",
        "phoneNumber": AMINA,
        "status": "Success",
        "cost": "KES 0.15",
        "hopsCount": "3",
        "hopsMetadata": "",
        "input": "1*500",
        "lastAppResponse": "END Saved.",
    }


def test_hanging_up_leaves_the_session_incomplete(sandbox: Sandbox, application: Application) -> None:
    session = talk(sandbox, "1")
    assert not sandbox.ussd.hangup(BARAKA, session)
    assert sandbox.ussd.hangup(AMINA, session)
    assert not sandbox.ussd.hangup(AMINA, session)
    event = last_event(sandbox, application)
    assert (event["status"], event["input"]) == ("Incomplete", "1")
    assert len(application.forms("ussd-events")) == 1


def test_a_new_dial_ends_the_session_before(sandbox: Sandbox, application: Application) -> None:
    first, second = talk(sandbox), talk(sandbox)
    assert first != second
    assert last_event(sandbox, application)["sessionId"] == first
    with pytest.raises(NoSuchSession):
        sandbox.ussd.reply(AMINA, first, "1")
    assert sandbox.ussd.reply(AMINA, second, "1").open


def test_a_session_belongs_to_its_handset(sandbox: Sandbox) -> None:
    session = talk(sandbox)
    with pytest.raises(NoSuchSession):
        sandbox.ussd.reply(BARAKA, session, "1")


@pytest.mark.parametrize("limits", [{"session_seconds": 0}, {"idle_seconds": 1}])
def test_the_network_does_not_wait_for_ever(sandbox: Sandbox, application: Application, limits: dict[str, int]) -> None:
    inject(sandbox, **limits)
    session = talk(sandbox)
    _wait_until(lambda: bool(application.forms("ussd-events")))
    assert sandbox.ussd.reply(AMINA, session, "1").text == TIMED_OUT
    assert last_event(sandbox, application)["status"] == "Incomplete"
    assert len(application.forms("ussd")) == 1


def test_the_event_is_a_switch(sandbox: Sandbox, application: Application) -> None:
    inject(sandbox, events=False)
    sandbox.ussd.hangup(AMINA, talk(sandbox))
    assert sandbox.courier.idle()
    assert application.forms("ussd-events") == []


@pytest.mark.parametrize("at_once", [False, True])
def test_duplicates_are_the_same_request_again(sandbox: Sandbox, application: Application, at_once: bool) -> None:  # noqa: FBT001 a case
    inject(sandbox, duplicates=2, at_once=at_once)
    talk(sandbox)
    assert len(application.seen) == 3
    assert len({seen.body for seen in application.seen}) == 1
    assert [call.same for call in sandbox.calls.listed("ussd")] == [None, True, True]


def test_a_duplicate_that_is_answered_otherwise_shows(sandbox: Sandbox, application: Application) -> None:
    inject(sandbox, duplicates=1)
    application.answer = lambda _: f"CON {len(application.seen)}"
    assert sandbox.ussd.dial(AMINA, CODE).text == "1"
    assert [call.same for call in sandbox.calls.listed("ussd")] == [None, False]


@pytest.mark.parametrize(("fault", "reached"), [("drop", 0), ("cut", 1)])
def test_what_is_lost_on_the_way(sandbox: Sandbox, application: Application, fault: str, reached: int) -> None:
    inject(sandbox, **{fault: True}, times=1)
    assert sandbox.ussd.dial(AMINA, CODE).text == APPLICATION_DOWN
    assert len(application.forms("ussd")) == reached
    assert sandbox.ussd.dial(AMINA, CODE).open


def test_a_slow_network_is_slow(sandbox: Sandbox) -> None:
    inject(sandbox, latency_ms=120)
    started = monotonic()
    talk(sandbox)
    assert monotonic() - started >= 0.12


def _wait_until(done: Callable[[], bool]) -> None:
    deadline = monotonic() + 30
    while not done() and monotonic() < deadline:
        sleep(0.05)
