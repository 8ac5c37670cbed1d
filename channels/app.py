"""The public side: what the gateways call. USSD goes straight to its gateway; everything else is Flask's.

A USSD hop in front of Flask's dispatch costs half of one behind it, and there is nothing on it that Flask would do.
"""

import gc
import hmac
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import psycopg
import structlog
from flask import Flask, Response, jsonify, request
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from channels.sms import gateway as sms_gateway
from channels.ussd import gateway
from channels.walk import House
from channels.words.catalogue import say
from core import clock
from core.db.engine import make_engine, transaction
from core.db.migrate import DatabaseTooNew, pending
from core.settings import Settings, load

log = structlog.get_logger(__name__)

StartResponse = Any  # as WSGI has it: (status, headers) -> write
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")
_BODY_MAX: Final = 64 * 1024


class _Ussd:
    """The USSD route as a plain WSGI callable in front of the Flask app."""

    def __init__(self, house: House, secret_path: str, behind: Wsgi) -> None:
        self._house, self._secret, self._behind = house, secret_path.encode(), behind

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "POST" or not path.startswith("/at/") or not path.endswith("/ussd"):
            return self._behind(environ, start_response)
        if not _is_secret(path[4:-5], self._secret):
            start_response("404 Not Found", [_TEXT, ("Content-Length", "0")])
            return (b"",)
        reply = gateway.answer(self._house, _body(environ), now=clock.now).encode()
        start_response("200 OK", [_TEXT, ("Content-Length", str(len(reply)))])
        return (reply,)


def _is_secret(given: str, secret: bytes) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret)


def _body(environ: dict[str, Any]) -> bytes:
    """Read the body, up to its limit; one that is longer is no request of the gateway's and reads as an empty one."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if not 0 < length <= gateway.BODY_MAX:
        return b""
    body: bytes = environ["wsgi.input"].read(length)
    return body


def create_app(settings: Settings, engine: Engine, house: House, database_url: str) -> Flask:
    """Make the Flask side: health, version, the gateway's notices."""
    app = Flask("pamoja")
    app.config["MAX_CONTENT_LENGTH"] = _BODY_MAX

    @app.post("/at/<secret>/ussd-events")
    def ussd_events(secret: str) -> Response:
        if not _is_secret(secret, settings.secret_path.encode()):
            return Response(status=404)
        gateway.session_over(house, request.get_data(cache=False), at=clock.now())
        return Response("ok", mimetype="text/plain")

    callbacks: dict[str, sms_gateway.Handler] = {"sms": sms_gateway.sms, "delivery": sms_gateway.delivery, "opt-out": sms_gateway.opt_out}

    @app.post('/at/<secret>/<any(sms, delivery, "opt-out"):what>')
    def sms_callback(secret: str, what: str) -> Response:
        if not _is_secret(secret, settings.secret_path.encode()):
            return Response(status=404)
        body = request.get_data(cache=False)
        return Response(status=sms_gateway.answer(callbacks[what], house, body, at=clock.now()), mimetype="text/plain")

    if settings.telegram_token and settings.telegram_webhook_url:
        _hook(app, settings, house)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        checks = {"database": _database(engine, database_url), "redis": _redis(settings)}
        # Without Redis money moves all the same, and messages wait: late, not unready.
        response = jsonify(checks)
        response.status_code = 200 if checks["database"] == "ok" else 503
        return response

    @app.get("/version")
    def about() -> Response:
        return jsonify({"name": "pamoja", "version": _version()})

    return app


def _hook(app: Flask, settings: Settings, house: House) -> None:
    """Take Telegram's updates, where they come by webhook."""
    from channels.telegram.webhook import HEADER, Receiver  # noqa: PLC0415 its client is 16 MB that most installations do without

    receiver = Receiver(settings, house)

    @app.post("/telegram/<secret>")
    def telegram(secret: str) -> Response:
        shown = request.headers.get(HEADER, "")
        if not _is_secret(secret, settings.secret_path.encode()) or not _is_secret(shown, settings.telegram_secret.encode()):
            return Response(status=404)
        return Response(status=receiver.receive(request.get_data(cache=False), at=clock.now()))


def _version() -> str:
    try:
        return version("pamoja")
    except PackageNotFoundError:
        return "0.1.0 (checkout)"


def _database(engine: Engine, database_url: str) -> str:
    try:
        with transaction(engine) as session:
            session.connection().exec_driver_sql("SELECT 1")
        return "migrations are pending" if pending(database_url) else "ok"
    except (SQLAlchemyError, psycopg.Error, DatabaseTooNew) as error:
        return type(error).__name__


def _redis(settings: Settings) -> str:
    if not settings.redis_url:
        return "embedded"
    try:
        Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1).ping()
    except RedisError as error:
        return type(error).__name__
    return "ok"


def make(settings: Settings, database_url: str) -> Wsgi:
    """Make the whole public side on a database."""
    engine = make_engine(database_url, pool_size=settings.web_threads, turns=True)
    house = House(engine, settings.pepper, settings.service_code, settings.help_number, sms_keyword=settings.at_keyword)
    # The first member should not wait for catalogues and menus to be read.
    say("en", "choice.back")
    return _Ussd(house, settings.secret_path, create_app(settings, engine, house, database_url).wsgi_app)


def wsgi() -> Wsgi:
    """What a WSGI server loads; the settings must name the database by now."""
    settings = load(serving=True)
    assert settings.database_url, "the supervisor says where the database is"
    made = make(settings, settings.database_url)
    # What is here now stays: the garbage collector need not look at it again with every few requests.
    gc.freeze()
    return made
