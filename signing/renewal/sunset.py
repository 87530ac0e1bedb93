"""When a time-stamp stops proving: with its certificate, or earlier, with the algorithms that it rests on.

The last days are those of NIST SP 800-131A rev. 3 and IR 8547 (drafts): RSA below 3,072 bits ends with 2030, every other
signature of today's public-key algorithms with 2035. SM2 is given the time of a curve of its size.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from verify.algorithms import key_of
from verify.pdf.time_stamps import StampFound

SMALL_RSA_BITS: Final = 3072
SMALL_RSA_ENDS: Final = datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)
CLASSICAL_ENDS: Final = datetime(2035, 12, 31, 23, 59, 59, tzinfo=UTC)


def fades(stamp: StampFound) -> datetime:
    """Return the last moment at which a time-stamp proves by itself, as seen when it was made.

    A stamp made after its algorithm's last day rests on its certificate alone: whoever runs such an authority decided so.
    """
    ends = stamp.certificate.not_valid_after_utc
    sunset = _sunset(stamp.certificate)
    return min(ends, sunset) if stamp.time < sunset else ends


def _sunset(certificate: x509.Certificate) -> datetime:
    key = key_of(certificate)
    small = isinstance(key, rsa.RSAPublicKey) and key.key_size < SMALL_RSA_BITS
    return SMALL_RSA_ENDS if small else CLASSICAL_ENDS
