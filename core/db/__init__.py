"""The database: base and columns of the models, the engine, migrations."""

from core.db.base import Base
from core.db.engine import Work, driver, make_engine, transaction

__all__ = ["Base", "Work", "driver", "make_engine", "transaction"]
