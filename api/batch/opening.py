"""The batches of an installation, opened from its settings; nothing is started here."""

from __future__ import annotations

from api.batch.door import Batches, CrewPlace
from api.batch.keys import SealKeys
from api.home import read_secret
from api.settings import Settings
from seals.cases.desk import UseDesk
from signing.archive import Archive
from signing.batch.desk import BatchDesk
from signing.batch.inputs import Inputs
from signing.batch.office import BatchOffice
from signing.objects.address import S3Address, read_address
from signing.objects.credentials import read_keys
from signing.objects.opening import open_objects
from signing.objects.shelf import Objects

INPUTS = "batch"
"""Ends the name of the store of inputs, which stands beside that of sealed documents: they are kept no longer than needed."""


def open_batches(settings: Settings, uses: UseDesk, archive: Archive, keys: SealKeys) -> Batches:
    """Open the desk over the installation's tables and its store of inputs."""
    own = uses.office
    office = BatchOffice(own.engine, own.clock, own.audit, uses, Inputs(open_beside(settings, INPUTS)))
    place = CrewPlace(settings.home, settings.batch_workers)
    return Batches(BatchDesk(office), archive, keys, place)


def open_beside(settings: Settings, name: str) -> Objects:
    """Open a store that stands beside that of sealed documents; its name ends in ``name``."""
    if not settings.archive_url:
        return open_objects(settings.archive / name)
    address = read_address(settings.archive_url)
    if isinstance(address, S3Address):
        credentials = settings.archive_credentials
        keys = None if credentials is None else read_keys(read_secret(credentials))
        prefix = f"{address.prefix}-{name}" if address.prefix else name
        return open_objects(S3Address(address.bucket, prefix, address.endpoint, address.region), keys)
    return open_objects(address.with_name(f"{address.name}-{name}"))
