"""A place for services that the tests of a file share: making its database is what takes time."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.services.place import Place, place_of


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Give a place; every test leaves it with nothing running."""
    folder = Path(tempfile.mkdtemp(prefix="pamoja-test-"))
    made = place_of(folder / "home")
    yield made
    made.remove()
    folder.rmdir()
