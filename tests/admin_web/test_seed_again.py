"""Seeding the demo again: later, elsewhere, and where somebody else is."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from core.commands import OpenGroup
from core.db.engine import transaction
from core.execute import execute
from core.groups.operations import CodeTaken, open_organisation
from core.ids import OrganisationId, id_from
from tests.admin_web.demo import AT, dial, everything, rows, seed
from tests.channels.town import FATUMA
from tests.conftest import Database


@pytest.mark.usefixtures("clean")
def test_it_is_the_same_everywhere_and_twice(database: Database, engine: Engine) -> None:
    engine.dispose()
    database.clone()  # tests before this one may have drawn numbers
    seed(engine)
    first = everything(engine)
    again = seed(engine, AT + timedelta(hours=3))
    assert not again.fresh
    assert everything(engine) == first
    engine.dispose()
    database.clone()
    seed(engine)
    assert everything(engine) == first


@pytest.mark.usefixtures("clean")
def test_there_is_always_a_meeting_tomorrow(engine: Engine) -> None:
    seed(engine)
    dial(engine, FATUMA, "1")
    seed(engine, AT + timedelta(days=1))
    (asked,) = dial(engine, FATUMA, at=AT + timedelta(days=1))
    assert asked.startswith("Tumaini: mkutano Jtano 04/03 15:00")
    seed(engine, AT + timedelta(days=9))
    assert dial(engine, FATUMA, at=AT + timedelta(days=9))[0].startswith("Tumaini: mkutano Alh 12/03 15:00")
    assert rows(engine, "SELECT count(*) FROM meeting WHERE state = 'called'") == [(1,)]
    assert rows(engine, "SELECT count(*) FROM outbox WHERE state = 'ready'") == [(0,)]


@pytest.mark.usefixtures("clean")
def test_the_group_of_somebody_else_is_left_alone(engine: Engine) -> None:
    with transaction(engine) as session:
        other = OrganisationId(open_organisation(session, name="Umoja Federation", country="KE"))
        fields: dict[str, Any] = {"code": "UMOJA", "name": "Umoja", "group_kind": "vsla", "currency": "KES", "timezone": "Africa/Nairobi"}
        execute(session, OpenGroup(id=id_from("test", 1), at=AT, channel="cli", organisation_id=other, **fields))
    with pytest.raises(CodeTaken):
        seed(engine)
    assert rows(engine, "SELECT count(*) FROM member") == [(0,)]
