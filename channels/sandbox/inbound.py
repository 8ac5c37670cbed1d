"""An SMS that a handset sends to us, in the gateway's wire format."""

from uuid import UUID

from httpx import codes

from channels.sandbox.courier import Courier, Parcel
from channels.sandbox.faults import SmsFaults
from channels.sandbox.options import Options
from core import clock, ids


def send(phone: str, text: str, *, to: str, options: Options, faults: SmsFaults, courier: Courier) -> tuple[UUID, int]:
    """Deliver it now, and again until we say 200 (or that we take none); gives its id and the first status, 0 where nobody answered."""
    message_id = ids.new_id()
    pattern = "%Y-%m-%dT%H:%M:%SZ" if faults.date_shape == "iso" else "%Y-%m-%d %H:%M:%S"
    form = {
        "date": clock.now().strftime(pattern),
        "from": phone,
        "id": str(message_id),
        "text": text,
        "to": to or options.short_code,
        "cost": "KES 0.0000",
        "networkCode": options.network_code,
    }
    parcel = Parcel("sms", options.callback("sms"), form, phone, until_ok=True)
    status = courier.post(parcel)
    for _ in range(faults.duplicates):
        courier.put(parcel)
    return message_id, status


def opt_out(phone: str, *, options: Options, courier: Courier) -> int:
    """Tell us, as the gateway does, that somebody has opted out with it; gives the status."""
    form = {"senderId": options.sender, "phoneNumber": phone}
    return courier.post(Parcel("opt-out", options.callback("opt-out"), form, phone, until_ok=True))


def undelivered(status: int) -> str:
    """Say for the person who sent it why an SMS was not taken; '' if it was."""
    match status:
        case codes.OK:
            return ""
        case codes.NOT_FOUND:
            return "Not delivered: this house takes no SMS (404)."
        case 0:
            return "Not delivered yet: nobody answered. It is tried again."
        case _:
            return f"Not delivered yet: the house answered {status}. It is tried again."
