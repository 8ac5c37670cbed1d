"""PINs: sealed at the edge, hashed with Argon2id, three tries counted in the database.

A PIN has four to six digits, so no hash protects it once stolen: the control is the pepper, a key outside the
database, that goes into an HMAC before the hash. Parameters: 7 MiB, five passes, one lane (OWASP's list, the
smallest memory), 15 ms on the machines we measured.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.orm import Session

from core.commands import Secret
from core.db.engine import Reader, driver
from core.groups.weak_pins import is_weak
from core.ids import PersonId
from core.refusal import Refused

_MARK: Final = b"pamoja pepper check"
TRIES_MAX: Final = 3
LOCK: Final = timedelta(hours=24)
_HASHER: Final = PasswordHasher(time_cost=5, memory_cost=7_168, parallelism=1)
# In each process as many at once as there are processors: more would only take the time from each other, and from all
# who ask for something else. Who cannot be served in time is told to try again while the phone still listens.
HASH_PATIENCE_S: Final = 2.0
_PLACES: Final = BoundedSemaphore(os.cpu_count() or 1)


class PinWrong(Refused):
    """Not this PIN. `tries_left` says how many are left before the lock."""

    code = "pin.wrong"


class PinLocked(Refused):
    """Three wrong tries: locked `until`. Then there are three new ones; sooner only two officials end the lock, with the PIN."""

    code = "pin.locked"


class PinMissing(Refused):
    """What is asked needs a PIN, and none came with it."""

    code = "pin.missing"


class PinNotSet(Refused):
    """The person has no PIN yet."""

    code = "pin.not_set"


class PinTooWeak(Refused):
    """One of the PINs that thieves try first."""

    code = "pin.too_weak"


class TooManyAtOnce(Exception):
    """So many PINs were being looked at that this one's turn did not come: nothing was decided, and no try is counted."""


class PepperDiffers(Exception):
    """The database belongs to another pepper: with this one no PIN of it would ever be right."""

    def __init__(self) -> None:
        super().__init__(
            "The pepper is not the one that this database's PINs were made with."
            " Name the right one with PAMOJA_PEPPER_FILE, or restore it from its backup; nothing was changed"
        )


_TABLE_EXISTS: Final = "SELECT to_regclass('installation') IS NOT NULL"
_KEEP_MARK: Final = "INSERT INTO installation (id, pepper_mark) VALUES (1, %s) ON CONFLICT (id) DO NOTHING"
_READ_MARK: Final = "SELECT pepper_mark FROM installation"


def keep_mark(session: Session, *, pepper: bytes) -> None:
    """Keep a mark of the pepper with the database; where there is one, see that it is of the same pepper.

    :raises PepperDiffers: if it is not
    """
    if has_mark_table(session):
        driver(session).execute(_KEEP_MARK, (mark_of(pepper),))
        compare_mark(session, pepper=pepper)


def compare_mark(session: Session, *, pepper: bytes) -> bool:
    """See that the database's mark is of this pepper, and say whether there is a mark yet.

    :raises PepperDiffers: if it is of another
    """
    row = driver(session).execute(_READ_MARK).fetchone() if has_mark_table(session) else None
    if row is not None and not hmac.compare_digest(bytes(row[0]), mark_of(pepper)):
        raise PepperDiffers
    return row is not None


def has_mark_table(session: Session) -> bool:
    """Say whether there is a place for the mark: a database that was never migrated has none, and no PINs either."""
    row = driver(session).execute(_TABLE_EXISTS).fetchone()
    assert row is not None
    return bool(row[0])


def mark_of(pepper: bytes) -> bytes:
    """Give what is kept of a pepper. It tells nothing of the pepper, which is as long as the mark or longer."""
    return hmac.digest(pepper, _MARK, "sha256")


def seal(pin: str, *, person_id: PersonId, pepper: bytes) -> Secret:
    """Close a PIN with the pepper at the edge, so that nothing behind it ever holds the digits."""
    return Secret(hmac.new(pepper, f"pin:{person_id}:{pin}".encode(), hashlib.sha256).hexdigest())


def seal_new(pin: str, *, person_id: PersonId, phone: str, pepper: bytes) -> Secret:
    """Close a PIN that is to be set.

    :raises PinTooWeak: if it is one that thieves try first
    """
    if is_weak(pin, phone=phone):
        raise PinTooWeak
    return seal(pin, person_id=person_id, pepper=pepper)


# The try is counted before it is looked at, on the locked row: of fifty guesses at once, three are evaluated.
_COUNT_TRY = """
UPDATE pin SET
  failures = CASE WHEN failures < %(max)s THEN failures + 1 ELSE 1 END,
  locked_until = CASE WHEN failures = %(max)s - 1 THEN %(lock)s ELSE NULL END
WHERE person_id = %(person)s AND (failures < %(max)s OR locked_until <= %(at)s)
RETURNING hash, failures
"""
_FORGIVE = "UPDATE pin SET failures = 0, locked_until = NULL WHERE person_id = %s"
_SET = """
INSERT INTO pin (person_id, hash, set_at) VALUES (%s, %s, %s)
ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at, failures = 0, locked_until = NULL
"""


def prove(session: Session, *, person_id: PersonId, pin: Secret | None, at: datetime) -> None:
    """Check a PIN, counting the try.

    :raises PinMissing: if none was given
    :raises PinNotSet: if the person has none
    :raises PinWrong: if it is another
    :raises PinLocked: if this was the third wrong try, or one after it
    :raises TooManyAtOnce: if its turn did not come in time; the caller's transaction must not be kept
    """
    connection = driver(session)
    if pin is None:
        raise PinMissing if is_set(session, person_id=person_id) else PinNotSet
    parameters = {"person": person_id, "max": TRIES_MAX, "lock": at + LOCK, "at": at}
    row = connection.execute(_COUNT_TRY, parameters).fetchone()
    if row is None:
        found = connection.execute("SELECT locked_until FROM pin WHERE person_id = %s", (person_id,)).fetchone()
        if found is None:
            raise PinNotSet
        raise PinLocked(until=found[0], fresh=False)
    kept, failures = row
    try:
        with _place():
            _HASHER.verify(kept, pin.value)
    except VerifyMismatchError:
        if failures >= TRIES_MAX:
            raise PinLocked(until=at + LOCK, fresh=True) from None
        raise PinWrong(tries_left=TRIES_MAX - failures) from None
    connection.execute(_FORGIVE, (person_id,))


def is_set(session: Reader, *, person_id: PersonId) -> bool:
    """Say whether the person has a PIN."""
    return driver(session).execute("SELECT FROM pin WHERE person_id = %s", (person_id,)).fetchone() is not None


def keep(session: Session, *, person_id: PersonId, pin: Secret, at: datetime) -> None:
    """Set the person's PIN."""
    driver(session).execute(_SET, (person_id, hashed(pin), at))


def clear(session: Session, *, person_id: PersonId) -> None:
    """Forget the person's PIN with its tries and its lock: they choose a new one when they dial next."""
    driver(session).execute("DELETE FROM pin WHERE person_id = %s", (person_id,))


def hashed(pin: Secret) -> str:
    """Give what is kept of a sealed PIN.

    :raises TooManyAtOnce: if its turn did not come in time
    """
    with _place():
        return _HASHER.hash(pin.value)


@contextmanager
def _place() -> Iterator[None]:
    """Wait for one of the places to hash in, but not for long."""
    if not _PLACES.acquire(timeout=HASH_PATIENCE_S):
        raise TooManyAtOnce
    try:
        yield
    finally:
        _PLACES.release()


_FAILED: Final = "SELECT count(*) FROM command_record WHERE at > %s AND outcome IN ('pin.wrong', 'pin.locked')"


def failures(session: Session, *, since: datetime) -> int:
    """Count what was refused for its PIN over the whole house, that which met a lock too."""
    row = driver(session).execute(_FAILED, (since,)).fetchone()
    assert row is not None
    return int(row[0])
