"""A group whose members may find something wrong in its book."""

import pytest
from sqlalchemy.orm import Session

from tests.core.disputes.quarrels import Quarrels


@pytest.fixture
def town(session: Session) -> Quarrels:
    """Give a group in which Amina saved 500 and then 200, and the treasurer 300; what is done in it is undone after the test."""
    return Quarrels(session)
