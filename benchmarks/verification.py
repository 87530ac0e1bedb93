"""Verification against pyHanko's validators, on the same files with the same root and the same evidence.

Both open the file, prove digest, signature and path, look at revocation and judge what was appended. Ours also builds
the report, twice worded, with places and states then and now. Each side's verdict is checked once before measuring.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.harness import Better, Row, compare
from verify.wire import pack_trust

NAME = "verification"
PLAIN = "pyHanko 0.38 validate_pdf_signature, revocation required"
ADES = "pyHanko 0.38 ades_lta_validation"
LARGE_PAGES = 500


def run(quick: bool) -> Iterable[Row]:
    """Measure small and large files at B-B and B-LTA in processor time, the large ones by the clock and against hashing too, and memory."""
    from benchmarks.installation import folder
    from benchmarks.sealing import make_pdf
    from benchmarks.sealing_acts import make_thirty
    from tests.verify_world import Signing

    signing = Signing(now=datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10))
    with folder() as place:
        small, large = place / "small.pdf", place / "large.pdf"
        make_thirty(small)
        make_pdf(large, pages=LARGE_PAGES, images=True)
        for path, label in ((small, "30-KB"), (large, "500-pages")):
            yield from _file(signing, path, label, quick=quick)
        yield _clock(signing, large, quick=quick)
        yield _hashing(signing, large, quick=quick)
        yield _memory(signing, large)


def _file(signing: Any, path: Path, label: str, *, quick: bool) -> Iterable[Row]:
    plain = signing.sign(path.read_bytes(), box=None)
    archived = _archived(signing, path.read_bytes())
    ours = _ours(signing)
    seconds, rounds = (0.7, 3) if quick else (3.0, 7)
    for data, level, peer, peer_name in (
        (plain, "B-B", _plain_peer(signing), PLAIN),
        (archived, "B-LTA", _ades_peer(signing), ADES),
    ):
        yield Row(
            name=f"verification-{level}-{label}",
            unit="documents/s",
            peer_name=peer_name,
            samples=compare(_speed(ours, data, seconds), _speed(peer, data, seconds), rounds),
            note=f"{len(data) / 1e6:.2f} MB; processor time; ours with the whole report",
        )


def _clock(signing: Any, path: Path, *, quick: bool) -> Row:
    """One large file by the clock: ours digests it beside everything else, which takes a second core."""
    archived = _archived(signing, path.read_bytes())
    seconds, rounds = (0.7, 5) if quick else (3.0, 7)
    ours, peer = _ours(signing), _ades_peer(signing)
    return Row(
        name="verification-B-LTA-500-pages-clock",
        unit="documents/s",
        peer_name=ADES,
        samples=compare(
            _speed(ours, archived, seconds, time.perf_counter),
            _speed(peer, archived, seconds, time.perf_counter),
            rounds,
        ),
        note=f"{len(archived) / 1e6:.2f} MB; by the clock, {os.cpu_count()} cores; ours with the whole report",
    )


def _archived(signing: Any, data: bytes) -> bytes:
    """Sign at B-LTA as pyHanko does by its own settings: signature, store, document time-stamp, and the store of that."""
    from asn1crypto import crl
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    from tests.verify_world import asn1, private_info

    keeper = signing.keeper
    chain = [asn1(der) for der in keeper.chain]
    signer = signers.SimpleSigner(
        signing_cert=asn1(keeper.der),
        signing_key=private_info(keeper),
        cert_registry=SimpleCertificateStore.from_certs(chain),
    )
    known = ValidationContext(
        trust_roots=[asn1(signing.root_der)],
        crls=[crl.CertificateList.load(der) for der in signing.crls()],
        other_certs=[*chain, *(asn1(der) for der in signing.tsa.chain)],
        allow_fetching=False,
        revocation_mode="require",
    )
    meta = signers.PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=True,
        use_pades_lta=True,
        validation_context=known,
    )
    out = BytesIO()
    logging.getLogger("pyhanko").setLevel(logging.ERROR)
    signers.PdfSigner(meta, signer, timestamper=signing.stamper()).sign_pdf(
        IncrementalPdfFileWriter(BytesIO(data)), output=out
    )
    return out.getvalue()


def _hashing(signing: Any, path: Path, *, quick: bool) -> Row:
    """Ours on a large file against what nobody can do without: one SHA-256 of the file."""
    archived = _archived(signing, path.read_bytes())
    seconds, rounds = (0.7, 3) if quick else (3.0, 7)
    ours, bare = (
        _speed(_ours(signing), archived, seconds),
        _speed(lambda data: sha256(data).digest(), archived, seconds),
    )
    return Row(
        name="verification-B-LTA-hashing",
        unit="ms",
        peer_name="SHA-256 of the same file, nothing else",
        samples=tuple((1000 / mine, 1000 / theirs) for mine, theirs in compare(ours, bare, rounds)),
        better=Better.LOWER,
        note=f"{len(archived) / 1e6:.2f} MB; processor time",
    )


def _memory(signing: Any, path: Path) -> Row:
    """Peak resident memory of a fresh process that verifies one large file at B-LTA."""
    archived = path.with_name("archived.pdf")
    archived.write_bytes(_archived(signing, path.read_bytes()))
    trust = json.dumps(pack_trust(signing.trust()))
    peaks = [_peak(program, archived, trust) for program in (_OURS_ALONE, _PEER_ALONE)]
    return Row(
        name="verification-B-LTA-memory",
        unit="MB",
        peer_name="pyHanko 0.38, the same file from disk",
        samples=((peaks[0], peaks[1]),),
        better=Better.LOWER,
        note=f"peak resident, fresh process, {archived.stat().st_size / 1e6:.0f} MB file",
    )


def _peak(program: str, path: Path, trust: str) -> float:
    ran = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        input=trust, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    return int(ran.stdout.split()[-1]) / 1024


_OURS_ALONE = """
import json, re, sys
from datetime import UTC, datetime
from pathlib import Path
from verify.verifier import Verifier
from verify.wire import unpack_trust
found = Verifier(unpack_trust(json.load(sys.stdin))).verify(Path(sys.argv[1]).read_bytes(), at=datetime.now(UTC))
assert found.verdict == "passed", found.reason.en
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
_PEER_ALONE = """
import json, re, sys
from pathlib import Path
from benchmarks.verification import ades_peer
from verify.wire import unpack_trust
verify = ades_peer(unpack_trust(json.load(sys.stdin)))
with open(sys.argv[1], "rb") as file:
    verify(file)
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def _speed(
    verify: Callable[[bytes], object],
    data: bytes,
    seconds: float,
    clock: Callable[[], float] = time.process_time,
) -> Callable[[], float]:
    verify(data)
    return lambda: _per_second(lambda: verify(data), seconds, clock)


def _per_second(work: Callable[[], object], seconds: float, clock: Callable[[], float]) -> float:
    """Do ``work`` for ``seconds``, of processor time where neighbours are not to disturb; return how often a second.

    What the other side left behind is collected before, so that nobody pays for it.
    """
    gc.collect()
    done, began = 0, clock()
    while (elapsed := clock() - began) < seconds:
        work()
        done += 1
    return done / elapsed


def _ours(signing: Any) -> Callable[[bytes], None]:
    from verify.verdict import Verdict
    from verify.verifier import Verifier

    verifier = Verifier(signing.trust())

    def verify(data: bytes) -> None:
        report = verifier.verify(data, at=datetime.now(UTC))
        assert report.verdict is Verdict.PASSED, report.reason.en

    return verify


def _plain_peer(signing: Any) -> Callable[[bytes], None]:
    from asn1crypto import crl
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    from tests.verify_world import asn1

    root, crls = asn1(signing.root_der), [crl.CertificateList.load(der) for der in signing.crls()]

    def verify(data: bytes) -> None:
        context = ValidationContext(
            trust_roots=[root], crls=crls, allow_fetching=False, revocation_mode="require"
        )
        status = validate_pdf_signature(PdfFileReader(BytesIO(data)).embedded_signatures[0], context)
        assert status.bottom_line

    return verify


def _ades_peer(signing: Any) -> Callable[[bytes], None]:
    verify = ades_peer(signing.trust())
    return lambda data: verify(BytesIO(data))


def ades_peer(trust: Any) -> Callable[[Any], None]:
    """Make pyHanko's judge of a stream by a trust store of ours."""
    from asn1crypto import crl
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.ades.report import AdESPassed
    from pyhanko.sign.validation import ades
    from pyhanko.sign.validation.policy_decl import (
        LocalKnowledge,
        PdfSignatureValidationSpec,
        RevinfoOnlineFetchingRule,
        RevocationInfoGatheringSpec,
        SignatureValidationSpec,
    )
    from pyhanko_certvalidator.context import CertValidationPolicySpec
    from pyhanko_certvalidator.policy_decl import (
        CertRevTrustPolicy,
        RevocationCheckingPolicy,
        RevocationCheckingRule,
    )
    from pyhanko_certvalidator.registry import SimpleTrustManager
    from pyhanko_certvalidator.revinfo.archival import CRLContainer

    from tests.verify_world import asn1

    rule = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(
                    [asn1(one.public_bytes(Encoding.DER)) for one in trust.anchors]
                ),
                revinfo_policy=CertRevTrustPolicy(
                    RevocationCheckingPolicy(ee_certificate_rule=rule, intermediate_ca_cert_rule=rule)
                ),
            ),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
            ),
            local_knowledge=LocalKnowledge(
                known_crls=[CRLContainer(crl.CertificateList.load(der)) for der in trust.crls]
            ),
        )
    )

    def verify(stream: Any) -> None:
        signature = PdfFileReader(stream).embedded_signatures[0]
        result = asyncio.run(ades.ades_lta_validation(signature, spec))
        assert result.ades_subindic == AdESPassed.OK, result.ades_subindic

    return verify
