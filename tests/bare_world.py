"""Bare objects of one world, in both suites: right by default, a test states the one wrong thing."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from functools import cache
from typing import Any

from asn1crypto import cms
from asn1crypto import pem as asn1_pem
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from ca.gm_cms import GmSignedData
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.merkle import Inclusion, Tree
from hsm.suite import Suite
from seals.jws import sign
from seals.lookup.answer import SealLookup, sign_lookup
from seals.seal import SealKind, SealStatus
from signing.containers.envelope import ContainerKind
from tests.container_world import Containers, Wish, international, national
from tests.gm_world import CODE, PHYSICAL
from tests.pki import COMPANY, USCC
from verify.signatures.merkle import TreeProof, head_for
from verify.trust import TrustStore
from verify.voided.form import (
    VOID_LIST_TYPE,
    VOID_RECORD_TYPE,
    VoidEntry,
    VoidList,
    VoidRecord,
    void_list_payload,
    void_record_payload,
)

CONTENT = b"what is signed\r\n" * 4
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@cache
def world(suite: Suite = Suite.INTERNATIONAL) -> Containers:
    """One world of a suite for a whole run."""
    return national() if suite is Suite.GM else international()


def trust(here: Containers, **more: Any) -> TrustStore:
    """Trust the root; the issuing authority is known, and both have their lists."""
    known = {"crls": here.crls(), "intermediates": [here.pki.issuing.certificate], **more}
    return TrustStore([here.pki.root.certificate], **known)


def digest_of_suite(here: Containers, octets: bytes) -> Digest:
    return here.pki.suite.digest.digest(octets)


def pem(octets: bytes, label: str = "CERTIFICATE") -> bytes:
    return asn1_pem.armor(label, octets)  # type: ignore[no-any-return]


def response(token: bytes) -> bytes:
    """Wrap a token as a time-stamping authority answers (RFC 3161 §2.4.2): granted."""
    return der.sequence(der.sequence(der.integer(0)), token)


def lookup(here: Containers, **changes: Any) -> str:
    """Answer about the seal as its maker does."""
    made: dict[str, Any] = {
        "issuer": "北京制章中心",
        "asked": CODE,
        "as_of": here.now,
        "issued_at": here.now,
        "next_update": here.now + DAY,
        "status": SealStatus.ACTIVE.value,
        "since": here.now - 30 * DAY,
        "code": CODE,
        "physical_code": PHYSICAL,
        "kind": SealKind.CONTRACT,
        "owner_name": COMPANY,
        "owner_uscc": USCC,
        "valid_from": here.now - 30 * DAY,
        "valid_to": here.now + 300 * DAY,
    }
    return sign_lookup(SealLookup(**{**made, **changes}), here.maker.signer, chain(here))


def chain(here: Containers) -> list[bytes]:
    return [here.maker.der, *here.maker.chain]


def void_list(here: Containers, **changes: Any) -> str:
    """List one voided document."""
    entry = VoidEntry(here.now, "合同解除", "ab" * 16)
    made: dict[str, Any] = {
        "issuer": "北京制章中心",
        "number": 3,
        "issued_at": here.now,
        "next_update": here.now + DAY,
        "entries": {hashlib.sha256(CONTENT).hexdigest(): entry},
    }
    payload = void_list_payload(VoidList(**{**made, **changes}))
    return sign(payload, typ=VOID_LIST_TYPE, signer=here.maker.signer, chain=chain(here))


def void_record(here: Containers) -> str:
    """Record one voiding."""
    made = VoidRecord(
        "北京制章中心", "ab" * 16, (hashlib.sha256(CONTENT).hexdigest(),), here.now, "合同解除",
        ((USCC, "cd" * 32),), "ef" * 32,
    )  # fmt: skip
    payload = void_record_payload(made)
    return sign(payload, typ=VOID_RECORD_TYPE, signer=here.maker.signer, chain=chain(here))


def tree_proof(here: Containers, document: bytes = CONTENT) -> bytes:
    """Prove the first of three documents under one signature."""
    algorithm = DigestAlgorithm.SHA256
    digests = [algorithm.digest(octets) for octets in (document, b"second", b"third")]
    tree = Tree.over(algorithm, [str(one).encode() for one in digests])
    head = head_for(tree.root, tree.size)
    signature = detached(here, head.octets)
    proof = TreeProof(head, signature, Inclusion(0, tree.size, tree.path(0)), digests[0])
    return json.dumps(proof.to_json()).encode()


def detached(here: Containers, content: bytes = CONTENT, **more: Any) -> bytes:
    """Sign content beside itself: CMS, or GB/T 35275 in the national suite."""
    kind = ContainerKind.GBT35275 if here.pki.suite is Suite.GM else ContainerKind.CMS
    return here.sign_file(content, Wish(kind, **more))


def attached(here: Containers, content: bytes = CONTENT) -> bytes:
    """Put the content into a detached signature: signed attributes are over it either way (RFC 5652 §5.2)."""
    info = cms.ContentInfo.load(here.sign_file(content, Wish(ContainerKind.CMS)))
    data = info["content"].copy()
    data["encap_content_info"] = {"content_type": "data", "content": content}
    made = cms.ContentInfo({"content_type": "signed_data", "content": data})
    octets: bytes = made.dump(force=True)
    return octets


def gm_attached(here: Containers, content: bytes = CONTENT) -> bytes:
    """Sign attached content as GB/T 35275 has it: without attributes, SM2 with Z over the content."""
    form = GmSignedData.of(here.keeper.der, here.keeper.chain)
    octets: bytes = form.assemble(here.keeper.signer.sign(content), content=content)
    return octets


def token(here: Containers, content: bytes = CONTENT) -> bytes:
    """Stamp content as a time-stamp unit does."""
    return here.stamp(digest_of_suite(here, content))


def certificates(here: Containers) -> bytes:
    """Put keeper, issuer and root into one PEM file."""
    parties = (here.keeper, here.pki.issuing, here.pki.root)
    return b"".join(party.certificate.public_bytes(Encoding.PEM) for party in parties)
