"""The transcript player, in the process and through the API."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from channels.sandbox import script, terminal
from channels.sandbox.faults import FaultSet, UssdFaults
from channels.sandbox.phones import ApiPhone, Phone, PhoneError, SandboxPhone
from channels.sandbox.sandbox import Sandbox
from channels.sandbox.transcripts import PhoneOf, play, record
from tests.channels.sandbox.application import Application

AMINA, BARAKA = "+254700000001", "+254700000002"
SAVING = """\
# Amina saves, Baraka confirms.
ussd +254700000001 en
> *384*77#
< Umoja | 1 Save
> 1
< How much?
> 500
<. Give KES 500 to Baraka. Ref {*}

ussd +254700000002
> *384*77#
< Confirm KES 500?
x
~ Amina brings KES 500 | Ref {*}
ussd +254700000001
~ Wait for Baraka
"""


@pytest.fixture(autouse=True)
def group(application: Application, api: httpx.Client) -> None:
    """An application that knows two people."""

    def answer(form: dict[str, str]) -> str:
        if form["phoneNumber"] == BARAKA:
            return "CON Confirm KES 500?"
        if form["text"] != "1*500":
            return {"": "CON Umoja\n1 Save", "1": "CON How much?"}.get(form["text"], "CON Again?")
        for to, message in ((BARAKA, "Amina brings KES 500\nRef U7K2"), (AMINA, "Wait for Baraka")):
            api.post("/version1/messaging", headers={"apiKey": "sandbox"}, data={"username": "sandbox", "to": to, "message": message})
        return "END Give KES 500 to Baraka. Ref U7K2"

    application.answer = answer


@pytest.fixture(params=["in the process", "over the API"])
def phones(request: pytest.FixtureRequest, sandbox: Sandbox, api: httpx.Client) -> PhoneOf:
    makers: dict[str, Callable[[str], Phone]] = {
        "in the process": lambda number: SandboxPhone(number, sandbox),
        "over the API": lambda number: ApiPhone(number, api),
    }
    return makers[request.param]


@pytest.fixture
def console() -> Console:
    return Console(record=True, width=100, force_terminal=False)


def test_what_goes_as_written(phones: PhoneOf) -> None:
    assert play(SAVING, phones=phones) is None


@pytest.mark.parametrize(
    ("written", "otherwise", "line", "difference"),
    [
        ("< How much?", "< How many?", 6, ["- < How many?", "+ < How much?"]),
        ("< Umoja | 1 Save", "< Umoja | 1 Spare | 2 Loan", 4, ["- 1 Spare", "- 2 Loan", "+ 1 Save", "  < Umoja"]),
        ("<. Give", "< Give", 8, ["- < Give KES 500 to Baraka. Ref {*}", "+ <. Give KES 500 to Baraka. Ref U7K2"]),
        ("Ref {*}\n\n", "Ref {*} now\n\n", 8, ["- <. Give KES 500 to Baraka. Ref {*} now"]),
        ("~ Wait for Baraka", "~ Wait for Daudi", 16, ["- ~ Wait for Daudi", "+ ~ Wait for Baraka"]),
        ("~ Wait for Baraka", "~ Wait for Baraka\n~ And more", 17, ["- ~ And more", "+ (nothing came)"]),
        ("~ Wait for Baraka", "~", 16, ["- ~", "+ ~ Wait for Baraka"]),
    ],
)
def test_the_first_difference_is_named(phones: PhoneOf, written: str, otherwise: str, line: int, difference: list[str]) -> None:
    assert written in SAVING
    found = play(SAVING.replace(written, otherwise), phones=phones, sms_seconds=0.1)
    assert found is not None
    assert found.line == line
    for part in difference:
        assert part in str(found).splitlines()


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ("< Code {*}", "< Code 123 456", ("123 456",)),
        ("< Code {*} | 0 Back", "< Code 123 | 0 Back", ("123",)),
        ("< Code {*} | 0 Back", "< Code 123 | 1 New | 0 Back", None),
        ("< Code {*}", "< Code ", None),
        ("< Saved (KES 5.00)", "< Saved (KES 5.00)", ()),
        ("< Saved (KES 5.00)", "< Saved (KES 5x00)", None),
        ("~ {*} at {*}", "~ Meeting at 10:00", ("Meeting", "10:00")),
    ],
)
def test_anything_stays_within_a_line(expected: str, actual: str, fits: tuple[str, ...] | None) -> None:
    assert script.stood_for(expected, actual) == fits


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("? what", "line 1"),
        ("ussd 0700", "line 1"),
        ("ussd MTN", "line 1"),
        ("sms MTN-MONEY", "line 1"),
        ("< Umoja", "line 1: no screen"),
        ("~ Hello", "line 1: say first"),
        ("ussd +254700000001\n< Umoja", "line 2: no screen"),
    ],
)
def test_a_transcript_that_is_none(phones: PhoneOf, source: str, why: str) -> None:
    with pytest.raises(script.BadTranscript, match=why):
        play(source, phones=phones)


def test_a_reply_into_the_void(phones: PhoneOf) -> None:
    with pytest.raises(PhoneError, match="line 2: no session is open"):
        play("ussd +254700000001\n> 1", phones=phones)


def test_a_star_alone_is_a_reply_and_so_is_nothing(phones: PhoneOf, application: Application) -> None:
    assert play("> *384*77#\n> *\n>\n> 1*2", phones=phones, number=AMINA) is None
    assert [form["text"] for form in application.forms("ussd")] == ["", "*", "**", "***1*2"]


def test_texting(phones: PhoneOf, application: Application) -> None:
    assert play("sms +254700000001\n> BAL", phones=phones) is None
    assert application.forms("sms")[0]["text"] == "BAL"


ASKING = """\
sms +254700000001
> SAVE 500
~ Give KES 500 to Baraka. Ref {*}
> VERIFY {*}
~ True receipt {*}
> hello
~
sms MTN
> Your bundle is used up
~
"""


@pytest.fixture
def answered(application: Application, api: httpx.Client) -> None:
    """An application that answers what it knows by SMS."""

    def answer(form: dict[str, str]) -> str:
        first = form.get("text", "").partition(" ")[0]
        said = {"SAVE": "Give KES 500 to Baraka. Ref U7K2", "VERIFY": f"True receipt {form.get('text', '')[7:]}"}.get(first)
        if said:
            data = {"username": "sandbox", "to": form["from"], "message": said}
            api.post("/version1/messaging", headers={"apiKey": "sandbox"}, data=data)
        return ""

    application.sms = answer


@pytest.mark.usefixtures("answered")
def test_an_answer_by_sms_no_answer_and_what_anything_stood_for(sandbox: Sandbox, application: Application) -> None:
    def phones(number: str) -> Phone:
        return SandboxPhone(number, sandbox)

    assert play(ASKING, phones=phones, sms_seconds=0.1) is None
    assert [form["text"] for form in application.forms("sms")][1] == "VERIFY U7K2"
    without = "".join(line for line in ASKING.splitlines(keepends=True) if not line.startswith("~"))
    assert record(without.replace("{*}", "U7K2"), phones=phones, sms_seconds=0.1) == ASKING.replace("{*}", "U7K2")
    wrong = ASKING.replace("~\nsms", "~ Hello\nsms")
    assert record(wrong, phones=phones, sms_seconds=0.1) == ASKING.replace("~\nsms", "sms")


@pytest.mark.parametrize(
    ("status", "why"),
    [("404 Not Found", "takes no SMS"), ("503 Service Unavailable", "answered 503. It is tried again")],
)
def test_a_text_that_nobody_takes(phones: PhoneOf, application: Application, status: str, why: str) -> None:
    application.statuses = [status]
    with pytest.raises(PhoneError, match=f"line 2: Not delivered.*{why}"):
        play("sms +254700000001\n> BAL", phones=phones)


def test_what_lay_in_the_inbox_before_does_not_count(phones: PhoneOf) -> None:
    assert play(SAVING, phones=phones) is None
    found = play("ussd +254700000001\n~ Wait for Baraka", phones=phones, sms_seconds=0.1)
    assert found is not None
    assert found.actual == ""


def test_recording_keeps_what_fits_and_writes_the_rest(phones: PhoneOf) -> None:
    old = SAVING.replace("How much?", "How many?").replace("< Umoja | 1 Save\n", "").replace("~ Wait for Baraka", "~ Wait for Daudi")
    assert record(old, phones=phones, sms_seconds=0.1) == SAVING
    assert record(SAVING + "~ And more\n", phones=phones, sms_seconds=0.1) == SAVING


@pytest.mark.parametrize("update", [False, True])
def test_a_script_on_disk(tmp_path: Path, phones: PhoneOf, console: Console, update: bool) -> None:  # noqa: FBT001 a case
    path = tmp_path / "saving.txt"
    path.write_text(SAVING.replace("How much?", "How many?"), encoding="utf-8")
    held = terminal.run_script(path, console, phones=phones, number="", update=update, sms_seconds=0.1)
    assert held is update
    said = console.export_text()
    assert "How many?" in said
    assert "How much?" in said
    assert path.read_text(encoding="utf-8") == (SAVING if update else SAVING.replace("How much?", "How many?"))


def test_by_hand(sandbox: Sandbox, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["", "?", "*384*77#", "1", "500", "s BAL", "i", "*384*77#", "x", "*384*77#", "q"])
    monkeypatch.setattr(console, "input", lambda _prompt: next(typed))
    terminal.run(SandboxPhone(AMINA, sandbox), console)
    said = console.export_text()
    assert "Give KES 500 to Baraka" in said
    assert "SMS from AFRICASTKNG" in said
    assert "hop 3 · 36/160 · KES 0.15" in said


def test_the_network_fails_in_the_terminal_too(sandbox: Sandbox, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.faults.replace(FaultSet(ussd=UssdFaults(drop=True)))
    typed = iter(["*384*77#", "1"])
    monkeypatch.setattr(console, "input", lambda _prompt: next(typed, "q"))
    terminal.run(SandboxPhone(AMINA, sandbox), console, dial="*384*78#")
    said = console.export_text()
    assert "invalid MMI" in said
    assert "External application down" in said
