"""A walk over every menu: each way leads somewhere, each screen can be reached, everything said has its words."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import channels
import core
from channels.lookups import LOOKUPS
from channels.menus import builds, machine
from channels.menus.book import NODES
from channels.menus.machine import exits
from channels.menus.replies import NotUnderstood
from channels.menus.screens import Route, words_of
from channels.words.catalogue import LANGUAGES, USSD, keys, read_entries
from core.commands import Command, Secret
from core.groups.rules import OFFICES, PERMITS
from core.handlers import HANDLERS
from core.refusal import Refused

from .worst import FACTS, READERS, Place, abouts, screens, stands

LOCALES = Path(channels.__file__).parent / "words" / "locale"
# What no menu can run into: refusals of the console and of staff, and bugs of ours.
NOT_ON_A_PHONE = re.compile(
    r"refused"
    r"|group\.(code_taken|unknown_kind)|phone\..*|import\..*"
    r"|ledger\.(?!overdrawn|already_reversed).*|entry\.disputed|loan\.(pays_nothing|other_money)|member\.unknown_office"
    r"|meeting\.(bad_place|bad_reason|begun|in_the_past|not_begun|unchanged)"  # asked at the console only, or not possible
    r"|number\..*|role\.(held_already|not_held|last_chair|last_keeper)"
    r"|command\.refused_before"  # the turn says what was refused then
)
SAID_BY_THE_CODE = {
    "choice.back",
    "choice.more",
    "session.lost",
    "session.bad_request",
    "session.try_again",
    "hint.choice",
    "hint.pins_differ",
    *(f"office.{office}" for office in OFFICES),
}


def subclasses(kind: type) -> Iterator[type]:
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    waiting = [kind]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += found.__subclasses__()


def refusal_codes() -> set[str]:
    return {kind.code for kind in subclasses(Refused) if kind.__module__.startswith("core.") and issubclass(kind, Refused)}


def used() -> set[str]:
    """Every key that a menu says."""
    said = set(SAID_BY_THE_CODE) | {key for keys_ in READERS.values() for key in keys_}
    for screen in screens():
        if stands(screen):
            said |= {words_of(screen, {screen.about: about}) for about in abouts(screen)} if screen.about else {screen.words or screen.name}
        said |= {f"choice.{choice.key}" for choice in screen.choices} | {key for _, key in (*screen.lines, *screen.asides)}
        said |= {f"{screen.name}.row"} if screen.rows or screen.pick else set()
        said |= {f"refused.{code}" for code, _ in screen.refused}
    return said | {f"refused.{code}" for code in refusal_codes() if not NOT_ON_A_PHONE.fullmatch(code)}


def places(language: str) -> dict[str, set[str]]:
    """What each key of USSD and SMS has places for, in a language."""
    entries = read_entries(LOCALES / language / "LC_MESSAGES" / "pamoja.po")
    return {f"{channel}|{key}": {name for form in entry.forms for _, name in form.places} for (channel, key), entry in entries}


def test_every_way_leads_to_a_screen_that_is_there() -> None:
    astray = [(node.name, trigger, dest) for node in NODES.values() for trigger, dest in exits(node) if dest not in NODES]
    assert astray == []


def test_no_screen_has_two_ways_of_one_name_or_two_choices_of_one_digit() -> None:
    for node in NODES.values():
        names = [trigger for trigger, _ in exits(node)]
        assert len(names) == len(set(names)), node.name
        digits = [choice.digit for choice in getattr(node, "choices", ())]
        assert len(digits) == len(set(digits)), node.name
        # Where there is no way back, 0 is free.
        shared = {"00", "98"} | ({"0"} if getattr(node, "back", None) else set())
        assert not shared & set(digits), f"{node.name} gives another meaning to a key that all screens share"


def test_every_screen_can_be_reached_by_a_caller() -> None:
    reached, waiting = {"start"}, ["start"]
    while waiting:
        for _, dest in exits(NODES[waiting.pop()]):
            if dest not in reached:
                reached.add(dest)
                waiting.append(dest)
    # A turn goes to these by itself: three replies that nobody understood; a refusal with no way on.
    assert reached | {"help", "refused"} == set(NODES)


def test_nobody_is_stuck() -> None:
    for screen in screens():
        leads_on = {dest for trigger, dest in exits(screen) if trigger not in {"home", "back"}}
        assert screen.ends or screen.back or leads_on, screen.name
        assert not (screen.goto and not screen.accept), f"{screen.name} goes on with what it cannot read"
        assert bool(screen.ask) == bool(screen.accept), screen.name
        assert not (screen.ask and screen.pick), f"{screen.name} both asks and lets choose"


def test_a_choice_beside_a_question_is_no_answer_to_it() -> None:
    beside = [(screen, choice) for screen in screens() if screen.accept for choice in screen.choices]
    assert beside
    for screen, choice in beside:
        assert screen.accept is not None
        with pytest.raises(NotUnderstood):
            screen.accept(choice.digit, {})


@pytest.mark.parametrize("reply", ["0", "00", "98", "0.", "#", "x"])
def test_every_screen_that_stays_open_takes_every_key(reply: str) -> None:
    """A screen that would end stays open where a choice is there, and then 0 and 00 lead on as everywhere."""
    for screen in screens():
        if screen.ends and not screen.choices:
            continue
        place = Place(screen.name, shown=dict(FACTS))
        taken = machine.take(place, reply, seal=Secret)
        if reply == "00":
            assert (place.screen, taken.hint) == (screen.home, None), screen.name
        elif reply in {"0", "0."} and screen.back:
            assert (place.screen, taken.hint) == (screen.back, None), screen.name
        elif place.screen == screen.name:
            assert taken.hint is not None, screen.name


def test_every_look_up_is_there_and_none_is_forgotten() -> None:
    in_a_chat = {"statement"}  # where there is room for more than a screen holds
    assert {node.shows for node in NODES.values() if node.shows} | in_a_chat == set(LOOKUPS)


def test_every_command_has_a_permit_and_a_handler() -> None:
    kinds = {kind.kind for kind in subclasses(Command) if issubclass(kind, Command) and hasattr(kind, "kind")}
    assert kinds == set(PERMITS) == set(HANDLERS)


def test_every_build_is_some_screens() -> None:
    written = {name for name, thing in vars(builds).items() if callable(thing) and getattr(thing, "__module__", "") == builds.__name__}
    assert {screen.build.__name__ for screen in screens() if screen.build} == written  # type: ignore[attr-defined] they are functions


def test_every_reader_of_replies_is_known_here() -> None:
    assert {screen.accept for screen in screens() if screen.accept} == set(READERS)


def test_everything_said_has_words_and_no_words_are_left_over() -> None:
    assert used() == keys(USSD)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_language_says_the_same_with_the_same_facts(language: str) -> None:
    assert places(language) == places("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    for key, entry in read_entries(LOCALES / language / "LC_MESSAGES" / "pamoja.po"):
        assert all("".join(form.pieces).strip() or form.places for form in entry.forms), key


def test_forks_never_turn_in_a_ring() -> None:
    def routes_from(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        node = NODES[name]
        if isinstance(node, Route):
            for _, dest in exits(node):
                routes_from(dest, (*way, name))

    for name in NODES:
        routes_from(name, ())
