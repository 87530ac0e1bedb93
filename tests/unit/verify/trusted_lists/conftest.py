"""One publisher and one signed list of each form for all of these tests."""

from __future__ import annotations

import pytest

from tests.trust_list_world import Publisher, service
from tests.verify_world import Signing
from verify.trusted_lists.lote_writing import write_json
from verify.trusted_lists.xml_writing import write_xml


@pytest.fixture(scope="session")
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture(scope="session")
def xml(publisher: Publisher, signing: Signing) -> bytes:
    return publisher.signed(publisher.list(service(signing.pki.issuing.der)), write_xml)


@pytest.fixture(scope="session")
def jws(publisher: Publisher, signing: Signing) -> bytes:
    return publisher.signed(publisher.list(service(signing.pki.issuing.der)), write_json)
