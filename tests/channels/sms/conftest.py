"""The town, with SMS going in by the gateway's form and what is left for each number in the outbox coming out."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from channels.sms.sentence import sentence
from core.db import make_engine
from tests.channels.town import HELP, SERVICE_CODE, Town, build

Send = Callable[..., list[str]]


@pytest.fixture
def turns(database_url: str, clean: None) -> Iterator[Engine]:  # noqa: ARG001 what is committed here must go
    """Give an engine for turns, as the web process opens it."""
    made = make_engine(database_url, pool_size=16, turns=True)
    yield made
    made.dispose()


@pytest.fixture
def town(turns: Engine) -> Town:
    """Give the town of the transcripts, in English."""
    return build(turns)


def post(town: Town, phone: str, text: str, *, sms_id: str) -> int:
    """Give an SMS to the house, as the gateway does."""
    return town.text(phone, text, sms_id=sms_id)


def outbox(town: Town, phone: str, *, after: int = 0) -> list[tuple[int, str, str]]:
    """What is left for a number: the order, the template and the sentence."""
    rows = town.sql(
        "SELECT id, template, language, facts FROM outbox WHERE address = %(phone)s AND id > %(after)s ORDER BY id",
        phone=phone,
        after=after,
    )
    standing = {"dial": SERVICE_CODE, "help": HELP}
    return [(row[0], row[1], sentence(row[2], row[1], {**standing, **row[3]}).text) for row in rows]


@pytest.fixture
def send(town: Town) -> Send:
    """Send an SMS, and give what is answered to its sender."""
    sent = 0

    def one(phone: str, text: str, *, sms_id: str = "") -> list[str]:
        nonlocal sent
        sent += 1
        before = max([0, *(row[0] for row in outbox(town, phone))])
        assert post(town, phone, text, sms_id=sms_id or f"ATXid_{sent}") == 200
        return [text for _, template, text in outbox(town, phone, after=before) if template == "sms.reply"]

    return one
