"""PostgreSQL and Redis: those that the settings name, or embedded ones that run as our children."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from core.settings import Settings
from workers.services.place import ServiceFailed, place_of
from workers.services.postgres import Postgres
from workers.services.redis import RedisServer

__all__ = ["Running", "ServiceFailed", "connect_running", "join_redis", "services"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """Where the services are. `postgres` and `redis` are None where the settings name a server."""

    database_url: str
    redis_url: str
    postgres: Postgres | None = None
    redis: RedisServer | None = None

    def keep(self) -> list[str]:
        """Start again what died, and name it. One that cannot be started does not keep the other from it."""
        keepers: tuple[tuple[str, Callable[[], bool] | None], ...] = (
            ("postgres", self.postgres.keep if self.postgres else None),
            ("redis", self.redis.keep if self.redis else None),
        )
        return [name for name, keep in keepers if keep is not None and _kept(name, keep)]


def _kept(name: str, keep: Callable[[], bool]) -> bool:
    try:
        return keep()
    except (OSError, ServiceFailed) as error:
        log.error("service ended, and cannot be started: %s", error, extra={"child": name})  # noqa: TRY400 nothing to trace
        return False


@contextmanager
def services(settings: Settings, *, redis: bool = True, postgres_options: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Give PostgreSQL and Redis for as long as the block lasts; one that ran before is used, and left running.

    :raises ServiceFailed: if one cannot be started
    """
    own_postgres = own_redis = None
    try:
        if not settings.database_url:
            own_postgres = Postgres(place_of(settings.home), postgres_options)
            own_postgres.start()
        if redis and not settings.redis_url:
            own_redis = RedisServer(place_of(settings.home))
            own_redis.start()
        yield Running(
            own_postgres.url if own_postgres else settings.database_url,
            own_redis.url if own_redis else settings.redis_url,
            own_postgres,
            own_redis,
        )
    finally:
        if own_redis is not None:
            own_redis.stop()
        if own_postgres is not None:
            own_postgres.stop()


@contextmanager
def connect_running(settings: Settings) -> Iterator[str]:
    """Give the database's address to one command of the terminal: of the server that runs, or of one for its duration.

    :raises ServiceFailed: if it cannot be started
    """
    with services(settings, redis=False) as running:
        yield running.database_url


def join_redis(settings: Settings, running: Running) -> Running:
    """Add the Redis that the settings name, or the embedded one if it runs; nothing is started."""
    if settings.redis_url:
        return replace(running, redis_url=settings.redis_url)
    embedded = RedisServer(place_of(settings.home))
    return running if embedded.pid is None else replace(running, redis_url=embedded.url, redis=embedded)
