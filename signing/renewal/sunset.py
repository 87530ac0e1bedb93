"""When a time-stamp stops proving: with its certificate, or earlier, with the algorithms that it rests on.

The last days are those by which verification judges (:mod:`verify.strength`): what is extended before them never meets a
verifier that refuses it. An announced end counts here like one in force.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from verify.algorithms import key_of
from verify.pdf.time_stamps import StampFound
from verify.strength import ANNOUNCED, KEY_ENDS, digest_sunset, key_sunset

SMALL_RSA_ENDS: Final = KEY_ENDS["RSA"][-1][1].ends
CLASSICAL_ENDS: Final = ANNOUNCED.ends


def fades(stamp: StampFound) -> datetime:
    """Return the last moment at which a time-stamp proves by itself, as seen when it was made.

    A stamp made after its algorithm's last day rests on its certificate alone: whoever runs such an authority decided so.
    """
    ends = stamp.certificate.not_valid_after_utc
    sunset = _sunset(stamp)
    return min(ends, sunset) if stamp.time < sunset else ends


def _sunset(stamp: StampFound) -> datetime:
    key = key_of(stamp.certificate)
    family, bits = ("RSA", key.key_size) if isinstance(key, rsa.RSAPublicKey) else ("", 0)
    found = (key_sunset(family, bits), digest_sunset(stamp.digest))
    return min((one.ends for one in found if one is not None), default=CLASSICAL_ENDS)
