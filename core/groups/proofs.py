"""What a person has opened with their PIN or their number, and how it is taken back: open sessions, and codes for Telegram.

The sessions are the channels', and are written here and nowhere else below them: a proof must fall in the transaction
that takes away what it proved, whoever asked for that. A turn more on the row makes every process that remembers the
session read it again, for it can save nothing on top of what it remembers.
"""

from typing import Final

from sqlalchemy.orm import Session

from core.db.engine import driver
from core.ids import PersonId

# The address is what the sessions are found by, on every handset of the person.
_FORGET_PIN: Final = """
UPDATE conversation SET pin_given = false, turn = turn + 1
WHERE address IN (SELECT phone FROM handset WHERE person_id = %(person)s) AND person_id = %(person)s AND pin_given AND NOT ended
"""


def forget_pin_given(session: Session, *, person_id: PersonId) -> None:
    """Let no open session of a person count as one in which the PIN was given. Call it when the PIN is gone, not before."""
    driver(session).execute(_FORGET_PIN, {"person": person_id})


def lapse_link_codes(session: Session, *, person_id: PersonId) -> None:
    """Let the person's codes for Telegram work no more."""
    driver(session).execute("DELETE FROM link_code WHERE person_id = %s", (person_id,))


_END: Final = """
UPDATE conversation SET ended = true, pin_given = false, answers = '{}', shown = '{}', turn = turn + 1
WHERE address = %(phone)s AND person_id = %(person)s AND NOT ended
"""


def end_sessions(session: Session, *, person_id: PersonId, phone: str) -> None:
    """End what a person has open on a number; those who share the handset go on."""
    driver(session).execute(_END, {"person": person_id, "phone": phone})
