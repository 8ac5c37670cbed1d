"""Canaries: a PIN and a raw text go through every path, even through crashes; then every table, log and key is searched for them."""

import io
import logging
import re
import sys
from collections.abc import Iterator
from typing import Final

import pytest
import structlog
from redis import Redis

from channels import conversations, retry, turn
from channels.telegram import answers
from channels.telegram.said import Said
from channels.ussd import gateway
from core.commands import MakeLinkCode, Secret
from core.groups import pins
from core.settings import Settings
from workers import logs

from .test_turn import walk
from .town import AMINA, BARAKA, CHAUSIKU, DAUDI, PIN, SORRY, STRANGER, Town, form

CANARY_PIN: Final = "739164"
CANARY_TEXT: Final = "kanarienvogel"
_TABLES: Final = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"


@pytest.fixture(params=["json", "console", "unconfigured"])
def logged(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Catch all that is logged or printed, at the finest level, as each way of logging writes it."""
    caught = io.StringIO()
    monkeypatch.setattr(sys, "stdout", caught)
    monkeypatch.setattr(sys, "stderr", caught)
    root, handlers, level = logging.root, logging.root.handlers[:], logging.root.level
    monkeypatch.setattr(turn, "log", structlog.get_logger("channels.turn"))
    monkeypatch.setattr(retry, "log", structlog.get_logger("channels.retry"))
    monkeypatch.setattr(gateway, "log", structlog.get_logger("channels.ussd.gateway"))
    if request.param == "unconfigured":
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(caught), cache_logger_on_first_use=False)
    else:
        object.__setattr__(settings, "log_format", request.param)
        object.__setattr__(settings, "log_level", "debug")
        logs.configure(settings, process="web")
    everything = logging.StreamHandler(caught)
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    for chatty in ("sqlalchemy.engine", "sqlalchemy.pool", "psycopg"):
        logging.getLogger(chatty).setLevel(logging.DEBUG)
    yield caught
    for chatty in ("sqlalchemy.engine", "sqlalchemy.pool", "psycopg"):
        logging.getLogger(chatty).setLevel(logging.NOTSET)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def everything_kept(town: Town) -> str:
    """Write out every row of every table; binary columns also as what they might spell."""
    found: list[str] = []
    for (table,) in town.sql(_TABLES):
        for row in town.sql(f'SELECT * FROM "{table}"'):  # noqa: S608 the database's own names
            for value in row:
                found.append(str(value))
                if isinstance(value, bytes | memoryview):
                    found.append(bytes(value).decode("latin-1"))
    return "\n".join(found)


def sing(town: Town) -> None:
    """Lead the canaries through every place where a PIN or a text is typed."""
    walk(town, "change", AMINA, "5", "2", PIN, CANARY_PIN, CANARY_PIN)
    walk(town, "balance", AMINA, "3", "0", "3", CANARY_PIN, "0", "1", CANARY_TEXT)
    walk(town, "wrong", BARAKA, "3", CANARY_PIN, CANARY_TEXT)
    walk(town, "twice", AMINA, "5", "2", CANARY_PIN, CANARY_PIN + "0", CANARY_PIN)
    walk(town, "broken off", AMINA, "5", "2", CANARY_PIN)
    walk(town, "resumed", AMINA, "1", f"{CANARY_TEXT}*{CANARY_PIN}")
    walk(town, "asks for another", CHAUSIKU, "4", "3", "1", "1", CANARY_PIN, PIN)
    walk(town, "agrees", DAUDI, "1", CANARY_PIN, PIN)
    walk(town, "new", AMINA, CANARY_PIN, CANARY_PIN)
    walk(town, "as a number", CHAUSIKU, "4", "3", CANARY_PIN, CANARY_TEXT)
    walk(town, "code", STRANGER, "1", "Neema", f"{CANARY_TEXT}{CANARY_PIN}")
    town.answer("dialled", AMINA, f"3*{CANARY_PIN}*{CANARY_TEXT}")
    town.answer("dialled", AMINA, f"3*{CANARY_PIN}*{CANARY_TEXT}*{CANARY_PIN}")
    town.answer("dialled", BARAKA, f"3*{CANARY_PIN}")
    town.answer("telegram", AMINA, f"5*4*{CANARY_PIN}")
    walk(town, "lost", AMINA, "1")
    town.answer("lost", AMINA, f"2*{CANARY_PIN}")
    for body in (form("s", "0700", CANARY_PIN), f"text={CANARY_PIN}&text={CANARY_TEXT}".encode(), f"{CANARY_PIN}%ff".encode()):
        gateway.answer(town.house, body, now=town.clock)


def sing_in_telegram(town: Town) -> None:
    """The same in a private chat: before it is bound, where nothing, a number, a PIN is asked for, and named as a PIN."""
    made = town.do(MakeLinkCode, channel="ussd", group_id=town.groups["UMOJA"], actor_id=town.people["Amina"], pin_given=True)
    texts = [CANARY_PIN, CANARY_TEXT, f"/start {CANARY_TEXT}", made.facts["code"], CANARY_PIN, CANARY_TEXT, f"/save {CANARY_PIN}"]
    texts += [CANARY_TEXT, f"pin {CANARY_PIN}", f"{CANARY_PIN}{CANARY_PIN}{CANARY_TEXT}", f"/{CANARY_TEXT} {CANARY_PIN}"]
    for number, text in enumerate(texts, start=1):
        chat = {"user_id": 77, "chat_id": 77, "message_id": number, "name": "Amina", "language": "en"}
        said = Said(update_id=number, at=town.clock(), text=text, **chat)  # type: ignore[arg-type]  # as the table says
        assert text not in repr(said)
        answer = answers.take(town.house, said)
        assert CANARY_PIN not in repr(answer)
    pressed = answers.take(town.house, Said(update_id=99, at=town.clock(), data=f"1:{CANARY_TEXT}:1:{CANARY_PIN}", **chat))  # type: ignore[arg-type]
    assert pressed.shown is not None


def crash(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it break with the canaries in its hands, in several places."""

    def breaks(*_: object, **__: object) -> None:
        raise ValueError(f"{CANARY_PIN} {CANARY_TEXT}")

    def on_save(*_: object) -> None:
        canary = CANARY_PIN + CANARY_TEXT
        raise RuntimeError(canary)

    breakable = ((pins, "prove", breaks), (conversations, "save", on_save), (pins, "seal", breaks), (conversations, "loaded", breaks))
    for place, name, broken in breakable:
        walk(town, f"crash {name}", CHAUSIKU, "3")
        with monkeypatch.context() as patch:
            patch.setattr(place, name, broken)
            assert town.answer(f"crash {name}", CHAUSIKU, f"3*{CANARY_PIN}").startswith(SORRY)
            assert town.answer(f"crash {name} 2", CHAUSIKU, f"3*{CANARY_PIN}*{CANARY_TEXT}").startswith(SORRY) or name in {"prove", "seal"}


def test_no_pin_and_no_text_is_kept_or_logged_anywhere(
    town: Town, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    sing(town)
    sing_in_telegram(town)
    crash(town, monkeypatch)
    kept, said = everything_kept(town), logged.getvalue()
    assert "Amina" in kept, "the search finds what is there"
    assert town.sql("SELECT state FROM pin_reset") == [("done",)], "a PIN was cleared on the way"
    assert "turn failed" in said, "the crashes were logged"
    for canary in (CANARY_PIN, CANARY_TEXT):
        assert canary not in said, said[max(0, said.find(canary) - 300) :][:600]
        assert canary not in kept, kept[max(0, kept.find(canary) - 300) :][:600]
    assert PIN not in re.sub(r"[0-9a-f-]{8,}|\d{5,}", "", said)
    with Redis.from_url(redis_url) as redis:
        assert not [key for key in redis.scan_iter() if CANARY_PIN.encode() in key + (redis.dump(key) or b"")]


def test_a_secret_hides_itself() -> None:
    secret = Secret(CANARY_PIN)
    assert CANARY_PIN not in f"{secret} {secret!r} {[secret]}"


def test_the_records_hold_no_sealed_pin_either(town: Town) -> None:
    sing(town)
    sealed = {pins.seal(CANARY_PIN, person_id=person, pepper=town.house.pepper).value for person in town.people.values()}
    (row,) = town.sql("SELECT string_agg(content::text || facts::text, ' ') FROM command_record")
    assert not [each for each in sealed if each in row[0]]
