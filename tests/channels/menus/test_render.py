"""The renderer: pages between lines, breaks between words, never within one; the keys 98 and 0 turn the pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.menus import machine, render
from channels.menus.book import NODES
from channels.menus.machine import Hint
from channels.menus.render import USSD_SEPTETS_MAX, Page
from channels.menus.screens import Screen
from channels.words.gsm7 import BASIC, EXTENSION, septets
from core.commands import Secret
from core.money import Money

from .worst import FACTS, Place

MORE, BACK = "98 More", ["0 Back"]
ROOM = USSD_SEPTETS_MAX - len("CON ")


def fit(lines: list[str], *, page: int = 0) -> Page:
    return render._fit([], lines, BACK, page=page, more=MORE)  # noqa: SLF001 the heart of the renderer, alone


def pages(lines: list[str]) -> list[str]:
    return [fit(lines, page=page).text for page in range(fit(lines).pages)]


def test_what_fits_is_one_page_with_the_way_back() -> None:
    assert fit(["Hello", "1 Yes"]) == Page("Hello\n1 Yes\n0 Back", 1)


def test_the_way_back_goes_first_where_there_is_no_room() -> None:
    line = "x" * ROOM
    assert fit([line]) == Page(line, 1)
    assert fit([line[: -len("\n0 Back")]]).text.endswith("\n0 Back")


def test_one_septet_too_many_makes_a_page_more() -> None:
    lines = ["x" * 75, "y" * 80]
    assert septets("\n".join(lines)) == ROOM
    assert fit(lines).pages == 1
    assert pages([*lines, "z"]) == ["x" * 75 + "\n98 More", "y" * 80 + "\nz\n0 Back"]


def test_a_long_line_breaks_between_words() -> None:
    amounts = " ".join(["KES 10,000,000,000.99"] * 12)
    assert " ".join(page.replace("\n98 More", "").replace("\n0 Back", "").replace("\n", " ") for page in pages([amounts])) == amounts
    words = set(amounts.split())
    for page in pages([amounts]):
        assert set(page.replace("\n98 More", "").replace("\n0 Back", "").split()) <= words


def test_a_page_behind_the_last_is_the_last() -> None:
    lines = ["x" * 100, "y" * 100]
    assert fit(lines, page=9).text == pages(lines)[-1]


def test_signs_of_the_extension_count_twice() -> None:
    assert fit(["€" * 78]).pages == 1
    assert fit(["€" * 39, "€" * 39]).pages == 2


SIGNS = [sign for sign in BASIC + EXTENSION if not sign.isspace()]
word = st.text(st.sampled_from(SIGNS), min_size=1, max_size=40)


@given(st.lists(st.lists(word, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=8))
def test_any_text_comes_whole_and_in_order_on_pages_that_fit(lines: list[str]) -> None:
    shown = pages(lines)
    assert all(septets(page) <= ROOM for page in shown)
    assert all(page.endswith(f"\n{MORE}") for page in shown[:-1])
    body = [page.removesuffix(f"\n{MORE}") for page in shown[:-1]] + [shown[-1].removesuffix("\n0 Back")]
    assert " ".join(body).split() == " ".join(lines).split()
    # A line that fits a page is never broken.
    together = [line for page in body for line in page.split("\n")]
    assert all(line in together for line in lines if septets(line) <= ROOM - len(MORE) - 1 - render._HINT_ROOM)  # noqa: SLF001


@given(st.integers(7, 30), st.integers(0, 5))
def test_a_hint_moves_no_row_to_another_page(count: int, page: int) -> None:
    lines = [f"{n} Group of the {n}th hill" for n in range(count)]
    plain = render._fit([], lines, BACK, page=page, more=MORE)  # noqa: SLF001
    hinted = render._fit(["Choose 1-30, 98, 0."], lines, BACK, page=page, more=MORE)  # noqa: SLF001
    assert hinted.text == f"Choose 1-30, 98, 0.\n{plain.text}"
    assert septets(hinted.text) <= ROOM


def groups(count: int) -> Place:
    rows = [{"id": n, "group": f"Group of the {n}th hill"} for n in range(1, count + 1)]
    return Place("more.groups", shown={"groups": rows})


def turned(place: Place, reply: str) -> str:
    """Turn a page and show what is there."""
    screen = NODES[place.screen]
    assert isinstance(screen, Screen)
    page = render.render(screen, place, language="en", hint=None, ended=False)
    place.shown[machine.PAGES] = page.pages
    taken = machine.take(place, reply, seal=Secret)
    assert taken.paged
    return render.render(screen, place, language="en", hint=None, ended=False).text


def test_98_and_0_turn_the_pages_of_a_list() -> None:
    place = groups(8)
    second = turned(place, "98")
    assert "7 Group of the 7th hill" in second
    assert "1 Group" not in second
    first = turned(place, "0")
    assert first.startswith("My groups\n1 Group of the 1th hill")
    assert first.endswith("98 More")


def test_0_on_the_first_page_goes_back_and_98_on_the_last_is_no_choice() -> None:
    place = groups(2)
    place.shown[machine.PAGES] = 1
    assert machine.take(place, "98", seal=Secret).hint is not None
    assert machine.take(place, "0", seal=Secret).hint is None
    assert place.screen == "more"


def test_a_row_of_any_page_can_be_chosen() -> None:
    place = groups(12)
    machine.take(place, "12", seal=Secret)
    assert place.answers == {"group_id": 12}


@pytest.mark.parametrize(("language", "words"), [("en", "Choose 1, 2."), ("sw", "Jibu 1, 2."), ("fr", "Tapez 1, 2.")])
def test_a_hint_goes_in_front(language: str, words: str) -> None:
    screen = NODES["save.confirm"]
    assert isinstance(screen, Screen)
    facts = {**FACTS, "minutes": None, "name": "Amina", "amount": Money(500_00, "KES"), "total": Money(900_00, "KES")}
    hint = Hint("hint.choice", {"digits": "1, 2"})
    page = render.render(screen, Place(screen.name, shown=facts), language=language, hint=hint, ended=False)
    assert page.text.split("\n")[0] == words
    assert "KES 500" in page.text


@pytest.mark.parametrize(("name", "in_front"), [("Neema", "Done: Neema is let in and gets an SMS.\n"), ("N" * 90, "")])
def test_what_was_done_stands_in_front_only_where_there_is_room(name: str, in_front: str) -> None:
    screen = NODES["inbox.saving"]
    assert isinstance(screen, Screen)
    place = Place(screen.name, shown={**FACTS, "name": "Amina", "amount": Money(500_00, "KES")})
    done = Hint("inbox.join.done.yes", {"name": name}, spare=True)
    alone, page = (render.render(screen, place, language="en", hint=hint, ended=False).text for hint in (None, done))
    assert page == in_front + alone
