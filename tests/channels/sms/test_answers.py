"""What a member gets back by SMS, in each language; and what no SMS can do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.sms import answers
from channels.sms.keywords import KEYWORDS
from channels.sms.shortcuts import DIALLED, SHORTCUTS
from channels.words.gsm7 import measure
from core.ledger.receipts import receipt_code
from tests.channels.town import AMINA, BARAKA, FATUMA, PIN, SHARED, STRANGER, Town

from .conftest import Send, outbox, post


def balances(town: Town) -> list[tuple[int, int]]:
    """Every account with its balance."""
    return [tuple(row) for row in town.sql("SELECT id, balance_minor FROM account ORDER BY id")]


def test_every_command_has_an_answer() -> None:
    assert KEYWORDS.keys() == answers._ANSWERS.keys() | SHORTCUTS.keys() | DIALLED | {"next"}  # noqa: SLF001 what it answers with


def speak(town: Town, name: str, language: str) -> None:
    town.sql("UPDATE person SET language = %(language)s WHERE id = %(person)s", language=language, person=town.people[name])


# In this order: a member has one loan at a time.
ANSWERS = [
    ("en", "BAL", "Umoja: savings KES 3,000"),
    ("sw", "salio", "Umoja: akiba KES 3,000"),
    ("fr", "Solde.", "Umoja: épargne KES 3,000"),
    ("en", "SAVE 500", "Give KES 500 to Baraka."),
    ("sw", "weka 1,000/= tafadhali", "Mpe Baraka KES 1,000."),
    ("fr", "EPARGNE500", "Remettez KES 500 a Baraka."),
    ("en", "save 5OO", "Give KES 500 to Baraka."),
    ("en", "SAVE 5", "From KES 50 to KES 100,000."),
    ("en", "SAVE", "Something is missing.\nSend for example: SAVE 500"),
    ("sw", "mkopo 5000 1", "Umeomba KES 5,000"),
    ("en", "loan 5000", "KES 5,000 over how many months? (1 to 6)\nLOAN 5000 6"),
    ("en", "LOAN 900000 3", "From KES 100 to KES 9,000."),
    ("en", "LOAN 5000 3", "You asked for KES 5,000; KES 5,750 to repay in 3 months."),
    ("en", "REPAY 100", "There is no loan to repay."),
    ("en", "RSVP YES", "No meeting is called now."),
    ("en", "GROUP", "Umoja (UMOJA):"),
    ("en", "GROUP TUMAINI", "You are in no group TUMAINI."),
    ("en", "LANG SW", "Nitakuandikia kwa Kiswahili"),
    ("fr", "LANGUE EN", "I write English"),
    ("en", "LANG", "Send LANG EN, LANG SW or LANG FR."),
    ("en", "LINK", "This needs your PIN."),
    ("en", "HELP", "BAL, STMT, SAVE 500"),
    ("sw", "msaada", "SALIO, TAARIFA"),
    ("fr", "aide", "SOLDE, RELEVE"),
    ("en", "STOP", "Only receipts and security"),
    ("fr", "REPRENDRE", "Vous recevez de nouveau tout."),
    ("en", "VERIFY 00C1SN", "That is no receipt code."),
    ("en", "DISPUTE 00C1SM", "You have no such receipt."),
    ("sw", "pinga 00C1SM", "Huna risiti hiyo."),
    ("fr", "CONTESTER 00C1SM", "Vous n'avez pas ce recu."),
    ("en", "what is this", "I did not understand."),
    ("sw", "habari", "Sikuelewa."),
    ("en", f"BAL {PIN}", "Never send your PIN by SMS"),
    ("en", PIN, "Never send your PIN by SMS"),
]


@pytest.mark.parametrize("spoken", ["en", "sw", "fr"])
def test_answers(town: Town, send: Send, spoken: str) -> None:
    for language, text, answer in ANSWERS:
        if language != spoken:
            continue
        speak(town, "Amina", language)
        town.now += timedelta(hours=2)  # or she would be taken for a machine
        said = send(AMINA, text)
        assert len(said) == 1, text
        assert said[0].startswith(answer), (text, said[0])
        assert measure(said[0]).segments == 1


def test_saving_by_sms_is_a_declaration_that_the_treasurer_confirms(town: Town, send: Send) -> None:
    before = balances(town)
    send(AMINA, "SAVE 700")
    assert balances(town) == before
    assert "Amina" in outbox(town, BARAKA)[-1][2]
    ((purpose, minor, state),) = town.sql("SELECT purpose, amount_minor, state FROM declaration ORDER BY id DESC LIMIT 1")
    assert (purpose, minor, state) == ("saving", 700_00, "declared")


def test_the_gateway_repeats_and_nothing_is_done_twice(town: Town, send: Send) -> None:
    first = send(AMINA, "SAVE 500", sms_id="ATXid_again")
    assert len(first) == 1
    assert send(AMINA, "SAVE 500", sms_id="ATXid_again") == []
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: post(town, AMINA, "SAVE 900", sms_id="ATXid_at_once"), range(16))) == {200}
    assert town.sql("SELECT count(*) FROM declaration WHERE amount_minor = 90000") == [(1,)]


def test_a_statement_is_read_page_by_page(town: Town, send: Send) -> None:
    for major in range(100, 1_000, 100):
        town.save("UMOJA", "Amina", "Baraka", major)
    pages = [send(AMINA, "STMT")[0], send(AMINA, "NEXT")[0], send(AMINA, "next")[0]]
    assert "KES 900" in pages[0]
    assert "NEXT" in pages[0]
    assert "KES 500" in pages[1]
    assert "KES 100" in pages[2]
    assert "NEXT" not in pages[2]
    assert send(AMINA, "NEXT") == ["That was all."]


def test_next_without_anything_before_it_is_help(send: Send) -> None:
    assert send(AMINA, "NEXT")[0].startswith("BAL, STMT")


def test_a_receipt_is_verified_by_its_owner_and_its_group_and_by_nobody_else(town: Town, send: Send) -> None:
    town.save("UMOJA", "Amina", "Baraka", 600)
    ((entry,),) = town.sql("SELECT max(id) FROM entry WHERE kind = 'saving.deposit' AND book_id = %(group)s", group=town.groups["UMOJA"])
    code = receipt_code(entry)
    assert send(AMINA, f"verify {code.lower()}")[0].endswith("Umoja. It is yours.")
    assert send(BARAKA, f"VERIFY {code}")[0].endswith("Umoja.")
    speak(town, "Fatuma", "en")
    assert send(FATUMA, f"VERIFY {code}")[0].startswith(f"No receipt {code} in your groups.")


def test_the_keyword_of_a_shared_short_code_may_stand_in_front(town: Town) -> None:
    shared = replace(town.house, sms_keyword="umoja")
    for n, text in enumerate(("UMOJA BAL", "umoja: bal", "BAL")):
        answers.take_sms(shared, answers.InboundSms(f"ATXid_{n}", AMINA, text, town.clock()))
    assert [said.split(":")[0] for _, template, said in outbox(town, AMINA) if template == "sms.reply"] == ["Umoja"] * 3


def test_who_is_unknown_gets_one_polite_answer_a_day(send: Send) -> None:
    assert len(send(STRANGER, "BAL")) == 1
    assert send(STRANGER, "SAVE 500") == []
    assert send("MTN", "Your bundle is used up") == []


def test_a_handset_of_several_is_asked_to_dial(send: Send) -> None:
    assert send(SHARED, "BAL")[0].startswith("Several members use this phone.")


def test_a_machine_that_answers_us_is_answered_three_times_an_hour(send: Send) -> None:
    assert [len(send(AMINA, "I am in a meeting")) for _ in range(5)] == [1, 1, 1, 0, 0]


def test_who_said_stop_hears_no_calls_to_meetings_but_receipts(town: Town, send: Send) -> None:
    send(AMINA, "STOP")
    assert town.sql("SELECT address FROM stopped") == [(AMINA,)]
    send(AMINA, "START")
    assert town.sql("SELECT address FROM stopped") == []


def test_no_pin_and_no_text_is_kept(town: Town, send: Send) -> None:
    canary = "739164"
    send(AMINA, f"BAL {canary}")
    send(AMINA, f"my pin is {canary} kanarienvogel")
    for (table,) in town.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ):
        kept = str(town.sql(f'SELECT * FROM "{table}"'))  # noqa: S608 the database's own names
        assert canary not in kept, table
        assert "kanarienvogel" not in kept, table


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=160) | st.from_regex(r"(SAVE|WEKA|LOAN|MKOPO|REPAY|LIPA|RSVP|VERIFY|STOP|BAL) ?[0-9OIl.,k]{0,7}", fullmatch=True)
)
def test_no_text_ever_moves_money(town: Town, text: str) -> None:
    before = balances(town)
    number = town.next_id()
    assert post(town, AMINA, text, sms_id=str(number)) in {200, 400}
    assert balances(town) == before
    for _, _, said in outbox(town, AMINA)[-1:]:
        assert measure(said).segments == 1


def test_the_text_never_shows(town: Town) -> None:
    sms = answers.InboundSms("ATXid_1", AMINA, PIN, town.now)
    assert PIN not in repr(sms)
    assert AMINA not in repr(sms)
