"""What parts cost; URNs that name the same person; messages that were read from a provider's inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PRICED = ("part", "report")


def upgrade() -> None:
    op.create_table(
        "alias",
        sa.Column("urn", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("urn", name="pk_alias"),
    )
    for table in PRICED:
        op.add_column(table, sa.Column("micros", sa.BigInteger(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("currency", sa.Text(), nullable=False, server_default=""))
        op.add_column(table, sa.Column("category", sa.Text(), nullable=False, server_default=""))
    op.add_column("message", sa.Column("polled", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("message", "polled")
    for table in PRICED:
        for column in ("category", "currency", "micros"):
            op.drop_column(table, column)
    op.drop_table("alias")
