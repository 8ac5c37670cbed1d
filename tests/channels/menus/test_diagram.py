"""The drawing of the menus is that of today's menus."""

from channels.menus import diagram
from channels.menus.book import NODES
from channels.menus.machine import exits
from channels.words.catalogue import text_of


def test_docs_menus_md_is_fresh() -> None:
    assert diagram.PAGE.read_text(encoding="utf-8") == diagram.page(), "run `python -m channels.menus.diagram`"


def test_every_screen_and_every_way_is_drawn() -> None:
    chart = diagram.page().split("```")[1]
    for node in NODES.values():
        slug = node.name.replace(".", "_")
        assert f" as {slug}\n" in chart or f"state {slug} <<choice>>\n" in chart
        for trigger, dest in exits(node):
            drawn = f"    {slug} --> {dest.replace('.', '_')}: {trigger}\n" in chart
            assert drawn or (trigger, dest) == ("home", "home")


def test_the_words_are_there() -> None:
    assert text_of("en", "save.amount") in diagram.page()
