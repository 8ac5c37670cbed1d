"""`pamoja group meeting`: an operator calls a meeting, moves it, calls it off, closes it; what is not possible is said in a line."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from admin_web.cli import cli
from core import clock
from core.settings import Settings
from tests.admin_web.demo import rows

SETUP = (
    ("group", "open", "--code", "UMOJA", "--name", "Umoja", "--organisation", "Umoja Federation"),
    ("member", "add", "--group", "UMOJA", "--name", "Amina", "--phone", "0712 345 678"),
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def meeting(*arguments: str) -> str:
    """Run `pamoja group meeting`, and give what it says: on success or not."""
    result = run("group", "meeting", *arguments)
    return result.stdout.strip() if result.exit_code == 0 else " ".join(result.stderr.split())


def day(days: int) -> str:
    return (clock.now().astimezone(ZoneInfo("Africa/Nairobi")) + timedelta(days=days)).strftime("%Y-%m-%d")


@pytest.fixture(autouse=True)
def _umoja(settings: Settings, clean: None) -> None:  # noqa: ARG001 in a database of its own
    for arguments in SETUP:
        assert run(*arguments).exit_code == 0


def test_a_meeting_from_the_call_to_the_end(engine: Engine) -> None:
    sms = "Every member gets an SMS."
    assert meeting("call", "umoja", "--at", f"{day(3)} 14:00", "--place", "School") == f"Umoja meets {day(3)} 14:00, School. {sms}"
    assert meeting("change", "UMOJA", "--at", f"{day(4)} 09:30") == f"Umoja meets {day(4)} 09:30, School. {sms}"
    assert meeting("call", "UMOJA", "--at", f"{day(9)}T10:00", "--place", "School") == f"Umoja meets {day(9)} 10:00, School. {sms}"
    assert meeting("change", "UMOJA", "--on", day(9), "--place", "Market") == f"Umoja meets {day(9)} 10:00, Market. {sms}"
    off = f"The meeting of Umoja, {day(4)} 09:30, School, is called off. {sms}"
    assert meeting("cancel", "UMOJA", "--reason", "Heavy rain") == off
    rows(engine, "UPDATE meeting SET starts_at = now() - interval '1 hour' WHERE state = 'called' RETURNING id")
    sums = "saved KES 0, repaid KES 0, lent KES 0, box KES 0"
    assert f"is closed: {sums}. {sms}" in meeting("close", "UMOJA")
    assert rows(engine, "SELECT state FROM meeting ORDER BY id") == [("cancelled",), ("held",)]
    assert rows(engine, "SELECT template, count(*) FROM outbox WHERE template LIKE 'meeting.%%' GROUP BY 1 ORDER BY 1") == [
        ("meeting.called", 2),
        ("meeting.cancelled_because", 1),
        ("meeting.changed", 2),
        ("meeting.digest", 1),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("call", "NOPE", "--at", f"{day(3)} 14:00", "--place", "School"), "Error: No group has the code NOPE."),
        (("call", "UMOJA", "--at", f"{day(-1)} 14:00", "--place", "School"), "Error: That time has passed."),
        (("call", "UMOJA", "--at", f"{day(3)} 14:00", "--place", "x" * 31), "A place has 1 to 30 characters"),
        (("call", "UMOJA", "--at", "tomorrow", "--place", "School"), "'tomorrow' does not match the formats"),
        (("change", "UMOJA"), "Say what changes, with --at or --place."),
        (("change", "UMOJA", "--place", "Market"), "Error: Umoja has no meeting to come."),
        (("cancel", "UMOJA", "--on", day(2)), "Error: Umoja has no meeting to come."),
        (("close", "UMOJA"), "Error: Umoja has no meeting that has begun and is not closed."),
    ],
)
def test_what_is_not_possible_is_said_in_a_line(engine: Engine, arguments: tuple[str, ...], says: str) -> None:
    assert says in meeting(*arguments)
    assert rows(engine, "SELECT count(*) FROM meeting") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("change", "UMOJA", "--place", "School"), "Error: The meeting is at that time and place already."),
        (("change", "UMOJA", "--at", f"{day(-1)} 08:00"), "Error: That time has passed."),
        (("cancel", "UMOJA", "--reason", "x" * 31), "Error: A reason has at most 30 characters: members are told the whole of it."),
        (("close", "UMOJA"), "Error: Umoja has no meeting that has begun and is not closed."),
    ],
)
def test_what_is_refused_leaves_the_meeting_as_it_was(engine: Engine, arguments: tuple[str, ...], says: str) -> None:
    meeting("call", "UMOJA", "--at", f"{day(3)} 14:00", "--place", "School")
    before = rows(engine, "SELECT starts_at, place, state FROM meeting")
    assert meeting(*arguments) == says
    assert rows(engine, "SELECT starts_at, place, state FROM meeting") == before


@pytest.mark.parametrize("command", ["call", "change", "cancel", "close"])
def test_help_has_an_example(command: str) -> None:
    assert f"pamoja group meeting {command}" in meeting(command, "--help").partition("Examples:")[2]
