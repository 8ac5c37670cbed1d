"""A book to write in."""

import pytest
from sqlalchemy.orm import Session

from tests.books import Books


@pytest.fixture
def books(session: Session) -> Books:
    """Give an empty book; what is written in it is undone after the test."""
    return Books(session)
