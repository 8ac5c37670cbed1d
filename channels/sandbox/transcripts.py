"""Play a transcript on phones: say where it first goes otherwise, or write down what really happens. `script` has the format."""

from collections.abc import Callable
from time import monotonic, sleep

from channels.sandbox.phones import Phone, PhoneError, Received, Shown
from channels.sandbox.script import ANYTHING, BadTranscript, Difference, Kind, Line, join, read, stood_for

SMS_SECONDS_MAX = 10.0
_SMS_POLL_SECONDS = 0.05

PhoneOf = Callable[[str], Phone]


def play(source: str, *, phones: PhoneOf, number: str = "", sms_seconds: float = SMS_SECONDS_MAX) -> Difference | None:
    """Play a transcript on phones (asked for once for each number), starting with `number`, and say where it first differs, if it does.

    :raises BadTranscript: if it cannot be read
    :raises PhoneError: if a phone cannot do what a line says
    """
    lines = read(source)
    player = _Player(lines, phones, number, sms_seconds)
    for line in lines:
        if (difference := player.take(line)) is not None:
            return difference
    return None


def record(source: str, *, phones: PhoneOf, number: str = "", sms_seconds: float = SMS_SECONDS_MAX) -> str:
    """Play a transcript to its end and write it anew: what fits stays, what differs is replaced, a missing screen or answer is added.

    :raises BadTranscript: if it cannot be read
    :raises PhoneError: if a phone cannot do what a line says
    """
    lines = read(source)
    player = _Player(lines, phones, number, sms_seconds)
    written: list[str] = []
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        difference = player.take(line)
        written += [line.raw] if difference is None else [difference.actual] if difference.actual else []
        if line.kind is Kind.INPUT and player.shown is not None and (following is None or following.kind is not Kind.SCREEN):
            written.append(_as_line(player.shown))
        if line.kind is Kind.INPUT and player.texting and (following is None or following.kind is not Kind.MESSAGE):
            written += player.came()
    return "\n".join(written) + "\n"


class _Player:
    """The handsets on the table, which of them speaks, and what it shows."""

    def __init__(self, lines: list[Line], phones: PhoneOf, start: str, sms_seconds: float) -> None:
        numbers = {line.text for line in lines if line.kind in (Kind.USSD, Kind.SMS)} | ({start} if start else set())
        self._phones = {number: phones(number) for number in sorted(numbers)}
        # What lay in an inbox before does not count.
        self._read = {number: {sms.id for sms in phone.inbox()} for number, phone in self._phones.items()}
        self._sms_seconds = sms_seconds
        self.texting = False
        self._stood_for = ""
        self._phone = self._phones.get(start)
        self.shown: Shown | None = None

    def take(self, line: Line) -> Difference | None:
        """Do what a line says, or compare what it expects."""
        match line.kind:
            case Kind.NOTE:
                return None
            case Kind.USSD | Kind.SMS:
                self._phone, self.texting, self.shown = self._phones[line.text], line.kind is Kind.SMS, None
                return None
            case Kind.INPUT | Kind.HANGUP:
                self.shown = self._act(self._speaker(line), line)
                return None
            case Kind.SCREEN:
                return self._compare(line)
            case Kind.MESSAGE:
                return self._await(self._speaker(line), line)

    def _speaker(self, line: Line) -> Phone:
        if self._phone is None:
            raise BadTranscript(line.number, "say first whose handset it is: ussd +254700000001")
        return self._phone

    def _act(self, phone: Phone, line: Line) -> Shown | None:
        text = line.text.replace(ANYTHING, self._stood_for)
        try:
            if line.kind is Kind.HANGUP:
                phone.hangup()
            elif self.texting:
                phone.send(text)
            else:
                return phone.dial(text) if line.dials else phone.reply(text)
        except PhoneError as error:
            raise PhoneError(f"line {line.number}: {error}") from error
        return None

    def _compare(self, line: Line) -> Difference | None:
        if self.shown is None:
            raise BadTranscript(line.number, "no screen to compare with: dial or reply first")
        actual = _as_line(self.shown)
        return None if self._fits(line.raw, actual) else Difference(line.number, line.raw, actual)

    def _fits(self, expected: str, actual: str) -> bool:
        found = stood_for(expected, actual)
        if found:
            self._stood_for = found[-1]
        return found is not None

    def came(self) -> list[str]:
        """Await an SMS, and write down what the handset that speaks has not read; that nothing came, where nothing did."""
        assert self._phone is not None, "it has spoken"
        deadline = monotonic() + self._sms_seconds
        while not (unread := self._unread(self._phone)) and monotonic() < deadline:
            sleep(_SMS_POLL_SECONDS)
        self._read[self._phone.number] |= {sms.id for sms in unread}
        return [f"~ {join(sms.text)}" for sms in unread] or ["~"]

    def _unread(self, phone: Phone) -> list[Received]:
        return [sms for sms in phone.inbox() if sms.id not in self._read[phone.number]]

    def _await(self, phone: Phone, line: Line) -> Difference | None:
        deadline = monotonic() + self._sms_seconds
        while True:
            unread = self._unread(phone)
            if (found := next((sms for sms in unread if self._fits(line.text, join(sms.text))), None)) is not None:
                self._read[phone.number].add(found.id)
                return None
            if not line.text and unread:
                return self._missed(phone, line, unread)
            if monotonic() >= deadline:
                return self._missed(phone, line, unread) if line.text else None
            sleep(_SMS_POLL_SECONDS)

    def _missed(self, phone: Phone, line: Line, unread: list[Received]) -> Difference:
        if not unread:
            return Difference(line.number, line.raw, "")
        self._read[phone.number].add(unread[0].id)
        return Difference(line.number, line.raw, f"~ {join(unread[0].text)}")


def _as_line(shown: Shown) -> str:
    return f"{'<' if shown.open else '<.'} {join(shown.text)}".rstrip()
