"""What a screen shows, looked up by name: one function for each `shows`, one query each where it can be.

They read, and they note in the conversation who is speaking; they change nothing else.
"""

from collections.abc import Mapping
from typing import Final

from channels.lookups import group, inbox, money, people
from channels.lookups.look import Look, Lookup

LOOKUPS: Final[Mapping[str, Lookup]] = {
    "balance": money.balance,
    "beginning": people.beginning,
    "caller": people.caller,
    "group": group.group,
    "group_by_code": group.group_by_code,
    "groups": group.groups,
    "help": people.help_,
    "inbox": inbox.inbox,
    "inbox_later": inbox.inbox_later,
    "inbox_next": inbox.inbox_next,
    "loan": money.loan,
    "loan_cost": money.loan_cost,
    "loan_left": money.loan_left,
    "loan_limits": money.loan_limits,
    "loan_owed": money.loan_owed,
    "meeting": group.meeting,
    "member_on_handset": people.member_on_handset,
    "member_to_help": group.member_to_help,
    "newcomer": people.newcomer,
    "phone": people.phone,
    "pin": people.pin,
    "proved": people.proved,
    "resumed": people.resumed,
    "root": people.root,
    "saving": money.saving,
    "saving_total": money.saving_total,
    "speaker": people.speaker,
    "statement": money.statement,
    "telegram": people.telegram,
}

__all__ = ["LOOKUPS", "Look"]
