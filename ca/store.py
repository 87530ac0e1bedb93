"""Every table of the room, and the two column types they need.

The queries stand beside their subjects (``ca/certificate_store.py``, ``ca/enterprise.py``, ``ca/audit.py`` …); a store
takes a ``Connection``, never commits and names its columns. No status column is nullable, and each one's words are
checked by the database too. Times are aware UTC, whole seconds. Serial numbers are fixed-width hexadecimal text.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SERIAL_HEX_DIGITS: Final = 40
"""RFC 5280 §4.1.2.2: a serial number has at most 20 octets."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NO_BYTES: Final = b""
"""What a bytes column holds before its step is done."""


def is_storable(text: str) -> bool:
    """Tell whether every database keeps ``text``: PostgreSQL takes no zero character, UTF-8 no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def is_serial(value: int) -> bool:
    """Tell whether a number can be a serial number at all (RFC 5280 §4.1.2.2: at most 20 octets)."""
    return 0 <= value < 1 << (4 * SERIAL_HEX_DIGITS)


def _in_utc(moment: datetime) -> datetime:
    """Take an aware time to UTC; ``ValueError`` for a naive one, and where UTC has no such year."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as wrong:
        raise ValueError("a time outside the years 1 to 9999") from wrong


class UtcTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC, cut to whole seconds (X.509 times have no fractions). A naive time is a ``ValueError``, and so is one outside the years of UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Take an aware time to UTC; SQLite stores it without its zone."""
        if value is None:
            return None
        whole = _in_utc(value).replace(microsecond=0)
        return whole.replace(tzinfo=None) if dialect.name == "sqlite" else whole

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class UtcInstant(sa.types.TypeDecorator[datetime]):
    """Aware UTC to the microsecond, as whole microseconds since 1970: the same order and precision everywhere."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        """Write the number; a naive time is a ``ValueError``, and so is one that could not be read back."""
        del dialect
        return None if value is None else (_in_utc(value) - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        """Read the number."""
        del dialect
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class SerialNumber(sa.types.TypeDecorator[int]):
    """A serial number as 40 lower-case hexadecimal digits: too wide for any database's integers."""

    impl = sa.String(SERIAL_HEX_DIGITS)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: sa.Dialect) -> str | None:
        """Write the number; negative or over 20 octets is a ``ValueError``."""
        del dialect
        if value is None:
            return None
        if not is_serial(value):
            raise ValueError("a serial number has 1 to 20 octets")
        return f"{value:0{SERIAL_HEX_DIGITS}x}"

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> int | None:
        """Read the number."""
        del dialect
        return None if value is None else int(value, 16)


def search_words(text: str) -> str:
    """Return every character and every pair of neighbours in ``text`` as words of hexadecimal digits.

    Chinese is written without blanks and most of what is searched for has two characters, which no trigram index
    finds; and a database in the C locale takes nothing outside ASCII for a letter. So the words are ours, and ASCII.
    """
    points = [f"{ord(character):x}" for character in text]
    pairs = [f"{left}_{right}" for left, right in itertools.pairwise(points)]
    return " ".join(dict.fromkeys((*points, *pairs)))


class SearchWords(sa.types.TypeDecorator[str]):
    """A name's words for its index, written from the name itself; PostgreSQL alone has an index for them.

    SQLite keeps an empty text: there a name is looked for in the index of names, from end to end.
    """

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the column's type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TSVECTOR())
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Write the words of a name."""
        return search_words(value or "") if dialect.name == "postgresql" else ""


RowId: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def only(column: str, *words: str) -> sa.CheckConstraint:
    """Let a column take only ``words``; the constraint is named after the column, as in the migrations."""
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def status_column(*words: str) -> sa.Column[Any]:
    """Return a NOT NULL status column that takes only ``words``."""
    return sa.Column("status", sa.String(16), only("status", *words), nullable=False)


enterprise = sa.Table(
    "enterprise",
    metadata,
    sa.Column("uscc", sa.String(18), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, index=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("renamed_at", UtcTime),
)
enterprise_name = sa.Table(
    "enterprise_name",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("uscc", sa.ForeignKey("enterprise.uscc"), nullable=False, index=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("since", UtcTime, nullable=False),
)

issuer = sa.Table(
    "issuer",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # a slug: it stands in addresses
    sa.Column("parent", sa.String(64), nullable=False),  # its own id for a root
    status_column("planned", "active", "retired"),
    sa.Column("profile", sa.String(64), nullable=False),
    sa.Column("key_uri", sa.String(1024), nullable=False),
    sa.Column("spki_sha256", sa.String(64), nullable=False),
    sa.Column("certificate", sa.LargeBinary, nullable=False, default=NO_BYTES),  # DER; empty while planned
    sa.Column(
        "epoch", sa.Integer, nullable=False, default=1
    ),  # raised to fence off an older signer (I28, I31)
    # How many certificates a shard of its revocation list takes; 0: one list for all that is certified from now on.
    sa.Column("shard_capacity", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_issuer_profile_status", "profile", "status"),
)
unit = sa.Table(
    "unit",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # "tsa", "ocsp-issuing", "seal-maker"
    sa.Column("purpose", sa.String(16), nullable=False, index=True),  # "tsa", "ocsp", "seal-maker"
    sa.Column("issuer", sa.ForeignKey("issuer.id"), nullable=False),
    status_column("planned", "active", "retired"),
    sa.Column("key_uri", sa.String(1024), nullable=False),
    sa.Column("spki_sha256", sa.String(64), nullable=False),
    sa.Column("certificate", sa.LargeBinary, nullable=False, default=NO_BYTES),  # DER; empty while planned
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_unit_issuer_purpose", "issuer", "purpose"),
)

certificate = sa.Table(
    "certificate",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("issuer", sa.ForeignKey("issuer.id"), nullable=False),
    sa.Column("serial", SerialNumber, nullable=False, index=True),
    sa.Column("request_key", sa.String(200), nullable=False, unique=True),
    sa.Column("request_digest", sa.String(64), nullable=False),
    status_column("reserved", "issued", "burned", "revoked"),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("profile", sa.String(64), nullable=False),
    sa.Column("profile_hash", sa.String(64), nullable=False),
    sa.Column("config_hash", sa.String(64), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),  # the name searched for: O, or CN when there is no O
    sa.Column("name_words", SearchWords, nullable=False, default="", server_default=""),
    sa.Column("subject", sa.Text, nullable=False),  # RFC 4514
    sa.Column("uscc", sa.String(18), nullable=False, default=""),
    sa.Column("spki_sha256", sa.String(64), nullable=False, index=True),
    sa.Column("not_before", UtcTime, nullable=False),
    sa.Column("not_after", UtcTime, nullable=False),
    sa.Column("reserved_at", UtcTime, nullable=False),
    sa.Column(
        "unsigned", sa.LargeBinary, nullable=False, default=NO_BYTES
    ),  # the linted certificate, no signature
    sa.Column(
        "tbs", sa.LargeBinary, nullable=False, default=NO_BYTES
    ),  # what was linted and may have been signed
    sa.Column(
        "der", sa.LargeBinary, nullable=False, default=NO_BYTES
    ),  # the certificate; empty unless it was issued
    sa.Column("revoked_at", UtcTime),
    sa.Column(
        "reason", sa.String(32), nullable=False, default=""
    ),  # CRLReason by its RFC 5280 name; "" = not revoked
    sa.Column("revoked_by", sa.String(200), nullable=False, default=""),
    sa.Column("hold_released_at", UtcTime),
    # DER revokedCertificates entry; empty = not on a CRL. The one thing CRL and OCSP go by: a burned serial that may
    # have been signed has an entry although it never was issued.
    sa.Column("crl_entry", sa.LargeBinary, nullable=False, default=NO_BYTES),
    # The shard of its issuer's list that its status stands on, decided when the serial is reserved, constant for ever;
    # 0 is the list without shards.
    sa.Column("shard", sa.Integer, nullable=False, default=0, server_default="0"),
    # The number, counted in its shard, of the last change of crl_entry; 0: never changed.
    sa.Column("crl_change", sa.BigInteger, nullable=False, default=0, server_default="0"),
    sa.UniqueConstraint("issuer", "serial"),
    sa.Index("ix_certificate_name_id", "name", "id"),
    sa.Index("ix_certificate_uscc_id", "uscc", "id"),
    sa.Index("ix_certificate_not_after_id", "not_after", "id"),
    sa.Index("ix_certificate_status_id", "status", "id"),
    sa.Index("ix_certificate_status_reserved_at", "status", "reserved_at"),
    sa.Index("ix_certificate_issuer_not_before", "issuer", "not_before"),
)
_CHANGED: Final = certificate.c.crl_change > 0
sa.Index(
    "ix_certificate_issuer_shard_crl_change",
    certificate.c.issuer,
    certificate.c.shard,
    certificate.c.crl_change,
    postgresql_where=_CHANGED,
    sqlite_where=_CHANGED,
)
sa.Index(  # SQLite's has no row: the column is empty there
    "ix_certificate_name_words",
    certificate.c.name_words,
    postgresql_using="gin",
    sqlite_where=certificate.c.name_words != "",
)
compromised_key = sa.Table(
    "compromised_key",
    metadata,
    sa.Column("spki_sha256", sa.String(64), primary_key=True),
    sa.Column("reported_at", UtcTime, nullable=False),
    sa.Column("reported_by", sa.String(200), nullable=False),
)

crl = sa.Table(
    "crl",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("issuer", sa.ForeignKey("issuer.id"), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    status_column("reserved", "issued", "burned"),
    sa.Column("this_update", UtcTime, nullable=False),
    sa.Column("next_update", UtcTime, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False, default=0),
    sa.Column("shard", sa.Integer, nullable=False, default=0, server_default="0"),
    # The number of the list that a delta list is to be joined with; 0: a complete list.
    sa.Column("base", sa.BigInteger, nullable=False, default=0, server_default="0"),
    # How many changes its shard had seen when it was drawn up.
    sa.Column("changes", sa.BigInteger, nullable=False, default=0, server_default="0"),
    sa.Column("tbs_sha256", sa.String(64), nullable=False, default=""),
    sa.Column("der", sa.LargeBinary, nullable=False, default=NO_BYTES),
    sa.UniqueConstraint("issuer", "number"),
    sa.Index("ix_crl_issuer_shard_number", "issuer", "shard", "number"),
    sa.Index("ix_crl_status_this_update", "status", "this_update"),
)
crl_shard = sa.Table(
    "crl_shard",
    metadata,
    sa.Column("issuer", sa.ForeignKey("issuer.id"), primary_key=True),
    sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),  # 0: the list without shards
    sa.Column(
        "capacity", sa.Integer, nullable=False
    ),  # certificates it takes, fixed when it is opened; 0: any number
    sa.Column("assigned", sa.Integer, nullable=False, default=0),  # certificates it took
    sa.Column("changes", sa.BigInteger, nullable=False, default=0),  # of what its lists say; it only rises
    sa.Column("pending_since", UtcTime),  # the first change that no complete list has yet
    sa.Index("ix_crl_shard_pending_since", "pending_since"),
)
timestamp = sa.Table(
    "timestamp",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("unit", sa.ForeignKey("unit.id"), nullable=False),
    sa.Column("serial", SerialNumber, nullable=False),
    status_column("reserved", "issued", "burned"),
    sa.Column("gen_time", UtcInstant, nullable=False),
    sa.Column("imprint_algorithm", sa.String(16), nullable=False),
    sa.Column("imprint", sa.LargeBinary, nullable=False),
    sa.Column("token_sha256", sa.String(64), nullable=False, default=""),  # empty unless it was issued
    sa.UniqueConstraint("unit", "serial"),
    sa.Index("ix_timestamp_unit_gen_time", "unit", "gen_time"),
    sa.Index("ix_timestamp_status_gen_time", "status", "gen_time"),
)
timestamp_head = sa.Table(
    "timestamp_head",
    metadata,
    sa.Column("unit", sa.ForeignKey("unit.id"), primary_key=True),  # the row is the lock of the unit's clock
    sa.Column("gen_time", UtcInstant, nullable=False),  # the last time given out; it only rises (I18)
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("actor_id", sa.String(200), nullable=False),
    sa.Column("actor_name", sa.String(200), nullable=False),
    sa.Column("actor_uscc", sa.String(18), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False, index=True),
    sa.Column("detail", sa.Text, nullable=False),  # canonical JSON
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # always 1: the row is the lock
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

ceremony = sa.Table(
    "ceremony",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    status_column("begun", "complete"),
    sa.Column("begun_at", UtcTime, nullable=False),
    sa.Column("completed_at", UtcTime),
    sa.Column("performed_by", sa.String(200), nullable=False),
    sa.Column("plan", sa.Text, nullable=False),  # canonical JSON
    sa.Column(
        "record", sa.Text, nullable=False
    ),  # canonical JSON: keys, flags read back, certificate digests
)
