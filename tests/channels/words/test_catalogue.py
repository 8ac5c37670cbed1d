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
ONE_AND_MANY = 'msgstr[0] "{members} membre de {group}"\nmsgstr[1] "{members} membres de {group}"\n'
PLURAL = f'msgctxt "sms"\nmsgid "joined"\nmsgid_plural "members"\n{ONE_AND_MANY}'


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
    entry = Entry((Template.parse("<{fact}>"),))
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
    assert say("en", template, channel="sms", fact="Wanjik\u0169 Ir\u00e8ne") == "<Wanjiku Ir\u00e8ne>"
    assert say("en", template, channel="ussd", fact="Wanjik\u0169 Ir\u00e8ne") == "<Wanjiku Irene>"


@pytest.mark.parametrize(("channel", "said"), [("ussd", "Epargner"), ("sms", "\u00c9pargner"), ("telegram", "\u00c9pargner")])
def test_only_ussd_is_plain_ascii(channel: str, said: str) -> None:
    assert say("fr", "choice.save", channel=channel) == said


@pytest.mark.parametrize("fact", [None, True, 1.5, [1], object()])
def test_what_has_no_place_in_a_sentence(template: str, fact: object) -> None:
    with pytest.raises(AssertionError):
        say("en", template, fact=fact)
    assert say("en", template, fact=1, other=fact) == "<1>"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_name_fits_a_phone(name: str) -> None:
    assert is_gsm7(shown(name, "en", "sms", {}))
    assert shown(name, "en", "ussd", {}).isascii()


def test_plural(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pamoja.po"
    path.write_text(HEADER + PLURAL)
    entry = dict(read_entries(path))["sms", "joined"]
    monkeypatch.setattr(catalogue, "_find", lambda *_: entry)
    said = [say("fr", "joined", channel="sms", members=members, group="Espoir") for members in (0, 1, 2)]
    assert said == ["0 membre de Espoir", "1 membre de Espoir", "2 membres de Espoir"]


@pytest.mark.parametrize(
    ("language", "key", "facts", "said"),
    [
        ("sw", "refused.pin.wrong", {"tries_left": 1}, "PIN si sahihi. Umebakiza jaribio 1."),
        ("sw", "refused.pin.wrong", {"tries_left": 2}, "PIN si sahihi. Umebakiza majaribio 2."),
        ("sw", "save.again", {"minutes": 1}, "Uliomba hivyo dak. 1 iliyopita."),
        ("sw", "save.again", {"minutes": 3}, "Uliomba hivyo dak. 3 zilizopita."),
        ("sw", "refused.loan.too_many_months", {"most_months": 1}, "Si zaidi ya mwezi 1."),
        ("sw", "refused.loan.too_many_months", {"most_months": 6}, "Si zaidi ya miezi 6."),
        ("fr", "refused.pin.wrong", {"tries_left": 1}, "PIN incorrect. 1 essai restant."),
        ("fr", "refused.pin.wrong", {"tries_left": 2}, "PIN incorrect. 2 essais restants."),
        ("en", "refused.loan.too_many_months", {"most_months": 1}, "At most 1 month."),
        ("en", "refused.loan.too_many_months", {"most_months": 6}, "At most 6 months."),
    ],
)
def test_one_and_many(language: str, key: str, facts: dict[str, int], said: str) -> None:
    assert say(language, key, **facts) == said


@pytest.mark.parametrize("text", ["{0}", "{}", "{amount:>5}", "{amount!r}", "{member.name}", "{rows[0]}"])
def test_places_have_plain_names(text: str) -> None:
    with pytest.raises(AssertionError):
        Template.parse(text)


def test_braces_may_be_written() -> None:
    assert Template.parse("{{a}}").pieces == ("{", "a}")
