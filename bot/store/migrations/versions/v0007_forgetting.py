"""Received alerts whose bytes are still kept, by age: an index, so that forgetting old ones reads no others."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

HAS_RAW = sa.text("length(raw) > 0")


def upgrade() -> None:
    op.create_index("ix_alert_with_raw", "alert", ["received"], sqlite_where=HAS_RAW, postgresql_where=HAS_RAW)


def downgrade() -> None:
    op.drop_index("ix_alert_with_raw", "alert")
