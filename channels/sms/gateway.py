"""Africa's Talking's SMS callbacks: an SMS that came in, a delivery report, an opt-out.

Each is answered 200 only when what it says is kept: the gateway repeats an SMS for up to twelve hours until it is. A form that
is not the gateway's is answered 400; a database that is away, and anything that nobody foresaw, 503, so that it comes again.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from channels.conversations import Overtaken
from channels.forms import BadRequest, read_form
from channels.retry import tried
from channels.sms.answers import InboundSms, take_sms
from channels.traces import where
from channels.walk import House
from core.db.engine import Work
from core.outbox import reports, stops
from core.phone import is_e164

log = structlog.get_logger(__name__)

ID_MAX: Final = 80
SENDER_MAX: Final = 40
TEXT_MAX: Final = 2_000
STATUS_MAX: Final = 20
REASON_MAX: Final = 60
Handler = Callable[[House, bytes, datetime], None]


def answer(handler: Handler, house: House, body: bytes, *, at: datetime) -> int:
    """Take one callback, and give the status that the gateway is answered with."""
    try:
        handler(house, body, at)
    except BadRequest:
        return 400
    except (psycopg.Error, SQLAlchemyError, Overtaken) as error:
        log.warning("callback not taken", error=type(error).__name__, sqlstate=getattr(error, "sqlstate", None))
        return 503
    except Exception as error:  # noqa: BLE001 whatever it is, the gateway must bring it again
        # Without a traceback and without the error's words: they may quote what was typed, and that may be a PIN.
        log.error("callback failed", callback=handler.__name__, error=type(error).__name__, where=where(error))  # noqa: TRY400
        return 503
    return 200


def sms(house: House, body: bytes, at: datetime) -> None:
    """Take an SMS of a member.

    :raises BadRequest: if the id or the sender is missing, or something is longer than the gateway has it
    """
    form = read_form(body)
    sms_id, sender, text = form.get("id", ""), form.get("from", "").strip(), form.get("text", "")
    if not 0 < len(sms_id) <= ID_MAX or not sms_id.isprintable() or not 0 < len(sender) <= SENDER_MAX or len(text) > TEXT_MAX:
        raise BadRequest
    if "\x00" in sender:
        raise BadRequest
    # The time is ours: the gateway's is in one of two forms, of another clock, and hours old in a repeat.
    take_sms(house, InboundSms(sms_id, sender, text.replace("\x00", ""), at))


def delivery(house: House, body: bytes, at: datetime) -> None:
    """Take a report of what became of a message that we sent.

    :raises BadRequest: if it names no message or no status
    """
    form = read_form(body)
    provider_id, status = form.get("id", ""), form.get("status", "")
    if not 0 < len(provider_id) <= ID_MAX or not 0 < len(status) <= STATUS_MAX or "\x00" in provider_id + status:
        raise BadRequest
    report = reports.Report(provider_id, status, form.get("failureReason", "")[:REASON_MAX].replace("\x00", ""), at)
    number = form.get("phoneNumber", "")
    tried(house.engine, lambda work: reports.keep(work, report, address=number if is_e164(number) else ""), name=provider_id)


def opt_out(house: House, body: bytes, at: datetime) -> None:
    """Take the word of somebody who told the gateway to stop.

    :raises BadRequest: if it is no number
    """
    number = read_form(body).get("phoneNumber", "")
    if not is_e164(number):
        raise BadRequest

    def stop(work: Work) -> None:
        stops.stop(work.session, address=number, at=at)
        work.commit()

    tried(house.engine, stop, name="opt-out")
