"""The job: deliver these messages. It is told ids and nothing else; what they are, the outbox knows."""

from typing import Final

from workers.delivery import Delivery

# RQ calls a job by its name, so what a process delivers with is kept here: set once, when the worker starts.
_ours: Final[list[Delivery]] = []


def deliver_with(delivery: Delivery) -> None:
    """Say how this process delivers."""
    _ours[:] = [delivery]


def deliver(*, outbox_ids: list[int], **_later: object) -> None:
    """Send these messages; arguments of a newer caller are swallowed, so that an old worker survives it."""
    assert _ours, "the worker says first how to deliver"
    _ours[0].run(outbox_ids)
