"""Containers of SM2 signatures: the default form of RFC 5652 and that of GB/T 35275, read back by somebody else's parser."""

from __future__ import annotations

import pytest
from asn1crypto import cms

from ca import cms_names
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.suite import Suite
from seals.statement import SEAL_STATEMENT_OID
from signing.containers.cms import ContainerForm, Signatory, container, room_for, signed_attributes
from tests.gm_world import GmSealing
from tests.pki import Party

FORMS = pytest.mark.parametrize("form", list(ContainerForm), ids=lambda form: form.label)
CONTENT = b"what is signed"
SM3 = DigestAlgorithm.SM3
GM = GmSealing()


def signatory(form: ContainerForm, party: Party = GM.keeper) -> Signatory:
    return Signatory(party.signer, party.certificate, party.chain, form)


def read(octets: bytes) -> tuple[str, cms.SignedData]:
    info = cms.ContentInfo.load(octets, strict=True)
    kind = info["content_type"].dotted
    national = kind == cms_names.GM_SIGNED_DATA
    return kind, info["content"].parse(cms.SignedData) if national else info["content"]


@FORMS
def test_the_parts_of_a_container(form: ContainerForm):
    who = signatory(form)
    attributes = signed_attributes(who, SM3.digest(CONTENT), "a.b.c")
    kind, data = read(container(who, attributes, who.signer.sign(attributes), b"\x30\x00"))
    national = form is ContainerForm.GBT35275
    assert kind == (cms_names.GM_SIGNED_DATA if national else cms_names.SIGNED_DATA)
    inner = data["encap_content_info"]["content_type"].dotted
    assert inner == (cms_names.GM_DATA if national else cms_names.DATA)
    (signer,) = data["signer_infos"]
    assert signer["digest_algorithm"]["algorithm"].dotted == SM3.oid
    algorithm = signer["signature_algorithm"]["algorithm"].dotted
    assert algorithm == ("1.2.156.10197.1.301.1" if national else "1.2.156.10197.1.501")
    found = {attribute["type"].dotted: attribute["values"] for attribute in signer["signed_attrs"]}
    assert set(found) == {
        cms_names.CONTENT_TYPE,
        cms_names.MESSAGE_DIGEST,
        cms_names.SIGNING_CERTIFICATE_V2,
        SEAL_STATEMENT_OID,
    }
    assert found[cms_names.CONTENT_TYPE][0].dotted == inner
    assert found[cms_names.MESSAGE_DIGEST][0].native == SM3.digest(CONTENT).value
    (named,) = found[cms_names.SIGNING_CERTIFICATE_V2][0]["certs"]
    assert named["hash_algorithm"]["algorithm"].dotted == SM3.oid
    assert named["cert_hash"].native == SM3.digest(GM.keeper.der).value
    (stamp,) = signer["unsigned_attrs"]
    assert stamp["type"].dotted == cms_names.SIGNATURE_TIME_STAMP
    assert len(data["certificates"]) == 2


@FORMS
@pytest.mark.parametrize("length", [0, 5000])
def test_the_room_is_never_too_small(form: ContainerForm, length: int):
    who = signatory(form)
    statement = "s" * length
    attributes = signed_attributes(who, Digest(SM3, bytes(32)), statement)
    longest = container(who, attributes, bytes(72))
    room = room_for(who, statement, stamped=False)
    assert len(longest) <= room <= len(longest) + 160


@FORMS
def test_an_international_key_keeps_to_rfc_5652(form: ContainerForm):
    party = GmSealing(suite=Suite.INTERNATIONAL).keeper
    who = signatory(form, party)
    assert who.form is ContainerForm.RFC5652
    attributes = signed_attributes(who, DigestAlgorithm.SHA256.digest(CONTENT), None)
    kind, _ = read(container(who, attributes, who.signer.sign(attributes)))
    assert kind == cms_names.SIGNED_DATA


def test_a_key_of_another_certificate_is_refused():
    with pytest.raises(ValueError, match="does not belong"):
        Signatory(GM.maker.signer, GM.keeper.certificate)
