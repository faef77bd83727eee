"""One bucket per channel with its shares, its pauses and what a provider makes of our speed; how often a delivery's fate was unclear."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COUNTS = ("version", "misses")
TIMES = ("touched", "full_at", "closed_until", "missed_at", "probe_at", "probed_at", "cut_at")
SHARES = ("alert", "reply", "bulk")


def upgrade() -> None:
    op.create_table(
        "channel_bucket",
        sa.Column("channel", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        *(sa.Column(name, sa.Double(), nullable=False) for name in TIMES),
        sa.Column("factor", sa.Double(), nullable=False),
        *(sa.Column(f"{name}_{what}", sa.Double(), nullable=False) for name in SHARES for what in ("due", "waits")),
        sa.PrimaryKeyConstraint("channel", name="pk_channel_bucket"),
    )
    op.add_column("delivery", sa.Column("unclear", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("delivery", "unclear")
    op.drop_table("channel_bucket")
