"""The settings: what the environment may say, and what it must."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core import demo_note
from core.settings import PROJECT, SettingsInvalid, load

GOOD_PATH = "abcdefghijklmnopqrstuv"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMOJA_HOME", str(tmp_path / "home"))


@pytest.fixture
def pepper_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the pepper of a database elsewhere; the environment names it."""
    path = tmp_path / "given"
    path.write_bytes(b"a pepper of the tests, 32 bytes..")
    monkeypatch.setenv("PAMOJA_PEPPER_FILE", str(path))
    return path


def problems(*, serving: bool = False) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        load(serving=serving)
    return caught.value.problems


def test_nothing_needs_to_be_set() -> None:
    settings = load()
    assert (settings.database_url, settings.redis_url, settings.web_port, settings.demo) == ("", "", 8000, False)


def test_all_errors_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "DATABASE_URL": "mysql://somebody:canary@there/db",
        "REDIS_URL": "memcached://there",
        "PAMOJA_WEB_PORT": "80000",
        "PAMOJA_WEB_WORKERS": "none",
        "PAMOJA_PIN_FAILURES_MAX": "0",
        "PAMOJA_SERVICE_CODE": "384",
        "PAMOJA_SECRET_PATH": "short",
        "PAMOJA_PEPPER_FILE": "/there/is/no/such/pepper",
        "PAMOJA_LOG_LEVEL": "loud",
        "AT_API_KEY_FILE": "/there/is/no/such/file",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    found = problems()
    assert [line.partition(":")[0] for line in found] == sorted(name.replace("KEY_FILE", "KEY") for name in wrong)
    assert "canary" not in "".join(found)


@pytest.mark.parametrize("value", ["", "demo", "x" * 21, "with/a/slash/and/long/enough"])
def test_what_serves_needs_a_secret_path(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PAMOJA_SECRET_PATH", value)
    assert problems(serving=True)[0].startswith("PAMOJA_SECRET_PATH: ")
    monkeypatch.setenv("PAMOJA_SECRET_PATH", GOOD_PATH)
    assert load(serving=True).secret_path == GOOD_PATH


def test_the_demo_has_its_own_gateway_and_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMOJA_DEMO", "1")
    monkeypatch.setenv("PAMOJA_SANDBOX_PORT", "9002")
    settings = load(serving=True)
    assert (settings.secret_path, settings.at_base_url, settings.at_api_key) == ("demo", "http://127.0.0.1:9002", "sandbox")


@pytest.mark.parametrize(
    ("username", "gateway"), [("sandbox", "https://api.sandbox.africastalking.com"), ("umoja", "https://api.africastalking.com")]
)
def test_the_gateway_follows_the_user(monkeypatch: pytest.MonkeyPatch, username: str, gateway: str) -> None:
    monkeypatch.setenv("AT_USERNAME", username)
    assert load().at_base_url == gateway


def test_a_running_demo_is_found_but_never_served_by_mistake(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with demo_note.left(tmp_path / "home", {"PAMOJA_DEMO": 1, "PAMOJA_SANDBOX_PORT": 9002}):
        assert (load().demo, load().sandbox_port) == (True, 9002)
        assert problems(serving=True)
    assert not load().demo


def test_secrets_may_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    monkeypatch.setenv("AT_API_KEY_FILE", str(tmp_path / "key"))
    assert load().at_api_key == "from-a-file"


def test_the_environment_comes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AT_USERNAME=from-the-file\nAT_SENDER=FILE\nAT_KEYWORD=umoja\nREDIS_URL=redis://file\n")
    monkeypatch.setenv("PAMOJA_ENV_FILE", str(tmp_path / ".env"))
    monkeypatch.setenv("AT_USERNAME", "umoja")
    monkeypatch.setenv("REDIS_URL", "")
    settings = load()
    assert (settings.at_username, settings.at_sender, settings.at_keyword, settings.redis_url) == ("umoja", "FILE", "umoja", "")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
@pytest.mark.usefixtures("pepper_file")
def test_every_spelling_of_the_database_becomes_one(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://pamoja:word@there:5433/pamoja?sslmode=require")
    assert load().database_url == "postgresql://pamoja:word@there:5433/pamoja?sslmode=require"


def test_the_pepper_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load().pepper
    path = tmp_path / "home" / "pepper"
    assert (len(first), load().pepper, path.read_bytes()) == (32, first, first)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]
    assert [each.name for each in path.parent.iterdir()] == ["pepper"]


def test_two_processes_that_start_at_once_agree_on_the_pepper(tmp_path: Path) -> None:
    program = "from core.settings import load; print(load().pepper.hex())"
    environment = os.environ | {"PAMOJA_HOME": str(tmp_path / "race")}
    racing = [
        subprocess.Popen((sys.executable, "-c", program), cwd=PROJECT, env=environment, stdout=subprocess.PIPE)  # noqa: S603 our own
        for _ in range(6)
    ]
    assert len({child.communicate()[0] for child in racing}) == 1


def test_a_given_pepper_is_used_byte_for_byte(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "pepper"
    monkeypatch.setenv("PAMOJA_PEPPER_FILE", str(path))
    assert problems() == [f"PAMOJA_PEPPER_FILE: {path}: No such file or directory"]
    path.write_bytes(b"too short")
    assert problems() == [f"PAMOJA_PEPPER_FILE: {path} must hold 32 bytes or more"]
    path.write_bytes(bytes(31) + b"\n")
    assert load().pepper == bytes(31) + b"\n"
    assert not (tmp_path / "home").exists()


def test_a_database_elsewhere_never_gets_a_new_pepper_unasked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    load()  # the embedded one has its own by now
    monkeypatch.setenv("DATABASE_URL", "postgresql://there/pamoja")
    assert problems() == ["PAMOJA_PEPPER_FILE: Must be set where DATABASE_URL is; make it once: head -c 32 /dev/urandom > FILE"]
    with monkeypatch.context() as demo:
        demo.setenv("PAMOJA_DEMO", "1")
        assert load().pepper_file == tmp_path / "home" / "pepper"
    path: Path = request.getfixturevalue("pepper_file")
    assert (load().pepper_file, load().pepper) == (path, path.read_bytes())


@pytest.mark.usefixtures("pepper_file")
def test_no_secret_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://pamoja:canary@there/pamoja")
    monkeypatch.setenv("REDIS_URL", "redis://:canary@there/0")
    monkeypatch.setenv("PAMOJA_SECRET_PATH", f"canary{GOOD_PATH}")
    monkeypatch.setenv("AT_API_KEY", "canary")
    monkeypatch.setenv("TELEGRAM_TOKEN", "1:canary")
    monkeypatch.setenv("TELEGRAM_SECRET", f"canary{GOOD_PATH}")
    settings = load()
    assert "canary" not in repr(settings)
    assert str(settings.pepper) not in repr(settings)
    assert settings.masked()["database_url"] == "postgresql://pamoja:****@there/pamoja"


def test_a_webhook_of_telegram_has_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_WEBHOOK_URL", "https://pamoja.example")
    (problem,) = problems()
    assert problem.startswith("TELEGRAM_SECRET: Must be set where TELEGRAM_WEBHOOK_URL is")
    monkeypatch.setenv("TELEGRAM_SECRET", GOOD_PATH)
    assert load().telegram_secret == GOOD_PATH


def test_a_token_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("1:of-a-file\n")
    monkeypatch.setenv("TELEGRAM_TOKEN_FILE", str(tmp_path / "token"))
    assert load().telegram_token == "1:of-a-file"  # noqa: S105 of this test alone
