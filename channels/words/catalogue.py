"""The catalogues: a key, a language and facts in, a sentence out.

One gettext file a language under `locale/`, read once. The context of an entry is its channel, its id a key such as
`save.confirm`, its text has named places: `Save {amount}?`. What a channel does not say in words of its own, it says in
those of USSD, which fit everywhere; what a language lacks is said in English. USSD itself is said in plain ASCII.

An entry with plural forms has a second id, which names the fact that counts.
"""

import gettext
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

from babel.messages.pofile import read_po

from channels.words.folding import fold_to_ascii
from channels.words.showing import shown
from core.facts import Word

LANGUAGES: Final = ("en", "sw", "fr")
FALLBACK: Final = "en"
USSD: Final = "ussd"
CHANNELS: Final = (USSD, "sms", "telegram", "web")
_LOCALES: Final = Path(__file__).parent / "locale"


class UnknownKeyError(KeyError):
    """No catalogue has the key."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text taken apart once: its pieces, and which of them are facts to be put in."""

    pieces: tuple[str, ...]
    places: tuple[tuple[int, str], ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Take a text apart at its named places."""
        pieces: list[str] = []
        places: list[tuple[int, str]] = []
        for literal, name, spec, conversion in Formatter().parse(text):
            pieces.append(literal)
            if name is None:
                continue
            assert name.isidentifier(), f"a place has a plain name: {text!r}"
            assert not spec, f"facts know how to show themselves: {text!r}"
            assert not conversion, f"facts know how to show themselves: {text!r}"
            places.append((len(pieces), name))
            pieces.append("")
        return cls(tuple(pieces), tuple(places))


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said under one key: one template, or one for each plural form that `plural` chooses by the fact `counts`."""

    forms: tuple[Template, ...]
    plural: Callable[[int], int] | None = None
    counts: str = ""

    def form(self, facts: Mapping[str, Any]) -> Template:
        """Choose the form for the facts."""
        return self.forms[0] if self.plural is None else self.forms[self.plural(facts[self.counts])]

    def folded(self) -> "Entry":
        """Give the same in plain ASCII."""
        forms = (replace(form, pieces=tuple(map(fold_to_ascii, form.pieces))) for form in self.forms)
        return replace(self, forms=tuple(forms))


_Catalogue = Mapping[tuple[str, str], Entry]


def say(language: str, key: str, /, channel: str = USSD, **facts: Any) -> str:  # noqa: ANN401 facts are whatever it needs
    """Say something in a language, for a channel. The fact `timezone` says where moments are shown.

    :raises UnknownKeyError: if not even English has it
    :raises KeyError: if a fact that the sentence needs is not there
    """
    template = _find(language, key, channel).form(facts)
    if not template.places:
        return template.pieces[0]
    pieces = list(template.pieces)
    for place, name in template.places:
        fact = facts[name]
        pieces[place] = say(language, fact.key, channel) if type(fact) is Word else shown(fact, language, channel, facts)
    return "".join(pieces)


def text_of(language: str, key: str, /, channel: str = USSD) -> str:
    """Give the words of a key (for many, where it counts) with its places left open: `Save {amount}?`.

    :raises UnknownKeyError: if not even English has it
    """
    template = _find(language, key, channel).forms[-1]
    pieces = list(template.pieces)
    for place, name in template.places:
        pieces[place] = f"{{{name}}}"
    return "".join(pieces)


def languages() -> tuple[str, ...]:
    """Name the languages that have a catalogue."""
    return LANGUAGES


def keys(channel: str) -> frozenset[str]:
    """Name what a channel says in words of its own."""
    return frozenset(key for of, key in _catalogue(FALLBACK) if of == channel)


# A language comes from a profile and a key from a table, but neither is held to a list here: so the cache has a limit.
@lru_cache(maxsize=8192)
def _find(language: str, key: str, channel: str) -> Entry:
    assert channel in CHANNELS, channel
    spoken = language.replace("_", "-").partition("-")[0].lower()
    for catalogue in (_catalogue(spoken if spoken in LANGUAGES else FALLBACK), _catalogue(FALLBACK)):
        for of in (channel, USSD):
            if (of, key) in catalogue:
                return catalogue[of, key].folded() if channel == USSD else catalogue[of, key]
    raise UnknownKeyError(key)


@cache
def _catalogue(language: str) -> _Catalogue:
    return dict(read_entries(_LOCALES / language / "LC_MESSAGES" / "pamoja.po"))


def read_entries(path: Path) -> Iterator[tuple[tuple[str, str], Entry]]:
    """Read a gettext file: channel and key, and what is said."""
    with path.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    plural = gettext.c2py(catalogue.plural_expr)
    for message in catalogue:
        if not message.id:
            continue
        assert message.context in CHANNELS, f"{path}: {message.id} is for no channel"
        if isinstance(message.id, str):
            yield (message.context, message.id), Entry((Template.parse(str(message.string)),))
        else:
            key, counts = message.id
            yield (message.context, key), Entry(tuple(Template.parse(str(text)) for text in message.string or ()), plural, counts)
