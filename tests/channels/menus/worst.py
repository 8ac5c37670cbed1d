"""The longest facts that a screen or an SMS may have to show, and every hint that may stand in front of a screen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from channels.menus import readers, replies
from channels.menus.book import NODES
from channels.menus.machine import Hint, exits
from channels.menus.screens import Accept, Route, Screen
from channels.words.catalogue import keys
from core.facts import Word
from core.money import AMOUNT_MINOR_MAX, Money

# An account holds 10^12 minor units at most (with cents they show longest); what is owed for it is more by the interest.
AMOUNT: Final = Money(AMOUNT_MINOR_MAX - 1, "KES")
SUM: Final = Money(AMOUNT_MINOR_MAX + AMOUNT_MINOR_MAX // 3, "KES")
NAME: Final = "W" * 30
DAY: Final = date(2026, 12, 31)
MOMENT: Final = datetime(2026, 12, 25, 17, 30, tzinfo=UTC)  # a Friday, the longest day in Swahili
CODE: Final = "W" * 12
RECEIPT: Final = "W" * 8
HELP: Final = "+254711000000"
SERVICE_CODE: Final = "*384*12345#"

_AMOUNTS: Final = "saved repaid lent own amount balance low high savings most least box interest principal box_old box_new disputed"
_SUMS: Final = "total owed first next left old new"
FACTS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(_AMOUNTS.split(), AMOUNT),
    **dict.fromkeys(_SUMS.split(), SUM),
    **dict.fromkeys(["group", "name", "by", "place", "keeper", "elsewhere"], NAME),
    **dict.fromkeys(("due", "on", "disputed_on"), DAY),
    **dict.fromkeys(("starts_at", "until", "begun_at"), MOMENT),
    "timezone": "Africa/Nairobi",
    "office": Word("office.key_holder"),
    "group_code": CODE,
    "code": CODE,
    "ref": RECEIPT,
    "help": HELP,
    "reason": NAME,
    "account": "W" * 33,
    "currency": "KES",
    "phone": "+254700000099",
    "dial": SERVICE_CODE,
    "number": 10_000,
    "members": 10_000,
    "sms_used": 100_000,
    "sms_most": 100_000,
    "months": 24,
    "most_months": 24,
    "multiple": 3,
    "minutes": 10,
    "hours": 24,
    "days": 90,
    "dispute_id": 1,
    "of": "saved",
    "tries_left": 2,
    "waiting": 100,
    "meeting_id": 1,
    "begun_id": 1,
    "official": True,
    "tenfold": True,
    "said_maybe": True,
    "agree": True,
    "kind": "payout",
    "example": "REMBOURSER 10000000000",
    "text": "W" * 160,
    "entries": [{"on": DAY, "amount": -AMOUNT}] * 3,
    "groups": [{"id": n, "group": NAME} for n in range(12)],
    "people": [{"id": n, "name": NAME, "group": NAME} for n in range(4)],
}
# Where a key means something shorter than elsewhere.
_OF_SCREEN: Final[Mapping[str, Mapping[str, Any]]] = {"telegram": {"code": RECEIPT}, "inbox.dispute": {"code": RECEIPT}}
# What each reader of replies may say instead.
_OF_AMOUNTS: Final = (
    "hint.amount",
    "hint.amount_unclear",
    "hint.amount_too_fine",
    "hint.amount_too_large",
    "refused.amount.out_of_range",
)
READERS: Final[Mapping[Accept, tuple[str, ...]]] = {
    readers.saving: _OF_AMOUNTS,
    readers.loan_amount: _OF_AMOUNTS,
    readers.repayment: (*_OF_AMOUNTS[:-1], "refused.loan.pays_too_much"),
    readers.loan_months: ("hint.number",),
    readers.member_number: ("hint.number",),
    readers.new_pin: ("hint.pin", "refused.pin.too_weak"),
    replies.pin: ("hint.pin",),
    replies.name: ("hint.name",),
    replies.code: ("hint.code",),
}
# A list is as long as it is; any other screen is one page.
LISTS: Final = frozenset({"balance", "group", "more.groups", "who.which"})


@dataclass
class Place:
    """A conversation on a screen, with the longest facts."""

    screen: str
    shown: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    page: int = 0
    strikes: int = 0


def screens() -> list[Screen]:
    return [node for node in NODES.values() if isinstance(node, Screen)]


def stands(screen: Screen) -> bool:
    """Whether a conversation can rest here: what asks the house and goes on at once has no page of its own."""
    return screen.after is None


def variants(screen: Screen) -> list[dict[str, Any]]:
    """Give the facts of a screen, once for each thing it may be about."""
    facts = {**FACTS, **_OF_SCREEN.get(screen.name, {})}
    if screen.about is not None:
        return [facts | {screen.about: about} for about in abouts(screen)]
    if any(fact == "not help" for fact, _ in screen.lines):
        return [facts, facts | {"help": ""}]
    return [facts]


def abouts(screen: Screen) -> list[Any]:
    """Give everything that a screen may be about."""
    return {
        "resume": [other.name for other in screens() if other.resumes],
        "code": refusals(),
        "agree": [True, False],
        "kind": ["saving", "repayment", "join", "pin_reset", "dispute", "loan", "payout"],
        "of": ["saved", "repaid", "lent", "corrected", "other"],
    }[screen.about or ""]


def refusals() -> list[str]:
    """Give the codes of every refusal that has words."""
    return sorted(key.removeprefix("refused.") for key in keys("ussd") if key.startswith("refused."))


def _settles(name: str) -> Iterator[str]:
    """Where somebody comes to rest who is sent to a node."""
    node = NODES[name]
    if isinstance(node, Route):
        for _, dest in exits(node):
            yield from _settles(dest)
    else:
        yield name


def hints(screen: Screen) -> list[Hint | None]:
    """Every hint that may stand in front of a screen."""
    found: list[Hint | None] = [None]
    if screen.accept is not None:
        found += [_hint(key) for key in READERS[screen.accept]]
    elif screen.choices or screen.pick:
        rows, pages = (["1-12"], ["98"]) if screen.pick else ([], [])
        digits = [*rows, *(choice.digit for choice in screen.choices), *pages, *(["0"] if screen.back else [])]
        found.append(Hint("hint.choice", {"digits": ", ".join(digits)}))
    if screen.same_as:
        found.append(Hint("hint.pins_differ"))
    for other in screens():
        found += [_hint(f"refused.{code}") for code, dest in other.refused if screen.name in set(_settles(dest))]
    return found


def _hint(key: str) -> Hint:
    return Hint(key, {"low": 1, "high": 10_000} if key == "hint.number" else dict(FACTS))
