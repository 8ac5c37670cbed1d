"""Phone numbers: E.164 inside, whatever people and gateways write outside."""

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NewType

from core.refusal import Refused

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

Phone = NewType("Phone", str)
WRITTEN_MAX: Final = 40
MASK: Final = "****"

_E164: Final = re.compile(r"\+[1-9][0-9]{7,14}")
# What people put between the digits. Anything else (letters, an extension) is no number of a person.
_BETWEEN: Final = re.compile(r"[\s().\-\u2010-\u2015\u2212/]")
_DIALLED: Final = re.compile(r"(?:\+|000?(?=[1-9]))?[0-9]{4,17}")


class NotAPhone(Refused):
    """No number that could be called, or none of a person: `number` is masked."""

    code = "phone.invalid"


class NotMobile(Refused):
    """A number that belongs to no mobile phone: `number` is masked."""

    code = "phone.not_mobile"


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of a number. One that is not valid has neither an address nor a region."""

    e164: Phone | None = None
    region: str | None = None
    mobile: bool = False

    @property
    def valid(self) -> bool:
        """Whether the number is in use by its country's plan."""
        return self.e164 is not None


def parse(number: str, region: str) -> Phone:
    """Read a person's phone number as written in a country (such as KE).

    :raises NotAPhone: if there is no such number
    :raises NotMobile: if it is not a mobile phone's
    """
    looked = look_up(number, region)
    if looked.e164 is None:
        raise NotAPhone(number=masked(number))
    if not looked.mobile:
        raise NotMobile(number=masked(looked.e164))
    return looked.e164


def look_up(number: str, region: str) -> Looked:
    """Read any phone number, as written in a country or with the country's code, with or without its plus."""
    written = _written(number)
    if written is None:
        return Looked()
    looked = _looked(written, region)
    if looked.valid or written.startswith(("+", "0")):
        return looked
    # Gateways and chat contacts leave the plus away; at home the library knows, abroad it must be said.
    return _looked(f"+{written}", region)


def is_e164(number: str) -> bool:
    """Say whether a number has the form we keep, without asking whether there is such a number."""
    return _E164.fullmatch(number) is not None


def masked(number: str) -> str:
    """Show enough of a number to tell it from others, not enough to call it: +2547****0001."""
    if not is_e164(number):
        return MASK
    return number[: min(5, len(number) - 2 * len(MASK))] + MASK + number[-len(MASK) :]


def region_of(phone: Phone) -> str | None:
    """Name the country of a number, such as KE."""
    return _looked(phone, None).region


def regions() -> frozenset[str]:
    """Name the countries whose numbers can be read."""
    import phonenumbers  # noqa: PLC0415 see _looked

    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def _written(number: str) -> str | None:
    """Write a number with our digits and nothing between them; a dialled prefix (00, in Kenya 000) becomes a plus."""
    if len(number) > WRITTEN_MAX:
        return None
    plain = _BETWEEN.sub("", number).replace("\uff0b", "+")
    signs = (sign for sign in plain if unicodedata.category(sign) != "Cf")
    digits = "".join(str(unicodedata.decimal(sign, sign)) for sign in signs)
    if not _DIALLED.fullmatch(digits):
        return None
    return re.sub(r"^000?(?=[1-9])", "+", digits)


def _looked(written: str, region: str | None) -> Looked:
    # Its tables take 20 ms and some megabytes to load, and most processes never read a number.
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return Looked()
    if not phonenumbers.is_valid_number(number):
        return Looked()
    e164 = Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    # Some numbers (+800, satellites) belong to no country.
    found = phonenumbers.region_code_for_number(number)
    return Looked(e164, None if found == "001" else found, mobile=_is_mobile(number))


def _is_mobile(number: "PhoneNumber") -> bool:
    import phonenumbers  # noqa: PLC0415 see _looked

    kinds = phonenumbers.PhoneNumberType
    return phonenumbers.number_type(number) in {kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE}
