"""The database's schema: one Alembic history over the tables of every room with state."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from api.access import store as api_store
from api.database.revision import MIGRATIONS, current
from ca import store as ca_store
from ca.cross import store as _cross_store  # noqa: F401 - its table joins ca_store.metadata
from ca.enrolment import store as _enrolment_store  # noqa: F401 - adds its tables to those of ca
from ca.keycentre import store as _key_centre_store  # noqa: F401 - its tables join ca_store.metadata
from ca.tokens import store as _tokens_store  # noqa: F401 - its tables join ca_store.metadata
from seals import chip_store as _chip_store  # noqa: F401 - its table joins seals_store.metadata
from seals import destruction_store as _destruction_store  # noqa: F401 - its table joins seals_store.metadata
from seals import keeper_store as _keeper_store  # noqa: F401 - its table joins seals_store.metadata
from seals import renewal_store as _renewal_store  # noqa: F401 - its table joins seals_store.metadata
from seals import store as seals_store
from seals.cases import store as _cases_store  # noqa: F401 - its tables join seals_store.metadata
from seals.devices import store as _devices_store  # noqa: F401 - its tables join seals_store.metadata
from seals.filing import store as _filing_store  # noqa: F401 - its tables join seals_store.metadata
from seals.imprint import upload_store as _upload_store  # noqa: F401 - its table joins seals_store.metadata
from seals.ses import store as _ses_store  # noqa: F401 - its table joins seals_store.metadata
from signing import store as signing_store
from signing.batch import store as _batch_store  # noqa: F401 - its tables join signing_store.metadata
from signing.hashes import store as _hashes_store  # noqa: F401 - its tables join signing_store.metadata
from signing.licences import store as _licences_store  # noqa: F401 - its table joins signing_store.metadata
from signing.parties import store as _parties_store  # noqa: F401 - its tables join signing_store.metadata
from signing.printing import store as _printing_store  # noqa: F401 - its tables join signing_store.metadata
from signing.recognition import department_store as _department_store  # noqa: F401 - its tables join signing_store.metadata
from signing.recognition import store as _recognition_store  # noqa: F401 - its tables join signing_store.metadata
from signing.records import store as _records_store  # noqa: F401 - its table joins signing_store.metadata
from signing.renewal import store as _renewals_store  # noqa: F401 - its table joins signing_store.metadata
from signing.retention import store as _retention_store  # noqa: F401 - its tables join signing_store.metadata
from signing.two_step import store as _two_step_store  # noqa: F401 - its table joins signing_store.metadata
from signing.verification_orders import store as _orders_store  # noqa: F401 - its tables join signing_store.metadata
from signing.verification_reports import store as _reports_store  # noqa: F401 - its tables join signing_store.metadata
from signing.voiding import store as _voiding_store  # noqa: F401 - its tables join signing_store.metadata
from signing.webhooks import store as _webhooks_store  # noqa: F401 - its table joins signing_store.metadata

METADATA: Final = (ca_store.metadata, seals_store.metadata, signing_store.metadata, api_store.metadata)


def migrate(engine: sa.Engine) -> tuple[str, str]:
    """Bring the database to this release's schema; return the revision before and after ('' for none)."""
    with engine.connect() as connection:
        before = current(connection)
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        after = current(connection)
    return before, after


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
