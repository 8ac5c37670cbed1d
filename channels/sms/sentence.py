"""The sentence of an SMS, made when it is sent: in the reader's language, as every phone can show it, and measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.words.catalogue import say
from channels.words.folding import fold_to_gsm7
from channels.words.gsm7 import measure
from core import facts as tagged
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Sentence:
    """What the phone will show, and how many SMS the gateway will count."""

    text: str
    segments: int


def standing_facts(settings: Settings) -> dict[str, str]:
    """Give what any sentence may name, because it is true of the whole house: what to dial, whom to call."""
    return {"dial": settings.service_code, "help": settings.help_number}


def sentence(language: str, template: str, facts: Mapping[str, Any]) -> Sentence:
    """Write the sentence of a message from the facts as they were kept. Raises where the catalogue or the facts do not allow one."""
    text = fold_to_gsm7(say(language, template, channel="sms", **tagged.load(facts)))
    if not text.strip():
        raise ValueError("nothing to say")
    return Sentence(text, measure(text).segments)
