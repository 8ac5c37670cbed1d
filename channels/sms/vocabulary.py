"""The words of SMS commands as a text holds them: its keyword, with at most one slip, and the polite words around what it says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from channels.sms.keywords import ANSWERS, EXACT_ONLY, KEYWORDS, LANGUAGES, POLITE, Table
from channels.sms.typed import from_word, money_signs, phrase, phrases, to_word, trim, word

# Two letters are too few to tell a slip from another word.
_SLIP_KEYWORD_MIN: Final = 4
_SLIP_TYPED_MIN: Final = 3

_POLITE: Final = phrases(POLITE)
_POLITE_LENGTHS: Final = sorted({words.count(" ") + 1 for words in _POLITE}, reverse=True)


def without_polite(rest: str) -> str:
    """Take away the polite words at the end, and the signs around what is left."""
    rest = trim(rest)
    for length in _POLITE_LENGTHS:
        parts = rest.rsplit(maxsplit=length)
        if phrase(" ".join(parts[-length:])) in _POLITE:
            return without_polite(" ".join(parts[:-length]))
    return rest


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word means, and in which language it is said."""

    value: str
    language: str


class Vocabulary:
    """Words with their meanings, and what a text begins with."""

    def __init__(self, *tables: Table) -> None:
        self._meanings = {
            phrase(each): Meaning(value, language)
            for table in tables
            for value, languages in table.items()
            for language, words in languages.items()
            for each in words
        }

    def lead(self, text: str) -> tuple[Meaning, str] | None:
        """Read the keyword that a text begins with, and give what follows it; None where there is none, or more than one."""
        text = from_word(text)
        tokens = list(re.finditer(r"\S+", text))[:2]
        if len(tokens) > 1 and (both := self._meanings.get(phrase(text[: tokens[1].end()]))):
            end = tokens[1].end()
            return both, money_signs(text[:end]) + text[end:]
        if not tokens:
            return None
        found = self._readings(tokens[0][0])
        return (found[0][0], found[0][1] + text[tokens[0].end() :]) if len(found) == 1 else None

    def _readings(self, token: str) -> list[tuple[Meaning, str]]:
        """Read a token in every way: as it is typed, or else with a slip; each with the digits that were glued to it."""
        splits = list(_splits(token))
        if exact := [(self._meanings[word(head)], tail) for head, tail in splits if word(head) in self._meanings]:
            return exact
        # SAVEl 500 may be a slip in SAVE, or SAVE 1 500.
        letters = to_word(token)
        if any(word(letters[:end]) in self._meanings for end in range(len(letters.rstrip("OolI")), len(letters))):
            return []
        near = [(meaning, tail) for head, tail in splits for meaning in self._near(word(head))]
        return [] if any(meaning.value in EXACT_ONLY for meaning, _ in near) else near

    def _near(self, typed: str) -> list[Meaning]:
        """Give each thing that could be meant if a word was typed with one slip."""
        found: dict[str, Meaning] = {}
        for keyword, meaning in self._meanings.items():
            if min(len(typed) - _SLIP_TYPED_MIN, len(keyword) - _SLIP_KEYWORD_MIN) >= 0 and _is_near(typed, keyword):
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


def _splits(token: str) -> Iterator[tuple[str, str]]:
    """Take a keyword and the number glued to it apart: SAVE500, and at each place where SAVEl000 can be."""
    yield token, money_signs(token)
    letters = re.match(r"[^\W\d_]*", token)
    assert letters is not None, "an empty run is a run"
    end = letters.end()
    if not re.search("[0-9]", token[end:]):
        return
    while end and re.fullmatch("[OolI]*", token[end : letters.end()]):
        yield token[:end], token[end:].lstrip(",")
        end -= 1


COMMANDS: Final = Vocabulary(KEYWORDS, ANSWERS)
YES_OR_NO: Final = Vocabulary(ANSWERS)
LANGUAGE_NAMES: Final = Vocabulary(LANGUAGES)
