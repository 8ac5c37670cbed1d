"""Requests as no gateway sends them: a good form of each endpoint with something wrong in it, by dice that fall the same each time."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final
from urllib.parse import quote_from_bytes, urlencode

from .town import AMINA, BARAKA, PIN, SERVICE_CODE, SHARED, STRANGER, WANJIRU

Fields = list[tuple[str, str]]

_PHONES: Final = (AMINA, BARAKA, SHARED, STRANGER, WANJIRU)
FORMS: Final[Mapping[str, Callable[[Random], dict[str, str]]]] = {
    "sms": lambda dice: {
        "date": dice.choice(("2026-03-02T06:04:45Z", "2026-03-02 06:04:45")),
        "from": dice.choice(_PHONES),
        "id": f"ATXid_{dice.randrange(2_000)}",
        "linkId": "03090445075804249226",
        "text": dice.choice(("BAL", "weka 500", "LOAN 5000 3", "RSVP YES", "VERIFY 00C1SM", "STOP", "NEXT", "hello", PIN)),
        "to": "38477",
        "cost": "KES 0.0000",
        "networkCode": "63902",
    },
    "delivery": lambda dice: {
        "id": f"ATXid_{dice.randrange(500)}",
        "status": dice.choice(("Sent", "Submitted", "Buffered", "Rejected", "Success", "Failed", "AbsentSubscriber", "Expired")),
        "phoneNumber": dice.choice(_PHONES),
        "networkCode": "63902",
        "failureReason": "UserInBlackList",
        "retryCount": "0",
    },
    "opt-out": lambda dice: {"senderId": "PAMOJA", "phoneNumber": dice.choice(_PHONES)},
    "ussd": lambda dice: {
        "sessionId": f"ATUid_{dice.randrange(400)}",
        "phoneNumber": dice.choice(_PHONES),
        "networkCode": "63902",
        "serviceCode": SERVICE_CODE,
        "text": "*".join(dice.choice(("1", "2", "3", "0", "98", "500", PIN, "")) for _ in range(dice.randrange(5))),
    },
    "ussd-events": lambda dice: {
        "date": "2026-03-02 06:04:45",
        "sessionId": f"ATUid_{dice.randrange(400)}",
        "serviceCode": SERVICE_CODE,
        "networkCode": "63902",
        "phoneNumber": dice.choice(_PHONES),
        "status": dice.choice(("Incomplete", "Success", "Failed")),
        "cost": "KES 0.10",
        "durationInMillis": "2500",
        "hopsCount": "2",
        "input": f"3*{PIN}",
        "lastAppResponse": "END",
    },
}

_NOTHING: Final = ("", " ", "\n", "\t", "null", "None", "undefined", "NaN", "[]", "{}", "true")
_NUMBERS: Final = (
    *("-1", "0", "-9223372036854775809", "9223372036854775808", "9" * 400, "1e309", "0x1F", "1_000", "-0", "\u0663\u0664", "\xbd"),
    *("254700000001", "0700000001", " +254700000001 ", "+254700000001\n", "+\u0662\u0665\u0664700000001", "+" + "9" * 16, "+0", "++254"),
)
_DATES: Final = (
    *("2026-13-45T99:99:99Z", "2026-02-30 06:04:45", "0000-00-00 00:00:00", "9999-12-31T23:59:60Z", "2026-03-02T06:04:45+99:99"),
    *("02/03/2026", "yesterday", "1772431485", "-1", "2026-03-02T", "2026-03-02 06:04:45.123456789 EAT", "12026-03-02 06:04:45"),
)
_WORDS: Final = (
    *("success", "SUCCESS", "InventedTomorrow", "Success\x00", "x" * 21, "x" * 61, "x" * 81, "x" * 2_001, "x" * 5_000, "x" * 70_000),
    *("\x00", "a\x00b", "\x1b[2J", "\x7f", "\ud800", "\udfff\ud800", "\ufffe", "\u202e\u2066", "\u0301" * 50, "\U0001f600" * 40),
    *("'; DROP TABLE outbox; --", "%s%n%(x)s", "{text}", "${jndi:x}", "../../etc/passwd", "<script>", "\\", '"', "a&b=c", "+", "%"),
)
_VALUES: Final = (*_NOTHING, *_NUMBERS, *_DATES, *_WORDS)
_TYPES: Final = (
    *("application/x-www-form-urlencoded",) * 6,
    *(
        "application/json",
        "text/plain; charset=utf-16",
        "multipart/form-data; boundary=x",
        "",
        "x" * 300,
        "application/x-www-form-urlencoded; charset=\xff",
    ),
)


@dataclass(frozen=True, slots=True)
class Request:
    """A body, and what its headers say of it."""

    body: bytes
    environ: dict[str, str] = field(default_factory=dict)


def requests(endpoint: str, *, count: int, seed: int) -> list[Request]:
    """Make so many requests to an endpoint, each wrong in one way or in several."""
    dice = Random(seed)  # noqa: S311 no secret
    return [_request(FORMS[endpoint](dice), dice) for _ in range(count)]


def _request(form: dict[str, str], dice: Random) -> Request:
    fields = list(form.items())
    for _ in range(dice.randint(0, 3)):
        fields = dice.choice(_WRONGS)(fields, dice)
    body = dice.choice(_ENCODINGS)(fields, dice)
    environ = {"CONTENT_TYPE": dice.choice(_TYPES)}
    if dice.random() < 0.1:
        environ["CONTENT_LENGTH"] = dice.choice(("", "x", "-1", "0", "3", "99999999999", str(len(body) // 2), str(len(body) + 9)))
    return Request(body, environ)


def _without(fields: Fields, dice: Random) -> Fields:
    return [each for each in fields if each is not dice.choice(fields)] if fields else fields


def _replaced(fields: Fields, dice: Random) -> Fields:
    at = dice.randrange(len(fields) + 1)
    return [(name, dice.choice(_VALUES)) if n == at else (name, value) for n, (name, value) in enumerate(fields)]


def _twice(fields: Fields, dice: Random) -> Fields:
    return [*fields, dice.choice(fields)] if fields else fields


def _added(fields: Fields, dice: Random) -> Fields:
    return [*fields, *((dice.choice(_VALUES), dice.choice(_VALUES)) for _ in range(dice.choice((1, 3, 40))))]


def _renamed(fields: Fields, dice: Random) -> Fields:
    at = dice.randrange(len(fields) + 1)
    names = (str.upper, lambda name: name + "[]", lambda name: name + "\x00", lambda name: " " + name)
    return [(dice.choice(names)(name), value) if n == at else (name, value) for n, (name, value) in enumerate(fields)]


def _shuffled(fields: Fields, dice: Random) -> Fields:
    return dice.sample(fields, len(fields))


_WRONGS: Final = (_without, _replaced, _replaced, _replaced, _twice, _added, _renamed, _shuffled)


def _form(fields: Fields, _dice: Random) -> bytes:
    return urlencode(fields, errors="surrogatepass").encode()


def _in(charset: str) -> Callable[[Fields, Random], bytes]:
    def encode(fields: Fields, _dice: Random) -> bytes:
        def quoted(text: str) -> str:
            return quote_from_bytes(text.encode(charset, "replace"))

        return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in fields).encode()

    return encode


def _bare(fields: Fields, _dice: Random) -> bytes:
    return "&".join(f"{name}={value}" for name, value in fields).encode("utf-8", "surrogatepass")


def _as_json(fields: Fields, _dice: Random) -> bytes:
    return json.dumps(dict(fields)).encode()


def _in_parts(fields: Fields, _dice: Random) -> bytes:
    parts = (f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields)
    return ("".join(parts) + "--x--\r\n").encode("utf-8", "surrogatepass")


def _torn(fields: Fields, dice: Random) -> bytes:
    whole = _form(fields, dice)
    return whole[: dice.randrange(len(whole) + 1)] + dice.choice((b"", b"%", b"%z", b"%u0041", b"&", b"=", b"&&&", b"\x00"))


def _bitten(fields: Fields, dice: Random) -> bytes:
    whole = bytearray(_form(fields, dice))
    for _ in range(dice.randint(1, 6)):
        if whole:
            whole[dice.randrange(len(whole))] = dice.randrange(256)
    return bytes(whole)


def _noise(_fields: Fields, dice: Random) -> bytes:
    return dice.randbytes(dice.choice((0, 1, 40, 300)))


_ENCODINGS: Final = (_form, _form, _form, _form, _in("latin-1"), _in("utf-16"), _bare, _as_json, _in_parts, _torn, _bitten, _noise)
