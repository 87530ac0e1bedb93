"""Choosing many certificates by one query, up to what one job may hold."""

from __future__ import annotations

from dataclasses import replace

from ca.certificate import MAX_PAGE, CertificateQuery, CertificateRecord
from ca.enrolment.job_store import MAX_ITEMS
from ca.enrolment.office import Office


def population(office: Office, query: CertificateQuery) -> tuple[list[CertificateRecord], bool]:
    """Return the issued certificates that a query finds, at most :data:`MAX_ITEMS`, and whether there are more."""
    found: list[CertificateRecord] = []
    query = replace(query, limit=MAX_PAGE, cursor="")
    while True:
        page = office.authority.find(query)
        found += [one for one in page.items if one.der]
        if page.next is None or len(found) > MAX_ITEMS:
            return found[:MAX_ITEMS], len(found) > MAX_ITEMS
        query = replace(query, cursor=page.next)
