"""Every entry of every catalogue. What is wrong is named by language, channel and key."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import polib  # type: ignore[import-untyped] # it has none
import pytest
from babel import Locale
from babel.messages.plurals import get_plural

from channels.words import catalogue
from channels.words.catalogue import CHANNELS, FALLBACK, LANGUAGES
from channels.words.gsm7 import is_gsm7

PHONES = {"ussd", "sms"}
# Arguments of `say` itself, which no fact can be called.
TAKEN = {"channel"}
LOCALES = Path(catalogue.__file__).parent / "locale"


@cache
def book(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALES / language / "LC_MESSAGES" / "pamoja.po"), check_for_duplicates=True)


def entries(language: str) -> dict[tuple[str, str], polib.POEntry]:
    return {(entry.msgctxt, entry.msgid): entry for entry in book(language)}


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def all_entries() -> Iterator[tuple[str, polib.POEntry]]:
    return ((language, entry) for language in LANGUAGES for entry in book(language))


def test_each_folder_is_a_language() -> None:
    assert {path.name for path in LOCALES.iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_keys_in_every_language(language: str) -> None:
    assert entries(language).keys() == entries(FALLBACK).keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_places_in_every_language(language: str) -> None:
    for key, entry in entries(language).items():
        wanted = set().union(*map(places, texts(entries(FALLBACK)[key])))
        for text in texts(entry):
            # A form for one need not say the number.
            assert wanted - {entry.msgid_plural} <= places(text) <= wanted, (language, key, text)


def test_same_entries_have_plurals_in_every_language() -> None:
    for language, entry in all_entries():
        english = entries(FALLBACK)[entry.msgctxt, entry.msgid]
        assert entry.msgid_plural == english.msgid_plural, (language, entry.msgid)


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_rule(language: str) -> None:
    assert book(language).metadata["Language"] == language
    rule = get_plural(Locale(language))
    assert book(language).metadata["Plural-Forms"].rstrip(";") == f"nplurals={rule.num_plurals}; plural={rule.plural_expr}".rstrip(";")


def test_entries() -> None:
    for language, entry in all_entries():
        where = (language, entry.msgctxt, entry.msgid)
        assert entry.msgctxt in CHANNELS, where
        assert not entry.fuzzy, where
        assert not entry.obsolete, where
        assert not entry.msgid_plural or entry.msgid_plural in set().union(*map(places, texts(entry))), where
        assert not entry.msgid_plural or len(texts(entry)) == get_plural(Locale(language)).num_plurals, where
        for text in texts(entry):
            assert text.strip() == text != "", where
            assert not places(text) & TAKEN, where
            assert entry.msgctxt not in PHONES or is_gsm7(text), where
            assert "  " not in text, where


def test_every_entry_can_be_read() -> None:
    for language in LANGUAGES:
        read = dict(catalogue.read_entries(LOCALES / language / "LC_MESSAGES" / "pamoja.po"))
        assert read.keys() == entries(language).keys()
        for key, entry in read.items():
            assert len(entry.forms) == len(texts(entries(language)[key])), (language, key)


def test_swahili_is_ascii() -> None:
    for entry in book("sw"):
        assert all(map(str.isascii, texts(entry))), entry.msgid
