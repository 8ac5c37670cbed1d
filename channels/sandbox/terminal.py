"""A phone in the terminal: dial by hand, or play a transcript."""

from difflib import unified_diff
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from channels.sandbox.phones import Phone, PhoneError, Received, Shown
from channels.sandbox.script import BadTranscript
from channels.sandbox.transcripts import PhoneOf, play, record

SCREEN_COLUMNS = 38
USSD_SEPTETS_MAX = 160
HELP = "*384*77# dials · text replies · x hangs up · i inbox · s TEXT sends an SMS · q leaves"


def run_script(path: Path, console: Console, *, phones: PhoneOf, number: str, update: bool, sms_seconds: float) -> bool:
    """Play a transcript, or write it anew; says whether it could be done and nothing differed."""
    source = path.read_text(encoding="utf-8")
    try:
        if update:
            return _rewrite(path, source, record(source, phones=phones, number=number, sms_seconds=sms_seconds), console)
        difference = play(source, phones=phones, number=number, sms_seconds=sms_seconds)
    except (BadTranscript, PhoneError) as error:
        console.print(Text(f"{path}: {error}", style="bold red"), soft_wrap=True)
        return False
    if difference is None:
        console.print(Text(f"{path}: as written", style="green"), soft_wrap=True)
        return True
    console.print(_coloured(f"{path}: {difference}"), soft_wrap=True)
    return False


def run(phone: Phone, console: Console, *, dial: str = "") -> None:
    """Let a person use the phone until they leave."""
    console.print(Text(HELP, style="dim"))
    hand = _Hand(phone, console)
    asked: str | None = dial or hand.ask()
    while asked is not None and asked != "q":
        hand.take(asked)
        asked = hand.ask()
    hand.leave()


class _Hand:
    """Whoever types: what the phone shows, and which messages were seen."""

    def __init__(self, phone: Phone, console: Console) -> None:
        self._phone = phone
        self._console = console
        self._open = False
        self._seen = {sms.id for sms in phone.inbox()}

    def ask(self) -> str | None:
        prompt = Text("reply " if self._open else f"{self._phone.number} ", style="bold cyan") + Text("> ", style="dim")
        try:
            return self._console.input(prompt).strip()
        except (EOFError, KeyboardInterrupt):
            return None

    def take(self, typed: str) -> None:
        try:
            self._act(typed)
            self._show_new()
        except PhoneError as error:
            self._console.print(Text(str(error), style="red"))

    def leave(self) -> None:
        if self._open:
            self._phone.hangup()

    def _act(self, typed: str) -> None:
        if not self._open and not typed:
            return
        if typed.startswith("*") and typed.endswith("#"):
            self._show(self._phone.dial(typed))
        elif typed == "x":
            self._phone.hangup()
            self._open = False
        elif typed == "i":
            self._show_messages(list(self._phone.inbox()))
        elif typed.startswith("s ") and not self._open:
            self._phone.send(typed.removeprefix("s "))
        elif self._open:
            self._show(self._phone.reply(typed))
        else:
            self._console.print(Text(HELP, style="dim"))

    def _show(self, shown: Shown) -> None:
        self._open = shown.open
        meter = f"hop {shown.hops} · {shown.septets}/{USSD_SEPTETS_MAX} · {shown.cost}" if shown.hops else "not connected"
        colour = "green" if shown.open else "yellow"
        self._console.print(_panel(shown.text, title=self._phone.number, subtitle=meter, colour=colour))

    def _show_new(self) -> None:
        new = [sms for sms in self._phone.inbox() if sms.id not in self._seen]
        self._seen |= {sms.id for sms in new}
        self._show_messages(new)

    def _show_messages(self, messages: list[Received]) -> None:
        for sms in messages:
            title, meter = f"SMS from {sms.sender}", f"{sms.at[11:16]} · {sms.segments} x {sms.encoding}"
            self._console.print(_panel(sms.text, title=title, subtitle=meter, colour="magenta"))


def _panel(text: str, *, title: str, subtitle: str, colour: str) -> Panel:
    return Panel(Text(text), title=title, subtitle=subtitle, width=SCREEN_COLUMNS, border_style=colour, title_align="left")


def _rewrite(path: Path, source: str, text: str, console: Console) -> bool:
    if text == source:
        console.print(Text(f"{path}: as written", style="green"), soft_wrap=True)
        return True
    path.write_text(text, encoding="utf-8")
    before, after = (each.splitlines(keepends=True) for each in (source, text))
    console.print(_coloured("".join(unified_diff(before, after, str(path), f"{path} (new)", n=1))), soft_wrap=True)
    return True


def _coloured(diff: str) -> Text:
    text = Text()
    for line in diff.splitlines(keepends=True):
        text.append(line, style={"+": "green", "-": "red"}.get(line[:1], ""))
    return text
