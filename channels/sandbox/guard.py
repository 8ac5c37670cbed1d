"""What every JSON route of the sandbox has: no other site's requests, and refusals as JSON."""

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import Forbidden, HTTPException


def put_on(routes: Blueprint) -> None:
    """Guard these routes."""

    @routes.before_request
    def only_from_here() -> None:
        # Another site open in the same browser has no business with these handsets.
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise Forbidden("Cross-site requests are not served")

    @routes.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.description), error.code or 500
