"""What `pamoja doctor` looks at: each check says what it found, or why it is not well."""

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx
import psycopg
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from channels.sms.account import Account, BalanceUnknown
from core import clock
from core.db.engine import driver, make_engine, transaction
from core.db.migrate import DatabaseTooNew, pending
from core.groups.pins import PepperDiffers, compare_mark
from core.settings import Settings
from workers.health import clock_leads, workers_alive
from workers.purse import is_low
from workers.services import Running

POSTGRES_OLDEST: Final = 15
CLOCK_SKEW_SECONDS_MAX: Final = 2.0
GATEWAY_SECONDS_MAX: Final = 5.0


class Unwell(Exception):
    """A check did not pass; the text says why, and what would help."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check."""

    check: str
    well: bool
    found: str


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at."""

    settings: Settings
    running: Running
    engine: Engine


def examine(settings: Settings, running: Running) -> Iterator[Finding]:
    """Run every check; one that fails does not keep the others from being run."""
    patient = Patient(settings, running, make_engine(running.database_url, role=None, pool_size=1))
    try:
        for name, check in CHECKS.items():
            yield _finding(name, check, patient)
    finally:
        patient.engine.dispose()


def _finding(name: str, check: "Check", patient: Patient) -> Finding:
    try:
        return Finding(name, well=True, found=check(patient))
    except (
        Unwell,
        PepperDiffers,
        BalanceUnknown,
        SQLAlchemyError,
        psycopg.Error,
        RedisError,
        DatabaseTooNew,
        httpx.HTTPError,
        OSError,
    ) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()
        return Finding(name, well=False, found=reason[0] if reason else type(error).__name__)


def _python(_patient: Patient) -> str:
    if sys.flags.optimize:
        raise Unwell("runs with -O: assertions hold the books together and must stay on")
    return platform.python_version()


def _gateway_settings(patient: Patient) -> str:
    settings = patient.settings
    missing = [name for name, value in (("PAMOJA_SECRET_PATH", settings.secret_path), ("AT_API_KEY", settings.at_api_key)) if not value]
    if missing:
        raise Unwell(f"not set: {', '.join(missing)}")
    return "demo" if settings.demo else f"as {settings.at_username}"


def _postgres(patient: Patient) -> str:
    with transaction(patient.engine) as session:
        version = driver(session).info.server_version // 10_000
    if version < POSTGRES_OLDEST:
        raise Unwell(f"version {version} is too old: {POSTGRES_OLDEST} or newer is needed")
    return f"version {version}, {'embedded' if patient.running.postgres else 'external'}"


def _migrations(patient: Patient) -> str:
    steps = pending(patient.running.database_url)
    if steps:
        raise Unwell(f"{len(steps)} pending, from {steps[0].revision} on: pamoja migrate")
    return "at head"


def _pepper(patient: Patient) -> str:
    with transaction(patient.engine) as session:
        marked = compare_mark(session, pepper=patient.settings.pepper)
    return f"{patient.settings.pepper_file} is the database's own" if marked else "the database has none yet: pamoja migrate"


def _skew(patient: Patient) -> str:
    with transaction(patient.engine) as session:
        before = clock.now()
        row = driver(session).execute("SELECT clock_timestamp()").fetchone()
        after = clock.now()
    assert row is not None
    seconds = (row[0] - (before + (after - before) / 2)).total_seconds()
    if abs(seconds) > CLOCK_SKEW_SECONDS_MAX:
        raise Unwell(f"the database's clock is {seconds:+.1f} s off this machine's")
    return f"{seconds * 1000:+.0f} ms to the database"


def _redis(patient: Patient) -> str:
    with _open_redis(patient) as redis:
        return f"version {redis.info('server')['redis_version']}, {'embedded' if patient.running.redis else 'external'}"


def _worker(patient: Patient) -> str:
    with _open_redis(patient) as redis:
        alive = workers_alive(redis)
    if not alive:
        raise Unwell("none is alive, so nothing is delivered: pamoja up, or pamoja worker")
    return f"{alive} alive"


def _clock(patient: Patient) -> str:
    with transaction(patient.engine) as session:
        if not clock_leads(session):
            raise Unwell("none runs, so nothing is carried to the workers: pamoja up, or pamoja clock")
    return "leads"


def _ledger(patient: Patient) -> str:
    with transaction(patient.engine) as session:
        return _sums(session)


def _sums(session: Session) -> str:
    row = driver(session).execute(_SUMS).fetchone()
    assert row is not None
    books, unbalanced, drifted = row
    if unbalanced or drifted:
        raise Unwell(f"{unbalanced} books do not balance, {drifted} balances are not the sum of their postings: pamoja verify")
    return f"{books} books balance"


def _gateway(patient: Patient) -> str:
    url = patient.settings.at_base_url
    # What runs on this machine is not behind the proxy that the environment may name.
    near = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
    answer = httpx.get(url, timeout=GATEWAY_SECONDS_MAX, trust_env=not near)
    return f"{url} answers ({answer.status_code})"


def _balance(patient: Patient) -> str:
    settings = patient.settings
    left = Account.of(settings).balance()
    if is_low(left, least=settings.at_balance_least):
        raise Unwell(f"{left} is left at the gateway, less than {settings.at_balance_least}: pay in, or messages will not be sent")
    return f"{left} is left at the gateway"


def _open_redis(patient: Patient) -> "Redis":
    if not patient.running.redis_url:
        raise Unwell("not running: pamoja up")
    return Redis.from_url(patient.running.redis_url, socket_timeout=2, socket_connect_timeout=2)


# The cheap half of `pamoja verify`.
_SUMS: Final = """
WITH summed AS (SELECT book_id, account_id, sum(amount_minor) AS minor FROM posting GROUP BY book_id, account_id)
SELECT (SELECT count(*) FROM book),
       (SELECT count(*) FROM (SELECT FROM summed GROUP BY book_id HAVING sum(minor) <> 0) AS unbalanced),
       (SELECT count(*) FROM account LEFT JOIN summed ON summed.book_id = account.book_id AND summed.account_id = account.id
        WHERE account.balance_minor <> coalesce(summed.minor, 0))
"""

Check = Callable[[Patient], str]
CHECKS: Final[dict[str, Check]] = {
    "python": _python,
    "settings": _gateway_settings,
    "postgresql": _postgres,
    "migrations": _migrations,
    "pepper": _pepper,
    "clock skew": _skew,
    "ledger": _ledger,
    "redis": _redis,
    "worker": _worker,
    "clock": _clock,
    "gateway": _gateway,
    "sms balance": _balance,
}
