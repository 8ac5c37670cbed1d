"""What may be somebody's PIN in an SMS: it is kept nowhere, and its sender is warned."""

import re
from typing import Final

from channels.sms.keywords import SECRETS
from channels.sms.typed import digits, phrase, phrases
from channels.sms.vocabulary import COMMANDS

# The only ones that four to six digits may rightly follow.
WITH_AMOUNT: Final = frozenset({"save", "loan", "repay"})

# Four to six digits that stand alone and are no amount (1000/=, 1000.50) and no part of a date.
_ALONE: Final = r"(?<![^\W_])(?<![0-9][.,/])[0-9]{4,6}(?![^\W_]|[/=]|[.,][0-9])"
_SPACED: Final = r"(?<![^\W_])(?<![0-9][ .-])[0-9](?:[ .-]?[0-9]){3,5}(?![^\W_]|[/=]|[ .,-][0-9])"
PIN: Final = re.compile(_ALONE)
PIN_OR_SPACED: Final = re.compile(f"{_ALONE}|{_SPACED}")
_PIN_BESIDE_ITS_NAME: Final = re.compile(rf"(?<![0-9])[0-9]{{4,6}}(?![0-9])|{_SPACED}")
_SECRETS: Final = phrases(SECRETS)


def tells_pin(plain: str) -> bool:
    """Whether a text is a PIN, or begins with one, or has one beside its name."""
    typed = digits(plain)
    if _names_secret(plain) and _PIN_BESIDE_ITS_NAME.search(typed):
        return True
    if not any(sign.isalpha() for sign in typed):
        return PIN_OR_SPACED.search(typed) is not None
    first = PIN.match(typed)
    if first is None:
        return False
    then = COMMANDS.lead(plain[first.end() :])
    return then is None or then[0].value not in WITH_AMOUNT


def _names_secret(plain: str) -> bool:
    words = phrase(re.sub(r"[\W\d_]+", " ", plain))
    return any(f" {secret} " in f" {words} " for secret in _SECRETS)
