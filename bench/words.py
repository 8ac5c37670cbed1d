"""How a client knows the right answer: by the words that are always said, whatever the facts, in any of the languages."""

import re
from typing import Final, NamedTuple

from channels.words.catalogue import LANGUAGES, say, text_of

_PLACE: Final = re.compile(r"\{\w+\}")


class Expects(NamedTuple):
    """How the right answer begins, and its words: each language's pieces."""

    start: str = "CON"
    words: tuple[tuple[str, ...], ...] = ((),)

    def __or__(self, other: "Expects") -> "Expects":
        """Expect one or the other."""
        assert self.start == other.start, "two beginnings are two expectations"
        return Expects(self.start, self.words + other.words)

    def met_by(self, answer: str) -> bool:
        """Whether an answer is right."""
        return answer.startswith(self.start) and any(all(piece in answer for piece in pieces) for pieces in self.words)


def screen(key: str, start: str = "CON") -> Expects:
    """Expect the screen of this key."""
    texts = (text_of(language, key) for language in LANGUAGES)
    return Expects(start, tuple(tuple(piece for piece in _PLACE.split(text) if piece.strip(" .,:?")) for text in texts))


def menu(*choices: str) -> Expects:
    """Expect a menu that begins with these choices."""
    numbered = tuple(enumerate(choices, 1))
    return Expects("CON", tuple(tuple(f"{n} {say(language, f'choice.{key}')}" for n, key in numbered) for language in LANGUAGES))


BROKEN_OFF: Final = menu("go_on", "start_again")  # an earlier session, that may be gone on with
FAILED: Final = screen("session.try_again", "END")
