"""Where the house has no help number, it says to ask the leaders."""

import pytest
from sqlalchemy import Engine

from channels.words.catalogue import LANGUAGES

from . import town as towns
from .test_turn import walk
from .town import AMINA, HELP, build


@pytest.mark.parametrize("number", ["", HELP])
@pytest.mark.parametrize("language", LANGUAGES)
def test_help(turns: Engine, monkeypatch: pytest.MonkeyPatch, language: str, number: str) -> None:
    monkeypatch.setattr(towns, "HELP", number)
    town = build(turns, language)
    asked = {
        "en": "For help, ask your leaders.",
        "sw": "Kwa msaada, waulize viongozi wako.",
        "fr": "Pour de l'aide, demandez a vos responsables.",
    }
    called = {"en": f"Help: {HELP}", "sw": f"Msaada: {HELP}", "fr": f"Aide: {HELP}"}
    line = (called if number else asked)[language]
    assert walk(town, "s", AMINA, "7", "8", "9").split("\n")[1:] == [line]
    assert walk(town, "t", AMINA, "5", "5").split("\n")[1] == line
