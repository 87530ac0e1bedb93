"""Cases and enrolments by time: lists show the newest first, without sorting everything.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the indexes by number with indexes by time and number."""
    op.drop_index("use_case_owner", table_name="use_case")
    op.create_index("use_case_made", "use_case", ["created_at", "id"])
    op.create_index("use_case_owner", "use_case", ["owner_uscc", "created_at", "id"])
    op.drop_index("ix_enrolment_status_id", table_name="enrolment")
    op.drop_index("ix_enrolment_uscc_id", table_name="enrolment")
    op.create_index("ix_enrolment_created", "enrolment", ["created_at", "id"])
    op.create_index("ix_enrolment_status_created", "enrolment", ["status", "created_at", "id"])
    op.create_index("ix_enrolment_uscc_created", "enrolment", ["uscc", "created_at", "id"])


def downgrade() -> None:
    """Put the indexes by number back."""
    op.drop_index("ix_enrolment_uscc_created", table_name="enrolment")
    op.drop_index("ix_enrolment_status_created", table_name="enrolment")
    op.drop_index("ix_enrolment_created", table_name="enrolment")
    op.create_index("ix_enrolment_uscc_id", "enrolment", ["uscc", "id"])
    op.create_index("ix_enrolment_status_id", "enrolment", ["status", "id"])
    op.drop_index("use_case_owner", table_name="use_case")
    op.drop_index("use_case_made", table_name="use_case")
    op.create_index("use_case_owner", "use_case", ["owner_uscc", "id"])
