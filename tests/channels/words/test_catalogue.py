from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.words import catalogue
from channels.words.catalogue import Entry, Template, UnknownKeyError, keys, languages, read_entries, say
from channels.words.gsm7 import is_gsm7
from channels.words.showing import shown
from core.money import Money

AT = datetime(2026, 11, 28, 11, 0, tzinfo=UTC)
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
PLURAL = (
    'msgctxt "sms"\nmsgid "joined"\nmsgid_plural "joined"\nmsgstr[0] "{count} membre de {group}"\nmsgstr[1] "{count} membres de {group}"\n'
)


def test_languages() -> None:
    assert languages() == ("en", "sw", "fr")


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Yes"), ("sw", "Ndiyo"), ("fr", "Oui"), ("sw-KE", "Ndiyo"), ("fr_CD", "Oui"), ("xx", "Yes"), ("", "Yes")],
)
def test_language(language: str, said: str) -> None:
    assert say(language, "choice.yes") == said


def test_a_channel_without_words_of_its_own_uses_those_of_ussd() -> None:
    assert "choice.yes" in keys("ussd")
    assert "choice.yes" not in keys("telegram")
    assert say("sw", "choice.yes", channel="telegram") == "Ndiyo"


def test_unknown_key() -> None:
    with pytest.raises(UnknownKeyError):
        say("en", "no.such.key")


def test_a_fact_that_is_missing() -> None:
    with pytest.raises(KeyError, match="high"):
        say("en", "hint.number", low=1)


@pytest.fixture
def template(monkeypatch: pytest.MonkeyPatch) -> str:
    """A sentence with one place, `fact`, in English."""
    entry = Entry((Template.parse("<{fact}>"),), None)
    monkeypatch.setattr(catalogue, "_find", lambda *_: entry)
    return "fact"


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (Money(1_250_000, "KES"), "<KES 12,500>"),
        (1_250_000, "<1250000>"),
        (date(2026, 11, 23), "<23/11/26>"),
        (AT, "<Sat 28/11 14:00>"),
        (Decimal("2.50"), "<2.5>"),
        (Decimal("1E+3"), "<1000>"),
        ("+254700000001", "<+254700000001>"),
        ("Wanjik\u0169 Ng\u2019ang\u2019a", "<Wanjiku Ng'ang'a>"),
        ("{fact} {0} %s $x", "<{fact} {0} %s $x>"),
        ("{fact.__class__}", "<{fact.__class__}>"),
    ],
)
def test_facts_show_themselves(template: str, fact: object, said: str) -> None:
    assert say("en", template, fact=fact, timezone="Africa/Nairobi") == said


def test_only_phones_need_folding(template: str) -> None:
    assert say("en", template, channel="web", fact="Wanjik\u0169") == "<Wanjik\u0169>"
    assert say("en", template, channel="sms", fact="Wanjik\u0169") == "<Wanjiku>"


@pytest.mark.parametrize("fact", [None, True, 1.5, [1], object()])
def test_what_has_no_place_in_a_sentence(template: str, fact: object) -> None:
    with pytest.raises(AssertionError):
        say("en", template, fact=fact)
    assert say("en", template, fact=1, other=fact) == "<1>"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_name_fits_a_phone(name: str) -> None:
    assert is_gsm7(shown(name, "en", "ussd", {}))


def test_plural(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pamoja.po"
    path.write_text(HEADER + PLURAL)
    entry = dict(read_entries(path))["sms", "joined"]
    monkeypatch.setattr(catalogue, "_find", lambda *_: entry)
    said = [say("fr", "joined", channel="sms", count=count, group="Espoir") for count in (0, 1, 2)]
    assert said == ["0 membre de Espoir", "1 membre de Espoir", "2 membres de Espoir"]


@pytest.mark.parametrize("text", ["{0}", "{}", "{amount:>5}", "{amount!r}", "{member.name}", "{rows[0]}"])
def test_places_have_plain_names(text: str) -> None:
    with pytest.raises(AssertionError):
        Template.parse(text)


def test_braces_may_be_written() -> None:
    assert Template.parse("{{a}}").pieces == ("{", "a}")
