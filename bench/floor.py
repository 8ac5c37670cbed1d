"""The floor: an empty Flask POST that parses the same form, under the same server. No program on it can be quicker."""

import sys

from flask import Flask, Response, request

from core import settings
from workers.web import serve


def make() -> Flask:
    """Make the empty application."""
    app = Flask("floor")

    @app.post("/ussd")
    def ussd() -> Response:
        return Response(f"CON {request.form['text']}", mimetype="text/plain")

    return app


if __name__ == "__main__":
    _given = settings.load()
    serve(
        _given,
        process="floor",
        target="bench.floor:make",
        port=int(sys.argv[1]),
        workers=_given.web_workers,
        threads=_given.web_threads,
    )
