import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.words.folding import fold, fold_to_ascii, fold_to_gsm7
from channels.words.gsm7 import BASIC, EXTENSION, is_gsm7


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ng\u2019ombe", "ng'ombe"),
        ("\u201cUmoja\u201d", '"Umoja"'),
        ("50\u2013100 \u2014 sawa", "50-100 - sawa"),
        ("subiri\u2026", "subiri..."),
        ("KES\u00a012\u202f500", "KES 12 500"),
        ("a\tb", "a b"),
        ("\u2212500", "-500"),
        ("\uff15\uff10\uff10", "500"),
        ("e\u0301pargne", "\u00e9pargne"),
        ("\ufeffUmoja\u200b", "Umoja"),
        ("Umoja\u200e", "Umoja"),
        # Letters and figures are more than typography.
        ("fran\u00e7ais \u00bd", "fran\u00e7ais \u00bd"),
        ("Wanjik\u0169\u2019s", "Wanjik\u0169's"),
        ("\u200f\u0645\u0631\u062d\u0628\u0627", "\u200f\u0645\u0631\u062d\u0628\u0627"),
        ("\u1230\u120b\u121d", "\u1230\u120b\u121d"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ir\u00e8ne", "Ir\u00e8ne"),
        ("Wanjik\u0169", "Wanjiku"),
        ("Mwa\u0129", "Mwai"),
        ("Ga\u00ebl Fran\u00e7ois \u00cele", "Gael Francois Ile"),
        ("\u014aoni \u014boni", "Ng'oni ng'oni"),
        ("\u0181ala \u0253ala \u0199ofa \u0257an", "Bala bala kofa dan"),
        ("Ol\u00e1y\u00ednk\u00e1 \u1eccb\u1eb9", "Olayinka Obe"),
        ("C\u0153ur \u0141ucja", "Coeur Lucja"),
        ("Jos\u00e9 Mar\u00eda \u00d1", "Jos\u00e9 Maria \u00d1"),
        ("\u0665\u0660\u0660", "500"),
        ("Umoja\0\x1b\u202e", "Umoja"),
        ("\u1230\u120b\u121d", "???"),
        ("Amina \N{WINKING FACE}", "Amina ?"),
        ("\ud83d", "?"),
        ("{Amina}", "{Amina}"),
    ],
)
def test_fold_to_gsm7(name: str, shown: str) -> None:
    assert fold_to_gsm7(name) == shown


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_every_phone_shows_what_is_folded(text: str) -> None:
    folded = fold_to_gsm7(text)
    assert is_gsm7(folded)
    assert fold_to_gsm7(folded) == folded
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=BASIC + EXTENSION))
def test_what_phones_show_stays(text: str) -> None:
    assert fold(text) == fold_to_gsm7(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Umoja", "Umoja"),
        ("\u00c9pargne \u00e0 d\u00e9cider", "Epargne a decider"),
        ("Ir\u00e8ne \u00d1and\u00fa", "Irene Nandu"),
        ("S\u00f8ren \u00c6gir Stra\u00dfe", "Soren Aegir Strasse"),
        ("\u20ac5 \u00a35", "EUR5 GBP5"),
        ("\u014aoni", "Ng'oni"),
        ("\u0394", "?"),
        ("{a}", "{a}"),
    ],
)
def test_fold_to_ascii(text: str, shown: str) -> None:
    assert fold_to_ascii(text) == shown


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_every_dialog_shows_what_is_folded(text: str) -> None:
    assert fold_to_ascii(text).isascii()
