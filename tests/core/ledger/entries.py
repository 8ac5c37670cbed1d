"""Entries as JSON lines, for tests."""

import json
from collections.abc import Mapping


def entry(key: str, day: str, postings: Mapping[str, str], *, memo: str | None = None) -> dict[str, object]:
    """Write an entry: account -> decimal."""
    said: dict[str, object] = {"key": key, "date": day}
    if memo is not None:
        said["memo"] = memo
    return said | {"postings": [{"account": account, "amount": amount} for account, amount in postings.items()]}


def entries(*said: Mapping[str, object]) -> list[bytes]:
    """Write lines of a file."""
    return [json.dumps(each).encode() for each in said]
