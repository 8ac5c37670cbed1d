"""5,000 malformed requests to each address that a gateway calls: no error of ours, and nothing kept that cannot be read back."""

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import pytest
import structlog
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from channels import app, retry
from channels.app import Wsgi
from channels.sms import gateway as sms_gateway
from channels.sms.sentence import sentence
from channels.ussd import gateway as ussd_gateway
from core.db import make_engine, transaction
from core.db.base import Base
from core.ledger.verify import verify
from core.settings import Settings
from core.verify import CHECKS
from tests.conftest import Database

from .malformed import FORMS, Request, requests
from .town import HELP, SERVICE_CODE, SORRY, Town, build, is_an_answer

COUNT: Final = 5_000
SEED: Final = 20_260_302
# Most are refused; some can still be read. Without both, little would be proved.
STATUSES: Final = {
    "sms": {200, 400, 413},
    "delivery": {200, 400, 413},
    "opt-out": {200, 400, 413},
    "ussd": {200},
    "ussd-events": {200, 400, 413},
}


@pytest.fixture(scope="module")
def standing(database_url: str, database: Database, engine: Engine, owner_engine: Engine) -> Iterator[Town]:
    """Give one town for all of this file."""
    turns = make_engine(database_url, pool_size=4, turns=True)
    yield build(turns)
    for each in (turns, engine, owner_engine):
        each.dispose()
    database.clone()


@pytest.fixture
def public(standing: Town, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Wsgi:
    """Give the public side as a server loads it, on the town's database."""
    monkeypatch.setattr(app, "make_engine", lambda *_, **__: standing.engine)
    for module in (sms_gateway, ussd_gateway, retry):
        monkeypatch.setattr(module, "log", structlog.get_logger(module.__name__))
    return app.make(settings, settings.database_url)


def post(public: Wsgi, path: str, request: Request) -> tuple[int, str]:
    """Post as a server calls the application."""
    statuses: list[str] = []
    base: dict[str, Any] = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_LENGTH": str(len(request.body))}
    base |= {"SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "QUERY_STRING": ""}
    streams = {"wsgi.input": BytesIO(request.body), "wsgi.errors": BytesIO()}
    answer = b"".join(public(base | streams | request.environ, lambda status, _headers, _exc=None: statuses.append(status)))
    return int(statuses[0][:3]), answer.decode()


@pytest.mark.parametrize("endpoint", FORMS)
def test_no_error_of_ours_and_every_row_can_be_read(standing: Town, public: Wsgi, endpoint: str) -> None:
    seen: Counter[int] = Counter()
    with capture_logs() as logged:
        for request in requests(endpoint, count=COUNT, seed=SEED):
            status, answer = post(public, f"/at/demo/{endpoint}", request)
            seen[status] += 1
            assert status < 500, request
            assert endpoint != "ussd" or (is_an_answer(answer) and not answer.startswith(SORRY)), (request, answer)
    assert set(seen) == STATUSES[endpoint]
    assert min(seen.values()) > COUNT / 200, seen
    assert [each for each in logged if each["log_level"] in {"warning", "error"}] == []
    read_back(standing)


def read_back(town: Town) -> None:
    """Read every row of every table as the house does, write every message, and check the books."""
    with transaction(town.engine) as session:
        for mapper in Base.registry.mappers:
            session.scalars(select(mapper.class_)).all()
        assert list(verify(session, CHECKS)) == []
    standing_facts = {"dial": SERVICE_CODE, "help": HELP}
    for language, template, facts in town.sql("SELECT language, template, facts FROM outbox"):
        assert sentence(language, template, facts | standing_facts).text
