"""The grammar of SMS commands: a text in, what it asks for out. What may be done about it is decided elsewhere.

A text is a keyword and what belongs to it: `SAVE 500`, `mkopo 5,000 6 tafadhali`, `Salio?`. Keywords may have one slip of
the finger; amounts and codes none, except letters that look like the digits they stand for.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from channels.menus import replies
from channels.menus.replies import NotUnderstood
from channels.sms.keywords import ANSWERS, KEYWORDS, MONTHS, SAMPLES
from channels.sms.pins import PIN, PIN_OR_SPACED, WITH_AMOUNT, tells_pin
from channels.sms.typed import digits, from_word, plain_text, says_something, to_word, trim, word
from channels.sms.vocabulary import COMMANDS, LANGUAGE_NAMES, YES_OR_NO, Meaning, without_polite
from channels.words.catalogue import FALLBACK
from core.ledger.receipts import entry_of, receipt_code
from core.money import Money

CHARACTERS_MAX: Final = 480
MONTHS_MAX: Final = 60
MEETING_MAX: Final = 999
ENTRY_MAX: Final = 2**63 - 1  # what the ledger can count to
Answer = Literal["yes", "no", "maybe"]
_ANSWER: Final[Mapping[str, Answer]] = {"yes": "yes", "no": "no", "maybe": "maybe"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a text asks for. `spoken` is the language of its keyword, `language` the one that LANG asks for."""

    command: str
    spoken: str
    amount: Money | None = None
    months: int | None = None
    answer: Answer | None = None
    code: str | None = None
    meeting: int | None = None
    language: str | None = None


class LooksLikePin(Exception):
    """The text holds what may be somebody's PIN. It is to be kept nowhere, so nothing of it is carried here."""

    def __init__(self) -> None:
        super().__init__()


def read(text: str, *, currency: str, prefix: str = "") -> Said:
    """Read a text. `prefix` is the keyword of a shared short code, which the gateway may have left in front.

    :raises NotUnderstood: if it is no command, or not a whole one; where the command is clear, the facts hold an `example`
    :raises LooksLikePin: if there may be a PIN in it
    """
    if len(text) > CHARACTERS_MAX:
        raise NotUnderstood("hint.sms")
    plain = _without_prefix(plain_text(text), prefix)
    if tells_pin(plain):
        raise LooksLikePin
    found = COMMANDS.lead(plain)
    if found is None:
        raise NotUnderstood("hint.sms")
    meaning, rest = found
    return _read(_asked(meaning, without_polite(rest), currency))


def spoken(text: str, *, prefix: str = "") -> str | None:
    """Say in which language a text begins with a keyword; None where it begins with none."""
    found = COMMANDS.lead(_without_prefix(plain_text(text[:CHARACTERS_MAX]), prefix))
    return found[0].language if found else None


def example(command: str, language: str) -> str:
    """Show how a command is written in a language: `SAVE 500`."""
    spoken = language if language in KEYWORDS[command] else FALLBACK
    follows = ANSWERS["yes"][spoken][0] if command == "rsvp" else SAMPLES.get(command, "")
    return f"{KEYWORDS[command][spoken][0]} {follows}".rstrip()


def _without_prefix(plain: str, prefix: str) -> str:
    """Take the short code's keyword away, unless it is the command itself."""
    first, _, _ = plain.replace("\n", " ").partition(" ")
    if not word(prefix) or word(first) != word(prefix):
        return plain
    rest = from_word(plain[len(first) :])
    return rest if COMMANDS.lead(rest) or not COMMANDS.lead(plain) else plain


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command whose keyword is read: what it says so far, and the rest of the text, without polite words."""

    said: Said
    rest: str
    currency: str


def _asked(meaning: Meaning, rest: str, currency: str) -> _Asked:
    answer = _ANSWER.get(meaning.value)
    said = Said(command="rsvp" if answer else meaning.value, spoken=meaning.language, answer=answer)
    return _Asked(said, rest, currency)


def _read(asked: _Asked) -> Said:
    """Read the rest of a command. Every refusal says which command it was, and shows an example.

    :raises NotUnderstood: if it is not what belongs to the command
    :raises LooksLikePin: if there may be a PIN in it
    """
    if _pin_follows(asked):
        raise LooksLikePin
    try:
        return _reader(asked)(asked)
    except NotUnderstood as wrong:
        refusal = NotUnderstood(wrong.hint, **wrong.facts, **_about(asked.said))
    # Raised out here, so that no other exception hangs on it with what was typed.
    if asked.said.command not in WITH_AMOUNT and PIN_OR_SPACED.search(digits(asked.rest)):
        raise LooksLikePin
    raise refusal


def _about(said: Said) -> dict[str, str]:
    return {"command": said.command, "spoken": said.spoken, "example": example(said.command, said.spoken)}


def _pin_follows(asked: _Asked) -> bool:
    """Whether four to six digits come after a command that was whole without them."""
    typed = digits(asked.rest)
    if _is_whole(asked, "") and PIN_OR_SPACED.search(typed):
        return True
    pins = [pin.start() for pin in PIN.finditer(typed)]
    cuts = {token.start() for token in re.finditer(r"\S+", typed)} | set(pins)
    return any(cut <= pins[-1] and _is_whole(asked, asked.rest[:cut]) for cut in cuts) if pins else False


def _is_whole(asked: _Asked, rest: str) -> bool:
    shorter = replace(asked, rest=without_polite(to_word(rest)))
    try:
        _reader(shorter)(shorter)
    except NotUnderstood:
        return False
    return True


def _bare(asked: _Asked) -> Said:
    """Nothing belongs to it."""
    if says_something(asked.rest):
        raise NotUnderstood("hint.sms_extra")
    return asked.said


def _money(asked: _Asked) -> Said:
    return replace(asked.said, amount=_amount(asked.rest, asked.currency))


def _amount(text: str, currency: str) -> Money:
    if not says_something(text):
        raise NotUnderstood("hint.sms_missing", missing="amount")
    return replies.amount(digits(trim(text)), currency)


_UNITS: Final = "|".join(unit for units in MONTHS.values() for unit in units)
# 5000 6, 5000 6 months, 5000 miezi 6
_PRINCIPAL_AND_MONTHS: Final = re.compile(
    rf"(?P<principal>.+?)\s+(?:(?:{_UNITS})\s+)?(?P<months>\S+?)(?:\s*(?:{_UNITS}))?", re.IGNORECASE | re.DOTALL
)


def _loan(asked: _Asked) -> Said:
    """An amount, and for how many months; without those, the caller decides."""
    parts = _PRINCIPAL_AND_MONTHS.fullmatch(asked.rest)
    try:
        return _money(asked)
    except NotUnderstood:
        if parts is None:
            raise
    amount = _amount(parts["principal"], asked.currency)
    return replace(asked.said, amount=amount, months=_months(parts["months"]))


def _months(text: str) -> int:
    said = digits(trim(text)).rstrip(".")
    # 5 000 and 5 012 are amounts before they are anything else.
    if len(said) > len(str(MONTHS_MAX)):
        raise NotUnderstood("hint.number", low=1, high=MONTHS_MAX)
    return replies.whole(said, 1, MONTHS_MAX)


def _rsvp(asked: _Asked) -> Said:
    """An answer, unless the keyword was one, and perhaps the number of the meeting."""
    if asked.said.answer is not None:
        return _meeting(asked)
    if not says_something(asked.rest):
        raise NotUnderstood("hint.sms_missing", missing="answer")
    found = YES_OR_NO.lead(asked.rest)
    if found is None:
        raise NotUnderstood("hint.sms_answer")
    meaning, rest = found
    return _meeting(replace(asked, said=replace(asked.said, answer=_ANSWER.get(meaning.value)), rest=rest))


def _meeting(asked: _Asked) -> Said:
    if not says_something(asked.rest):
        return asked.said
    if not re.search("[0-9]", asked.rest):
        raise NotUnderstood("hint.sms_extra")
    return replace(asked.said, meeting=replies.whole(digits(trim(asked.rest)), 1, MEETING_MAX))


def _group(asked: _Asked) -> Said:
    return replace(asked.said, code=replies.code(trim(asked.rest))) if says_something(asked.rest) else asked.said


def _language(asked: _Asked) -> Said:
    if not says_something(asked.rest):
        return asked.said
    found = LANGUAGE_NAMES.lead(asked.rest)
    if found is None or says_something(found[1]):
        raise NotUnderstood("hint.sms_language")
    return replace(asked.said, language=found[0].value)


def _receipt(asked: _Asked) -> Said:
    """A receipt's code, however it is spaced; it is given as we write it."""
    typed = "".join(sign for sign in asked.rest if sign.isalnum())
    if not typed:
        raise NotUnderstood("hint.sms_missing", missing="code")
    entry = entry_of(typed)
    if entry is None or entry > ENTRY_MAX:
        raise NotUnderstood("hint.sms_code")
    return replace(asked.said, code=receipt_code(entry))


_READERS: Final[Mapping[str, Callable[[_Asked], Said]]] = {
    "save": _money,
    "repay": _money,
    "loan": _loan,
    "rsvp": _rsvp,
    "group": _group,
    "lang": _language,
    "verify": _receipt,
    "dispute": _receipt,
}


def _reader(asked: _Asked) -> Callable[[_Asked], Said]:
    return _READERS.get(asked.said.command, _bare)
