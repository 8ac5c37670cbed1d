"""What came of asking, and who was told, as words that a table can hold."""

from collections.abc import Callable
from typing import Any

from core import facts as kept_facts
from core.commands import Command
from core.db.engine import driver
from core.refusal import Refused
from tests.builders import Town


def outcome(town: Town, kind: Callable[..., Command], who: str | None, **said: Any) -> str:  # noqa: ANN401 fields of any command
    """Ask, and give `done` or the code of the refusal."""
    try:
        town.asks(kind, who, **said)
    except Refused as refusal:
        return refusal.code
    return "done"


def told(town: Town, template: str) -> list[tuple[str, dict[str, Any]]]:
    """Who was told something, by first name in the order of telling, and with which facts."""
    names = {person: name for name, person in town.people.items()}
    statement = "SELECT person_id, facts FROM outbox WHERE group_id = %s AND template = %s ORDER BY id"
    rows = driver(town.session).execute(statement, (town.group_id, template)).fetchall()
    return [(names[person], kept_facts.load(facts)) for person, facts in rows]


def rows(town: Town, statement: str, *values: object) -> list[Any]:
    """Ask the database itself."""
    return driver(town.session).execute(statement, values).fetchall()
