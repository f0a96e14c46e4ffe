"""What Alembic runs: the migrations, on the connection that it is handed (no alembic.ini)."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
