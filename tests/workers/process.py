"""A worker or a clock as a process of its own: `python -m tests.workers.process worker|clock DATABASE_URL REDIS_URL LEASE_SECONDS`.

The short lease is put in place before anything is imported that takes it as a default.
"""

import logging
import sys
from datetime import timedelta

from core import settings
from core.outbox import rules


def main(what: str, database_url: str, redis_url: str, lease_seconds: str) -> None:
    """Run it until it is stopped."""
    rules.LEASE = timedelta(seconds=float(lease_seconds))
    rules.QUEUED_FOR = rules.LEASE / 2
    from workers import sweeper  # noqa: PLC0415 see above

    sweeper.SWEEP_SECONDS = rules.LEASE.total_seconds() / 4
    from workers import clock, worker  # noqa: PLC0415 see above

    logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
    {"worker": worker, "clock": clock}[what].run(settings.load(), database_url, redis_url)


if __name__ == "__main__":
    main(*sys.argv[1:])
