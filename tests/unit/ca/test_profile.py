"""Profiles as data: what no profile may ever be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ca.config import CaConfig
from ca.errors import ProfileUnknown
from ca.profile import (
    CROSS,
    EKU_DOCUMENT_SIGNING,
    EKU_OCSP_SIGNING,
    EKU_SEAL_MAKER,
    EKU_TIME_STAMPING,
    ENTERPRISE_SEAL,
    ISSUING,
    OCSP_RESPONDER,
    PROFILES,
    ROOT,
    SEAL_MAKER,
    TEST_SEAL,
    TSA,
    Profile,
    find_profile,
)


def test_I10_only_root_issuing_and_cross_are_cas() -> None:
    assert {profile.id for profile in PROFILES.values() if profile.is_ca} == {"root", "issuing", "cross"}


@pytest.mark.parametrize(
    "changes",
    [
        {"key_usage": ("digital_signature", "key_cert_sign")},
        {"key_usage": ("crl_sign",)},
        {"path_length": 0},
        {"is_ca": True},
        {"key_usage": ("sign_everything",)},
    ],
)
def test_I10_a_leaf_profile_with_a_cas_powers_cannot_be_written(changes: dict[str, object]) -> None:
    """Nor a CA profile without them: the data itself refuses."""
    with pytest.raises(ValueError):  # noqa: PT011
        replace(ENTERPRISE_SEAL, **changes)  # type: ignore[arg-type]


def test_purposes_are_disjoint() -> None:
    """No certificate does two of: seal documents, make seals, stamp time, answer OCSP."""
    purposes = {
        ENTERPRISE_SEAL.extended_key_usage: EKU_DOCUMENT_SIGNING,
        SEAL_MAKER.extended_key_usage: EKU_SEAL_MAKER,
        TSA.extended_key_usage: EKU_TIME_STAMPING,
        OCSP_RESPONDER.extended_key_usage: EKU_OCSP_SIGNING,
    }
    assert all(uses == (only,) for uses, only in purposes.items())


def test_path_lengths_leave_room_for_a_bridge() -> None:
    """Below a root: a bridge, another installation's root, that one's issuing CA; below an issuing CA nothing."""
    assert (ROOT.path_length, CROSS.path_length, ISSUING.path_length) == (3, 2, 0)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.id)
def test_I06_the_hash_covers_every_field(profile: Profile) -> None:
    changed = {
        replace(profile, title=profile.title + "!").hash,
        replace(profile, max_days=profile.max_days + 1).hash,
        replace(profile, ocsp_no_check=not profile.ocsp_no_check).hash,
        replace(profile, subject_needs=(*profile.subject_needs, "x")).hash,
        replace(profile, key_kinds=()).hash,
    }
    assert len(changed | {profile.hash}) == 6
    assert replace(profile).hash == profile.hash


def test_I32_the_test_profile_is_marked() -> None:
    assert [profile for profile in PROFILES.values() if profile.test] == [TEST_SEAL]


def test_unknown_profile() -> None:
    with pytest.raises(ProfileUnknown):
        find_profile(PROFILES, "wildcard")


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "ftp://example.test"},
        {"base_url": "http://example.test/"},
        {"base_url": "http://例子.test"},
        {"base_url": "http://a b"},
        {"instance_prefix": 0},
        {"instance_prefix": 0x8000},
    ],
)
def test_config_refuses_what_no_certificate_can_carry(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        CaConfig(**{"base_url": "http://example.test", **changes})  # type: ignore[arg-type]


def test_addresses() -> None:
    config = CaConfig("http://pki.test")
    assert config.crl_address("issuing") == "http://pki.test/pki/crl/issuing.crl"
    assert config.issuer_address("root") == "http://pki.test/pki/issuers/root.cer"
    assert config.ocsp_address("issuing") == "http://pki.test/pki/ocsp/issuing"
    assert config.tsa_address == "http://pki.test/pki/tsa"


def test_I06_config_hash_covers_what_shapes_a_certificate() -> None:
    plain = CaConfig("http://pki.test")
    assert plain.hash == CaConfig("http://pki.test").hash
    assert plain.hash != CaConfig("http://pki2.test").hash
    assert plain.hash != CaConfig("http://pki.test", instance_prefix=2).hash
    assert plain.hash != CaConfig("http://pki.test", production=True).hash
