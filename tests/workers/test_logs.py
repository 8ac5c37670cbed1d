"""Logs: one line each, and no secret in any of them."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from core import settings as core_settings
from workers import logs

SECRET_PATH = "canary-" + "x" * 22


@pytest.fixture(autouse=True)
def _logging(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    monkeypatch.setenv("PAMOJA_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("PAMOJA_SECRET_PATH", SECRET_PATH)
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_json_and_says_who_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(core_settings.load(), process="worker")
    logging.getLogger("workers.relay").info("carried", extra={"messages": 3})
    structlog.get_logger("channels.turn").warning("slow", seconds=1.5)
    first, second = lines(capsys)
    assert (first["process"], first["logger"], first["level"], first["message"], first["messages"]) == (
        "worker",
        "workers.relay",
        "info",
        "carried",
        3,
    )
    assert (second["message"], second["seconds"]) == ("slow", 1.5)


def test_no_secret_and_no_whole_phone_gets_through(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(core_settings.load(), process="web")
    log = logging.getLogger("careless")
    log.info(
        "from +254700000001 and 254700000002, 0700000003", extra={"pin": "canary", "text": "canary", "who": {"token": "canary", "id": 7}}
    )
    log.warning("POST /at/%s/ussd failed", SECRET_PATH)
    try:
        int("+254700000004 is no number")
    except ValueError:
        log.exception("it broke")
    structlog.get_logger("careless").info("again", phones=["+254700000005"], new_pin="canary", path=f"/at/{SECRET_PATH}/sms")
    said = capsys.readouterr().out
    assert "canary" not in said
    assert "7000000" not in said
    assert "****001" in said
    assert "ValueError: invalid literal for int() with base 10: '****004 is no number'" in said
    assert '"id": 7' in said


@pytest.mark.parametrize("harmless", ["KES 2,500.00", "2026-11-24T04:00:00+00:00", "entry 81234", "5f0c2f1e-2d8f-5c52-9c1b-612345678910"])
def test_what_is_no_phone_stays(capsys: pytest.CaptureFixture[str], harmless: str) -> None:
    logs.configure(core_settings.load(), process="web")
    logging.getLogger("careful").info(harmless)
    assert lines(capsys)[0]["message"] == harmless
