"""The relay: ids, and nothing but ids, are carried to Redis; what Redis loses is carried again."""

import json
import logging
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from core.db import Work
from core.outbox.rules import BATCH_MAX
from tests.notices import BARAKA, Notice
from workers.patience import Patience
from workers.relay import Relay
from workers.services.place import place_of
from workers.services.redis import RedisServer
from workers.wake import DEPTH_MAX, JOB, open_queue

Put = Callable[..., list[int]]


@pytest.fixture
def kept(engine: Engine) -> Iterator[Session]:
    """Give a session that the relay may commit."""
    with Work(engine) as work:
        yield work.session


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Look into Redis."""
    with Redis.from_url(redis_url) as client:
        yield client


def carried(redis: Redis) -> list[list[int]]:
    """Give the ids of the jobs that wait, in order."""
    jobs = open_queue(redis).get_jobs()
    assert all(job.func_name == JOB and job.args == [] for job in jobs)
    return [job.kwargs["outbox_ids"] for job in jobs]


def held(redis: Any, key: bytes) -> list[bytes]:  # noqa: ANN401 the client says bytes or str, which is never so here
    """Give everything that a key holds."""
    match redis.type(key):
        case b"hash":
            return list(redis.hvals(key))
        case b"set":
            return list(redis.smembers(key))
        case b"zset":
            return list(redis.zrange(key, 0, -1))
        case b"list":
            return list(redis.lrange(key, 0, -1))
        case other:
            raise AssertionError(other)


def test_redis_holds_ids_and_nothing_else(redis: Redis, redis_url: str, kept: Session, put: Put) -> None:
    ids = put(Notice("a"), Notice("b", BARAKA, name="Baraka"))
    assert Relay(redis_url).tick(kept) == 2
    values = [value for key in redis.scan_iter() for value in held(redis, bytes(key))]
    opened = [zlib.decompress(value) if value.startswith(b"\x78") else value for value in values]
    assert json.dumps([JOB, None, [], {"outbox_ids": ids}]).encode() in opened
    # Pickle begins with its protocol's number; and nobody's name, number or money is anywhere.
    assert not [value for value in opened if value.startswith(b"\x80") or b"Baraka" in value or b"+254" in value]


def test_up_to_a_hundred_in_a_job(redis: Redis, redis_url: str, kept: Session, put: Put) -> None:
    ids = put(*(Notice(f"{n}") for n in range(250)))
    assert Relay(redis_url).tick(kept) == 250
    assert carried(redis) == [ids[:100], ids[100:200], ids[200:]]


def test_nothing_is_carried_twice_unless_it_was_lost(redis: Redis, redis_url: str, kept: Session, put: Put) -> None:
    ids = put(Notice("a"))
    relay = Relay(redis_url, hold=timedelta(seconds=60))
    assert [relay.tick(kept), relay.tick(kept)] == [1, 0]
    redis.flushdb()
    forgetful = Relay(redis_url, hold=timedelta(0))
    assert forgetful.tick(kept) == 0
    kept.execute(text("UPDATE outbox SET queued_until = now()"))
    kept.commit()
    assert forgetful.tick(kept) == 1
    assert carried(redis) == [ids]


def test_a_full_queue_gets_no_more(redis: Redis, redis_url: str, kept: Session, put: Put) -> None:
    put(*(Notice(f"{n}") for n in range(5)))
    redis.lpush(open_queue(redis).key, *(f"{n}" for n in range(DEPTH_MAX)))
    assert Relay(redis_url).tick(kept) == 0
    redis.lpop(open_queue(redis).key, 1)
    assert Relay(redis_url).tick(kept) == 5
    assert BATCH_MAX > 5


def test_while_redis_is_away_nothing_is_touched_and_little_is_said(
    home: Path, kept: Session, put: Put, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    put(Notice("a"))
    server = RedisServer(place_of(home))
    relay = Relay(server.url, patience=Patience("redis", first=0, longest=0))
    assert [relay.tick(kept) for _ in range(20)] == [0] * 20
    assert kept.execute(text("SELECT count(*) FROM outbox WHERE queued_until IS NULL")).scalar_one() == 1
    server.start()
    try:
        assert relay.tick(kept) == 1
    finally:
        server.stop()
    assert [record.getMessage() for record in caplog.records if record.name == "workers.patience"] == ["redis is away", "redis is back"]
