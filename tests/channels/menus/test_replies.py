from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from channels.menus import replies
from channels.menus.replies import NotUnderstood, Pin
from channels.words.catalogue import keys, say
from channels.words.folding import fold_to_ascii
from channels.words.gsm7 import septets
from core.money import AMOUNT_MINOR_MAX, Money

# What comes is anything, and now and then almost right.
ALMOST = st.text(alphabet="0123456789.,-+ kK#*/=eExKESsh\u0665\u066b\u00a0\u2212\u00bd\u00b2\t\n", max_size=20)
ANYTHING = st.one_of(st.text(alphabet=st.characters(exclude_categories=()), max_size=120), ALMOST)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1000", "KES", 100_000),
        ("1,000", "KES", 100_000),
        ("12,345,678", "KES", 1_234_567_800),
        ("1 000", "KES", 100_000),
        ("1\u00a0000", "KES", 100_000),
        ("1000/=", "KES", 100_000),
        ("1,000/=", "KES", 100_000),
        ("1000/-", "KES", 100_000),
        ("1000=/", "KES", 100_000),
        ("1000.00", "KES", 100_000),
        ("1,000.50", "KES", 100_050),
        ("1000.5", "KES", 100_050),
        ("0.50", "KES", 50),
        ("1k", "KES", 100_000),
        ("2K", "KES", 200_000),
        ("1.5k", "KES", 150_000),
        ("1.5k", "UGX", 1_500),
        ("KES 1000", "KES", 100_000),
        ("kes1000", "KES", 100_000),
        ("Ksh1,000", "KES", 100_000),
        ("Ksh. 1,000/=", "KES", 100_000),
        ("1000 ksh", "KES", 100_000),
        ("Sh 500", "KES", 50_000),
        ("500 FCFA", "XOF", 500),
        ("500 F CFA", "XOF", 500),
        ("UGX 20,000", "UGX", 20_000),
        ("  500  ", "KES", 50_000),
        ("500#", "KES", 50_000),
        ("500.", "KES", 50_000),
        ("#500#", "KES", 50_000),
        ("\u0661\u0660\u0660\u0660", "KES", 100_000),
        ("\u0661\u066c\u0660\u0660\u0660\u066b\u0665\u0660", "KES", 100_050),
        ("\u200f\u0665\u0660\u0660", "KES", 50_000),
        ("\u06f5\u06f0\u06f0", "KES", 50_000),
        ("\uff15\uff10\uff10", "KES", 50_000),
        ("9,999,999,999.99", "KES", AMOUNT_MINOR_MAX - 1),
    ],
)
def test_amount(text: str, currency: str, minor: int) -> None:
    assert replies.amount(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "hint"),
    [
        ("", "KES", "hint.amount"),
        ("abc", "KES", "hint.amount"),
        ("0", "KES", "hint.amount"),
        ("0.00", "KES", "hint.amount"),
        ("0k", "KES", "hint.amount"),
        ("-500", "KES", "hint.amount"),
        ("\u2212500", "KES", "hint.amount"),
        ("+500", "KES", "hint.amount"),
        ("(500)", "KES", "hint.amount"),
        ("1e3", "KES", "hint.amount"),
        ("0x10", "KES", "hint.amount"),
        ("1_000", "KES", "hint.amount"),
        ("5\u00b2", "KES", "hint.amount"),
        ("\u00bd", "KES", "hint.amount"),
        ("\u2165", "KES", "hint.amount"),
        ("NaN", "KES", "hint.amount"),
        ("inf", "KES", "hint.amount"),
        ("1*500", "KES", "hint.amount"),
        ("500 60", "KES", "hint.amount"),
        ("1  000", "KES", "hint.amount"),
        ("USD 100", "KES", "hint.amount"),
        ("1m", "KES", "hint.amount"),
        ("1kk", "KES", "hint.amount"),
        # A phone number is no amount.
        ("0712345678", "KES", "hint.amount"),
        ("5" * 81, "KES", "hint.amount"),
        # It can be read in two ways.
        ("1.000", "KES", "hint.amount_unclear"),
        ("1.000.000", "KES", "hint.amount_unclear"),
        ("1,00", "KES", "hint.amount_unclear"),
        ("12,34,567", "KES", "hint.amount_unclear"),
        ("1,000,00", "KES", "hint.amount_unclear"),
        ("1000,000", "KES", "hint.amount_unclear"),
        (".50", "KES", "hint.amount_unclear"),
        ("1..5", "KES", "hint.amount_unclear"),
        ("1.2345", "KES", "hint.amount_too_fine"),
        ("1,000.505", "KES", "hint.amount_too_fine"),
        ("1000.5", "UGX", "hint.amount_too_fine"),
        ("1000.00", "UGX", "hint.amount_too_fine"),
        ("10,000,000,000", "KES", "hint.amount_too_large"),
        ("1000000000000", "UGX", "hint.amount_too_large"),
        ("9" * 80, "KES", "hint.amount_too_large"),
    ],
)
def test_amount_asks_again(text: str, currency: str, hint: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        replies.amount(text, currency)
    assert refused.value.hint == hint


@given(st.integers(1, AMOUNT_MINOR_MAX - 1), st.sampled_from(["KES", "UGX"]))
def test_amount_reads_what_we_write(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert replies.amount(f"{money.major:,}", currency) == money
    assert replies.amount(f"{currency} {money.major}", currency) == money


@given(ANYTHING)
@example("9" * 80)
@example("1." + "9" * 60 + "k")
def test_amount_never_fails_otherwise(text: str) -> None:
    try:
        read = replies.amount(text, "KES")
    except NotUnderstood:
        return
    assert 0 < read.minor < AMOUNT_MINOR_MAX


@pytest.mark.parametrize(("text", "value"), [("3", 3), (" 12 ", 12), ("6.", 6), ("6#", 6), ("\u0663", 3), ("012", 12)])
def test_whole(text: str, value: int) -> None:
    assert replies.whole(text, 1, 12) == value


@pytest.mark.parametrize("text", ["", "0", "13", "-1", "1.5", "1,2", "three", "1e1", "9" * 10, "\u00b2", "1 2"])
def test_whole_asks_again(text: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        replies.whole(text, 1, 12)
    assert (refused.value.hint, refused.value.facts) == ("hint.number", {"low": 1, "high": 12})


@pytest.mark.parametrize("text", ["4826", " 4826 ", "4826#", "12345", "123456", "0000"])
def test_pin(text: str) -> None:
    assert replies.pin(text).value == text.strip(" #")


@pytest.mark.parametrize("text", ["", "123", "1234567", "12 34", "12a4", "-1234", "1234.", "\u0664\u0668\u0662\u0666", "1234\0"])
def test_pin_asks_again(text: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        replies.pin(text)
    assert refused.value.hint == "hint.pin"
    assert refused.value.facts == {}


def test_pin_never_shows_by_accident() -> None:
    pin = replies.pin("4826")
    assert isinstance(pin, Pin)
    assert "4826" not in repr(pin) + repr({"pin": pin}) + repr([pin])
    assert type(pin.value) is str


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Amina", "Amina"),
        ("  Amina   Njeri ", "Amina Njeri"),
        ("Ir\u00e8ne", "Ir\u00e8ne"),
        ("Wanjik\u0169 Ng\u2019ang\u2019a", "Wanjik\u0169 Ng'ang'a"),
        ("Jo", "Jo"),
        ("a" * 30, "a" * 30),
        ("Am\u202eina\u200f\0", "Amina"),
        ("Amina\nNjeri", "Amina Njeri"),
        ("Juma 2", "Juma 2"),
        ("Mama O'Brien-Otieno Jr.", "Mama O'Brien-Otieno Jr."),
        ("{amount}", "{amount}"),
        ("e\u0301lie", "\u00e9lie"),
        ("Amina?", "Amina?"),
    ],
)
def test_name(text: str, name: str) -> None:
    assert replies.name(text) == name


@pytest.mark.parametrize(
    "text", ["", "A", "a" * 31, "12345", "0712345678", "...", "\u1230\u120b\u121d", "Amina \N{WINKING FACE}", "a" * 81, "{" * 16, "\0\0\0"]
)
def test_name_asks_again(text: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        replies.name(text)
    assert refused.value.hint == "hint.name"


@given(ANYTHING)
def test_a_name_that_is_taken_fits_a_screen(text: str) -> None:
    try:
        name = replies.name(text)
    except NotUnderstood:
        return
    assert 2 <= septets(fold_to_ascii(name)) <= 30
    assert len(name) <= 30
    assert replies.name(name) == name
    assert name.isprintable()


@pytest.mark.parametrize(
    ("text", "code"),
    [("UMOJA", "UMOJA"), ("umoja", "UMOJA"), (" Umoja# ", "UMOJA"), ("abc", "ABC"), ("g12\u0663", "G123"), ("umoja.", "UMOJA")],
)
def test_code(text: str, code: str) -> None:
    assert replies.code(text) == code


@pytest.mark.parametrize("text", ["", "ab", "a" * 13, "umo ja", "umo-ja", "\u00fcmoja", "stra\u00dfe", "\u0131bc", "um*oja", "a" * 81])
def test_code_asks_again(text: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        replies.code(text)
    assert refused.value.hint == "hint.code"


@pytest.mark.parametrize(
    ("text", "key"),
    [("1", "1"), (" 1 ", "1"), ("1.", "1"), ("1)", "1"), ("1#", "1"), ("\u0661", "1"), ("00", "00"), ("0.", "0"), ("01", "01")],
)
def test_key(text: str, key: str) -> None:
    assert replies.key(text) == key


@pytest.mark.parametrize("text", ["", "x", "1 2", "-1", "1*1", "1" * 90, "\u00bd", "."])
def test_what_is_no_key_reads_as_none(text: str) -> None:
    assert replies.key(text) not in {"0", "00", "98", *map(str, range(1, 10))}


@given(ANYTHING)
def test_a_key_is_read_from_anything(text: str) -> None:
    assert isinstance(replies.key(text), str)


READERS: dict[str, Callable[[str], Any]] = {
    "amount": lambda text: replies.amount(text, "UGX"),
    "whole": lambda text: replies.whole(text, 0, 98),
    "pin": replies.pin,
    "name": replies.name,
    "code": replies.code,
}


@pytest.mark.parametrize("reader", READERS)
@given(text=ANYTHING)
def test_readers_refuse_in_one_way_only(reader: str, text: str) -> None:
    refused = None
    try:
        assert READERS[reader](text) is not None
    except NotUnderstood as error:
        refused = error
    if refused is not None:
        assert refused.hint in keys("ussd")
        assert say("en", refused.hint, **refused.facts)
