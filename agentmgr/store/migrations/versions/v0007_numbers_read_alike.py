"""The country of a contact list; addresses on the do-not-call list in the form that is dialled."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column, and read anew what was kept as it was typed, such as +4402079460018."""
    op.add_column("contact_list", sa.Column("country", sa.Text(), nullable=False, server_default=""))
    here = op.get_bind()
    addresses = [row[0] for row in here.execute(sa.text("SELECT address FROM dnc"))]
    if not addresses:
        return
    # the tables of telephone numbers take long to load
    from agentmgr.core.numbers import read_address

    for address in addresses:
        try:
            read = read_address(address)
        except ValueError:
            continue
        if read != address:
            old, new = {"address": address}, {"address": address, "read": read}
            here.execute(
                sa.text(
                    "INSERT INTO dnc (address, added_by, added_at) SELECT :read, added_by, added_at FROM dnc"
                    " WHERE address = :address ON CONFLICT (address) DO NOTHING"
                ),
                new,
            )
            here.execute(sa.text("DELETE FROM dnc WHERE address = :address"), old)
