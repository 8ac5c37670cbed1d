"""A group that has something to lend."""

import pytest
from sqlalchemy.orm import Session

from tests.builders import Town


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group in which Amina saved 1,000, Daudi 2,000 and the treasurer 500; what is done in it is undone after the test."""
    town = Town(session)
    for name, major in (("amina", 1_000), ("daudi", 2_000), ("baraka", 500)):
        town.saves(name, major)
    return town
