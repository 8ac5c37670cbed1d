"""At which revision a database is, told without Alembic: its import costs more than the answer."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from psycopg.errors import UndefinedTable
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
_LINK: Final = re.compile(r'^(down_)?revision\b[^=]*= *(?:"([^"]+)"|None)', re.MULTILINE)


@cache
def head() -> str:
    """Name the newest revision that this program knows."""
    known, passed = set[str](), set[str]()
    for path in VERSIONS.glob("*.py"):
        for down, name in _LINK.findall(path.read_text(encoding="utf-8")):
            (passed if down else known).add(name)
    (newest,) = known - passed
    return newest


def is_current(session: Session) -> bool:
    """Say whether the database is at the newest revision; one that was never migrated is not."""
    try:
        found = session.connection().exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    except ProgrammingError as error:
        session.rollback()
        if isinstance(error.orig, UndefinedTable):
            return False
        raise
    return list(found) == [head()]
