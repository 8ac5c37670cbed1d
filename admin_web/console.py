"""What the operator's commands share: a transaction on the house's database, and refusals said in one line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from channels.menus.replies import NotUnderstood
from channels.words.catalogue import FALLBACK, UnknownKeyError, say
from core import settings
from core.db import make_engine, transaction
from core.execute import RefusedBefore
from core.groups import pins
from core.money import Money, exponent
from core.refusal import Refused
from workers.services import connect_running

OPERATORS: Final = "web"  # staff read the same sentences at the desk


@contextmanager
def house(*, sentences: Mapping[str, str] = MappingProxyType({})) -> Iterator[Session]:
    """Give one transaction on the house's database. A refusal ends the command in one line, and its record is kept.

    `sentences` say some refusals, by their codes, as only this command can: with what its options can do about them.

    :raises click.ClickException: if the house refuses
    :raises PepperDiffers: if the database belongs to another pepper
    """
    refusal: Refused | None = None
    given = settings.load()
    with connect_running(given) as database_url:
        engine = make_engine(database_url, pool_size=1)
        try:
            with transaction(engine) as session:
                pins.keep_mark(session, pepper=given.pepper)
                try:
                    yield session
                except Refused as refused:
                    refusal = refused
        finally:
            engine.dispose()
    if refusal is not None:
        own = sentences.get(refusal.code)
        raise click.ClickException(sentence(refusal) if own is None else own.format(**refusal.facts))


def sentence(refusal: Refused) -> str:
    """Say a refusal to an operator."""
    code = refusal.facts["was"] if isinstance(refusal, RefusedBefore) else refusal.code
    try:
        return say(FALLBACK, f"refused.{code}", OPERATORS, **refusal.facts)
    except UnknownKeyError:
        return (refusal.__doc__ or code).partition("\n")[0]


def read(reader: Callable[[str], str], text: str, option: str) -> str:
    """Read what was typed as a phone would.

    :raises click.BadParameter: with what to do instead
    """
    try:
        return reader(text)
    except NotUnderstood as not_understood:
        raise click.BadParameter(say(FALLBACK, not_understood.hint, OPERATORS, **not_understood.facts), param_hint=option) from None


def as_data(fact: Any) -> Any:  # noqa: ANN401 any fact of a view
    """Give a view as JSON has it: money in major units as a text, days and moments in ISO 8601."""
    if is_dataclass(fact) and not isinstance(fact, (type, Money)):
        return {field.name: as_data(getattr(fact, field.name)) for field in fields(fact)}
    if isinstance(fact, Money):
        return f"{fact.major:.{exponent(fact.currency)}f}"
    if isinstance(fact, (datetime, date)):
        return fact.isoformat()
    if isinstance(fact, dict):
        return {name: as_data(value) for name, value in fact.items()}
    if isinstance(fact, (list, tuple)):
        return [as_data(each) for each in fact]
    return fact


def table(titles: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    """Print rows under their titles, in columns."""
    cells = [*([titles] if any(titles) else []), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
