"""Every screen and every SMS fits the phone with the longest names and amounts, in each language, with any hint in front."""

import pytest

from channels.menus.render import USSD_SEPTETS_MAX, render
from channels.menus.screens import Screen
from channels.sms.sentence import sentence
from channels.words.catalogue import LANGUAGES, keys, say
from channels.words.gsm7 import is_gsm7, septets
from core import facts as tagged
from core.money import Money

from .worst import FACTS, LISTS, SERVICE_CODE, Place, hints, screens, stands, variants

STANDING = [screen for screen in screens() if stands(screen)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", STANDING, ids=lambda screen: screen.name)
def test_a_screen_fits(screen: Screen, language: str) -> None:
    for facts in variants(screen):
        for hint in hints(screen):
            ended = screen.ends and not screen.choices
            place = Place(screen.name, shown=dict(facts))
            page = render(screen, place, language=language, hint=hint, ended=ended)
            said = (hint and hint.key, page.text)
            assert page.pages == 1 or screen.name in LISTS, said
            while True:
                assert page.text.isascii(), said
                assert septets(f"CON {page.text}") <= USSD_SEPTETS_MAX, said
                assert page.text.strip() == page.text, said
                place.page += 1
                if place.page >= page.pages:
                    break
                page = render(screen, place, language=language, hint=hint, ended=ended)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_screen_of_usual_length_says_how_to_go_back(language: str) -> None:
    a_million = {name: Money(1_000_000_00, "KES") for name, fact in FACTS.items() if isinstance(fact, Money)}
    usual = FACTS | a_million | {"name": "Chausiku", "group": "Umoja", "elsewhere": "Tumaini"}
    for screen in STANDING:
        if screen.back and not screen.ends and screen.name not in LISTS and screen.name != "resume":
            page = render(screen, Place(screen.name, shown=dict(usual)), language=language, hint=None, ended=False)
            assert page.text.endswith(f"0 {say(language, 'choice.back')}"), (screen.name, page.text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", sorted(key for key in keys("ussd") if key.startswith("session.")))
def test_what_a_gateway_says_itself_fits(key: str, language: str) -> None:
    assert septets(f"END {say(language, key, code=SERVICE_CODE)}") <= USSD_SEPTETS_MAX


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", sorted(keys("sms")))
def test_an_sms_is_one_segment(template: str, language: str) -> None:
    facts = {name: fact for name, fact in FACTS.items() if name not in {"entries", "groups", "people"}} | {"code": "ABCDEFGH"}
    said = sentence(language, template, tagged.dump(facts))
    assert said.segments == 1, said.text
    assert is_gsm7(said.text), said.text
