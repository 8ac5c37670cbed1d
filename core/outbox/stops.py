"""Who wants to hear no more than receipts and what guards the account."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from core.db.engine import driver

_STOP: Final = "INSERT INTO stopped (address, at) VALUES (%s, %s) ON CONFLICT (address) DO NOTHING"


def stop(session: Session, *, address: str, at: datetime) -> None:
    """Send no more reminders and news to this number; receipts and security go on."""
    driver(session).execute(_STOP, (address, at))


def start(session: Session, *, address: str) -> None:
    """Send everything again."""
    driver(session).execute("DELETE FROM stopped WHERE address = %s", (address,))
