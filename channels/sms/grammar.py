"""The grammar of SMS commands: a text in, what it asks for out. What may be done about it is decided elsewhere.

A text is a keyword and what belongs to it: `SAVE 500`, `mkopo 5,000 6 tafadhali`, `Salio?`. Keywords may have one slip of
the finger; amounts and codes none, except letters that look like the digits they stand for.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from channels.menus import replies
from channels.menus.replies import NotUnderstood
from channels.sms.keywords import ANSWERS, EXACT_ONLY, KEYWORDS, LANGUAGES, MONTHS, POLITE, SAMPLES, SECRETS, Table
from channels.words.catalogue import FALLBACK
from channels.words.folding import fold
from core.ledger.receipts import entry_of, receipt_code
from core.money import Money

CHARACTERS_MAX: Final = 480
MONTHS_MAX: Final = 60
MEETING_MAX: Final = 999
ENTRY_MAX: Final = 2**63 - 1  # what the ledger can count to
# Two letters are too few to tell a slip from another word.
_SLIP_KEYWORD_MIN: Final = 4
_SLIP_TYPED_MIN: Final = 3

Answer = Literal["yes", "no", "maybe"]
_ANSWER: Final[Mapping[str, Answer]] = {"yes": "yes", "no": "no", "maybe": "maybe"}

# The only ones that four to six digits may rightly follow.
_WITH_AMOUNT: Final = frozenset({"save", "loan", "repay"})


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
    plain = _without_prefix(_plain(text), prefix)
    if _tells_pin(plain):
        raise LooksLikePin
    found = _COMMANDS.lead(plain)
    if found is None:
        raise NotUnderstood("hint.sms")
    meaning, rest = found
    return _read(_asked(meaning, _without_polite(rest), currency))


def example(command: str, language: str) -> str:
    """Show how a command is written in a language: `SAVE 500`."""
    spoken = language if language in KEYWORDS[command] else FALLBACK
    follows = ANSWERS["yes"][spoken][0] if command == "rsvp" else SAMPLES.get(command, "")
    return f"{KEYWORDS[command][spoken][0]} {follows}".rstrip()


# What stands between words where people have learned USSD. Not a space, lest two numbers become one.
_BREAKS: Final = frozenset("*#:;|\r\ufe0f")
_PICTURES: Final = frozenset({"So", "Sk"})
# What may surround a word or a number. No sign that changes an amount is here: 500- and (500) are not 500.
_AROUND: Final = " \n,!?\"'[]{}<>_"


def _plain(text: str) -> str:
    """Write the digits of any script as ours and typography plainly, and drop what surrounds it all."""
    plain = "".join(map(_sign, fold(text)))
    return _from_word(re.sub(r"[^\S\n]", " ", plain)).rstrip(f"{_AROUND})")


def _sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign in _BREAKS or category in _PICTURES:
        return "\n"
    return "" if category == "Cf" else str(unicodedata.decimal(sign, sign))


def _from_word(text: str) -> str:
    return re.sub(r"^[\W_]+", "", text)


# A dash or a comma that stands alone is a pause. One that touches a number may belong to it: -500, ,50.
_BEFORE: Final = re.compile(r"(?:[\s!?\"'\[\]{}<>_=]|[!?\"'\[\]{}<>_=.,()~-]+\s)*")


def _to_word(text: str) -> str:
    return re.sub(r"[\W_]+$", "", text)


def _trim(text: str) -> str:
    return _BEFORE.sub("", text, count=1).rstrip(_AROUND)


def _says_something(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


def _word(text: str) -> str:
    """Write a word as the tables have it: capitals, without accents or signs."""
    apart = unicodedata.normalize("NFD", text.upper())
    return "".join(sign for sign in apart if sign.isalnum())


def _phrase(text: str) -> str:
    return " ".join(map(_word, text.split()))


def _phrases(table: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(_phrase(words) for of_language in table.values() for words in of_language)


_NUMBER: Final = re.compile(r"(?:(?<![^\W_])[OolI]|[0-9])[0-9OolI]*(?:[.,][0-9OolI]+)*")
_SLIPS: Final = str.maketrans("OolI", "0011")


def _digits(text: str) -> str:
    """Write the letters that stand for digits as digits, in numbers that have a digit already."""
    return _NUMBER.sub(lambda number: number[0].translate(_SLIPS) if re.search("[0-9]", number[0]) else number[0], text)


def _without_prefix(plain: str, prefix: str) -> str:
    """Take the short code's keyword away, unless it is the command itself."""
    first, _, _ = plain.replace("\n", " ").partition(" ")
    if not _word(prefix) or _word(first) != _word(prefix):
        return plain
    rest = _from_word(plain[len(first) :])
    return rest if _COMMANDS.lead(rest) or not _COMMANDS.lead(plain) else plain


_POLITE: Final = _phrases(POLITE)
_POLITE_LENGTHS: Final = sorted({phrase.count(" ") + 1 for phrase in _POLITE}, reverse=True)


def _without_polite(rest: str) -> str:
    """Take away the polite words at the end, and the signs around what is left."""
    rest = _trim(rest)
    for length in _POLITE_LENGTHS:
        parts = rest.rsplit(maxsplit=length)
        if _phrase(" ".join(parts[-length:])) in _POLITE:
            return _without_polite(" ".join(parts[:-length]))
    return rest


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a word means, and in which language it is said."""

    value: str
    language: str


class _Vocabulary:
    """Words with their meanings, and what a text begins with."""

    def __init__(self, *tables: Table) -> None:
        self._meanings = {
            _phrase(word): _Meaning(value, language)
            for table in tables
            for value, languages in table.items()
            for language, words in languages.items()
            for word in words
        }

    def lead(self, text: str) -> tuple[_Meaning, str] | None:
        """Read the keyword that a text begins with, and give what follows it; None where there is none, or more than one."""
        text = _from_word(text)
        tokens = list(re.finditer(r"\S+", text))[:2]
        if len(tokens) > 1 and (both := self._meanings.get(_phrase(text[: tokens[1].end()]))):
            end = tokens[1].end()
            return both, _money_signs(text[:end]) + text[end:]
        if not tokens:
            return None
        found = self._readings(tokens[0][0])
        return (found[0][0], found[0][1] + text[tokens[0].end() :]) if len(found) == 1 else None

    def _readings(self, token: str) -> list[tuple[_Meaning, str]]:
        """Read a token in every way: as it is typed, or else with a slip; each with the digits that were glued to it."""
        splits = list(_splits(token))
        if exact := [(self._meanings[_word(head)], tail) for head, tail in splits if _word(head) in self._meanings]:
            return exact
        # SAVEl 500 may be a slip in SAVE, or SAVE 1 500.
        letters = _to_word(token)
        if any(_word(letters[:end]) in self._meanings for end in range(len(letters.rstrip("OolI")), len(letters))):
            return []
        near = [(meaning, tail) for head, tail in splits for meaning in self._near(_word(head))]
        return [] if any(meaning.value in EXACT_ONLY for meaning, _ in near) else near

    def _near(self, word: str) -> list[_Meaning]:
        """Give each thing that could be meant if the word has one slip."""
        found: dict[str, _Meaning] = {}
        for keyword, meaning in self._meanings.items():
            if min(len(word) - _SLIP_TYPED_MIN, len(keyword) - _SLIP_KEYWORD_MIN) >= 0 and _is_near(word, keyword):
                found.setdefault(meaning.value, meaning)
        return list(found.values())


def _is_near(one: str, other: str) -> bool:
    """Whether at most one letter is wrong, missing or too many, or two neighbours are swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])  # noqa: PLR2004 two neighbours


def _money_signs(text: str) -> str:
    """Give the signs of a currency that touch a keyword: they belong to the amount, which may be in another currency."""
    return "".join(sign for sign in text if unicodedata.category(sign) == "Sc")


def _splits(token: str) -> Iterator[tuple[str, str]]:
    """Take a keyword and the number glued to it apart: SAVE500, and at each place where SAVEl000 can be."""
    yield token, _money_signs(token)
    letters = re.match(r"[^\W\d_]*", token)
    assert letters is not None, "an empty run is a run"
    end = letters.end()
    if not re.search("[0-9]", token[end:]):
        return
    while end and re.fullmatch("[OolI]*", token[end : letters.end()]):
        yield token[:end], token[end:].lstrip(",")
        end -= 1


_COMMANDS: Final = _Vocabulary(KEYWORDS, ANSWERS)
_ANSWERS: Final = _Vocabulary(ANSWERS)
_LANGUAGES: Final = _Vocabulary(LANGUAGES)


# Four to six digits that stand alone and are no amount (1000/=, 1000.50) and no part of a date.
_ALONE: Final = r"(?<![^\W_])(?<![0-9][.,/])[0-9]{4,6}(?![^\W_]|[/=]|[.,][0-9])"
_SPACED: Final = r"(?<![^\W_])(?<![0-9][ .-])[0-9](?:[ .-]?[0-9]){3,5}(?![^\W_]|[/=]|[ .,-][0-9])"
_PIN: Final = re.compile(_ALONE)
_PIN_OR_SPACED: Final = re.compile(f"{_ALONE}|{_SPACED}")
_PIN_BESIDE_ITS_NAME: Final = re.compile(rf"(?<![0-9])[0-9]{{4,6}}(?![0-9])|{_SPACED}")
_SECRETS: Final = _phrases(SECRETS)


def _tells_pin(plain: str) -> bool:
    """Whether a text is a PIN, or begins with one, or has one beside its name."""
    digits = _digits(plain)
    if _names_secret(plain) and _PIN_BESIDE_ITS_NAME.search(digits):
        return True
    if not any(sign.isalpha() for sign in digits):
        return _PIN_OR_SPACED.search(digits) is not None
    first = _PIN.match(digits)
    if first is None:
        return False
    then = _COMMANDS.lead(plain[first.end() :])
    return then is None or then[0].value not in _WITH_AMOUNT


def _names_secret(plain: str) -> bool:
    words = _phrase(re.sub(r"[\W\d_]+", " ", plain))
    return any(f" {secret} " in f" {words} " for secret in _SECRETS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command whose keyword is read: what it says so far, and the rest of the text, without polite words."""

    said: Said
    rest: str
    currency: str


def _asked(meaning: _Meaning, rest: str, currency: str) -> _Asked:
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
    if asked.said.command not in _WITH_AMOUNT and _PIN_OR_SPACED.search(_digits(asked.rest)):
        raise LooksLikePin
    raise refusal


def _about(said: Said) -> dict[str, str]:
    return {"command": said.command, "spoken": said.spoken, "example": example(said.command, said.spoken)}


def _pin_follows(asked: _Asked) -> bool:
    """Whether four to six digits come after a command that was whole without them."""
    digits = _digits(asked.rest)
    if _is_whole(asked, "") and _PIN_OR_SPACED.search(digits):
        return True
    pins = [pin.start() for pin in _PIN.finditer(digits)]
    cuts = {token.start() for token in re.finditer(r"\S+", digits)} | set(pins)
    return any(cut <= pins[-1] and _is_whole(asked, asked.rest[:cut]) for cut in cuts) if pins else False


def _is_whole(asked: _Asked, rest: str) -> bool:
    shorter = replace(asked, rest=_without_polite(_to_word(rest)))
    try:
        _reader(shorter)(shorter)
    except NotUnderstood:
        return False
    return True


def _bare(asked: _Asked) -> Said:
    """Nothing belongs to it."""
    if _says_something(asked.rest):
        raise NotUnderstood("hint.sms_extra")
    return asked.said


def _money(asked: _Asked) -> Said:
    return replace(asked.said, amount=_amount(asked.rest, asked.currency))


def _amount(text: str, currency: str) -> Money:
    if not _says_something(text):
        raise NotUnderstood("hint.sms_missing", missing="amount")
    return replies.amount(_digits(_trim(text)), currency)


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
    said = _digits(_trim(text)).rstrip(".")
    # 5 000 and 5 012 are amounts before they are anything else.
    if len(said) > len(str(MONTHS_MAX)):
        raise NotUnderstood("hint.number", low=1, high=MONTHS_MAX)
    return replies.whole(said, 1, MONTHS_MAX)


def _rsvp(asked: _Asked) -> Said:
    """An answer, unless the keyword was one, and perhaps the number of the meeting."""
    if asked.said.answer is not None:
        return _meeting(asked)
    if not _says_something(asked.rest):
        raise NotUnderstood("hint.sms_missing", missing="answer")
    found = _ANSWERS.lead(asked.rest)
    if found is None:
        raise NotUnderstood("hint.sms_answer")
    meaning, rest = found
    return _meeting(replace(asked, said=replace(asked.said, answer=_ANSWER.get(meaning.value)), rest=rest))


def _meeting(asked: _Asked) -> Said:
    if not _says_something(asked.rest):
        return asked.said
    if not re.search("[0-9]", asked.rest):
        raise NotUnderstood("hint.sms_extra")
    return replace(asked.said, meeting=replies.whole(_digits(_trim(asked.rest)), 1, MEETING_MAX))


def _group(asked: _Asked) -> Said:
    return replace(asked.said, code=replies.code(_trim(asked.rest))) if _says_something(asked.rest) else asked.said


def _language(asked: _Asked) -> Said:
    if not _says_something(asked.rest):
        return asked.said
    found = _LANGUAGES.lead(asked.rest)
    if found is None or _says_something(found[1]):
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
