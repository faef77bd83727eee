"""Alerts, broadcasts and notices; groups and places of people; staff, their keys and the audit log."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IN_FORCE = sa.text("ended = 0")
OF_BROADCASTS = sa.text("broadcast_id > 0")
LIVE = sa.text("status IN ('queued', 'errored', 'sending')")
INDEXES = {  # of a broadcast's deliveries: what a live page asks for every few seconds
    "ix_delivery_broadcast": ["broadcast_id", "status", "channel", "place", "code"],
    "ix_delivery_broadcast_wired_at": ["broadcast_id", "wired_at"],
    "ix_delivery_broadcast_delivered_at": ["broadcast_id", "delivered_at"],
}

# The audit log is only ever added to. A mistake, or a thief of our own rights, is refused by the database; whoever owns the database can
# drop a trigger, and is found out by the chain of hashes.
REFUSAL = "the audit log is only added to, never changed"
KEEP_AUDIT = (
    f"""CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$""",
    """CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()""",
)
KEEP_AUDIT_SQLITE = [
    f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for act in ("UPDATE", "DELETE")
]


def upgrade() -> None:
    _alerts()
    _broadcasts()
    _staff()
    op.add_column("contact", sa.Column("place", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_contact_place_urn", "contact", ["place", "urn"])
    op.add_column("delivery", sa.Column("broadcast_id", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("delivery", sa.Column("place", sa.Text(), nullable=False, server_default=""))
    for name in ("wired_at", "delivered_at"):
        op.add_column("delivery", sa.Column(name, sa.Double(), nullable=False, server_default="0"))
    for name, columns in INDEXES.items():
        op.create_index(name, "delivery", columns, sqlite_where=OF_BROADCASTS, postgresql_where=OF_BROADCASTS)
    _index_live("lane", "due_at")  # each lane has its share of a sweep


def _alerts() -> None:
    op.create_table(
        "alert",
        _id(),
        *_words("origin"),
        *_flags("trusted", "aggregates"),
        *_words("sender", "identifier"),
        *_times("sent"),
        *_words("status", "msg_type", "event", "headline", "area", "severity", "urgency", "certainty"),
        *_flags("sound", "over"),
        *_words("own", "own_reason", "state", "reason"),
        *_bigs("by"),
        *_json("areas", "over_areas", "gone_areas"),
        *_words("fingerprint"),
        *_bigs("same_as"),
        *_words("signature"),
        *_times("received", "expires"),
        *_words("hazard"),
        *_json("places"),
        *_flags("doubt"),
        *_json("defects"),
        *_words("decision", "decided_by", "decided_why"),
        *_times("decided"),
        *_json("body"),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("sender", "identifier", "sent", name="uq_alert_sender_identifier_sent"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_fingerprint", "alert", ["fingerprint"])
    op.create_index("ix_alert_state_expires", "alert", ["state", "expires"])
    op.create_index("ix_alert_same_as", "alert", ["same_as"])
    op.create_index("ix_alert_identifier", "alert", ["identifier"])
    op.create_table(
        "alert_reference",
        sa.Column("alert_id", BIG_ID, nullable=False, autoincrement=False),
        *_ints("n"),
        *_words("sender", "identifier"),
        sa.Column("sent", sa.Double(), nullable=True),
        _belongs("alert_reference", "alert"),
        sa.PrimaryKeyConstraint("alert_id", "n", name="pk_alert_reference"),
    )
    op.create_index("ix_alert_reference_identifier", "alert_reference", ["identifier"])
    op.create_table(
        "feed",
        *_words("name", "etag", "modified"),
        *_times("checked", "read", "newest"),
        *_ints("failures"),
        *_words("code"),
        sa.PrimaryKeyConstraint("name", name="pk_feed"),
    )
    op.create_table(
        "feed_item",
        *_words("feed", "key"),
        *_ints("tries"),
        *_flags("done"),
        *_words("code"),
        *_times("at", "listed"),
        sa.PrimaryKeyConstraint("feed", "key", name="pk_feed_item"),
    )
    op.create_index("ix_feed_item_listed", "feed_item", ["listed"])
    op.create_table(
        "notice",
        *_words("key", "hazard", "severity"),
        *_json("texts", "places"),
        *_times("since", "expires"),
        *_words("source"),
        *_times("ended"),
        sa.PrimaryKeyConstraint("key", name="pk_notice"),
    )
    op.create_index("ix_notice_in_force", "notice", ["expires"], sqlite_where=IN_FORCE, postgresql_where=IN_FORCE)


def _broadcasts() -> None:
    op.create_table(
        "broadcast",
        _id(),
        *_words("mode", "stage", "msg_type"),
        *_bigs("follows", "alert_id"),
        *_words("identifier", "title", "hazard", "response", "urgency", "severity", "certainty", "source"),
        *_json("slots", "texts", "audience"),
        *_times("onset", "expires"),
        *_flags("quiet", "roll_call"),
        *_times("escalate_after_s", "escalate_below"),
        *_words("escalate_to"),
        *_times("escalated"),
        *_words("author"),
        *_times("created", "submitted"),
        *_ints("people"),
        *_words("approver"),
        *_times("approved"),
        *_words("why"),
        *_times("ended"),
        *_words("fed"),
        *_flags("fed_whole"),
        sa.PrimaryKeyConstraint("id", name="pk_broadcast"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_broadcast_stage", "broadcast", ["stage"])
    op.create_table(
        "roll_answer",
        sa.Column("broadcast_id", BIG_ID, nullable=False, autoincrement=False),
        *_words("urn", "answer", "words"),
        *_times("at"),
        _belongs("roll_answer", "broadcast"),
        sa.PrimaryKeyConstraint("broadcast_id", "urn", name="pk_roll_answer"),
    )
    op.create_table("membership", *_words("name", "urn"), sa.PrimaryKeyConstraint("name", "urn", name="pk_membership"))
    op.create_index("ix_membership_urn", "membership", ["urn"])


def _staff() -> None:
    op.create_table(
        "staff",
        *_words("name"),
        *_json("roles"),
        *_words("lang", "password", "totp"),
        *_bigs("totp_used"),
        *_words("setup"),
        *_times("setup_until", "created"),
        sa.PrimaryKeyConstraint("name", name="pk_staff"),
    )
    op.create_table(
        "sign_in",
        *_words("token", "name", "step", "csrf"),
        *_times("since", "seen"),
        *_ints("tries"),
        sa.PrimaryKeyConstraint("token", name="pk_sign_in"),
    )
    op.create_index("ix_sign_in_name", "sign_in", ["name"])
    op.create_table(
        "api_key",
        *_words("hash", "label", "name"),
        *_json("roles"),
        *_times("created", "used"),
        sa.PrimaryKeyConstraint("hash", name="pk_api_key"),
    )
    op.create_table(
        "made_once",
        *_words("key", "digest"),
        *_bigs("made"),
        *_times("at"),
        sa.PrimaryKeyConstraint("key", name="pk_made_once"),
    )
    op.create_table(
        "audit",
        sa.Column("n", sa.BigInteger(), nullable=False, autoincrement=False),
        *_times("at"),
        *_words("who", "what", "about", "detail", "before", "hash"),
        sa.PrimaryKeyConstraint("n", name="pk_audit"),
    )
    for statement in KEEP_AUDIT if op.get_bind().dialect.name == "postgresql" else KEEP_AUDIT_SQLITE:
        op.execute(statement)


def downgrade() -> None:
    _index_live("due_at")
    for name in INDEXES:
        op.drop_index(name, "delivery")
    for name in ("delivered_at", "wired_at", "place", "broadcast_id"):
        op.drop_column("delivery", name)
    op.drop_index("ix_contact_place_urn", "contact")
    op.drop_column("contact", "place")
    for table in ("audit", "made_once", "api_key", "sign_in", "staff", "membership", "roll_answer", "broadcast"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only")
    for table in ("notice", "feed_item", "feed", "alert_reference", "alert"):
        op.drop_table(table)


def _index_live(*columns: str) -> None:
    op.drop_index("ix_delivery_live", "delivery")
    op.create_index("ix_delivery_live", "delivery", list(columns), sqlite_where=LIVE, postgresql_where=LIVE)


def _id() -> "sa.Column[int]":
    return sa.Column("id", BIG_ID, nullable=False)


def _belongs(table: str, to: str) -> sa.ForeignKeyConstraint:
    column = f"{to}_id"
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")


def _words(*names: str) -> "Sequence[sa.Column[str]]":
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _times(*names: str) -> "Sequence[sa.Column[float]]":
    return [sa.Column(name, sa.Double(), nullable=False) for name in names]


def _ints(*names: str) -> "Sequence[sa.Column[int]]":
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _bigs(*names: str) -> "Sequence[sa.Column[int]]":
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _flags(*names: str) -> "Sequence[sa.Column[bool]]":
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in names]


def _json(*names: str) -> "Sequence[sa.Column[object]]":
    return [sa.Column(name, sa.JSON(), nullable=False) for name in names]
