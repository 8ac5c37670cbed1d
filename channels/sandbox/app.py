"""The sandbox process: the SMS gateway and Telegram as plain WSGI in front, the handsets' API and the page behind it."""

import signal
import socket
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, jsonify

from channels.sandbox import api, telegram_api
from channels.sandbox.options import DEMO_PEOPLE, DEMO_PIN, Options
from channels.sandbox.sandbox import Sandbox, open_sandbox
from core import settings

WEB = Path(__file__).parent / "web"
REQUEST_BYTES_MAX = 65_536
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def create_app(options: Options | None = None, *, sandbox: Sandbox | None = None) -> WSGIApplication:
    """Make the WSGI application of one sandbox; give `sandbox` to keep a hand on what it holds."""
    sandbox = sandbox or open_sandbox(options or Options())
    messaging, telegram, rest = sandbox.messaging, sandbox.telegram, _flask(sandbox)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # Flask's own dispatch would cost more than the whole answer, and benchmarks pour through here.
        if environ["PATH_INFO"].startswith("/version1/"):
            return messaging(environ, start_response)
        if environ["PATH_INFO"].startswith("/bot"):
            return telegram(environ, start_response)
        return rest.wsgi_app(environ, start_response)

    return application


def wsgi() -> WSGIApplication:
    """Make the application from the settings of this process; for the WSGI server. One process only: the state is in memory."""
    sandbox = open_sandbox(options_of(settings.load(serving=True)))
    _close_on_signal(sandbox)
    return create_app(sandbox=sandbox)


def _close_on_signal(sandbox: Sandbox) -> None:
    """End the bot's long poll when the process is asked to stop: the server would wait for it, and then be killed."""
    woken, wakes = socket.socketpair()
    wakes.settimeout(0)
    # The server has its own handlers; this tells us of every signal that they take.
    signal.set_wakeup_fd(wakes.detach(), warn_on_full_buffer=False)

    def wait() -> None:
        woken.recv(1)
        sandbox.telegram.close()

    Thread(target=wait, name="sandbox-signals", daemon=True).start()


def options_of(given: settings.Settings) -> Options:
    """Read what concerns the sandbox from the settings."""
    return Options(
        target=f"http://{_reachable(given.host)}:{given.web_port}",
        secret_path=given.secret_path,
        service_codes=(given.service_code,),
        username=given.at_username,
        api_key=given.at_api_key,
        people=DEMO_PEOPLE if given.demo else (),
        pin=DEMO_PIN if given.demo else "",
    )


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("", "0.0.0.0") else host  # noqa: S104 compared, not bound


def _flask(sandbox: Sandbox) -> Flask:
    app = Flask(__name__, static_folder=str(WEB), static_url_path="/web")
    app.config["MAX_CONTENT_LENGTH"] = REQUEST_BYTES_MAX
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's own provider has it
    app.register_blueprint(api.blueprint(sandbox))
    app.register_blueprint(telegram_api.blueprint(sandbox))

    @app.get("/")
    def page() -> Response:
        return app.send_static_file("index.html")

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    return app
