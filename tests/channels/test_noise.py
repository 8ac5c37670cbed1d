"""Noise: thousands of conversations, dialled strings and bodies that nobody would write. Each is answered as a phone can show it."""

from collections.abc import Iterator
from itertools import count
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from channels.ussd import gateway
from core.db import make_engine
from tests.conftest import Database

from .town import AMINA, BARAKA, SHARED, SORRY, STRANGER, WANJIRU, Town, build, form, is_an_answer


@pytest.fixture(scope="module")
def standing(database_url: str, database: Database, engine: Engine, owner_engine: Engine) -> Iterator[Town]:
    """Give one town for all the noise of this file."""
    turns = make_engine(database_url, pool_size=4, turns=True)
    yield build(turns)
    for each in (turns, engine, owner_engine):
        each.dispose()
    database.clone()


NOISE = st.one_of(
    st.sampled_from(["0", "00", "98", *"123456789", "500", "1000", "50", "UMOJA", "TUMAINI", "Neema", "8341", "4826", "1*1", "*"]),
    st.sampled_from(["", " ", "#", "1e9", "0x10", "-5", "\u0663", "\u096b00", "\xbd", "1.000", "1,00", "9" * 20]),
    st.sampled_from(["\x00", "\x1b[2J", "\U0001f600", "\u0645\u0631", "{0}", "%s", "'--"]),
    st.text(max_size=30),
    st.text(alphabet="0123456789*#", max_size=20),
    st.characters(exclude_categories=["Cs"]).map(lambda sign: sign * 170),
)
PHONES = st.sampled_from([AMINA, BARAKA, SHARED, STRANGER, WANJIRU])
_sessions = count()


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(phone=PHONES, replies=st.lists(NOISE, min_size=1, max_size=9))
def test_any_conversation_is_answered(standing: Town, phone: str, replies: list[str]) -> None:
    session = f"noise {next(_sessions)}"
    answer = standing.answer(session, phone, "")
    for n in range(1, len(replies) + 1):
        assert is_an_answer(answer), (phone, replies[:n], answer)
        assert not answer.startswith(SORRY), (phone, replies[:n])
        answer = standing.answer(session, phone, "*".join(replies[:n]))
    assert is_an_answer(answer), (phone, replies, answer)
    assert not answer.startswith(SORRY), (phone, replies)


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(phone=PHONES, dialled=st.lists(NOISE, max_size=6).map("*".join))
def test_anything_dialled_along_is_answered(standing: Town, phone: str, dialled: str) -> None:
    answer = standing.answer(f"dialled {next(_sessions)}", phone, dialled)
    assert is_an_answer(answer), (phone, dialled, answer)
    assert not answer.startswith(SORRY), (phone, dialled)


FIELDS = st.sampled_from(["sessionId", "phoneNumber", "networkCode", "serviceCode", "text", "", "other"])
VALUES = st.one_of(st.sampled_from([AMINA, "254700000001", "0700000001", "+" + "9" * 16, "%2B", "x" * 81]), st.text(max_size=40))
BODIES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(FIELDS, VALUES), max_size=8).map(lambda pairs: urlencode(pairs).encode()),
    st.text(max_size=60).map(lambda text: form("s\x00s", AMINA, text)),
    st.text(max_size=60).map(lambda text: f"sessionId=a&phoneNumber=%2B254700000001&text={text}".encode()),
    st.binary(max_size=8).map(lambda part: b"sessionId=a&phoneNumber=%2B254700000001&text=%" + part),
    st.sampled_from([b"&" * 30, b"text=1&text=2", b"sessionId=%ED%A0%80&phoneNumber=%2B254700000001&text=", b"=" * 5, b"\xff\xfe"]),
)


@settings(max_examples=2_000, suppress_health_check=list(HealthCheck))
@given(body=BODIES)
def test_any_body_is_answered(standing: Town, body: bytes) -> None:
    answer = gateway.answer(standing.house, body, now=standing.clock)
    assert is_an_answer(answer), (body, answer)
    assert not answer.startswith(SORRY), body
