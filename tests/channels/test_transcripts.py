"""Conversations as tests: each file of tests/transcripts is played on the phones of a small town, in the language of its name.

`pytest tests/channels/test_transcripts.py --update` writes down what really happens; the difference is for people to review.
A remark `# wait 11 minutes` moves the clock.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from channels.sandbox.transcripts import play, record

from .town import Town, TownPhone, build

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "transcripts").glob("*.txt"))
_WAIT = re.compile(r"^# wait (\d+) (minutes|hours)$", re.MULTILINE)
# What a run cannot know before: the number of a receipt, a code made by chance.
_BY_CHANCE = re.compile(r"(?P<before>^~ .* (?:Ref|Réf|Kumb) |^<\. .*Telegram.*: )[0-9A-Z]{6,}", re.MULTILINE)
_RECEIPT = re.compile(r"(?P<before>^[~<].*?)\b00[0-9A-Z]{4}\b", re.MULTILINE)


def parts(source: str) -> Iterator[tuple[timedelta, str]]:
    """Cut a transcript where the clock moves; each part keeps the lines before it as empty ones, so that numbers stay true."""
    lines: list[str] = []
    wait = timedelta()
    for number, line in enumerate(source.splitlines()):
        if moved := _WAIT.fullmatch(line):
            yield wait, "\n".join(lines)
            wait, lines = timedelta(**{moved[2]: int(moved[1])}), [""] * number
        lines.append(line)
    yield wait, "\n".join(lines)


class Phones:
    """The handsets of the town; a session goes on over a move of the clock."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._phones: dict[str, TownPhone] = {}

    def __call__(self, number: str) -> TownPhone:
        return self._phones.setdefault(number, self._town.phone(number))


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(transcript: Path, turns: Engine, pytestconfig: pytest.Config) -> None:
    town = build(turns, transcript.stem.rpartition(".")[2])
    phones, source = Phones(town), transcript.read_text(encoding="utf-8")
    written: list[str] = []
    for wait, part in parts(source):
        town.now += wait
        if pytestconfig.getoption("update"):
            written.append(record(part, phones=phones, sms_seconds=0).lstrip("\n"))
        else:
            difference = play(part, phones=phones, sms_seconds=0)
            assert difference is None, f"{transcript.name} {difference}"
    if written:
        told = _RECEIPT.sub(r"\g<before>{*}", _BY_CHANCE.sub(r"\g<before>{*}", "".join(written)))
        transcript.write_text(told, encoding="utf-8")


def test_every_flow_is_told_in_every_language() -> None:
    told = {path.stem for path in TRANSCRIPTS}
    flows = {stem.rpartition(".")[0] for stem in told}
    assert flows
    assert told == {f"{flow}.{language}" for flow in flows for language in ("en", "sw", "fr")}
