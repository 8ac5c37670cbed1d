"""What holds for any text: nothing else is raised, no amount is guessed, no keyword is guessed."""

import re
from typing import Final

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from channels.menus import replies
from channels.menus.replies import NotUnderstood
from channels.sms.grammar import LooksLikePin, Said, read
from channels.sms.keywords import ANSWERS, EXACT_ONLY, KEYWORDS, POLITE
from core.ledger.receipts import receipt_code
from core.money import AMOUNT_MINOR_MAX, Money

WORDS: Final = {
    word: (value, language)
    for table in (KEYWORDS, ANSWERS)
    for value, languages in table.items()
    for language, words in languages.items()
    for word in words
}
SINGLE: Final = [word for word in WORDS if word.isalpha()]
ARGUMENTS: Final = {"save": "500", "loan": "5000 6", "repay": "500", "rsvp": "YES", "verify": "00C1SM", "dispute": "00C1SM"}
TAKES_NO_NUMBER: Final = sorted(word for word, (value, _) in WORDS.items() if value not in {"save", "loan", "repay"})

ANYTHING = st.text(alphabet=st.characters(exclude_categories=()), max_size=600)
PIECES = st.one_of(
    st.sampled_from(sorted(WORDS)),
    st.sampled_from(
        ["500", "5OO", "l000", "4826", "1,000", "KES", "/=", "6", "months", "please", "pin", "sw", "UMOJA", "00C1SM", "-", "\n"]
    ),
    st.text(alphabet="0123456789OolI.,-+()*#:xkeEKsS/= \u0665\u00b2\u00e9\ufe0f\n", max_size=8),
    st.text(max_size=5),
)
ALMOST = st.builds(
    lambda pieces, gaps: "".join(map("".join, zip(pieces, gaps, strict=False))),
    st.lists(PIECES),
    st.lists(st.sampled_from(["", " ", "  ", "\n"]), min_size=20),
)
PUNCTUATION = st.text(alphabet=".,;:!?'\"()[]{}<>*#_-~\u201c\u201d\u00ab\u00bb\u2026\N{THUMBS UP SIGN} ", max_size=4)


def read_or_none(text: str, currency: str = "KES") -> Said | None:
    try:
        return read(text, currency=currency)
    except (NotUnderstood, LooksLikePin):
        return None


def amount_or_none(text: str) -> Money | None:
    try:
        return replies.amount(text, "KES")
    except NotUnderstood:
        return None


@given(
    st.one_of(ANYTHING, ALMOST),
    st.sampled_from(["KES", "UGX", "XOF", "USD"]),
    st.one_of(st.just(""), st.sampled_from(["PAMOJA", "SAVE"]), st.text(max_size=9)),
)
@example("SAVE " + "9" * 475, "KES", "")
@example("VERIFY " + "Z" * 400, "KES", "")
@example("LOAN " + "5 " * 230, "KES", "")
@example("please " * 68, "KES", "")
@example("BAL " + "PLS " * 119, "KES", "")
def test_nothing_else_is_raised(text: str, currency: str, prefix: str) -> None:
    try:
        said = read(text, currency=currency, prefix=prefix)
    except LooksLikePin as pin:
        assert (pin.args, pin.__context__) == ((), None)  # noqa: PT017 the other outcomes are as good
    except NotUnderstood as refused:
        assert all(isinstance(fact, (str, int)) for fact in refused.facts.values())  # noqa: PT017 likewise
    else:
        assert said.command in KEYWORDS
        assert said.amount is None or (0 < said.amount.minor < AMOUNT_MINOR_MAX and said.amount.currency == currency)
        assert (said.amount is None) == (said.command not in {"save", "loan", "repay"})
        assert (said.answer is None) == (said.command != "rsvp")


SLIPS: Final = str.maketrans("OolI", "0011")


SIGNS = st.text(alphabet="0123456789OolI.,k/=-+()x$ *#_!?'", max_size=12)
NUMBERS = st.builds(
    "{}{}{}".format,
    st.text(alphabet="15OolI", max_size=3),
    st.sampled_from(["", ",", ".", "1,", "O.", " "]),
    st.text(alphabet="0O5l", max_size=4),
)


@given(st.one_of(NUMBERS, SIGNS), st.sampled_from(["SAVE ", "save", "WEKA\n", "LIPA "]))
@example("5OO", "SAVE ")
@example("1O,OOO", "SAVE ")
@example("-500", "save")
@example("- 500", "save")
@example("I 500", "save")
@example("1#.", "SAVE ")
@example(",50", "WEKA\n")
@example("lol", "SAVE ")
@example("5 OOO", "SAVE ")
@example("(500)", "SAVE ")
def test_a_slip_never_makes_another_amount(token: str, keyword: str) -> None:
    # A k or an x before the number may be the one slip that a keyword may have.
    token = re.sub("^[^0-9]+", lambda before: before[0].translate({ord("k"): None, ord("x"): None}), token)
    said = read_or_none(keyword + token)
    if said is not None:
        lines = re.sub("[*#]", "\n", token.translate(SLIPS))
        cleaned = re.sub(r"^(?:[\s!?'_=,]|[-.,()+/!?'_=]+(?=\s))*", "", lines).rstrip(" \n!?'_,)")
        assert said.amount == amount_or_none(cleaned)
        assert any(sign.isdigit() for sign in token)


@given(st.text(alphabet="0123456789", min_size=1, max_size=8), st.data())
def test_only_letters_that_look_like_digits_stand_for_them(digits: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from("aABbdDgGqQsSzZi!|"))
    said = read_or_none(f"SAVE {digits[:place]}{wrong}{digits[place + 1 :]}")
    # Signs at the end say nothing; what is left of them was typed as it is read.
    if said is not None:
        assert wrong in "!|"
        assert place in {0, len(digits) - 1}
        assert said.amount == amount_or_none(digits[1:] if place == 0 else digits[:-1])


@given(st.integers(1, AMOUNT_MINOR_MAX - 1), st.sampled_from(["SAVE", "WEKA ", "Epargne: "]), st.booleans())
def test_amounts_as_we_write_them(minor: int, keyword: str, grouped: bool) -> None:  # noqa: FBT001 drawn
    money = Money(minor, "KES")
    said = read(f"{keyword}{money.major:,}" if grouped else f"{keyword}{money.major}", currency="KES")
    assert said.amount == money


@given(st.sampled_from(sorted(WORDS)), PUNCTUATION, PUNCTUATION, st.data())
def test_every_keyword_in_any_case_and_punctuation(word: str, before: str, after: str, data: st.DataObject) -> None:
    value, language = WORDS[word]
    typed = "".join(data.draw(st.sampled_from([sign.upper(), sign.lower()])) for sign in word)
    follows = ARGUMENTS.get(value, "")
    # A sign that stands alone before an amount may belong to it.
    text = f"{before}{typed}{after.strip(' ')} {follows}" if " " not in after.strip(" ") else f"{before}{typed} {follows}"
    said = read(text, currency="KES")
    assert (said.command, said.spoken) == ("rsvp" if value in ANSWERS else value, language)


@given(st.sampled_from(sorted(WORDS)), st.sampled_from([phrase for phrases in POLITE.values() for phrase in phrases]))
def test_polite_words_change_nothing(word: str, polite: str) -> None:
    text = f"{word} {ARGUMENTS.get(WORDS[word][0], '')}"
    assert read(f"{text} {polite.lower()}!", currency="KES") == read(text, currency="KES")


def distance(one: str, other: str) -> int:
    """Count the slips between two words: the textbook's table, with swaps of neighbours."""
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i, a in enumerate(one, 1):
        for j, b in enumerate(other, 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(one), len(other)]


@st.composite
def slipped(draw: st.DrawFn) -> str:
    """Give a keyword with one slip."""
    word = draw(st.sampled_from(SINGLE))
    place = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    head, tail = word[:place], word[place:]
    return draw(st.sampled_from([head + tail[1:], head + letter + tail, head + letter + tail[1:], head + tail[1:2] + tail[:1] + tail[2:]]))


@given(slipped())
@example("LANK")
@example("LAN")
@example("LIPR")
@example("SUIT")
@example("STOPS")
@example("DISPUTES")
def test_a_slip_is_forgiven_where_one_command_is_near(typed: str) -> None:
    near = {WORDS[word][0] for word in WORDS if len(word) >= 4 and len(typed) >= 3 and distance(typed, word.replace("-", "")) == 1}
    near = {WORDS[typed][0]} if typed in WORDS else near
    # The O of SAVEO may belong to the amount.
    glued = any(typed[:end] in WORDS for end in range(len(typed.rstrip("OI")), len(typed)))
    understood = typed in WORDS or (len(near) == 1 and not near & EXACT_ONLY and not glued)
    if not understood:
        with pytest.raises(NotUnderstood) as refused:
            read(f"{typed} 500", currency="KES")
        assert (refused.value.hint, refused.value.facts) == ("hint.sms", {})
        return
    (value,) = near
    said = read(f"{typed} {ARGUMENTS.get(value, '')}", currency="KES")
    assert said.command == ("rsvp" if value in ANSWERS else value)


PINS = st.text(alphabet="0123456789", min_size=4, max_size=6)


@given(st.sampled_from(TAKES_NO_NUMBER), PINS)
def test_digits_after_what_takes_none_are_a_pin(word: str, pin: str) -> None:
    # One in 32 numbers of six digits is a receipt's code, and belongs there.
    assume(WORDS[word][0] not in {"verify", "dispute"} or len(pin) < 6)
    with pytest.raises(LooksLikePin):
        read(f"{word} {pin}", currency="KES")


@given(st.sampled_from(sorted(WORDS)), PINS, st.sampled_from([" ", "\n", ", ", " please "]))
def test_digits_after_a_whole_command_are_a_pin(word: str, pin: str, between: str) -> None:
    with pytest.raises(LooksLikePin):
        read(f"{word} {ARGUMENTS.get(WORDS[word][0], '')}{between}{pin}", currency="KES")


@given(PINS, PUNCTUATION, PUNCTUATION)
def test_digits_alone_are_a_pin(pin: str, before: str, after: str) -> None:
    assume("/" not in after)
    with pytest.raises(LooksLikePin):
        read(f"{before}{pin}{after}", currency="KES")


@given(st.integers(0, 2**63 - 1), st.sampled_from(["VERIFY ", "hakiki ", "Contester: "]))
def test_every_receipt_code_is_read(entry: int, keyword: str) -> None:
    code = receipt_code(entry)
    assert read(f"{keyword}{code}", currency="KES").code == code
    assert read(keyword + code.replace("0", "O").lower(), currency="KES").code == code
