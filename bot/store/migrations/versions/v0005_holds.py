"""Holds: what an operator keeps back until it is released."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("id", BIG_ID, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("channel", "lane", "kind")),
        sa.Column("made_before", sa.Double(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("question", "delivery")),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("held_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("hold")
