"""Changes of the schema, one module each in `versions`, run when a database is opened."""

from pathlib import Path

import sqlalchemy as sa

_VERSIONS = Path(__file__).parent / "versions"
SCHEMA_REVISION = max(path.name[1:5] for path in _VERSIONS.glob("v[0-9][0-9][0-9][0-9]_*.py"))
"""The newest, by its file; with it in the database Alembic is not even imported, which takes 0.1 s."""


def upgrade(connection: sa.Connection, found: str | None) -> bool:
    """Bring the schema up from a revision (None: empty) within the caller's transaction.

    Returns False if the revision is not known here; nothing was changed then.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        return False
    if connection.dialect.name != "postgresql":
        command.upgrade(config, "head")
        return True
    from agentmgr.store.migrations.postgres import finish

    command.upgrade(config, "head")
    finish(connection)
    return True
