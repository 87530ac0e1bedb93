"""Whose a bare trust list is: pinned, named by a list of lists that is believed, or under a trusted root; else a stranger's.

Only the first two make a list's services anchors (ADR 42); the third tells an installation's own list, whose root is believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509

from ca.profile import EKU_TRUST_LIST
from verify.certificates.paths import Chain, name
from verify.certificates.purpose import check_exactly
from verify.objects.steps import Bench
from verify.ses.facts import SealDataStep, StepState
from verify.ses.steps import Outcome, doubtful, passed
from verify.trusted_lists.anchors import newest
from verify.trusted_lists.model import Pointer, TrustedList
from verify.trusted_lists.source import Pin
from verify.verdict import SubIndication


@dataclass(frozen=True, slots=True)
class Source:
    """How the question ended; where a root vouches for the signer, its chain and the steps that were taken on it."""

    outcome: Outcome
    chain: Chain = ()
    steps: tuple[SealDataStep, ...] = ()


def source_of(found: TrustedList, certificate: x509.Certificate, bench: Bench) -> Source:
    """Tell whose a list is that ``certificate`` signed, as of now."""
    digest = found.signer_sha256
    known = [pin for pin in bench.pins if pin.source.scheme_id in {"", found.scheme_id}]
    pinned = next((pin for pin in known if digest in pin.source.signer_octets()), None)
    if pinned is not None:
        return Source(_by_pin(pinned, digest))
    if any(pin.source.scheme_id for pin in known):
        return Source(_other_signer(found, digest))
    pointed = list(_pointing(found, bench))
    for above, pointer in pointed:
        if digest in fingerprints(pointer):
            return Source(
                passed(
                    f"信任清单“{above.scheme_id}”第 {above.sequence} 号指向该清单，并列有其签名证书。",
                    f"The trust list “{above.scheme_id}”, number {above.sequence}, points to it and names its signer.",
                )
            )
    if pointed:
        return Source(_other_than_pointed(pointed[0][0], digest))
    return _under_root(certificate, bench) or Source(_stranger(digest))


def points_to(pointer: Pointer, found: TrustedList) -> bool:
    """Tell whether a pointer means a list: TS 119 612 §5.3.13, the same territory and the same type."""
    same_type = pointer.type_uri in {"", found.scheme.type_uri}
    return pointer.territory != "" and pointer.territory == found.territory and same_type


def fingerprints(pointer: Pointer) -> frozenset[str]:
    """Return the SHA-256 (hex) of each certificate that a pointer names."""
    return frozenset(hashlib.sha256(der).hexdigest() for der in pointer.signers)


def _pointing(found: TrustedList, bench: Bench) -> Iterator[tuple[TrustedList, Pointer]]:
    """Yield what lists that are believed now say of this one."""
    for above, disputed in newest(bench.lists):
        if disputed or not above.current_at(bench.at) or above.scheme_id == found.scheme_id:
            continue
        yield from ((above, pointer) for pointer in above.pointers if points_to(pointer, found))


def _under_root(certificate: x509.Certificate, bench: Bench) -> Source | None:
    """Ask the roots of the operator (no other list's authorities) for a signer of trust lists; ``None``: they do not know it."""
    looked, steps = bench.maker(
        certificate,
        (),
        lambda one: check_exactly(one, EKU_TRUST_LIST, "签发信任清单", "signing trust lists"),
    )
    if not looked.trusted or looked.trust is None or not looked.trust.by_decree:
        return None
    if any(step.state is not StepState.PASSED for step in steps[:2]):
        return None
    who, root = name(certificate.subject), name(looked.chain[-1].subject)
    told = passed(
        f"由“{who}”签发，其证书上溯至受信任的根“{root}”；该清单未登记，其中的服务不作为信任依据。",
        f"Made by {who}, whose certificate leads to the trusted root {root}; the list is not pinned, so nothing is trusted "
        "because of it.",
    )
    return Source(told, looked.chain, steps)


def _by_pin(pin: Pin, digest: str) -> Outcome:
    if not pin.via:
        return passed(
            f"签名证书（SHA-256 {digest}）已登记为该清单的签发者。",
            f"Its signer (SHA-256 {digest}) is pinned for this list.",
        )
    return passed(
        f"签名证书（SHA-256 {digest}）由往期清单（第 {'、'.join(map(str, pin.via))} 号）逐期指定，始于所登记的签发者；"
        "今后可直接登记该指纹。",
        f"Its signer (SHA-256 {digest}) was named from issue to issue (number {', '.join(map(str, pin.via))}), beginning with the "
        "one pinned; from now on pin this fingerprint.",
    )


def _other_signer(found: TrustedList, digest: str) -> Outcome:
    return doubtful(
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        f"“{found.scheme_id}”登记的是其他签名证书，这一份由 SHA-256 {digest} 签名：可能系伪造，或签发者已更换；"
        "请向发布机构核对该指纹，相符后重新登记。",
        f"Other signers are pinned for “{found.scheme_id}”, and this one was signed by SHA-256 {digest}: it may be forged, or the "
        "signer was changed; compare the fingerprint with its publisher and pin it anew.",
    )


def _other_than_pointed(above: TrustedList, digest: str) -> Outcome:
    return doubtful(
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        f"信任清单“{above.scheme_id}”第 {above.sequence} 号为该清单列有其他签名证书，这一份由 SHA-256 {digest} 签名；"
        "请取得两者的最新一期后重新核验。",
        f"The trust list “{above.scheme_id}”, number {above.sequence}, names other signers for this list, which was signed by "
        f"SHA-256 {digest}; fetch the newest of both and verify again.",
    )


def _stranger(digest: str) -> Outcome:
    return doubtful(
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        f"签名证书未登记，不知是谁的清单。请经可靠渠道与发布机构核对指纹 SHA-256 {digest}；相符后用 --signer 指定，"
        "或由两人在本系统登记该清单，再重新核验。",
        f"Nobody pinned its signer, so whose list it is stays open. Compare the fingerprint SHA-256 {digest} with its publisher over a "
        "channel you trust; then name it with --signer, or have two people register the list here, and verify again.",
    )
