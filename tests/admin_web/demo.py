"""The demo in a test: seed it, dial in this process, look at its rows."""

from datetime import UTC, datetime
from typing import Any, Final

from psycopg import sql
from sqlalchemy import Engine

from admin_web.seeds.small import Seeded, seed_small
from channels.ussd import gateway
from channels.walk import House
from core.db.engine import Work, driver, make_engine, transaction
from core.db.migrate import models
from core.ids import new_id
from tests.channels.town import HELP, PEPPER, SERVICE_CODE, form

AT: Final = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
IRENE, JEAN, KEVIN = "+254700000021", "+254700000022", "+254700000023"
ROOT: Final = ["1 Save", "2 Loan", "3 Balance", "4 Group", "5 More"]


def seed(engine: Engine, at: datetime = AT) -> Seeded:
    """Seed the demo's groups."""
    return seed_small(engine, pepper=PEPPER, at=at)


def dial(engine: Engine, phone: str, *replies: str, at: datetime = AT) -> list[str]:
    """Dial and reply, on a connection such as the public side has; give each screen without its CON or END."""
    with Work(engine) as work:
        turns = make_engine(work.driver.info.dsn, pool_size=1, turns=True)
    house, session = House(turns, PEPPER, SERVICE_CODE, HELP), new_id().hex
    texts = ("*".join(replies[:n]) for n in range(len(replies) + 1))
    try:
        return [gateway.answer(house, form(session, phone, text), now=lambda: at)[4:] for text in texts]
    finally:
        turns.dispose()


def rows(engine: Engine, statement: str, **parameters: Any) -> list[Any]:  # noqa: ANN401 whatever the statement wants
    """Ask the database itself."""
    with transaction(engine) as session:
        return driver(session).execute(sql.SQL(statement), parameters).fetchall()


def everything(engine: Engine) -> dict[str, list[Any]]:
    """Give all rows of all tables, but for the salted hashes of PINs."""
    names = (table.name for table in models().sorted_tables if table.name != "pin")
    return {name: rows(engine, f'SELECT t::text FROM "{name}" t ORDER BY 1') for name in names}  # noqa: S608 our tables
