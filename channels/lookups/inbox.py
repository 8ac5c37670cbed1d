"""What waits for an official: the first thing, and the next after one that was put off.

Things come in the order of (rank, id): cash to be saved or repaid, people to let in, PINs to clear, disputed entries, loans to decide on,
loans to pay out, and last those that the box cannot pay now. What is on the screen, and what was put off before it, is known by these two.
"""

from typing import Any, Final

from channels.lookups.look import Facts, Look
from core.db.statement import Statement
from core.disputes.queries import MOVED
from core.disputes.rules import DECIDERS
from core.groups.rules import CASH_KEEPERS, LEADERS, RESET_LIFE, Role
from core.ledger.receipts import receipt_code
from core.ledger.rules import CASH
from core.money import Money

_START: Final = (0, 0)


def _offices(roles: frozenset[Role]) -> str:
    return f"'{{{','.join(sorted(roles))}}}'::varchar[]"


def is_leader(m: str) -> str:
    """Write in SQL that a row `m` of `member` leads its group."""
    return f"{m}.roles && {_offices(LEADERS)}"


def _decides(m: str) -> str:
    """Write in SQL that a row `m` of `member` decides on the open dispute `it`: as `take_up` of the disputes has it."""

    def may(o: str, office: frozenset[Role]) -> str:
        return f"""{o}.roles && {_offices(office)} AND {o}.person_id IS DISTINCT FROM it.recorded_by AND NOT EXISTS (
          SELECT FROM dispute own WHERE own.group_id = it.group_id AND own.entry_id = it.entry_id AND own.state = 'open'
            AND own.person_id = {o}.person_id)"""

    leaders, stand_ins = DECIDERS
    return f"""({may(m, leaders)} OR {may(m, stand_ins)} AND NOT EXISTS (
      SELECT FROM member o WHERE o.group_id = it.group_id AND o.state = 'active' AND o.roles <> '{{}}' AND {may("o", leaders)}))"""


def _kinds(m: str) -> tuple[str, ...]:
    """Write in SQL what waits for the member `m` at the moment `at`, one statement for each kind of thing: never their own."""
    others = f"it.group_id = {m}.group_id AND it.person_id <> {m}.person_id"
    # As `may_handle` of the payments has it.
    handled = f"""{m}.roles && {_offices(CASH_KEEPERS)} AND ('{Role.TREASURER}' = ANY({m}.roles) OR NOT EXISTS (
        SELECT FROM member o WHERE o.group_id = it.group_id AND o.person_id <> it.person_id AND o.state = 'active'
          AND o.roles <> '{{}}' AND '{Role.TREASURER}' = ANY(o.roles)))"""
    cash = f"""
      SELECT it.purpose AS kind, 1 AS rank, it.id, it.person_id, it.amount_minor AS minor, 0::bigint AS interest, 0 AS months,
             NULL::bigint AS asked_by
      FROM declaration it WHERE {others} AND it.state = 'declared' AND {handled}
    """  # noqa: S608
    joins = f"""
      SELECT 'join' AS kind, 2 AS rank, it.id, it.person_id, 0::bigint AS minor, 0::bigint AS interest, 0 AS months,
             NULL::bigint AS asked_by
      FROM member it WHERE {others} AND it.state = 'asked' AND {is_leader(m)}
    """  # noqa: S608
    # As `decide_reset` has it.
    resets = f"""
      SELECT 'pin_reset' AS kind, 3 AS rank, it.id, it.person_id, 0::bigint AS minor, 0::bigint AS interest, 0 AS months, it.asked_by
      FROM pin_reset it WHERE {others} AND it.state = 'asked' AND it.asked_by <> {m}.person_id AND {is_leader(m)}
        AND it.asked_at > %(at)s::timestamptz - make_interval(secs => {RESET_LIFE.total_seconds():.0f})
        AND EXISTS (SELECT FROM member t WHERE t.group_id = it.group_id AND t.id = it.member_id AND t.state = 'active')
    """  # noqa: S608
    disputes = f"""
      SELECT 'dispute' AS kind, 4 AS rank, it.id, it.person_id, 0::bigint AS minor, 0::bigint AS interest, 0 AS months,
             NULL::bigint AS asked_by
      FROM dispute it WHERE {others} AND it.state = 'open' AND {_decides(m)}
    """  # noqa: S608
    loans = f"""
      SELECT 'loan' AS kind, 5 AS rank, it.id, it.person_id, it.principal_minor AS minor, it.interest_minor AS interest, it.months,
             NULL::bigint AS asked_by
      FROM loan it WHERE {others} AND it.state = 'applied' AND {is_leader(m)}
    """  # noqa: S608
    payouts = f"""
      SELECT 'payout' AS kind, CASE WHEN it.principal_minor <= (
               SELECT a.balance_minor FROM account a WHERE a.book_id = {m}.group_id AND a.code = '{CASH}') THEN 6 ELSE 7 END AS rank,
             it.id, it.person_id, it.principal_minor AS minor, it.interest_minor AS interest, it.months, NULL::bigint AS asked_by
      FROM loan it WHERE {others} AND it.state = 'approved' AND {handled}
    """  # noqa: S608
    return cash, joins, resets, disputes, loans, payouts


def something_waits(m: str) -> str:
    """Write in SQL that something waits for the member `m`."""
    return f"({m}.roles <> '{{}}' AND EXISTS ({' UNION ALL '.join(_kinds(m))}))"


def _first() -> str:
    """Write in SQL what waits first for the member `m` after what was put off."""
    first = (
        f"(SELECT * FROM ({kind}) k WHERE (k.rank, k.id) > (%(rank)s, %(id)s) ORDER BY k.rank, k.id LIMIT 1)"  # noqa: S608
        for kind in _kinds("m")
    )
    return f"({' UNION ALL '.join(first)} ORDER BY rank, id LIMIT 1)"


_MEMBER: Final = "m.group_id = %(group)s AND m.id = %(member)s AND m.state = 'active'"
_NEXT: Final[Statement[Any]] = Statement(f"""
SELECT w.kind, w.rank, w.id, w.minor, w.interest, w.months, p.name, a.name AS by, g.name AS group, g.currency
FROM member m JOIN savings_group g ON g.id = m.group_id CROSS JOIN LATERAL {_first()} w JOIN person p ON p.id = w.person_id
LEFT JOIN person a ON a.id = w.asked_by
WHERE {_MEMBER}
""")  # noqa: S608 our own words

_DISPUTED: Final[Statement[Any]] = Statement(f"""
SELECT e.id, e.kind, e.effective_on AS day, {MOVED.format(member="d.member_id")} AS minor
FROM dispute d JOIN entry e ON e.book_id = d.group_id AND e.id = d.entry_id WHERE d.group_id = %(group)s AND d.id = %(dispute)s
""")  # noqa: S608
# What an entry is to its member, by its kind.
_OF: Final = {"saving.deposit": "saved", "loan.repaid": "repaid", "loan.disbursed": "lent", "reversal": "corrected"}


def _next(look: Look, put_off: tuple[int, int]) -> Facts:
    rank, id_ = put_off
    item = look.one(_NEXT, look.ids() | {"rank": rank, "id": id_})
    if item is None:
        return {}
    facts = {
        item.kind: True,
        "kind": item.kind,
        "rank": item.rank,
        "item_id": item.id,
        "put_off": list(put_off),
        "name": item.name,
        "by": item.by,
        "amount": Money(item.minor, item.currency),
        "total": Money(item.minor + item.interest, item.currency),
        "months": item.months,
        "group": item.group,
    }
    return facts | (_disputed(look, item) if item.kind == "dispute" else {})


def _disputed(look: Look, item: Any) -> Facts:  # noqa: ANN401 a row by name
    entry = look.one(_DISPUTED, look.ids() | {"dispute": item.id})
    amount = Money(entry.minor, item.currency)
    return {"amount": amount, "on": entry.day, "of": _OF.get(entry.kind, "other"), "code": receipt_code(entry.id)}


def _put_off(look: Look) -> tuple[int, int]:
    """What was put off before the thing that is on the screen."""
    rank, id_ = look.conversation.shown.get("put_off", _START)
    return rank, id_


def inbox(look: Look) -> Facts:
    """The first thing that waits for this official."""
    return _next(look, _START)


def inbox_next(look: Look) -> Facts:
    """The next thing after what was put off."""
    return _next(look, _put_off(look))


def inbox_later(look: Look) -> Facts:
    """The next thing after the one on the screen, which is put off."""
    shown = look.conversation.shown
    return _next(look, (shown["rank"], shown["item_id"]))
