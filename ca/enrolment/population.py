"""Choosing many holders' certificates by one query, up to what one job may hold.

Those of authorities and services are no business of the desk: no job renews or revokes one, no drill counts one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ca.certificate import MAX_PAGE, CertificateQuery, CertificateRecord
from ca.enrolment.job_store import MAX_ITEMS
from ca.enrolment.office import Office
from ca.profile import Purpose

_HOLDERS: Final = (Purpose.SIGNATURE, Purpose.ENCRYPTION)


def population(office: Office, query: CertificateQuery) -> tuple[list[CertificateRecord], bool]:
    """Return the issued certificates of holders that a query finds, at most :data:`MAX_ITEMS`, and whether there are more."""
    found: list[CertificateRecord] = []
    holders = {name for name, profile in office.profiles.items() if profile.purpose in _HOLDERS}
    query = replace(query, limit=MAX_PAGE, cursor="")
    while True:
        page = office.authority.find(query)
        found += [one for one in page.items if one.der and one.profile in holders]
        if page.next is None or len(found) > MAX_ITEMS:
            return found[:MAX_ITEMS], len(found) > MAX_ITEMS
        query = replace(query, cursor=page.next)
