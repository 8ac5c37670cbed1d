"""The turn under attack: repeats, races, lost connections, texts that do not go on. Each is done once and answered the same."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from channels import conversations
from channels.turn import Turn
from core.db.connection import Driver

from .town import AMINA, BARAKA, CHAUSIKU, DAUDI, Town

AT_ONCE = 50


def at_once(ask: Callable[[int], str], times: int = AT_ONCE) -> list[str]:
    """Ask so many times at the same moment."""
    ready = Barrier(times)

    def one(n: int) -> str:
        ready.wait()
        return ask(n)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def walk(town: Town, session: str, phone: str, *replies: str) -> str:
    """Make a session's hops one by one, and give the last answer."""
    answer = town.answer(session, phone, "")
    for n in range(1, len(replies) + 1):
        answer = town.answer(session, phone, "*".join(replies[:n]))
    return answer


def counts(town: Town) -> tuple[int, ...]:
    (row,) = town.sql("SELECT (SELECT count(*) FROM declaration), (SELECT count(*) FROM entry), (SELECT count(*) FROM outbox)")
    return tuple(row)


def test_the_same_text_gets_the_same_bytes_and_changes_nothing(town: Town) -> None:
    texts = ["", "1", "1*500", "1*500*1"]
    first = [town.answer("s", AMINA, text) for text in texts]
    assert first[-1].startswith("END ")
    before = counts(town)
    for text, answer in zip(texts[-1:] * 3, first[-1:] * 3, strict=True):
        assert town.answer("s", AMINA, text) == answer
    assert counts(town) == before
    for n, text in enumerate(texts[:3]):
        again = [town.answer("t", AMINA, text) for _ in range(3)]
        assert len(set(again)) == 1, n


def test_a_final_request_fifty_times_at_once_is_one_declaration(town: Town) -> None:
    walk(town, "s", AMINA, "1", "500")
    before = counts(town)
    answers = at_once(lambda _: town.answer("s", AMINA, "1*500*1"))
    assert Counter(answers) == {answers[0]: AT_ONCE}
    assert answers[0].startswith("END Give KES 500")
    assert counts(town) == (before[0] + 1, before[1], before[2] + 1)


def test_a_confirmation_fifty_times_at_once_is_one_posting(town: Town) -> None:
    walk(town, "s", AMINA, "1", "500", "1")
    walk(town, "t", BARAKA, "1")
    before = counts(town)
    answers = at_once(lambda _: town.answer("t", BARAKA, "1*4826"))
    assert Counter(answers) == {"END Noted: you received KES 500 from Amina.": AT_ONCE}
    assert counts(town) == (before[0], before[1] + 1, before[2] + 2)
    assert town.sql("SELECT failures FROM pin WHERE person_id = %(p)s", p=town.people["Baraka"]) == [(0,)]


def test_a_first_request_fifty_times_at_once_is_one_session(town: Town) -> None:
    answers = at_once(lambda _: town.answer("s", AMINA, "1*500"))
    assert len(set(answers)) == 1
    assert town.sql("SELECT turn FROM conversation WHERE session = 's'") == [(1,)]


def test_two_requests_of_one_session_at_once_do_not_cross(town: Town) -> None:
    for n in range(8):
        session = f"s{n}"
        walk(town, session, AMINA, "1", "500")
        before = counts(town)
        texts = ["1*500*1", "1*500*2"]
        answers = at_once(lambda k, session=session, texts=texts: town.answer(session, AMINA, texts[k]), 2)  # type: ignore[misc]
        won = [k for k in (0, 1) if "This session is over" not in answers[k]]
        assert len(won) == 1, answers
        declared = counts(town)[0] - before[0]
        assert declared == (1 if won == [0] else 0)
        # The winner's reply is what the session goes on with.
        assert town.answer(session, AMINA, texts[won[0]]) == answers[won[0]]


def test_two_officials_at_once_decide_once(town: Town) -> None:
    walk(town, "s", AMINA, "2", "500", "1", "1")
    walk(town, "c", CHAUSIKU, "1")
    walk(town, "d", DAUDI, "2")
    answers = at_once(lambda k: town.answer("cd"[k], (CHAUSIKU, DAUDI)[k], ("1*4826", "2*4826")[k]), 2)
    assert sum(answer.startswith("END Done") for answer in answers) == 1, answers
    assert sum("Already decided." in answer for answer in answers) == 1, answers
    assert town.sql("SELECT count(*) FROM outbox WHERE template IN ('loan.approved', 'loan.rejected')") == [(1,)]


@pytest.mark.parametrize("reply", ["500*1", "500*1*4826", "*", "500*", "*500", "1*1*1*1"])
def test_a_star_is_part_of_the_reply_and_skips_no_step(town: Town, reply: str) -> None:
    walk(town, "s", AMINA, "1")
    answer = town.answer("s", AMINA, f"1*{reply}")
    assert answer.startswith(("CON Use numbers", "CON Leave out")), answer
    assert "How much?" in answer
    assert town.answer("s", AMINA, f"1*{reply}*500").startswith("CON Amina, save KES 500?")


@pytest.mark.parametrize("text", ["", "1", "1*5", "2*500", "1*501", "1#500", "1*5000", "11*500", "500", "1*500#"])
def test_a_text_that_does_not_go_on_ends_politely_and_changes_nothing(town: Town, text: str) -> None:
    shown = walk(town, "s", AMINA, "1", "500")
    before = counts(town)
    assert town.answer("s", AMINA, text) == "END This session is over. Dial *384*77# again."
    assert town.answer("s", AMINA, "1*500") == shown
    assert counts(town) == before
    assert town.answer("s", AMINA, "1*500*1").startswith("END Give KES 500")


def test_nothing_goes_on_after_the_end(town: Town) -> None:
    walk(town, "s", AMINA, "1", "500", "1")
    before = counts(town)
    assert town.answer("s", AMINA, "1*500*1*1") == "END This session is over. Dial *384*77# again."
    assert counts(town) == before


@pytest.mark.parametrize("text", ["3*4826", "3*4826*0", "3"])
def test_another_number_has_no_part_in_a_session(town: Town, text: str) -> None:
    assert "KES 3,000" in walk(town, "s", AMINA, "3", "4826")
    assert town.answer("s", BARAKA, text) == "END This session is over. Dial *384*77# again."


def kill(town: Town, pid: int) -> None:
    """Cut a connection, as a crash of its server process would."""
    with psycopg.connect(town.engine.url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", (pid,))


@pytest.fixture
def cuts(town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[int]]:
    """Cut the connection once: before the conversation is saved, before or after the commit."""

    def cut(when: str) -> list[int]:
        struck: list[int] = []
        save, keep = conversations.save, Driver.keep

        def strike(pid: int) -> None:
            if not struck:
                struck.append(pid)
                kill(town, pid)

        def saves(connection: Any, conversation: Any) -> None:  # noqa: ANN401 as the real one
            if when == "before saving":
                strike(connection.info.backend_pid)
            save(connection, conversation)

        def commits(connection: Driver) -> None:
            pid = connection.info.backend_pid
            if when == "before the commit":
                strike(pid)
            keep(connection)
            if when == "after the commit" and not struck:
                strike(pid)
                raise psycopg.OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(conversations, "save", saves)
        monkeypatch.setattr(Driver, "keep", commits)
        return struck

    return cut


@pytest.mark.parametrize("when", ["before saving", "before the commit", "after the commit"])
def test_a_turn_whose_connection_is_cut_is_done_once(town: Town, cuts: Callable[[str], list[int]], when: str) -> None:
    walk(town, "s", AMINA, "1", "500")
    before = counts(town)
    struck = cuts(when)
    answer = town.answer("s", AMINA, "1*500*1")
    assert struck
    assert answer.startswith("END Give KES 500")
    assert town.answer("s", AMINA, "1*500*1") == answer
    assert counts(town) == (before[0] + 1, before[1], before[2] + 1)


@pytest.mark.parametrize("when", ["before saving", "before the commit", "after the commit"])
def test_a_posting_whose_connection_is_cut_is_done_once(town: Town, cuts: Callable[[str], list[int]], when: str) -> None:
    walk(town, "s", AMINA, "1", "500", "1")
    walk(town, "t", BARAKA, "1")
    before = counts(town)
    struck = cuts(when)
    assert town.answer("t", BARAKA, "1*4826") == "END Noted: you received KES 500 from Amina."
    assert struck
    assert counts(town) == (before[0], before[1] + 1, before[2] + 2)


def test_a_crash_in_the_middle_leaves_nothing_behind(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    walk(town, "s", AMINA, "1", "500")
    before = counts(town)
    with monkeypatch.context() as patch:
        patch.setattr(Turn, "_answer", lambda *_: 1 / 0)
        assert town.answer("s", AMINA, "1*500*1").startswith("END Please dial again in a minute.")
    assert counts(town) == before
    assert town.answer("s", AMINA, "1*500*1").startswith("END Give KES 500")


def test_an_engine_without_turns_does_the_same(town: Town, engine: Engine) -> None:
    plain = Town(engine, town.language, town.now)
    assert walk(plain, "s", AMINA, "1", "500", "1").startswith("END Give KES 500")
