"""The rows of the large seed, as text for COPY. Nothing here touches the database.

Everything follows from a member's running number n (from 1) and the size of the groups, so a benchmark can work out
whom it talks to: `phone_of`, `group_of`, `number_of`, `code_of`, `treasurer_of`.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.execute import CONSOLE
from core.groups.rules import TEMPLATES
from core.ids import CommandId, id_from
from core.ledger.rules import CASH, CHART, OPENING, Line, deposit, savings_code

CURRENCY: Final = "KES"
TIMEZONE: Final = "Africa/Nairobi"
KIND: Final = "vsla"
PIN: Final = "4826"
OFFICES: Final = {1: "treasurer", 2: "chair", 3: "secretary"}
LANGUAGES: Final = ("en", "sw", "fr")
_NAMES: Final = ("Abdi", "Achieng", "Akinyi", "Baraka", "Chebet", "Fatuma", "Juma", "Kamau", "Mwangi", "Njeri", "Omondi", "Wanjiku")
# Nobody asks the house for this, but what stands in a group's book can all the same be traced to who put it there.
RECORDED: Final = "group.seed"
_AGE: Final = timedelta(weeks=26)
_NULL: Final = r"\N"

COLUMNS: Final = {
    "savings_group": "id, organisation_id, code, name, kind, currency, timezone, opened_on, members_ever",
    "constitution": "group_id, version, effective_from, rules",
    "book": "id, organisation_id, name, currency",
    "person": "id, name, language, joined_at",
    "member": "group_id, id, person_id, number, state, roles, asked_at",
    "handset": "phone, group_id, member_id, person_id",
    "account": "book_id, id, code, kind, side, member_id, floor_minor, balance_minor, version",
    "command_record": "group_id, id, kind, digest, channel, at, content, outcome, facts",
    "entry": "book_id, id, idempotency_key, kind, effective_on, recorded_at, memo, command_id",
    "posting": "book_id, entry_id, line, account_id, amount_minor, balance_after_minor, account_version",
}


def phone_of(n: int) -> str:
    """Give member n's phone: +254710000001 for the first. None of them is a phone of the demo."""
    return f"+2547{10_000_000 + n:08d}"


def group_of(n: int, *, groups_of: int) -> int:
    """Give the running number of member n's group, from 1."""
    return (n - 1) // groups_of + 1


def number_of(n: int, *, groups_of: int) -> int:
    """Give member n's number in the group, from 1. Number 1 is the treasurer, 2 the chair, 3 the secretary."""
    return (n - 1) % groups_of + 1


def code_of(group: int) -> str:
    """Give a group's code: L0000001 for the first."""
    return f"L{group:07d}"


def treasurer_of(n: int, *, groups_of: int) -> int:
    """Give the running number of the treasurer of member n's group."""
    return (group_of(n, groups_of=groups_of) - 1) * groups_of + 1


def savings_of(n: int) -> int:
    """Give what member n begins with, in minor units: KES 500 to KES 10,450 in steps of 50."""
    return 500_00 + n * 7_919 % 200 * 50_00


@dataclass(frozen=True, slots=True)
class FirstIds:
    """The first free id of each table that numbers its rows."""

    savings_group: int
    person: int
    member: int
    account: int
    entry: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some whole groups: members `first` to `last` by running number."""

    first: int
    last: int
    groups_of: int
    organisation_id: int
    at: datetime

    @property
    def members(self) -> range:
        """The running numbers of the members."""
        return range(self.first, self.last + 1)

    @property
    def groups(self) -> range:
        """The running numbers of the groups."""
        return range(group_of(self.first, groups_of=self.groups_of), group_of(self.last, groups_of=self.groups_of) + 1)

    def counts(self) -> dict[str, int]:
        """Say how many ids each table needs."""
        members, groups = len(self.members), len(self.groups)
        return {"savings_group": groups, "person": members, "member": members, "account": members + len(CHART) * groups, "entry": groups}

    def members_in(self, group: int) -> range:
        """The running numbers of the members of one group."""
        begin = (group - 1) * self.groups_of + 1
        return range(begin, min(begin + self.groups_of - 1, self.last) + 1)


def tables(chunk: Chunk, ids: FirstIds) -> Iterator[tuple[str, str]]:
    """Give the tables in the order in which they refer to each other, each with all its rows."""
    groups = list(enumerate(chunk.groups, start=ids.savings_group))
    opened, began = (chunk.at - _AGE).date(), (chunk.at - _AGE).isoformat()
    rules = json.dumps(TEMPLATES[KIND].as_facts())
    owner, place = chunk.organisation_id, f"{KIND}\t{CURRENCY}\t{TIMEZONE}"
    yield (
        "savings_group",
        _block(f"{g}\t{owner}\t{code_of(n)}\tGroup {n}\t{place}\t{opened}\t{len(chunk.members_in(n))}" for g, n in groups),
    )
    yield "constitution", _block(f"{g}\t1\t{opened}\t{rules}" for g, _ in groups)
    yield "book", _block(f"{g}\t{owner}\t{code_of(n)}\t{CURRENCY}" for g, n in groups)
    rows = [(n, n - chunk.first, ids.savings_group + (n - 1) // chunk.groups_of - (chunk.groups[0] - 1)) for n in chunk.members]
    yield "person", _block(f"{ids.person + i}\t{_NAMES[n % len(_NAMES)]} {n}\t{LANGUAGES[n % 3]}\t{began}" for n, i, _ in rows)
    yield "member", _block(_member(chunk, ids, n, group) for n, _, group in rows)
    yield "handset", _block(f"{phone_of(n)}\t{group}\t{ids.member + i}\t{ids.person + i}" for n, i, group in rows)
    yield "account", _block(row for g, n in groups for row in _accounts(chunk, ids, n, g))
    day, moment = chunk.at.date(), chunk.at.isoformat()
    yield "command_record", _block(_record(g, n, moment) for g, n in groups)
    entry = ids.entry - ids.savings_group
    yield "entry", _block(f"{g}\t{entry + g}\tseed\topening\t{day}\t{moment}\tbrought along\t{_command(n)}" for g, n in groups)
    yield "posting", _block(row for g, n in groups for row in _postings(chunk, ids, n, g, entry + g))


def _command(group: int) -> CommandId:
    """Name what filled a group's book, the same wherever it is done."""
    return id_from(RECORDED, code_of(group))


def _record(group_id: int, group: int, moment: str) -> str:
    content = json.dumps({"code": code_of(group)})
    digest = hashlib.sha256(f"{RECORDED} {content}".encode()).hexdigest()
    return f"{group_id}\t{_command(group)}\t{RECORDED}\t\\\\x{digest}\t{CONSOLE}\t{moment}\t{content}\tdone\t{{}}"


def _block(rows: Iterator[str]) -> str:
    return "\n".join(rows) + "\n"


def _member(chunk: Chunk, ids: FirstIds, n: int, group_id: int) -> str:
    number, i = number_of(n, groups_of=chunk.groups_of), n - chunk.first
    offices, began = f"{{{OFFICES.get(number, '')}}}", (chunk.at - _AGE).isoformat()
    return f"{group_id}\t{ids.member + i}\t{ids.person + i}\t{number}\tactive\t{offices}\t{began}"


def _first_account(chunk: Chunk, ids: FirstIds, group: int) -> int:
    """The accounts of a group follow each other: the chart's, then the members' savings."""
    return ids.account + (group - chunk.groups[0]) * (len(CHART) + chunk.groups_of)


def _opening(members: range) -> list[Line]:
    """What every member brings along goes into the box, and the group owes it to them."""
    lines = [line for number, n in enumerate(members, start=1) for line in deposit(savings=savings_code(number), minor=savings_of(n))]
    total = sum(line.minor for line in lines if line.account == CASH)
    return [Line(CASH, total), *(line for line in lines if line.account != CASH)]


def _accounts(chunk: Chunk, ids: FirstIds, group: int, book_id: int) -> Iterator[str]:
    members, first = chunk.members_in(group), _first_account(chunk, ids, group)
    balances = {line.account: line.minor for line in _opening(members)}
    for account_id, account in enumerate(CHART, start=first):
        side = 1 if account.kind in ("asset", "expense") else -1
        floor = _NULL if account.floor_minor is None else account.floor_minor
        balance = balances.get(account.code, 0)
        yield f"{book_id}\t{account_id}\t{account.code}\t{account.kind}\t{side}\t{_NULL}\t{floor}\t{balance}\t{int(balance != 0)}"
    assert OPENING in {account.code for account in CHART}, "the chart is the one of every group"
    for number, n in enumerate(members, start=1):
        member_id, code = ids.member + n - chunk.first, savings_code(number)
        yield f"{book_id}\t{first + len(CHART) + number - 1}\t{code}\tliability\t-1\t{member_id}\t0\t{balances[code]}\t1"


def _postings(chunk: Chunk, ids: FirstIds, group: int, book_id: int, entry_id: int) -> Iterator[str]:
    first = _first_account(chunk, ids, group)
    places = {account.code: n for n, account in enumerate(CHART)}
    for n, line in enumerate(_opening(chunk.members_in(group)), start=1):
        # The savings of member number 1 are line 2 of the entry and come right after the chart.
        account_id = first + places.get(line.account, len(CHART) + n - 2)
        yield f"{book_id}\t{entry_id}\t{n}\t{account_id}\t{line.minor}\t{line.minor}\t1"
