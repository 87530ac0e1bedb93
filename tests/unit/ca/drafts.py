"""Drafts for the lints: right by default, rebuilt with the one wrong thing that a test states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography import x509

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from ca.certificate import CertificateRequest, SubjectName, public_key_of, spki_sha256
from ca.config import CaConfig
from ca.cross.terms import CrossTerms
from ca.issuer import HolderStatus, Issuer
from ca.key_facts import key_identifier
from ca.plan import Draft, Plan, assemble, decide_validity, draft, make_serial
from ca.profile import ENTERPRISE_SEAL, Profile
from hsm.algorithms import DEFAULT_ALGORITHM, PublicKey, SignatureAlgorithm, kind_of
from hsm.public_keys import spki
from hsm.sm2.public_key import Sm2PublicKey
from tests import sm2
from tests.pki import COMPANY, USCC, Party, Pki, make_config, new_key

ENTERPRISE = SubjectName(COMPANY, COMPANY, USCC)
SERVICE = SubjectName("印信测试服务 TEST", "印信测试 TEST")


def issuer_of(party: Party, name: str = "issuing", profile: str = "issuing", parent: str = "root") -> Issuer:
    """Return the issuer that ``party`` is."""
    spki = spki_sha256(public_key_of(party.certificate))
    return Issuer(
        name, HolderStatus.ACTIVE, f"file:token=t;object={name}", spki, party.der, parent, profile, 1
    )


def right_plan(
    now: datetime,
    profile: Profile = ENTERPRISE_SEAL,
    *,
    subject: SubjectName | None = None,
    pki: Pki | None = None,
    config: CaConfig | None = None,
    **request: Any,
) -> Plan:
    """Return a plan that every demand is met by."""
    pki = pki or Pki(now)
    config = config or make_config(suite=pki.suite)
    subject = subject or (ENTERPRISE if profile.registered_enterprise else SERVICE)
    if profile.names_hosts:
        request.setdefault("hosts", ("broker.example.test", "192.0.2.7"))
    key = request.pop("public_key", None) or new_key(pki.suite.key_kind).public_key()
    if profile.foreign:
        request.setdefault("cross", right_terms(subject, key))
    asked = CertificateRequest(profile.id, subject, key, **request)
    if profile.self_signed:
        issuer = Issuer(
            "root", HolderStatus.PLANNED, "file:token=t;object=root", spki_sha256(key), b"", "root", "root", 1
        )
        issuer_key = key
    else:
        above, name = (pki.issuing, "issuing") if "issuing" in profile.issued_by else (pki.root, "root")
        issuer = issuer_of(above, name, name)
        issuer_key = public_key_of(above.certificate)
    return Plan(
        request=asked,
        profile=profile,
        profile_hash=profile.hash,
        config=config,
        config_hash=config.hash,
        issuer=issuer,
        issuer_key=issuer_key,
        algorithm=DEFAULT_ALGORITHM[kind_of(issuer_key)],
        serial=make_serial(config.instance_prefix, bytes(range(1, 18))),
        validity=decide_validity(asked, profile, now, issuer),
    )


def right_terms(subject: SubjectName, key: PublicKey, **changes: Any) -> CrossTerms:
    """Return terms for another authority of this name and key."""
    right: dict[str, Any] = {
        "subject": subject.x509().public_bytes(),
        "key_identifier": key_identifier(key),
        "path_length": 1,
        "policies": ("1.3.6.1.4.1.55555.1",),
        "mappings": (("1.3.6.1.4.1.55555.1", "1.3.6.1.4.1.66666.1"),),
        "permitted": ("dn:/C=CN", "dns:example.cn"),
        "excluded": ("dn:/C=CN/O=他人", "ip:10.0.0.0/8", "email:example.org", "uri:.example.org"),
        "inhibit_policy_mapping": 1,
    }
    return CrossTerms(**right | changes)


def right_draft(now: datetime, profile: Profile = ENTERPRISE_SEAL, **parts: Any) -> Draft:
    """Return a draft that every demand is met by."""
    return draft(right_plan(now, profile, **parts))


def rebuilt(good: Draft, **changes: Any) -> Draft:
    """Return ``good`` built again with one thing changed, under the same plan.

    ``serial``, ``not_before``, ``not_after``, ``subject``, ``issuer``, ``key`` replace a field; ``drop`` leaves out
    an extension (class); ``put`` replaces or adds an extension: ``(value, critical)``.
    """
    old = x509.load_der_x509_certificate(good.unsigned)
    extensions = {extension.oid: (extension.value, extension.critical) for extension in old.extensions}
    if "drop" in changes:
        del extensions[changes["drop"].oid]
    if "put" in changes:
        value, critical = changes["put"]
        extensions[value.oid] = (value, critical)
    key = changes.get("key") or public_key_of(old)
    builder = (
        x509.CertificateBuilder()
        .serial_number(changes.get("serial", old.serial_number))
        .subject_name(changes.get("subject", old.subject))
        .issuer_name(changes.get("issuer", old.issuer))
        .not_valid_before(changes.get("not_before", old.not_valid_before_utc))
        .not_valid_after(changes.get("not_after", old.not_valid_after_utc))
        .public_key(sm2.stand_in().public_key() if isinstance(key, Sm2PublicKey) else key)
    )
    for value, critical in extensions.values():
        builder = builder.add_extension(value, critical)
    made = builder.create_unsigned().tbs_certificate_bytes
    return with_tbs(good, with_parts(made, good.plan.algorithm, key))


def with_parts(tbs: bytes, algorithm: SignatureAlgorithm, key: PublicKey) -> bytes:
    """Put the real algorithm where an unsigned certificate has RFC 9925's placeholder, and the real key."""
    body = elements_of(tbs)
    body[2], body[6] = algorithm_identifier(algorithm), spki(key)
    return der.sequence(*body)


def elements_of(tbs: bytes) -> list[bytes]:
    """Return the encoded fields of a body (RFC 5280 §4.1.2)."""
    body = der.Reader(tbs).enter(der.SEQUENCE)
    elements = []
    while body.more:
        elements.append(body.element())
    return elements


def with_tbs(good: Draft, tbs: bytes) -> Draft:
    """Return ``good`` over other octets."""
    return Draft(good.plan, tbs, assemble(tbs, good.plan.algorithm, b"\0"))


def with_elements(good: Draft, change: Callable[[list[bytes]], list[bytes]]) -> Draft:
    """Return ``good`` with the elements of its body changed."""
    return with_tbs(good, der.sequence(*change(elements_of(good.tbs))))


def with_plan(good: Draft, **changes: Any) -> Draft:
    """Return ``good``'s octets under a plan with other parts."""
    return Draft(replace(good.plan, **changes), good.tbs, good.unsigned)
