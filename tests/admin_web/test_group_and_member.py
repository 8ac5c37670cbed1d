import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from admin_web.cli import cli
from core.settings import Settings
from tests.admin_web.demo import rows

pytestmark = pytest.mark.usefixtures("settings", "clean")
UMOJA = ("group", "open", "--code", "umoja", "--name", "Umoja", "--organisation", "Umoja Federation")
AMINA = ("member", "add", "--group", "UMOJA", "--name", "Amina", "--phone", "0712 345 678")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def done(*arguments: str) -> str:
    """Run a command that must end well, and give what it printed."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def data(*arguments: str) -> Any:  # noqa: ANN401 JSON
    return json.loads(done(*arguments, "--json"))


def test_a_group_from_nothing(settings: Settings) -> None:
    assert settings.country == "KE"
    assert "no group yet" in done("group", "list")
    assert "UMOJA" in done(*UMOJA)
    assert "Amina is member 1 of Umoja." in done(*AMINA, "--language", "sw")
    assert data("member", "add", "--group", "umoja", "--name", "Baraka", "--phone", "+254712345679", "--role", "treasurer")["number"] == 2
    assert data("member", "list", "--group", "UMOJA") == [
        {"number": 1, "name": "Amina", "phones": ["+254712345678"], "language": "sw", "roles": [], "state": "active"},
        {"number": 2, "name": "Baraka", "phones": ["+254712345679"], "language": "en", "roles": ["treasurer"], "state": "active"},
    ]
    assert "Baraka  +254712345679" in done("member", "list", "--group", "UMOJA")
    (listed,) = data("group", "list")
    assert (listed["code"], listed["members"], listed["organisation"]) == ("UMOJA", 2, "Umoja Federation")
    shown = data("group", "show", "umoja")
    assert (shown["box"], shown["savings"], shown["next_meeting"], shown["rules"]["loan_multiple"]) == ("0.00", "0.00", None, 3)
    member = data("member", "show", "--group", "UMOJA", "1")
    assert (member["name"], member["pin"], member["savings"], member["loan"]) == ("Amina", "not set", "0.00", None)
    for command in (("group", "show", "UMOJA"), ("member", "show", "--group", "UMOJA", "1")):
        assert "KES 0" in done(*command)


def test_a_members_number_is_changed(engine: Engine) -> None:
    done(*UMOJA)
    done(*AMINA)
    change = ("member", "phone", "--group", "UMOJA", "1", "--new")
    assert done(*change, "0722 345 678") == "Amina is reached at the new number.\n"
    assert data("member", "show", "--group", "UMOJA", "1")["phones"] == ["+254722345678"]
    assert run(*change, "0722 345 678").stderr == "Error: The member has the new number already.\n"
    assert run(*change, "0733 345 678", "--old", "0712 345 678").stderr == "Error: The member is not reached at the old number.\n"
    told = rows(engine, "SELECT address FROM outbox WHERE template = 'number.changed' ORDER BY address")
    assert told == [("+254712345678",), ("+254722345678",)]


def test_an_office_is_given_and_taken() -> None:
    done(*UMOJA)
    done(*AMINA, "--role", "chair")
    change = ("member", "role", "--group", "UMOJA", "1")
    assert done(*change, "--give", "treasurer") == "Amina is now treasurer of Umoja.\n"
    assert data("member", "show", "--group", "UMOJA", "1")["roles"] == ["chair", "treasurer"]
    assert done(*change, "--take", "treasurer") == "Amina is no longer treasurer of Umoja.\n"
    assert run(*change, "--take", "chair").stderr.startswith("Error: The group would be left without a chair:")
    assert "say either --give or --take" in run(*change).stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("group", "show", "NOPE"), "No group has the code NOPE."),
        (("member", "list", "--group", "NOPE"), "No group has the code NOPE."),
        (("member", "show", "--group", "UMOJA", "9"), "Umoja has no member number 9."),
        (AMINA, "Amina is in the group already, or waits to be let in."),
        ((*AMINA[:-1], "07"), "That is no phone number: ****."),
        ((*AMINA[:-1], "020 444 5555"), "That is not the number of a mobile phone: +2542****5555."),
        (UMOJA, "Another group has the code UMOJA."),
    ],
)
def test_a_refusal_is_one_line(engine: Engine, arguments: tuple[str, ...], says: str) -> None:
    done(*UMOJA)
    done(*AMINA)
    before = rows(engine, "SELECT (SELECT count(*) FROM member), (SELECT count(*) FROM savings_group)")
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (1, f"Error: {says}\n")
    assert rows(engine, "SELECT (SELECT count(*) FROM member), (SELECT count(*) FROM savings_group)") == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("group", "open", "--code", "A", "--name", "Umoja", "--organisation", "U"), "A code has 3 to 12 letters or digits"),
        (("group", "open", "--code", "UMOJA", "--name", "!", "--organisation", "U"), "Use letters, 2 to 30 of them."),
        ((*UMOJA, "--currency", "XQQ"), "there is no currency XQQ"),
        ((*UMOJA, "--timezone", "Mars"), "there is no time zone Mars"),
        ((*UMOJA, "--kind", "bank"), "'bank' is not one of"),
        (UMOJA[:-2], "there is none yet"),
        ((*UMOJA[:-1], " "), "a name has 1 to 80 characters"),
        ((*AMINA, "--role", "king"), "'king' is not one of"),
        (("seed", "--size", "small", "--members", "5"), "go with --size large"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_done(engine: Engine, arguments: tuple[str, ...], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())
    assert rows(engine, "SELECT count(*) FROM command_record") == [(0,)]


def test_a_refusal_is_recorded(engine: Engine) -> None:
    done(*UMOJA)
    assert run(*UMOJA).exit_code == 1
    assert rows(engine, "SELECT channel, kind, outcome FROM command_record ORDER BY at, kind DESC") == [
        ("cli", "organisation.open", "done"),
        ("cli", "group.open", "done"),
        ("cli", "group.open", "group.code_taken"),
    ]


def test_an_organisation_is_opened_by_a_command_and_once(engine: Engine) -> None:
    done(*UMOJA)
    done(*UMOJA[:3], "IMANI", *UMOJA[4:])
    assert rows(engine, "SELECT name, country FROM organisation") == [("Umoja Federation", "KE")]
    assert rows(engine, "SELECT actor_id, content FROM command_record WHERE kind = 'organisation.open'") == [
        (None, {"name": "Umoja Federation", "country": "KE"})
    ]


def test_who_comes_back_holds_the_offices_of_the_new_request(engine: Engine) -> None:
    done(*UMOJA)
    done(*AMINA, "--role", "treasurer")
    rows(engine, "UPDATE member SET state = 'left' RETURNING id")
    assert "Amina is member 1 of Umoja." in done(*AMINA, "--role", "secretary")
    assert [each["roles"] for each in data("member", "list", "--group", "UMOJA")] == [["secretary"]]


def test_one_organisation_needs_no_name() -> None:
    done(*UMOJA)
    done("group", "open", "--code", "IMANI", "--name", "Imani", "--kind", "sacco", "--currency", "UGX", "--timezone", "Africa/Kampala")
    assert [each["code"] for each in data("group", "list", "--organisation", "Umoja Federation")] == ["IMANI", "UMOJA"]
    assert [each["code"] for each in data("group", "list", "--limit", "1")] == ["IMANI"]
    assert data("group", "show", "IMANI")["box"] == "0"
    done("group", "open", "--code", "TUMAINI", "--name", "Tumaini", "--organisation", "Another")
    result = run("group", "open", "--code", "AMANI", "--name", "Amani")
    assert "there are Umoja Federation, Another" in result.stderr


def test_the_seeds_by_command() -> None:
    small = data("seed", "--size", "small")
    assert (small["groups"], small["members"], small["fresh"]) == (3, 12, True)
    assert "already there: 3 groups, 12 members" in done("seed")
    large = data("seed", "--size", "large", "--members", "7", "--groups-of", "5")
    assert (large["members"], large["groups"], large["added"]) == (7, 2, 7)
    assert "7 members in 2 groups already" in done("seed", "--size", "large", "--members", "7", "--groups-of", "5")
    result = run("seed", "--size", "large", "--members", "9", "--groups-of", "5")
    assert (result.exit_code, "take an empty database" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    "command", [("seed",), ("group",), ("group", "list"), ("group", "open"), ("group", "show"), ("member",), ("member", "add")]
)
def test_help_has_an_example(command: tuple[str, ...]) -> None:
    assert f"pamoja {' '.join(command[:1])}" in done(*command, "--help").partition("Examples:")[2]
