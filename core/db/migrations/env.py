"""How Alembic runs here: on the connection that `core.db.migrate` holds, all steps in one transaction or none."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
