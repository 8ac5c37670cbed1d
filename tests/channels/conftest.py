"""The town, with an engine such as the public side has."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.db import make_engine

from .town import Town, build


@pytest.fixture
def turns(database_url: str, clean: None) -> Iterator[Engine]:  # noqa: ARG001 what is committed here must go
    """Give an engine for turns, as the web process opens it."""
    made = make_engine(database_url, pool_size=16, turns=True)
    yield made
    made.dispose()


@pytest.fixture
def town(turns: Engine) -> Town:
    """Give the town of the transcripts, in English."""
    return build(turns)
