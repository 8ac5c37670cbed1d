"""The gateway against whatever comes: always `CON` or `END`, always what a phone can show, never an exception."""

import socket
from collections.abc import Callable
from io import BytesIO
from time import monotonic
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import pytest

from channels import app
from channels.ussd import gateway
from channels.walk import House
from core.db import make_engine
from core.settings import Settings

from .town import AMINA, HELP, MORNING, PEPPER, SERVICE_CODE, SORRY, Town, form, is_an_answer

BAD = "END That did not work. Dial *384*77# again."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        urlencode({"sessionId": "s", "text": ""}).encode(),
        urlencode({"phoneNumber": AMINA, "text": ""}).encode(),
        form("", AMINA, ""),
        form("s" * 81, AMINA, ""),
        form("s", "254700000001", ""),
        form("s", AMINA, "1" * 4_001),
        form("s", AMINA, "") + b"&text=1",
        f"sessionId=s&phoneNumber={AMINA}&text=".encode(),  # a raw plus is a space: refused, not repaired
        b"sessionId=s&phoneNumber=%2B254700000001&text=\xf0\x9f\x98\x80",
        b"&".join(b"a%d=1" % n for n in range(50)),
    ],
)
def test_what_is_no_request_of_the_gateway_is_refused(body: bytes) -> None:
    assert gateway.answer(nowhere("127.0.0.1:9"), body, now=lambda: MORNING) == BAD


@pytest.mark.parametrize("reply", ["\x00", "x\x00y", "1" * 3_000, "😀" * 900, "5" * 200, "\ud7ff", "{amount}", "%(x)s"])
def test_a_reply_of_any_kind_is_asked_again(town: Town, reply: str) -> None:
    town.answer("s", AMINA, "")
    town.answer("s", AMINA, "1")
    answer = town.answer("s", AMINA, f"1*{reply}")
    assert answer.startswith("CON "), answer
    assert "Save in Umoja. How much?" in answer
    assert town.answer("s", AMINA, f"1*{reply}*600").startswith("CON Amina, save KES 600?")


# Through the WSGI application


@pytest.fixture
def wsgi(settings: Settings, town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give the public side as a server loads it, on the town's database."""
    monkeypatch.setattr(app, "make_engine", lambda *_, **__: town.engine)
    return app.make(settings, settings.database_url)


def post(called: Callable[..., Any], path: str, body: bytes = b"", **environ: Any) -> tuple[str, bytes]:  # noqa: ANN401 as WSGI has it
    """Post as a server would call the application."""
    seen: list[str] = []
    base = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    base |= {"SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.errors": BytesIO(), "QUERY_STRING": ""}
    answer = called(base | environ, lambda status, _headers, _exc=None: seen.append(status))
    return seen[0], b"".join(answer)


def test_the_wire(wsgi: Callable[..., Any]) -> None:
    status, body = post(wsgi, "/at/demo/ussd", form("w", AMINA, ""))
    assert status == "200 OK"
    assert body.startswith(b"CON Umoja: Amina\n1 Save")


@pytest.mark.parametrize("secret", ["", "demo2", "Demo", "dem", "demo/x", "d\xe9mo", "../demo"])
def test_a_wrong_secret_is_not_found(wsgi: Callable[..., Any], secret: str) -> None:
    status, body = post(wsgi, f"/at/{secret}/ussd", form("w", AMINA, ""))
    assert status.startswith("404")
    assert b"CON" not in body
    assert b"Umoja" not in body


@pytest.mark.parametrize("length", ["-1", "x", "", "16385", "99999999999"])
def test_a_strange_length_reads_as_nothing(wsgi: Callable[..., Any], length: str) -> None:
    assert post(wsgi, "/at/demo/ussd", form("w", AMINA, ""), CONTENT_LENGTH=length) == ("200 OK", BAD.encode())


def test_a_megabyte_is_not_read(wsgi: Callable[..., Any]) -> None:
    body = b"text=" + b"1" * 1_000_000
    assert post(wsgi, "/at/demo/ussd", body) == ("200 OK", BAD.encode())


def test_the_end_of_session_notice_is_a_help_and_never_a_harm(wsgi: Callable[..., Any]) -> None:
    post(wsgi, "/at/demo/ussd", form("w", AMINA, ""))
    post(wsgi, "/at/demo/ussd", form("w", AMINA, "1"))
    for body in (form("w", AMINA, "1", status="Incomplete"), b"", b"\xff", b"sessionId=%00"):
        assert post(wsgi, "/at/demo/ussd-events", body)[0] == "200 OK"
    assert post(wsgi, "/at/other/ussd-events", b"")[0].startswith("404")


def test_a_notice_that_breaks_something_is_answered_all_the_same(wsgi: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("channels.conversations.close", broken)
    assert post(wsgi, "/at/demo/ussd-events", form("w", AMINA, "1"))[0] == "200 OK"


def test_other_methods_and_paths(wsgi: Callable[..., Any]) -> None:
    with httpx.Client(transport=httpx.WSGITransport(app=wsgi), base_url="http://pamoja.test") as client:
        assert client.get("/at/demo/ussd").status_code in {404, 405}
        assert client.get("/healthz").text == "ok"
        assert client.post(f"/at/{quote_plus('démo')}/ussd", content=form("w", AMINA, "")).status_code == 404


# With the database gone


def silent() -> socket.socket:
    """Listen and never say a word, as a server that hangs."""
    return socket.create_server(("127.0.0.1", 0))


def nowhere(address: str) -> House:
    engine = make_engine(f"postgresql://pamoja@{address}/pamoja", turns=True)
    return House(engine, PEPPER, SERVICE_CODE, HELP)


def test_a_database_that_is_down_gets_an_end_at_once() -> None:
    began = monotonic()
    answer = gateway.answer(nowhere("127.0.0.1:9"), form("s", AMINA, ""), now=lambda: MORNING)
    assert answer.startswith(SORRY)
    assert is_an_answer(answer)
    assert monotonic() - began < 8


def test_a_database_that_hangs_gets_an_end_within_8_seconds() -> None:
    with silent() as listener:
        began = monotonic()
        answer = gateway.answer(nowhere(f"127.0.0.1:{listener.getsockname()[1]}"), form("s", AMINA, ""), now=lambda: MORNING)
        assert answer.startswith(SORRY)
        assert monotonic() - began < 8
