"""Services that run: each is kept for itself."""

import os
from pathlib import Path

import pytest

from tests.conftest import HOME_PREFIX
from workers.services import Running, ServiceFailed
from workers.services.place import Place
from workers.services.postgres import Postgres
from workers.services.redis import RedisServer


@pytest.mark.parametrize("error", [ServiceFailed("PostgreSQL does not start"), PermissionError(13, "Permission denied")])
def test_one_that_cannot_be_started_does_not_keep_the_other_from_it(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def fails(_self: Postgres) -> bool:
        raise error

    monkeypatch.setattr(Postgres, "keep", fails)
    monkeypatch.setattr(RedisServer, "keep", lambda _self: True)
    place = Place(home=tmp_path, base=tmp_path, sockets=tmp_path, account=None, mark="pamoja-none")
    running = Running("postgresql://here/db", "unix:///here", Postgres(place), RedisServer(place))
    assert running.keep() == ["redis"]
    assert [(record.levelname, getattr(record, "child", "")) for record in caplog.records] == [("ERROR", "postgres")]


def test_another_run_of_the_tests_knows_that_this_folder_is_in_use(place: Place) -> None:
    assert place.home.name.startswith(f"{HOME_PREFIX}{os.getpid()}-")
