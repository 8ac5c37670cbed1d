"""What people type, and what is read in it. An outcome is written as what was understood, a hint with its facts, or PIN."""

import re
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from channels.menus.replies import NotUnderstood
from channels.sms import grammar
from channels.sms.grammar import CHARACTERS_MAX, LooksLikePin, Said, example, read
from channels.sms.keywords import ANSWERS, EXACT_ONLY, KEYWORDS, LANGUAGES, MONTHS, POLITE, SAMPLES, SECRETS, Table
from channels.words import catalogue
from channels.words.gsm7 import is_gsm7
from core.ledger.receipts import entry_of, receipt_code

CODE = receipt_code(12_345)
Outcomes = list[tuple[str, str]]


def shown(said: Said) -> str:
    """Write what was understood: language and command, then what belongs to it."""
    parts = (
        said.amount and f"{said.amount.currency} {said.amount.major.normalize():f}",
        said.months and f"{said.months}m",
        said.answer,
        said.code,
        said.meeting and f"meeting {said.meeting}",
        said.language and f"to {said.language}",
    )
    return " ".join((said.spoken, said.command, *(part for part in parts if part)))


def outcome(text: str, *, currency: str = "KES", prefix: str = "") -> str:
    try:
        return shown(read(text, currency=currency, prefix=prefix))
    except LooksLikePin:
        return "PIN"
    except NotUnderstood as refused:
        return " ".join((refused.hint, *(f"{refused.facts[name]}" for name in ("missing", "example") if name in refused.facts)))


def check(text: str, expected: str, **how: str) -> None:
    assert outcome(text, **how) == expected


BALANCE: Outcomes = [
    ("BAL", "en balance"),
    ("balance", "en balance"),
    ("My balance?", "en balance"),
    ("SALIO", "sw balance"),
    ("Salio langu tafadhali", "sw balance"),
    ("solde", "fr balance"),
    ("Mon solde, svp", "fr balance"),
]

STATEMENT: Outcomes = [
    ("STMT", "en statement"),
    ("mini statement", "en statement"),
    ("taarifa", "sw statement"),
    ("Relevé", "fr statement"),
    ("RELEVE\u0301", "fr statement"),
    ("historique", "fr statement"),
]

SAVE: Outcomes = [
    ("SAVE 500", "en save KES 500"),
    ("deposit 500", "en save KES 500"),
    ("Weka 500", "sw save KES 500"),
    ("weka akiba 500", "sw save KES 500"),
    ("AKIBA 500", "sw save KES 500"),
    ("EPARGNE 500", "fr save KES 500"),
    ("Épargner 500", "fr save KES 500"),
    ("dépôt 500", "fr save KES 500"),
]

LOAN: Outcomes = [
    ("LOAN 5000 6", "en loan KES 5000 6m"),
    ("LOAN 5000", "en loan KES 5000"),
    ("loan 5,000 6", "en loan KES 5000 6m"),
    ("loan 5 000 6", "en loan KES 5000 6m"),
    ("loan 5 000", "en loan KES 5000"),
    ("loan 500 000", "en loan KES 500000"),
    ("loan ksh 5k 12", "en loan KES 5000 12m"),
    ("loan 5000/= 6", "en loan KES 5000 6m"),
    ("LOAN5000 6", "en loan KES 5000 6m"),
    ("LOAN 5000, 6.", "en loan KES 5000 6m"),
    ("LOAN  5000   6  months", "en loan KES 5000 6m"),
    ("LOAN*5000*6#", "en loan KES 5000 6m"),
    ("LOAN\n5000\n6", "en loan KES 5000 6m"),
    ("loan 5000 6 months", "en loan KES 5000 6m"),
    ("loan 5000 6months please", "en loan KES 5000 6m"),
    ("loan 5000 l2", "en loan KES 5000 12m"),
    ("mkopo 5000 miezi 6", "sw loan KES 5000 6m"),
    ("MIKOPO 5000 1", "sw loan KES 5000 1m"),
    ("PRÊT 5000 6 mois", "fr loan KES 5000 6m"),
    ("emprunter 5000 6", "fr loan KES 5000 6m"),
]

REPAY: Outcomes = [
    ("REPAY 500", "en repay KES 500"),
    ("pay loan 500", "en repay KES 500"),
    ("LIPA 500", "sw repay KES 500"),
    ("lipia 500", "sw repay KES 500"),
    ("lipa mkopo 500", "sw repay KES 500"),
    ("rembourser 500", "fr repay KES 500"),
]

RSVP: Outcomes = [
    ("RSVP YES", "en rsvp yes"),
    ("RSVP no 12", "en rsvp no meeting 12"),
    ("rsvp: maybe, #12", "en rsvp maybe meeting 12"),
    ("RSVP yes 1O", "en rsvp yes meeting 10"),
    ("mkutano ndiyo", "sw rsvp yes"),
    ("MKUTANO hapana 3", "sw rsvp no meeting 3"),
    ("Réunion oui 3", "fr rsvp yes meeting 3"),
    ("reunion peut-être", "fr rsvp maybe"),
    ("reunion peut être 3", "fr rsvp maybe meeting 3"),
    ("meeting oui", "en rsvp yes"),
    ("Yes", "en rsvp yes"),
    ("NO.", "en rsvp no"),
    ("maybe 12", "en rsvp maybe meeting 12"),
    ("yes12", "en rsvp yes meeting 12"),
    ("ndio", "sw rsvp yes"),
    ("Ndiyo, asante sana", "sw rsvp yes"),
    ("HAPANA", "sw rsvp no"),
    ("labda", "sw rsvp maybe"),
    ("Oui", "fr rsvp yes"),
    ("NON merci", "fr rsvp no"),
    ("PEUTETRE", "fr rsvp maybe"),
    ("Peut être 3", "fr rsvp maybe meeting 3"),
]

OTHERS: Outcomes = [
    ("NEXT", "en next"),
    ("more", "en next"),
    ("endelea", "sw next"),
    ("Suite", "fr next"),
    ("GROUP", "en group"),
    ("group umoja", "en group UMOJA"),
    ("GROUP: Umoja.", "en group UMOJA"),
    ("kikundi TUMAINI tafadhali", "sw group TUMAINI"),
    ("chama 'umoja'", "sw group UMOJA"),
    ("groupe espoir2", "fr group ESPOIR2"),
    ("LANG", "en lang"),
    ("LANG SW", "en lang to sw"),
    ("language French", "en lang to fr"),
    ("LUGHA kiswahili", "sw lang to sw"),
    ("lugha english", "sw lang to en"),
    ("Langue: français", "fr lang to fr"),
    ("langue anglais svp", "fr lang to en"),
    ("LANG swahli", "en lang to sw"),
    ("LINK", "en link"),
    ("unga", "sw link"),
    ("Lier", "fr link"),
    ("HELP", "en help"),
    ("help me please!", "en help"),
    ("MSAADA", "sw help"),
    ("aide", "fr help"),
    ("STOP", "en stop"),
    ("stop all", "en stop"),
    ("StopAll", "en stop"),
    ("unsubscribe", "en stop"),
    ("End", "en stop"),
    ("quit", "en stop"),
    ("acha", "sw stop"),
    ("arrêt", "fr stop"),
    ("START", "en start"),
    ("anza", "sw start"),
    ("reprendre", "fr start"),
]

CODES: Outcomes = [
    (f"VERIFY {CODE}", f"en verify {CODE}"),
    (f"verify {CODE.lower()}", f"en verify {CODE}"),
    ("verify OOC1SM", f"en verify {CODE}"),
    ("verify 0OCISM", f"en verify {CODE}"),
    ("verify ooclsm", f"en verify {CODE}"),
    ("verify 00C-1SM.", f"en verify {CODE}"),
    ("verify 00C 1SM thanks", f"en verify {CODE}"),
    ("VERIFY00C1SM", f"en verify {CODE}"),
    (f"hakiki {CODE}", f"sw verify {CODE}"),
    (f"vérifier {CODE}", f"fr verify {CODE}"),
    (f"DISPUTE {CODE}", f"en dispute {CODE}"),
    (f"pinga {CODE} tafadhali", f"sw dispute {CODE}"),
    (f"contester <{CODE}>", f"fr dispute {CODE}"),
    # A code may be all digits, and is still no PIN.
    (f"verify {receipt_code(33 * 32)}", f"en verify {receipt_code(33 * 32)}"),
]


@pytest.mark.parametrize(("text", "expected"), [*BALANCE, *STATEMENT, *SAVE, *LOAN, *REPAY, *RSVP, *OTHERS, *CODES])
def test_understood(text: str, expected: str) -> None:
    check(text, expected)


@pytest.mark.parametrize(
    "text",
    [
        "save 500",
        "sAvE 500",
        "  SAVE   500  ",
        "SAVE\n500",
        "SAVE\r\n500\r\n",
        "SAVE\t500",
        "SAVE\u00a0500",
        "'SAVE 500'",
        "\u201cSAVE 500\u201d",
        "\u00ab SAVE 500 \u00bb",
        "(SAVE 500)",
        "*SAVE 500*",
        "SAVE*500#",
        "SAVE#500",
        "SAVE: 500",
        "SAVE:500",
        "SAVE=500",
        "SAVE - 500",
        "SAVE :- 500",
        "SAVE , 500",
        "SAVE, 500!",
        "SAVE,500",
        "SAVE <500>",
        "SAVE [500]",
        "...SAVE 500...",
        "\N{THUMBS UP SIGN} SAVE 500 \N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}",
        "\u200fSAVE \u2068500\u2069",
        "\uff33\uff21\uff36\uff25 \uff15\uff10\uff10",
        "SAVE \u0665\u0660\u0660",
        "SAVE500",
        "save500/=",
        "SAVE 500 please",
        "SAVE 500. Thank you!",
        "SAVE 500, tafadhali. Asante sana",
        "SAVE 500 s\u2019il vous pla\u00eet merci",
        "SAVE 500 (asante)",
        "SAVE 5OO",
        "SAVE 5oo",
        "SAVE5OO",
        "SAVE Ksh 500",
        "SAVE ksh5OO",
        "SAVE 500 shillings",
        "SAVE kes500.00",
    ],
)
def test_typed_in_many_ways(text: str) -> None:
    check(text, "en save KES 500")


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("WEKA1,000", "KES", "sw save KES 1000"),
        ("WEKA 1k", "KES", "sw save KES 1000"),
        ("WEKA 1.5k", "KES", "sw save KES 1500"),
        ("WEKA 1 000", "KES", "sw save KES 1000"),
        ("WEKA 1000/-", "KES", "sw save KES 1000"),
        ("WEKA l000", "KES", "sw save KES 1000"),
        ("WEKAl000", "KES", "sw save KES 1000"),
        ("WEKAI000", "KES", "sw save KES 1000"),
        ("WEKA 1O,OOO", "KES", "sw save KES 10000"),
        ("WEKA 1O.5O", "KES", "sw save KES 10.5"),
        ("WEKA lk", "KES", "hint.amount WEKA 500"),
        ("EPARGNE 5 000 F CFA svp", "XOF", "fr save XOF 5000"),
        ("EPARGNE 5OOf", "XOF", "fr save XOF 500"),
        ("WEKA SHILINGI500", "TZS", "sw save TZS 500"),
        ("WEKA $5", "USD", "sw save USD 5"),
        ("WEKA$ 5", "USD", "sw save USD 5"),
        # As many digits as a PIN has, but where an amount belongs.
        ("SAVE 5000", "KES", "en save KES 5000"),
        ("SAVE 482613", "KES", "en save KES 482613"),
        ("REPAY4826", "KES", "en repay KES 4826"),
        ("LOAN 4826 6", "KES", "en loan KES 4826 6m"),
    ],
)
def test_amounts(text: str, currency: str, expected: str) -> None:
    check(text, expected, currency=currency)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BALNCE", "en balance"),
        ("SALOI", "sw balance"),
        ("SOLDDE", "fr balance"),
        ("SVE 500", "en save KES 500"),
        ("SVAE 500", "en save KES 500"),
        ("SVAE500", "en save KES 500"),
        ("MKOPPO 5000 6", "sw loan KES 5000 6m"),
        ("L0AN 5000 6", "en loan KES 5000 6m"),
        ("HAPNA", "sw rsvp no"),
        ("RSVP MAYEB 12", "en rsvp maybe meeting 12"),
        ("MSADA", "sw help"),
        (f"VERFY {CODE}", f"en verify {CODE}"),
        # Exact, though another word is near.
        ("PRET 500", "fr loan KES 500"),
        ("PRETS 500", "fr loan KES 500"),
    ],
)
def test_one_slip_in_a_keyword(text: str, expected: str) -> None:
    check(text, expected)


@pytest.mark.parametrize(
    "text",
    [
        "BLA",  # three letters
        "TSMTT",
        "SVEA 500",  # two slips
        "SA VE 500",
        "LANK",  # LANG or LINK
        "LAN",  # LANG or LOAN
        "LIPR 500",  # LIPA or LIER
        "SUIT",  # SUITE or QUIT
        "STPO",
        "STOPP",
        "TOP",
        "STRAT",
        "ACHAA",
        "ANZAA",
        f"DISPUT {CODE}",
        "LINE",
        "FUNGA",
        f"PINGAA {CODE}",
        "SAV3 500",  # SAVE 500, or SAV and 3 500
        "SAVEl 500",  # SAVE 500, or SAVE 1 500
        "SAVEl, 500",
        "WEKI5000",  # WEKA5000, or WEK and I5000
        "CANCEL",  # the loan, or the messages
        "RESUME",
    ],
)
def test_a_keyword_that_may_be_another_is_not_guessed(text: str) -> None:
    check(text, "hint.sms")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "?",
        "\0",
        "hello",
        "habari yako",
        "bonjour",
        "500",
        "1",
        "1,000",
        "1000/=",
        "please",
        "please SAVE 500",
        "5000 loan 6",
        "\ud800",
    ],
)
def test_no_command(text: str) -> None:
    check(text, "hint.sms")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SAVE", "hint.sms_missing amount SAVE 500"),
        ("weka tafadhali", "hint.sms_missing amount WEKA 500"),
        ("EPARGNE !", "hint.sms_missing amount EPARGNE 500"),
        ("LOAN", "hint.sms_missing amount LOAN 5000 6"),
        ("mikopo", "hint.sms_missing amount MKOPO 5000 6"),
        ("REMBOURSER", "hint.sms_missing amount REMBOURSER 500"),
        ("RSVP", "hint.sms_missing answer RSVP YES"),
        ("mkutano", "hint.sms_missing answer MKUTANO NDIYO"),
        ("REUNION svp", "hint.sms_missing answer REUNION OUI"),
        ("VERIFY", f"hint.sms_missing code VERIFY {CODE}"),
        ("PINGA", f"hint.sms_missing code PINGA {CODE}"),
        ("SAVE abc", "hint.amount SAVE 500"),
        ("SAVE OOO", "hint.amount SAVE 500"),
        ("SAVE O500", "hint.amount SAVE 500"),
        ("SAVE 5S0", "hint.amount SAVE 500"),
        ("SAVE 5B0", "hint.amount SAVE 500"),
        ("SAVE 5i0", "hint.amount SAVE 500"),
        ("SAVE -500", "hint.amount SAVE 500"),
        ("SAVE - -500", "hint.amount SAVE 500"),
        ("SAVE 500 -", "hint.amount SAVE 500"),
        ("SAVE-500", "hint.amount SAVE 500"),
        ("SAVE 500-", "hint.amount SAVE 500"),
        ("SAVE +500", "hint.amount SAVE 500"),
        ("SAVE (500)", "hint.amount SAVE 500"),
        ("SAVE 0", "hint.amount SAVE 500"),
        ("SAVE \u20ac500", "hint.amount SAVE 500"),
        ("SAVE\u20ac 500", "hint.amount SAVE 500"),
        ("WEKA AKIBA$ 500", "hint.amount WEKA 500"),
        ("SAVE USD 500", "hint.amount SAVE 500"),
        ("SAVE 500 lol", "hint.amount SAVE 500"),
        ("SAVE 500 now", "hint.amount SAVE 500"),
        ("SAVE 1  000", "hint.amount SAVE 500"),
        ("SAVE 500 20", "hint.amount SAVE 500"),
        ("SAVE 100, 200", "hint.amount SAVE 500"),
        ("SAVE 500\n200", "hint.amount SAVE 500"),
        ("SAVE 5*000", "hint.amount SAVE 500"),
        ("SAVE 5 0712345678", "hint.amount SAVE 500"),
        ("SAVE 500 12/05/2025", "hint.amount SAVE 500"),
        ("SAVE 1.000", "hint.amount_unclear SAVE 500"),
        ("SAVE ,50", "hint.amount_unclear SAVE 500"),
        ("SAVE.500", "hint.amount_unclear SAVE 500"),
        ("SAVE 0.505", "hint.amount_unclear SAVE 500"),
        ("SAVE 0.5055", "hint.amount_too_fine SAVE 500"),
        ("SAVE 99999999999999", "hint.amount_too_large SAVE 500"),
        ("LOAN abc", "hint.amount LOAN 5000 6"),
        ("LOAN six", "hint.amount LOAN 5000 6"),
        ("LOAN 5.000 6", "hint.amount_unclear LOAN 5000 6"),
        ("LOAN 6 months", "hint.number LOAN 5000 6"),
        ("LOAN 5000 0", "hint.number LOAN 5000 6"),
        ("LOAN 5000 61", "hint.number LOAN 5000 6"),
        ("LOAN 5000 120", "hint.number LOAN 5000 6"),
        ("LOAN 5 012 months", "hint.number LOAN 5000 6"),
        ("LOAN 5000 six", "hint.number LOAN 5000 6"),
        ("LOAN 5000 6 weeks", "hint.amount LOAN 5000 6"),
        ("LOAN 5000 6 7", "hint.amount LOAN 5000 6"),
        ("RSVP 12", "hint.sms_answer RSVP YES"),
        ("RSVP perhaps not", "hint.sms_extra RSVP YES"),
        ("NDIYO nitakuja", "hint.sms_extra MKUTANO NDIYO"),
        ("YES 0", "hint.number RSVP YES"),
        ("YES 1 13", "hint.number RSVP YES"),
        ("GROUP a", "hint.code GROUP UMOJA"),
        ("GROUP umoja tumaini", "hint.code GROUP UMOJA"),
        ("LUGHA kiluo", "hint.sms_language LUGHA SW"),
        ("LANG sw en", "hint.sms_language LANG SW"),
        ("VERIFY 00C1SN", f"hint.sms_code VERIFY {CODE}"),
        ("VERIFY 00C1MS", f"hint.sms_code VERIFY {CODE}"),
        ("VERIFY 00U1SM", f"hint.sms_code VERIFY {CODE}"),
        ("HAKIKI 1234567", f"hint.sms_code HAKIKI {CODE}"),
        (f"VERIFY {'0' * 6}{receipt_code(2**63)}", f"hint.sms_code VERIFY {CODE}"),
        (f"DISPUTE {CODE} wrong", f"hint.sms_code DISPUTE {CODE}"),
        ("BAL umoja", "hint.sms_extra BAL"),
        ("SOLDE maintenant", "hint.sms_extra SOLDE"),
        ("HELP1", "hint.sms_extra HELP"),
        ("STOP the loan", "hint.sms_extra STOP"),
        ("STOP 2", "hint.sms_extra STOP"),
    ],
)
def test_not_whole(text: str, expected: str) -> None:
    check(text, expected)


def test_a_refusal_says_which_command_it_was() -> None:
    with pytest.raises(NotUnderstood) as refused:
        read("MKOPO 5000 61", currency="KES")
    assert refused.value.facts == {"low": 1, "high": 60, "command": "loan", "spoken": "sw", "example": "MKOPO 5000 6"}


def test_a_long_text_is_not_looked_at() -> None:
    check("SAVE 500".ljust(CHARACTERS_MAX), "en save KES 500")
    check("SAVE 500".ljust(CHARACTERS_MAX + 1), "hint.sms")


@pytest.mark.parametrize(
    ("prefix", "text", "expected"),
    [
        ("PAMOJA", "PAMOJA BAL", "en balance"),
        ("PAMOJA", "pamoja: save 500", "en save KES 500"),
        ("pamoja", "Pamoja*save*500#", "en save KES 500"),
        ("PAMOJA", "BAL", "en balance"),
        ("PAMOJA", "PAMOJA", "hint.sms"),
        ("PAMOJA", "PAMOJA PAMOJA BAL", "hint.sms"),
        ("PAMOJA", "PAMOJA 4826", "PIN"),
        ("PAMOJA", "PAMOJA BAL 4826", "PIN"),
        ("", "PAMOJA BAL", "hint.sms"),
        # The gateway's own example of a prefix is one of our commands.
        ("SAVE", "SAVE BAL", "en balance"),
        ("SAVE", "SAVE SAVE 500", "en save KES 500"),
        ("SAVE", "SAVE 500", "en save KES 500"),
        ("SAVE", "SAVE 5000", "en save KES 5000"),
        ("SAVE", "SAVE500", "en save KES 500"),
        ("SAVE", "SAVE", "hint.sms_missing amount SAVE 500"),
    ],
)
def test_prefix(prefix: str, text: str, expected: str) -> None:
    check(text, expected, prefix=prefix)


@pytest.mark.parametrize(
    "text",
    [
        # Alone.
        "4826",
        " 4826. ",
        "48261",
        "482613",
        "#4826#",
        "4 8 2 6",
        "48-26",
        "48O6",
        "\u0664\u0668\u0662\u0666",
        "4826 1357",
        "1 4826",
        "*384*77*3*4826#",
        "4826 please",
        "4826 BAL",
        "4826, salio",
        # Beside its name.
        "PIN 4826",
        "pin:4826",
        "PIN4826",
        "My pin is 4826.",
        "4826 is my PIN",
        "pin 4 8 2 6",
        "siri 4826",
        "nambari yangu ya siri ni 4826",
        "NIP 4826",
        "mon code secret: 4826",
        "mot de passe 482613",
        "SAVE PIN 4826",
        "SAVE 500 PIN 4826",
        "PIN 4826 0712345678",
        # After a command that takes no number.
        "BAL 4826",
        "BAL4826",
        "BAL.4826",
        "bal, 4826!",
        "BAL 4 8 2 6",
        "salio langu 4826 tafadhali",
        "BAL my account 4826",
        "SOLDDE 4826",
        "STOP 4826",
        "LINK 482613",
        "HELP 48O6",
        "LANG 4826",
        "LANG sw 4826",
        "GROUP 4826",
        "GROUP umoja 4826",
        "YES 4826",
        "RSVP 4826",
        "RSVP YES 4826",
        "NDIYO 12 4826",
        "VERIFY 4826",
        # After a command that is whole.
        "SAVE 500 4826",
        "SAVE 5000 4826",
        "SAVE 1,000 4826",
        "SAVE 1 000 4826",
        "SAVE500 4826",
        "SAVE 500-4826",
        "SAVE 500/= 4826",
        "SAVE 500, 4826.",
        "SAVE 500 please 4826",
        "SAVE 500 please 4826 thanks",
        "SAVE 500 now 4826",
        "SAVE\n500\n4826",
        "SAVE*500*4826#",
        "REPAY 500 KES 482613",
        "LOAN 5000 4826",
        "LOAN 5000 6 4826",
        "MKOPO 5000 miezi 6 4826",
        f"VERIFY {CODE} 4826",
        f"DISPUTE {CODE}, 4826",
    ],
)
def test_looks_like_a_pin(text: str) -> None:
    check(text, "PIN")


def test_nothing_of_a_pin_is_carried() -> None:
    for text in ("4826", "BAL 4826", "SAVE 500 4826", "VERIFY 4826"):
        with pytest.raises(LooksLikePin) as found:
            read(text, currency="KES")
        assert found.value.args == ()
        assert found.value.__context__ is None
        assert "4826" not in "".join(traceback.format_exception_only(found.value))


def rows(*tables: Table) -> Iterator[tuple[str, str, str]]:
    for table in tables:
        for value, languages in table.items():
            yield from ((value, language, word) for language, words in languages.items() for word in words)


def folded(word: str) -> str:
    return re.sub("[^A-Z]", "", word)


@pytest.mark.parametrize("table", [KEYWORDS, ANSWERS, LANGUAGES])
def test_every_language_has_words(table: Table) -> None:
    for value, languages in table.items():
        assert tuple(languages) == catalogue.LANGUAGES, value
        assert all(languages.values()), value


@pytest.mark.parametrize("table", [MONTHS, POLITE, SECRETS])
def test_every_language_has_these(table: Mapping[str, tuple[str, ...]]) -> None:
    assert tuple(table) == catalogue.LANGUAGES


def test_languages_are_those_of_the_catalogue() -> None:
    assert tuple(LANGUAGES) == catalogue.LANGUAGES


def test_words_are_plain_capitals() -> None:
    for _, _, word in rows(KEYWORDS, ANSWERS, LANGUAGES):
        assert re.fullmatch("[A-Z]+(?:[ -][A-Z]+)?", word), word
        assert is_gsm7(word)


def test_no_word_means_two_things() -> None:
    for tables in ((KEYWORDS, ANSWERS), (LANGUAGES,)):
        meanings: dict[str, set[tuple[str, str]]] = {}
        for value, language, word in rows(*tables):
            meanings.setdefault(folded(word), set()).add((value, language))
        assert {word: found for word, found in meanings.items() if len(found) > 1} == {}


def test_no_word_is_in_the_table_twice() -> None:
    words = Counter(word for _, _, word in rows(KEYWORDS, ANSWERS))
    assert {word: times for word, times in words.items() if times > 1} == {}


def test_no_keyword_is_polite_or_secret() -> None:
    others = {folded(word) for table in (POLITE, SECRETS) for words in table.values() for word in words}
    assert others.isdisjoint(folded(word) for _, _, word in rows(KEYWORDS, ANSWERS))


def test_a_glued_digit_that_is_a_letter_makes_no_other_keyword() -> None:
    meanings = {folded(word): value for value, _, word in rows(KEYWORDS, ANSWERS)}
    for word, value in meanings.items():
        shorter = word.rstrip("OLI")
        others = {meanings[word[:end]] for end in range(len(shorter), len(word)) if word[:end] in meanings}
        assert others <= {value}, word


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
@pytest.mark.parametrize("command", KEYWORDS)
def test_examples_are_understood(command: str, language: str) -> None:
    said = read(example(command, language), currency="KES")
    assert (said.command, said.spoken) == (command, language)


def test_an_example_in_a_language_that_we_lack_is_english() -> None:
    assert example("save", "lg") == "SAVE 500"


def test_samples_and_exceptions_are_of_commands() -> None:
    assert KEYWORDS.keys() >= SAMPLES.keys() | EXACT_ONLY
    assert entry_of(SAMPLES["verify"]) is not None
    assert grammar.MONTHS_MAX < 100
