"""Africa's Talking's USSD requests: the form it posts, the `CON` or `END` it wants, within its ten seconds.

Whatever comes in and whatever fails, the answer is 200 and a valid text: anything else is an error message of the
network on somebody's phone.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from channels import conversations
from channels.forms import BadRequest, read_form
from channels.traces import where
from channels.turn import Inbound, Outbound, take_turn
from channels.walk import House
from channels.words.catalogue import say
from core.db.engine import Work
from core.groups.pins import TooManyAtOnce
from core.phone import is_e164

log = structlog.get_logger(__name__)

CHANNEL: Final = "ussd"
BODY_MAX: Final = 16_384
SESSION_MAX: Final = 80
TEXT_MAX: Final = 4_000


def inbound_from(form: dict[str, str], at: datetime, *, service_code: str) -> Inbound:
    """Make the turn's message of the gateway's form. What was dialled behind our code may come in the text, or with the code.

    :raises BadRequest: if the session or the number is missing or is none, or the text is longer than a session can be
    """
    session, phone, text = form.get("sessionId", ""), form.get("phoneNumber", ""), form.get("text", "")
    if not session.isprintable() or not 0 < len(session) <= SESSION_MAX or not is_e164(phone) or len(text) > TEXT_MAX:
        raise BadRequest
    own, dialled = service_code.rstrip("#") + "*", form.get("serviceCode", "")
    behind = tuple(dialled.removeprefix(own).rstrip("#").split("*")) if dialled.startswith(own) else ()
    # PostgreSQL keeps no NUL, and no phone can type one.
    return Inbound(CHANNEL, session, phone, text.replace("\x00", ""), at, behind)


def answer(house: House, body: bytes, *, now: Callable[[], datetime]) -> str:
    """Answer one request of the gateway with `CON …` or `END …`, whatever it is."""
    try:
        outbound = take_turn(house, inbound_from(read_form(body), now(), service_code=house.service_code))
    except BadRequest:
        outbound = Outbound(say(house.default_language, "session.bad_request", code=house.service_code), ended=True)
    except (psycopg.Error, SQLAlchemyError, conversations.Overtaken, TooManyAtOnce) as error:
        log.warning("turn failed", error=type(error).__name__, sqlstate=getattr(error, "sqlstate", None))
        outbound = Outbound(say(house.default_language, "session.try_again"), ended=True)
    except Exception as error:  # noqa: BLE001 whatever it is, the phone gets an answer
        log.error("turn failed", error=type(error).__name__, where=where(error))  # noqa: TRY400 a traceback may quote a PIN
        outbound = Outbound(say(house.default_language, "session.try_again"), ended=True)
    return f"{'END' if outbound.ended else 'CON'} {outbound.text}"


def session_over(house: House, body: bytes, *, at: datetime) -> None:
    """Take the gateway's notice that a session is over: a help, never relied upon."""
    try:
        form = read_form(body)
        with Work(house.engine) as work:
            conversations.close(work.driver, channel=CHANNEL, session=form.get("sessionId", "")[:SESSION_MAX], at=at)
            work.commit()
    except (BadRequest, psycopg.Error, SQLAlchemyError) as error:
        log.info("end of session not taken", error=type(error).__name__)
    except Exception as error:  # noqa: BLE001 it is a help, and never a harm
        log.error("end of session not taken", error=type(error).__name__, where=where(error))  # noqa: TRY400 a traceback may quote a PIN
