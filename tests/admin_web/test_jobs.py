"""`pamoja jobs`, at the terminal."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from admin_web.commands import jobs
from channels.sandbox.faults import FaultSet, SmsFaults
from core.db import transaction
from core.outbox import operations as outbox
from core.outbox import outcomes
from core.outbox.outcomes import Failed, Sent
from core.outbox.queries import database_time
from core.outbox.rules import Outcome
from core.settings import Settings
from tests.builders import Town
from tests.gateways import Served, served_sandbox
from tests.notices import AMINA, BARAKA, CHAUSIKU, Notice

pytestmark = pytest.mark.usefixtures("clean", "settings")


@pytest.fixture
def gateway(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Give a gateway with our account."""
    assert settings.demo
    with served_sandbox() as served:
        monkeypatch.setenv("AT_BASE_URL", served.url)
        yield served


@pytest.fixture
def town(engine: Engine) -> Town:
    """Give a group that sent one message, gave one up, and has one to send."""
    with transaction(engine) as session:
        made = Town(session, code="UMOJA")
        session.execute(text("DELETE FROM outbox"))
        group_id, at = made.group_id, database_time(session)
        outbox.put(session, *(Notice(event, phone, group_id=group_id).message() for event, phone in [("a", AMINA), ("b", BARAKA)]))
        a, b = outbox.begin(session, outbox.claim(session, at=at), at=at)
        outcomes.sent(session, [Sent(a, "ATXid_1", "KES 0.8000", 1)], at=at)
        outcomes.failed(session, [Failed(b, Outcome.REJECTED, f"400 no such number {BARAKA}", 1)], at=at)
        outbox.put(session, Notice("c", CHAUSIKU, group_id=group_id).message())
    return made


def run(*arguments: object) -> Result:
    """Run `pamoja jobs`."""
    return CliRunner().invoke(jobs.command, [str(argument) for argument in arguments])


@pytest.mark.usefixtures("town")
def test_what_waits_is_shown_with_its_cost_and_no_number(gateway: Served) -> None:
    gateway.sandbox.faults.replace(FaultSet(sms=SmsFaults(balance="KES 12.50")))
    shown = json.loads(run("--json").stdout)
    counts = {name: shown[name] for name in ("ready", "due", "leased", "dead", "capped")}
    assert counts == {"ready": 1, "due": 1, "leased": 0, "dead": 1, "capped": 0}
    assert shown["balance"] == {"left": "KES 12.5000", "low": True, "why": None}
    assert shown["spent"] == [{"group": "UMOJA", "messages": 1, "segments": 1, "again": 0, "billed": ["KES 0.8000"]}]
    (letter,) = shown["dead_letters"]
    assert (letter["group"], letter["message"], letter["to"], letter["tries"]) == ("UMOJA", "join.refused", "+2547****0002", 1)
    assert letter["reason"].startswith("400 no such number ****")
    people = run().stdout
    assert "1, of which 1 are due" in people
    assert "KES 12.5000, which is low: pay in" in people
    assert "UMOJA  1         1         0            KES 0.8000" in people
    assert "rejected: 400 no such number" in people
    for output in (people, json.dumps(shown), run("dead").stdout):
        assert not any(phone[1:] in output for phone in (AMINA, BARAKA, CHAUSIKU))
        assert "Amina" not in output


def test_a_gateway_that_says_nothing_spoils_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AT_BASE_URL", "http://127.0.0.1:9")
    shown = run()
    assert shown.exit_code == 0
    assert "0, of which 0 are due\n" in shown.stdout
    assert "not known: the gateway does not answer" in shown.stdout
    assert run("dead").stdout == "No message was given up.\n"


@pytest.mark.usefixtures("town")
def test_a_dead_letter_is_tried_again_once(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    (letter,) = json.loads(run("dead", "--json").stdout)
    done = run("retry", letter["id"])
    assert (done.exit_code, done.stdout) == (0, f"Message {letter['id']} is ready to be sent again.\n")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    with transaction(engine) as session:
        assert letter["id"] in outbox.reserve(session, limit=9, at=database_time(session))
    again = run("retry", letter["id"])
    assert again.exit_code == 1
    assert again.output == f"Error: no message {letter['id']} was given up: pamoja jobs dead lists those that were\n"
    assert run("retry", "x").exit_code == 2
