"""The sandbox for scripts: JSON, and what the browser phone itself uses. INTERFACES.md is its contract."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, Conflict

from channels.sandbox import calls, guard, inbound, inboxes
from channels.sandbox.faults import FaultSet, UnknownFault
from channels.sandbox.options import phone_of
from channels.sandbox.sandbox import Sandbox
from channels.sandbox.ussd import NoSuchSession, Screen

HANDSETS_ASKED_MAX = 200


def blueprint(sandbox: Sandbox) -> Blueprint:
    """Make the routes under /api."""
    routes = Blueprint("api", __name__, url_prefix="/api")
    guard.put_on(routes)
    _handsets(routes, sandbox)
    _gateway(routes, sandbox)
    _page(routes, sandbox)
    return routes


def _handsets(routes: Blueprint, sandbox: Sandbox) -> None:
    @routes.get("/handsets/<phone>/sms")
    def inbox(phone: str) -> Response:
        return jsonify([inboxes.as_json(sms) for sms in sandbox.inboxes.listed(_phone(phone))])

    @routes.delete("/handsets/<phone>/sms")
    def empty(phone: str) -> tuple[str, int]:
        sandbox.inboxes.clear(_phone(phone))
        return "", 204

    @routes.post("/handsets/<phone>/sms")
    def send(phone: str) -> tuple[Response, int]:
        body = _body(required=("text",), optional=("to",))
        number, faults = _phone(phone), sandbox.faults.sms
        sms_id, status = inbound.send(
            number, body["text"], to=body.get("to", ""), options=sandbox.options, faults=faults, courier=sandbox.courier
        )
        return jsonify(id=str(sms_id), status=status, undelivered=inbound.undelivered(status)), 201

    @routes.post("/handsets/<phone>/opt-out")
    def opt_out(phone: str) -> Response:
        return jsonify(status=inbound.opt_out(_phone(phone), options=sandbox.options, courier=sandbox.courier))

    @routes.post("/handsets/<phone>/dial")
    def dial(phone: str) -> Response:
        return jsonify(_screen(sandbox.ussd.dial(_phone(phone), _body(required=("code",))["code"])))

    @routes.post("/handsets/<phone>/reply")
    def reply(phone: str) -> Response:
        body = _body(required=("session", "text"))
        try:
            return jsonify(_screen(sandbox.ussd.reply(_phone(phone), body["session"], body["text"])))
        except NoSuchSession as gone:
            raise Conflict("This session is over") from gone

    @routes.post("/handsets/<phone>/hangup")
    def hangup(phone: str) -> Response:
        body = _body(required=("session",))
        sandbox.ussd.hangup(_phone(phone), body["session"])
        return jsonify(session=body["session"], screen="", open=False)


def _gateway(routes: Blueprint, sandbox: Sandbox) -> None:
    @routes.get("/faults")
    def faults() -> Response:
        return jsonify(sandbox.faults.now().dump())

    @routes.put("/faults")
    def inject() -> Response:
        try:
            sandbox.faults.replace(FaultSet.parse(request.get_json(force=True)))
        except UnknownFault as unknown:
            raise BadRequest(str(unknown)) from unknown
        return jsonify(sandbox.faults.now().dump())

    @routes.get("/calls")
    def listed() -> Response:
        gateway = request.args.get("gateway")
        if gateway not in (None, *calls.GATEWAYS):
            raise BadRequest(f"A gateway is one of {', '.join(calls.GATEWAYS)}")
        return jsonify([calls.as_json(call) for call in sandbox.calls.listed(gateway)])

    @routes.delete("/calls")
    def forget() -> tuple[str, int]:
        sandbox.calls.clear()
        return "", 204


def _page(routes: Blueprint, sandbox: Sandbox) -> None:
    @routes.get("/setup")
    def setup() -> Response:
        options = sandbox.options
        people = [
            {"phone": each.phone, "name": each.name, "group": each.group, "role": each.role, "language": each.language}
            for each in options.people
        ]
        return jsonify(boot=sandbox.boot, code=options.service_codes[0], pin=options.pin, short_code=options.short_code, people=people)

    @routes.get("/inboxes")
    def several() -> Response:
        after = request.args.get("after", default=0, type=int)
        asked = request.args.get("phones", "").split(",")[:HANDSETS_ASKED_MAX]
        found = {phone: sandbox.inboxes.listed(phone, after=after) for each in asked if (phone := phone_of(each))}
        return jsonify(
            boot=sandbox.boot, inboxes={phone: [inboxes.as_json(sms) for sms in messages] for phone, messages in found.items() if messages}
        )


def _phone(text: str) -> str:
    number = phone_of(text)
    if number is None:
        raise BadRequest("A phone number is written +254700000001")
    return number


def _body(*, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, str]:
    given: object = request.get_json(force=True)
    names = required + optional
    body = {name: value for name, value in given.items() if isinstance(value, str)} if isinstance(given, dict) else {}
    if body != given or not set(required) <= set(body) <= set(names):
        raise BadRequest(f"The body is a JSON object with the strings {', '.join(names)}")
    return body


def _screen(screen: Screen) -> dict[str, Any]:
    return {
        "session": screen.session,
        "screen": screen.text,
        "open": screen.open,
        "hops": screen.hops,
        "septets": screen.septets,
        "cost": screen.cost,
        "seconds_left": screen.seconds_left,
    }
