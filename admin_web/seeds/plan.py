"""Who is in the demo, and what they did in half a year. Scripts rely on the phones, names, offices and codes: they are a contract."""

from dataclasses import dataclass
from typing import Final

ORGANISATION: Final = "Pamoja Demo"
COUNTRY: Final = "KE"
CURRENCY: Final = "KES"
TIMEZONE: Final = "Africa/Nairobi"
PIN: Final = "4826"
WEEKS: Final = 26


@dataclass(frozen=True, slots=True)
class Someone:
    """A member: on which phone, in which office, and what they mostly save at a meeting, in whole units."""

    phone: str
    name: str
    saves: int
    role: str = ""


@dataclass(frozen=True, slots=True)
class Borrowing:
    """A loan asked for at the meeting of a week (0 is the first). Its borrower stops paying after `pays` instalments."""

    name: str
    week: int
    amount: int
    months: int
    pays: int = 99


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A group and its half year. It met every seventh day, the last time `met_days_ago`."""

    code: str
    name: str
    kind: str
    language: str
    place: str
    met_days_ago: int
    people: tuple[Someone, ...]
    borrowings: tuple[Borrowing, ...]
    meets_tomorrow: bool = False

    def holder(self, role: str) -> str:
        """Name who holds an office, or nobody."""
        return next((each.name for each in self.people if each.role == role), "")


GROUPS: Final = (
    GroupPlan(
        code="UMOJA",
        name="Umoja",
        kind="vsla",
        language="en",
        place="School",
        met_days_ago=2,
        people=(
            Someone("+254700000001", "Amina", 200),
            Someone("+254700000002", "Baraka", 300, "treasurer"),
            Someone("+254700000003", "Chausiku", 250, "chair"),
            Someone("+254700000004", "Daudi", 300, "secretary"),
            # One handset, two members.
            Someone("+254700000031", "Esther", 350),
            Someone("+254700000031", "Faraji", 150),
        ),
        borrowings=(
            Borrowing("Baraka", week=4, amount=1_000, months=2),
            Borrowing("Amina", week=6, amount=1_500, months=2),
            Borrowing("Daudi", week=9, amount=4_000, months=3),
            Borrowing("Chausiku", week=11, amount=3_000, months=3),
            Borrowing("Esther", week=17, amount=5_000, months=6),
        ),
    ),
    GroupPlan(
        code="TUMAINI",
        name="Tumaini",
        kind="chama",
        language="sw",
        place="Kanisani",
        met_days_ago=6,
        people=(
            Someone("+254700000011", "Fatuma", 400),
            Someone("+254700000012", "Ghalib", 500, "treasurer"),
            Someone("+254700000013", "Halima", 600, "chair"),
        ),
        borrowings=(
            Borrowing("Fatuma", week=7, amount=2_500, months=3),
            Borrowing("Ghalib", week=10, amount=6_000, months=3),
            Borrowing("Halima", week=18, amount=9_000, months=12),
        ),
        meets_tomorrow=True,
    ),
    GroupPlan(
        code="ESPOIR",
        name="Espoir",
        kind="sacco",
        language="fr",
        place="Mairie",
        met_days_ago=4,
        people=(
            Someone("+254700000021", "Irène", 1_000),
            Someone("+254700000022", "Jean", 1_500, "treasurer"),
            Someone("+254700000023", "Kevin", 800, "chair"),
        ),
        borrowings=(
            Borrowing("Jean", week=5, amount=6_000, months=3),
            # Two instalments behind by now.
            Borrowing("Kevin", week=9, amount=10_000, months=10, pays=1),
            Borrowing("Irène", week=14, amount=15_000, months=12),
        ),
    ),
)
