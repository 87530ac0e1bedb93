"""How strong a signature's algorithms were when something proves that it existed, and what is said where they were not.

ETSI EN 319 102-1 §5.6.2.4. What the digest of the content is worth counts at the oldest proof over the *content*: a time-stamp
over the signature's value alone leaves whoever finds a collision free to exchange what was signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from hsm.sm2.public_key import Sm2PublicKey
from verify.algorithms import key_of
from verify.certificates.paths import MAX_DESCRIBED, Chain, name
from verify.certificates.remembered import by_identity
from verify.digests import SM3
from verify.errors import Finding, unsure
from verify.report import SigningTime
from verify.strength import (
    Soundness,
    Strength,
    Sunset,
    Use,
    digest_sunset,
    key_sunset,
    soundness,
    worst,
)
from verify.verdict import SubIndication

KEPT_DIGESTS: Final = 64
"""Names of digests written for people; there are a dozen."""


@dataclass(frozen=True, slots=True)
class Moments:
    """The times that count: when the signature, and when its content, is proved to have existed; now where nothing proves it."""

    signature: datetime
    content: datetime
    now: datetime
    claimed: datetime | None = None
    proved: bool = False


def moments(time: SigningTime, content: datetime | None, now: datetime) -> Moments:
    """Gather the times of a signature; ``content`` is the oldest trusted time-stamp over the whole of it."""
    proved = time.value if time.trusted and time.value is not None else None
    return Moments(proved or now, content or now, now, time.value, proved is not None)


def strength_of(  # noqa: PLR0913 - what else rests on a digest, each by name
    digest: str,
    certificate: x509.Certificate,
    chain: Chain,
    when: Moments,
    *,
    imprint: str = "",
    binding: Sequence[str] = (),
) -> Strength:
    """Judge the digest of the content, the signing key and what each certificate below the anchor was signed with.

    ``imprint`` is the digest that a time-stamp took of what it is over; ``binding`` are those by which the signature names its
    certificate, of which the one that lasts longest counts.
    """
    lasting = [_content(one) for one in dict.fromkeys((digest, imprint) if imprint else (digest,))]
    lasting += [_signing(certificate), *_bound(tuple(binding)), *_links(chain)]
    found = [_at(use, when) if use.sunset is not None and use.sunset.firm else use for use in lasting]
    then, now = worst([use.then for use in found]), worst([use.now for use in found])
    at = when.signature if when.proved else when.claimed
    return Strength(then, now, at, when.proved, tuple(found))


@lru_cache(maxsize=KEPT_DIGESTS)
def _content(digest: str) -> Use:
    return _lasting("内容摘要", "digest of the content", _digest_name(digest), digest_sunset(digest))


@lru_cache(maxsize=KEPT_DIGESTS)
def _bound(names: tuple[str, ...]) -> tuple[Use, ...]:
    """Name the digest that binds the certificate, where even the best of them ends (RFC 5035 §5.4: SHA-1 by ESSCertID, any by v2).

    SHA-1 is not weighed: the older attribute knows no other (RFC 2634 §5.4.1), real signatures carry it to this day, and to put another
    certificate in the place of one that exists takes a second preimage, which nobody has. MD5 is, as nothing is left of it.
    """
    ends = {name: None if name == "sha1" else digest_sunset(name) for name in names}
    if not ends or None in ends.values():
        return ()
    best, sunset = max(
        ((name, end) for name, end in ends.items() if end is not None), key=lambda one: one[1].ends
    )
    return (_lasting("绑定证书的摘要", "digest that binds the certificate", _digest_name(best), sunset),)


@by_identity(MAX_DESCRIBED)
def _signing(certificate: x509.Certificate) -> Use:
    return _lasting("签名密钥", "signing key", *_key(certificate))


@by_identity(MAX_DESCRIBED)
def _links(chain: Chain) -> tuple[Use, ...]:
    """Name what each certificate below the anchor was signed with, and until when that counts."""
    found = []
    for certificate, issuer in pairwise(chain):
        who = name(certificate.subject)
        what = (f"证书“{who}”的签发", f"issue of the certificate of {who}")
        found.append(_lasting(*what, *_issued(certificate, issuer)))
    return tuple(found)


def _lasting(zh: str, en: str, algorithm: str, sunset: Sunset | None) -> Use:
    """Make the use of an algorithm that counts at every moment; one with a firm end is judged by :func:`_at`."""
    return Use(zh, en, algorithm, sunset, Soundness.SOUND, Soundness.SOUND)


def _at(use: Use, when: Moments) -> Use:
    content = use.what_en == "digest of the content"
    moment = when.content if content else when.signature
    if not when.proved and when.claimed is not None and moment == when.now:
        moment = min(moment, when.claimed)  # a claim tells how strong it was, and proves nothing
    return replace(use, then=soundness(use.sunset, moment), now=soundness(use.sunset, when.now))


def _key(certificate: x509.Certificate) -> tuple[str, Sunset | None]:
    key = key_of(certificate)
    if isinstance(key, Sm2PublicKey):
        return "SM2", key_sunset("SM2", 256)
    for kind, family in (
        (rsa.RSAPublicKey, "RSA"),
        (dsa.DSAPublicKey, "DSA"),
        (ec.EllipticCurvePublicKey, "EC"),
    ):
        if isinstance(key, kind):
            return f"{family}-{key.key_size}", key_sunset(family, key.key_size)
    return type(key).__name__.removesuffix("PublicKey"), key_sunset("", 0)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> tuple[str, Sunset | None]:
    """Name issuer's key and the digest, and the earlier of their ends."""
    key, ends = _key(issuer)
    try:
        hashed = certificate.signature_hash_algorithm
        digest = "" if hashed is None else hashed.name.replace("-", "_")
    except UnsupportedAlgorithm:
        digest = SM3 if key == "SM2" else ""
    other = digest_sunset(digest)
    known = [one for one in (ends, other) if one is not None]
    first = min(known, key=lambda one: (not one.firm, one.ends), default=None)
    return f"{key} / {_digest_name(digest)}" if digest else key, first


def _digest_name(digest: str) -> str:
    shown = digest.upper().replace("_", "-")
    return shown.replace("SHA", "SHA-", 1) if shown[3:].isdigit() and shown.startswith("SHA") else shown


def weakness(strength: Strength, when: Moments) -> Finding | None:
    """EN 319 102-1 §5.2.8, §5.6.2.4: say what was not strong enough at the time that is proved."""
    ending = [use for use in strength.uses if use.sunset is not None and use.sunset.firm]
    weak = [use for use in ending if _counted(use, when) is Soundness.WEAK]
    if not weak:
        return None
    names = "、".join(dict.fromkeys(use.algorithm for use in weak))
    names_en = ", ".join(dict.fromkeys(use.algorithm for use in weak))
    ends = min(use.sunset.ends for use in weak if use.sunset is not None)
    if when.claimed is not None and when.claimed >= ends:
        return unsure(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            f"签章所用算法（{names}）在签章时（{ends:%Y-%m-%d} 起）已不可靠，不能作为可靠证明；请要求以现行算法重新签章。",
            f"The signature uses algorithms ({names_en}) that counted no longer when it was made (since {ends:%Y-%m-%d}); "
            "ask for it to be signed again with today's.",
        )
    return unsure(
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        f"签章所用算法（{names}）自 {ends:%Y-%m-%d} 起不再可靠，且没有可信时间戳证明文件内容和签章在此之前已存在，无法判定；"
        "请补充当时加盖的文档时间戳，或要求以现行算法重新签章。",
        f"The signature uses algorithms ({names_en}) that count no longer since {ends:%Y-%m-%d}, and no trusted time-stamp over "
        "the content proves that it is older; provide such a time-stamp or have it signed again.",
    )


def token_weakness(strength: Strength) -> Finding | None:
    """Say that a time-stamp proves nothing, because its algorithms had ended at the time by which it is proved itself."""
    weak = [use for use in strength.uses if use.then is Soundness.WEAK and use.sunset is not None]
    if not weak:
        return None
    names = "、".join(dict.fromkeys(use.algorithm for use in weak))
    names_en = ", ".join(dict.fromkeys(use.algorithm for use in weak))
    ends = min(use.sunset.ends for use in weak if use.sunset is not None)
    return unsure(
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        f"时间戳所用算法（{names}）自 {ends:%Y-%m-%d} 起不再可靠，此前也没有加盖归档时间戳，不能证明时间；请提供当时的归档时间戳。",
        f"The time-stamp's algorithms ({names_en}) count no longer since {ends:%Y-%m-%d}, and no archive time-stamp was put "
        "over it before; it proves no time.",
    )


def _counted(use: Use, when: Moments) -> Soundness:
    """Judge a use as of its proof, as of now where there is none."""
    moment = when.content if use.what_en == "digest of the content" else when.signature
    return soundness(use.sunset, moment)
