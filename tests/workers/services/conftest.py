"""A place for services that the tests of a file share: making its database is what takes time."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import HOME_PREFIX
from workers.services.place import Place, place_of


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Give a place; every test leaves it with nothing running."""
    # With the number of the process, so that no other run on this machine takes it for forgotten.
    made = place_of(Path(tempfile.mkdtemp(prefix=f"{HOME_PREFIX}{os.getpid()}-")))
    yield made
    made.remove()
