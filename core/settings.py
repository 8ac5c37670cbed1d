"""The settings of a process: the only reader of the environment."""

import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from environs import EnvValidationError, FileAwareEnv, ValidationError, validate

from core import demo_note

SECRET_PATH_CHARS_MIN: Final = 22  # of the URL-safe alphabet: 128 bits
PEPPER_BYTES: Final = 32
DEMO_TELEGRAM_TOKEN: Final = "1:demo"  # noqa: S105 of the sandbox's one bot
DEMO_SECRET_PATH: Final = "demo"  # noqa: S105 everybody may know it
PROJECT: Final = Path(__file__).resolve().parent.parent
MASK: Final = "****"

_PEPPER_FILE: Final = "PAMOJA_PEPPER_FILE"
_TELEGRAM: Final = "https://api.telegram.org"
_LIVE: Final = "https://api.africastalking.com"
_GATEWAY_SANDBOX: Final = "https://api.sandbox.africastalking.com"
_SECRET: Final = frozenset({"at_api_key", "pepper", "secret_path", "telegram_secret", "telegram_token"})
_LEVELS: Final = ("debug", "info", "warning", "error")


class SettingsInvalid(Exception):
    """The environment does not say what the program needs: `problems` lists everything that is wrong, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """What the environment says. `load` makes it; nobody else reads the environment."""

    home: Path
    database_url: str  # '' is the embedded PostgreSQL under `home`
    redis_url: str  # '' is the embedded Redis under `home`
    demo: bool
    secret_path: str  # '' only where nothing is served
    pepper: bytes
    pepper_file: Path
    service_code: str
    country: str
    help_number: str  # whom to call; '' says nobody
    at_username: str
    at_api_key: str
    at_base_url: str
    at_sender: str  # '' signs with the gateway's own name
    at_keyword: str  # of a short code that is shared with others, which stands in front of an SMS; '' is a short code of our own
    at_balance_least: int  # in the currency of the account there; under it is an alarm, 0 gives none
    telegram_token: str  # '' is no bot
    telegram_base_url: str
    telegram_webhook_url: str  # the public address of the web side; '' lets the bot ask for updates itself
    telegram_secret: str  # what Telegram shows with each call of the webhook
    host: str
    web_port: int
    desk_port: int
    sandbox_port: int
    web_workers: int
    web_threads: int
    pin_failures_max: int  # over the whole house in ten minutes; more call a person
    log_level: str
    log_format: str  # console, json, or auto: console on a terminal

    def masked(self) -> dict[str, str | int | bool]:
        """Show the settings with every secret masked."""
        return {field.name: _shown(field.name, getattr(self, field.name)) for field in fields(self)}

    def __repr__(self) -> str:
        return f"Settings({self.masked()})"


def load(*, serving: bool = False) -> Settings:
    """Read the settings from the environment, and below it from `.env` in the checkout (PAMOJA_ENV_FILE names another).

    What listens to the outside passes `serving`: it needs a secret path that nobody can guess.

    :raises SettingsInvalid: with everything that is wrong, not only the first
    """
    env = _Environment(eager=False, strip_whitespace=True)
    env.read_env(os.environ.get("PAMOJA_ENV_FILE") or _root() / ".env", recurse=False)
    home: Path | None = env.path("PAMOJA_HOME", _root() / ".pamoja")
    if home is not None and not serving and (note := demo_note.found(home)):
        env.read_env(note, recurse=False)
    demo = env.bool("PAMOJA_DEMO", False)
    sandbox_port = _port(env, "PAMOJA_SANDBOX_PORT", 8002)
    at_username = env.str("AT_USERNAME", "sandbox")
    port = partial(_port, env)
    count = partial(env.int, validate=validate.Range(min=1, max=256))
    found: dict[str, Any] = {
        "home": home.absolute() if home is not None else None,
        "database_url": _plain_scheme(env.str("DATABASE_URL", "", validate=_is_url("postgresql", "postgres", "postgresql+psycopg")) or ""),
        "redis_url": env.str("REDIS_URL", "", validate=_is_url("redis", "rediss", "unix")),
        "demo": demo,
        "secret_path": _secret_path(env, demo=bool(demo), serving=serving),
        "service_code": env.str("PAMOJA_SERVICE_CODE", "*384*77#", validate=validate.Regexp(r"\*\d+(\*\d+)*#\Z")),
        "country": env.str("PAMOJA_COUNTRY", "KE", validate=validate.Regexp(r"[A-Z]{2}\Z")),
        "help_number": env.str("PAMOJA_HELP_NUMBER", "", validate=validate.Regexp(r"[+\d][\d ]{2,19}\Z")),
        "at_username": at_username,
        "at_api_key": env.str("AT_API_KEY", "sandbox" if demo else ""),
        "at_base_url": env.str("AT_BASE_URL", _gateway(at_username, sandbox_port if demo else None), validate=_is_url("http", "https")),
        "at_sender": env.str("AT_SENDER", "", validate=validate.Length(max=11)),
        "at_keyword": env.str("AT_KEYWORD", "", validate=validate.Regexp(r"[A-Za-z0-9]{1,20}\Z")),
        "at_balance_least": env.int("AT_BALANCE_LEAST", 500, validate=validate.Range(min=0, max=1_000_000_000)),
        "telegram_token": env.str(
            "TELEGRAM_TOKEN",
            DEMO_TELEGRAM_TOKEN if demo and sandbox_port else "",
            validate=validate.Regexp(r"\d{1,20}:[A-Za-z0-9_-]{1,80}\Z"),
        ),
        "telegram_base_url": env.str("TELEGRAM_BASE_URL", _telegram(sandbox_port if demo else None), validate=_is_url("http", "https")),
        "telegram_webhook_url": env.str("TELEGRAM_WEBHOOK_URL", "", validate=_is_url("http", "https")),
        "telegram_secret": env.str("TELEGRAM_SECRET", "", validate=validate.Regexp(r"[A-Za-z0-9_-]{22,256}\Z")),
        "host": env.str("PAMOJA_HOST", "127.0.0.1"),
        "web_port": port("PAMOJA_WEB_PORT", _port(env, "PORT", 8000)),
        "desk_port": port("PAMOJA_DESK_PORT", 8001),
        "sandbox_port": sandbox_port,
        "web_workers": count("PAMOJA_WEB_WORKERS", 2),
        "web_threads": count("PAMOJA_WEB_THREADS", 4),
        "pin_failures_max": env.int("PAMOJA_PIN_FAILURES_MAX", 100, validate=validate.Range(min=1)),
        "log_level": env.str("PAMOJA_LOG_LEVEL", "info", validate=validate.OneOf(_LEVELS)),
        "log_format": env.str("PAMOJA_LOG_FORMAT", "auto", validate=validate.OneOf(("auto", "console", "json"))),
    }
    if found["telegram_webhook_url"] and not found["telegram_secret"]:
        env.refuse("TELEGRAM_SECRET", f"Must be set where TELEGRAM_WEBHOOK_URL is, such as {secrets.token_urlsafe(24)}")
    found["pepper_file"] = _pepper_file(env, found["home"], must_be_named=bool(found["database_url"]) and not demo)
    found["pepper"] = _pepper(env, found["pepper_file"])
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsInvalid(_problems(error.error_messages)) from None
    return Settings(**found)


def wants_traceback() -> bool:
    """Say whether whoever runs this wants to see where an error came from."""
    return os.environ.get("PAMOJA_DEBUG", "") not in ("", "0")


class _Environment(FileAwareEnv):
    """The environment, where an empty value is none, and `X_FILE` names a file that holds X."""

    def _get_value(self, env_key: str, default: Any) -> Any:  # noqa: ANN401 as the library has it
        try:
            value = super()._get_value(env_key, default)
        except ValueError as error:
            self.refuse(env_key, str(error))
            return default
        return default if value == "" else value

    def refuse(self, name: str, problem: str) -> None:
        """Add a problem to those that `seal` reports."""
        self._errors[name].append(problem)


def _root() -> Path:
    """Say where `.env` and `.pamoja` are: in the checkout, or where an installed program was started."""
    return PROJECT if (PROJECT / "pyproject.toml").exists() else Path.cwd()


def _port(env: _Environment, name: str, default: int) -> int:
    return env.int(name, default, validate=validate.Range(min=1, max=65_535))


def _is_url(*schemes: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        try:
            scheme = urlsplit(value).scheme
        except ValueError:
            scheme = ""
        if scheme not in schemes:
            # The value itself may hold a password.
            raise ValidationError(f"Must begin with {schemes[0]}://")

    return check


def _plain_scheme(url: str) -> str:
    scheme, colon, rest = url.partition(":")
    return f"postgresql:{rest}" if colon and scheme.startswith("postgres") else url


def _gateway(username: str | None, sandbox_port: int | None) -> str:
    if sandbox_port is not None:
        return f"http://127.0.0.1:{sandbox_port}"
    return _GATEWAY_SANDBOX if username == "sandbox" else _LIVE


def _telegram(sandbox_port: int | None) -> str:
    return _TELEGRAM if sandbox_port is None else f"http://127.0.0.1:{sandbox_port}"


def _secret_path(env: _Environment, *, demo: bool, serving: bool) -> str:
    name = "PAMOJA_SECRET_PATH"
    value = env.str(name, DEMO_SECRET_PATH if demo else "", validate=validate.Regexp(r"[A-Za-z0-9_-]+\Z")) or ""
    wanted = f"Must have {SECRET_PATH_CHARS_MIN} characters or more, such as {secrets.token_urlsafe(24)}"
    if not demo and (0 < len(value) < SECRET_PATH_CHARS_MIN or (serving and not value)):
        env.refuse(name, wanted)
    return value


def _pepper_file(env: _Environment, home: Path | None, *, must_be_named: bool) -> Path | None:
    """Say where the pepper is. The embedded database has its own in the home, made once.

    A database elsewhere outlives this machine: a new pepper made here would shut out everybody in it.
    """
    path = env.path(_PEPPER_FILE, None)
    if path is not None:
        return path.absolute()
    if must_be_named:
        env.refuse(_PEPPER_FILE, f"Must be set where DATABASE_URL is; make it once: head -c {PEPPER_BYTES} /dev/urandom > FILE")
        return None
    if home is None:
        return None
    path = home.absolute() / "pepper"
    try:
        if not path.exists():
            _make_once(path)
    except OSError as error:
        env.refuse("PAMOJA_HOME", f"{error.filename}: {error.strerror}")
        return None
    return path


def _pepper(env: _Environment, path: Path | None) -> bytes:
    """Read the pepper byte for byte; without it no PIN of the database fits any more."""
    if path is None:
        return b""
    try:
        pepper = path.read_bytes()
    except OSError as error:
        env.refuse(_PEPPER_FILE, f"{error.filename}: {error.strerror}")
        return b""
    if len(pepper) < PEPPER_BYTES:
        env.refuse(_PEPPER_FILE, f"{path} must hold {PEPPER_BYTES} bytes or more")
    return pepper


def _make_once(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".pepper-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(PEPPER_BYTES))
            file.flush()
            os.fsync(handle)
        # A link, unlike a rename, leaves what another process was quicker to put there.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def _problems(messages: object) -> list[str]:
    assert isinstance(messages, dict)
    return [f"{name}: {text}" for name, texts in sorted(messages.items()) for text in texts]


def _shown(name: str, value: Any) -> str | int | bool:  # noqa: ANN401 any field
    if name in _SECRET:
        return MASK if value else ""
    if name.endswith("_url"):
        return _without_password(value)
    return value if isinstance(value, int) else str(value)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", f":{MASK}@", 1)))
