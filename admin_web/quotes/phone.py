"""`pamoja quote phone`: a number in E.164, and whether it is a mobile phone's."""

from typing import Any

from admin_web.quotes.lines import Asked, line_command
from core.phone import look_up, regions
from core.refusal import Refused


class UnknownRegion(Refused):
    """No country has this code (two letters, such as KE)."""

    code = "phone.unknown_region"


def answer(asked: Asked) -> dict[str, Any]:
    """Look a number up. One that is not valid is an answer too, without address and region.

    :raises UnknownRegion: if there is no such country
    """
    number, region = asked.text("number"), asked.text("region").upper()
    if region not in regions():
        raise UnknownRegion(region=region)
    looked = look_up(number, region)
    return {"e164": looked.e164, "region": looked.region, "valid": looked.valid, "mobile": looked.mobile}


command = line_command(
    "phone",
    answer=answer,
    about='Read phone numbers as written in a country: {"number", "region"} gives e164, region, valid, mobile.',
    example="""echo '{"number": "0712 345 678", "region": "KE"}' | pamoja quote phone""",
)
