"""What a database of an earlier version has of contacts is what the newest has of them."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import StaticPool

from agentmgr.store import migrations
from agentmgr.testing.postgres import ThrowawayPostgres

BEFORE = "0024"
ROWS = (
    "INSERT INTO contact_list (list_id, name, created_at, country) VALUES (1, 'A', 1, '')",
    "INSERT INTO contact (contact_id, list_id, user_contact_id, updated_at) VALUES (7, 1, 'U7', 5)",
    "INSERT INTO contact_phone (contact_id, name, number, timezone, wireless)"
    " VALUES (7, 'PhoneNumber1', '+12125550120', 'America/New_York', 0)",
    "INSERT INTO contact_attribute (contact_id, name, value) VALUES (7, 'Assistant', '+442079460018')",
    "INSERT INTO contact_attribute (contact_id, name, value) VALUES (7, 'Fax', 'none')",
    "INSERT INTO attribute_spec (position, name, data_type, attribute_type, display_name)"
    " VALUES (1, 'Assistant', 'phone', 'WRITE', ''), (2, 'Fax', 'phone', 'WRITE', '')",
)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_migration_keeps_contacts_and_moves_numbers(
    kind: str, tmp_path: Path, postgres_server: ThrowawayPostgres
) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    if kind == "postgres":
        postgres_server.ask("CREATE DATABASE before_contacts_kept")
        url = postgres_server.url("before_contacts_kept").replace("postgresql://", "postgresql+psycopg://")
    engine = sa.create_engine(url, poolclass=StaticPool)
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        for row in ROWS:
            connection.exec_driver_sql(row)
        command.upgrade(config, "head")

        def rows(sql: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

        assert rows(
            "SELECT contact_id, user_contact_id, created_at, updated_by, deleted_at FROM contact"
        ) == [(7, "U7", 5.0, "", None)]
        assert rows("SELECT name, number, timezone FROM contact_phone ORDER BY name") == [
            ("Assistant", "+442079460018", "Europe/London"),
            ("PhoneNumber1", "+12125550120", "America/New_York"),
        ]
        assert rows("SELECT name, value FROM contact_attribute") == [("Fax", "none")]
        assert rows("SELECT name FROM list_attribute ORDER BY name") == [("Assistant",), ("Fax",)]
    engine.dispose()
