from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.words.gsm7 import BASIC, EXTENSION, Encoded, is_gsm7, measure, septets

EMOJI = "\N{WINKING FACE}"
GSM_TEXT = st.text(alphabet=BASIC + EXTENSION, max_size=700)
NOT_GSM = "\u00e7\u2019\u201c\u2013\u2014\u2026\u00a0\u00ef\u00e1\u00ed\u00f3\u00fa\u0129\u0169\u014b\u1e39\u20a6\u1230\t`\x1b\0" + EMOJI


def test_alphabet() -> None:
    assert len(BASIC) == len(set(BASIC)) == 127
    assert sorted(EXTENSION) == sorted("^{}\\[~]|\u20ac\f")


@pytest.mark.parametrize("character", BASIC)
def test_basic_character_is_one_septet(character: str) -> None:
    assert measure(character) == Encoded("GSM-7", 1, 1, 160)
    assert septets(character) == 1


@pytest.mark.parametrize("character", EXTENSION)
def test_extension_character_is_two_septets(character: str) -> None:
    assert measure(character) == Encoded("GSM-7", 2, 1, 160)
    assert septets(character) == 2


@pytest.mark.parametrize("character", NOT_GSM)
def test_other_characters_make_it_ucs2(character: str) -> None:
    assert not is_gsm7(character)
    assert measure("Umoja " + character).encoding == "UCS-2"
    with pytest.raises(AssertionError):
        septets(character)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        # An empty message is one too.
        ("", Encoded("GSM-7", 0, 1, 160)),
        ("a" * 160, Encoded("GSM-7", 160, 1, 160)),
        ("a" * 161, Encoded("GSM-7", 161, 2, 153)),
        ("a" * 153 * 2, Encoded("GSM-7", 306, 2, 153)),
        ("a" * 153 * 2 + "a", Encoded("GSM-7", 307, 3, 153)),
        ("a" * 153 * 7, Encoded("GSM-7", 1071, 7, 153)),
        # A pair counts two, wherever it stands.
        ("{" + "a" * 158, Encoded("GSM-7", 160, 1, 160)),
        ("{" + "a" * 159, Encoded("GSM-7", 161, 2, 153)),
        ("{" * 80, Encoded("GSM-7", 160, 1, 160)),
        ("{" * 81, Encoded("GSM-7", 162, 2, 153)),
        # A pair across the end of a part goes to the next one, and may need one part more than the count says.
        ("a" * 152 + "{" + "a" * 152, Encoded("GSM-7", 306, 3, 153)),
        ("a" * 151 + "{" + "a" * 153, Encoded("GSM-7", 306, 2, 153)),
        ("{" * 76 * 2, Encoded("GSM-7", 304, 2, 153)),
        ("{" * 153, Encoded("GSM-7", 306, 3, 153)),
        # UTF-16 units, two for what lies beyond the first plane.
        ("\u1230" * 70, Encoded("UCS-2", 70, 1, 70)),
        ("\u1230" * 71, Encoded("UCS-2", 71, 2, 67)),
        ("\u1230" * 67 * 2, Encoded("UCS-2", 134, 2, 67)),
        ("\u1230" * 67 * 2 + "a", Encoded("UCS-2", 135, 3, 67)),
        (EMOJI, Encoded("UCS-2", 2, 1, 70)),
        (EMOJI + "a" * 68, Encoded("UCS-2", 70, 1, 70)),
        (EMOJI + "a" * 69, Encoded("UCS-2", 71, 2, 67)),
        ("a" * 66 + EMOJI + "a" * 66, Encoded("UCS-2", 134, 3, 67)),
        (EMOJI * 33 + "a" + EMOJI * 33 + "a", Encoded("UCS-2", 134, 2, 67)),
        # A sign that only the extension has counts one where everything is UCS-2.
        ("\u20ac" * 69 + "\u1230", Encoded("UCS-2", 70, 1, 70)),
        # Half of a surrogate pair, as JSON can carry it.
        ("\ud83d" * 70, Encoded("UCS-2", 70, 1, 70)),
    ],
)
def test_measure(text: str, encoded: Encoded) -> None:
    assert measure(text) == encoded
    assert measure(text).fits is (encoded.segments == 1)


def parts(text: str, *, wide: str, room: int) -> Iterator[str]:
    """Cut a text as a phone does."""
    held = ""
    for character in text:
        if sum(2 if each in wide or ord(each) > 0xFFFF else 1 for each in held + character) > room:
            yield held
            held = ""
        held += character
    yield held


@given(GSM_TEXT)
def test_gsm7_parts(text: str) -> None:
    assert is_gsm7(text)
    encoded = measure(text)
    assert encoded.units == septets(text)
    cut = [text] if encoded.units <= 160 else list(parts(text, wide=EXTENSION, room=153))
    assert encoded.segments == len(cut)


@given(st.text(min_size=1, max_size=300))
def test_ucs2_parts(text: str) -> None:
    text += "\u1230"
    encoded = measure(text)
    assert encoded.units == len(text.encode("utf-16-le")) // 2
    cut = [text] if encoded.units <= 70 else list(parts(text, wide="", room=67))
    assert encoded.segments == len(cut)
