"""DISPUTE by SMS: what is opened by it, what is refused, and what nobody learns from a refusal."""

import pytest

from channels.words.gsm7 import measure
from core.commands import OpenDispute
from core.ids import GroupId
from core.ledger.receipts import receipt_code
from tests.channels.town import AMINA, BARAKA, FATUMA, WANJIRU, Town

from .conftest import Send, outbox, post

WORDS = {"en": "DISPUTE", "sw": "PINGA", "fr": "CONTESTER"}
NO_SUCH_RECEIPT = "You have no such receipt. Look at the code again: it is at the end of your SMS."


def receipt_of(town: Town, who: str, code: str = "UMOJA") -> str:
    """Somebody's newest receipt in a group."""
    own = "SELECT max(p.entry_id) FROM posting p JOIN account a ON a.id = p.account_id WHERE a.member_id = %(m)s"
    return receipt_code(town.sql(own, m=town.members[code, who])[0][0])


def disputes(town: Town) -> list[tuple[str, str]]:
    """Whose disputes there are, and where they stand."""
    rows = town.sql("SELECT p.name, d.state FROM dispute d JOIN person p ON p.id = d.person_id ORDER BY d.id")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("en", "Umoja: noted that you dispute KES 1,500 of "),
        ("sw", "Umoja: tumeandika unapinga KES 1,500 ya "),
        ("fr", "Umoja: noté, vous contestez KES 1,500 du "),
    ],
)
def test_a_dispute_is_answered_once_by_what_the_member_has_in_writing(town: Town, language: str, answer: str) -> None:
    town.sql("UPDATE person SET language = %(l)s", l=language)
    before = outbox(town, AMINA)[-1][0]
    assert post(town, AMINA, f"{WORDS[language]} {receipt_of(town, 'Amina')}", sms_id="ATXid_1") == 200
    ((_, template, said),) = outbox(town, AMINA, after=before)
    assert template == "dispute.opened"
    assert said.startswith(answer)
    assert measure(said).segments == 1
    assert disputes(town) == [("Amina", "open")]


def test_who_writes_from_another_handset_is_answered_there_too(town: Town, send: Send) -> None:
    second = "+254799000001"
    town.sql(
        "INSERT INTO handset (phone, group_id, member_id, person_id) VALUES (%(phone)s, %(g)s, %(m)s, %(p)s)",
        phone=second,
        g=town.groups["UMOJA"],
        m=town.members["UMOJA", "Amina"],
        p=town.people["Amina"],
    )
    (answer,) = send(second, f"DISPUTE {receipt_of(town, 'Amina')}")
    assert outbox(town, AMINA)[-1][1:] == ("dispute.opened", answer)


def test_the_gateway_repeats_and_one_dispute_is_opened(town: Town) -> None:
    text = f"DISPUTE {receipt_of(town, 'Amina')}"
    assert [post(town, AMINA, text, sms_id="ATXid_again") for _ in range(3)] == [200] * 3
    assert disputes(town) == [("Amina", "open")]
    assert town.sql("SELECT count(*) FROM outbox WHERE template IN ('dispute.asked', 'dispute.opened')") == [(3,)]


@pytest.mark.parametrize(("who", "phone"), [("Baraka", BARAKA), ("Wanjiru", WANJIRU), ("Fatuma", FATUMA)])
def test_of_somebody_elses_receipt_nothing_is_learnt(town: Town, send: Send, who: str, phone: str) -> None:
    """Not by its recorder, a fellow member or a stranger to the group: it is answered to the letter as what does not exist."""
    hers = receipt_of(town, "Amina")
    assert send(phone, f"DISPUTE {hers}") == send(phone, "DISPUTE 00C1SM") == [NO_SUCH_RECEIPT], who
    # Nor whether it is disputed, or was undone.
    town.do(OpenDispute, channel="ussd", group_id=town.groups["UMOJA"], actor_id=town.people["Amina"], code=hers)
    assert send(phone, f"DISPUTE {hers}") == [NO_SUCH_RECEIPT]
    assert disputes(town) == [("Amina", "open")]


def test_a_receipt_of_another_group_of_ones_own_is_disputed_there(town: Town, send: Send) -> None:
    town.save("TUMAINI", "Wanjiru", "Ghalib", 900)
    assert send(WANJIRU, f"DISPUTE {receipt_of(town, 'Wanjiru', 'TUMAINI')}") == []
    assert outbox(town, WANJIRU)[-1][2].startswith("Tumaini: noted that you dispute KES 900")
    assert town.sql("SELECT group_id FROM dispute") == [(GroupId(town.groups["TUMAINI"]),)]


def test_who_cannot_have_it_decided_is_told_so_and_nothing_is_frozen(town: Town, send: Send) -> None:
    town.sql("UPDATE member SET roles = '{}' WHERE 'chair' = ANY(roles) OR 'secretary' = ANY(roles)")
    (answer,) = send(AMINA, f"DISPUTE {receipt_of(town, 'Amina')}")
    assert answer.startswith("Nobody in your group can decide on that but who recorded it.")
    assert disputes(town) == []


def test_what_is_disputed_is_marked_to_whoever_looks(town: Town, send: Send) -> None:
    code = receipt_of(town, "Amina")
    before = [send(AMINA, "STMT"), send(AMINA, f"VERIFY {code}"), send(BARAKA, f"VERIFY {code}")]
    assert "disputed" not in str(before)
    send(AMINA, f"DISPUTE {code}")
    assert send(AMINA, "STMT")[0].count("disputed") == 1
    for phone in (AMINA, BARAKA):
        assert send(phone, f"VERIFY {code}")[0].endswith("Umoja, is disputed: the leaders look at it.")
    assert send(AMINA, "BAL")[0].splitlines()[-1].startswith("Disputed: KES 1,500 of ")
    assert "isputed" not in send(BARAKA, "BAL")[0]
