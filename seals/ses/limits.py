"""How large and long foreign seal data may be. Real seals have 15 to 200 kB; nesting is fixed by the structure itself."""

from __future__ import annotations

from typing import Final

MAX_SEAL_OCTETS: Final = 8 * 1024 * 1024
"""A whole SESeal: the largest picture, a full list of certificates, and a time-stamp."""
MAX_SIGNATURE_OCTETS: Final = 10 * 1024 * 1024
"""A whole SES_Signature: a seal, a time-stamp, extensions."""
MAX_PICTURE_OCTETS: Final = 4 * 1024 * 1024
"""A seal of 60 mm at 1,200 dots to the inch has under 1 MB as PNG; vector packages of tax seals have about 60 kB."""
MAX_PICTURE_PIXELS: Final = 36_000_000
"""60 mm (the largest seal, that of the State Council) at 2,400 dots to the inch is 5,670 pixels a side."""
MAX_PICTURE_MM: Final = 2_000
"""Width and height: seals have at most 60 mm, but some writers put pixels there."""
MAX_LISTED: Final = 256
"""Certificates or digests in certList: the people who may use one seal."""
MAX_CERTIFICATE_OCTETS: Final = 16 * 1024
"""One certificate, as in seal statements."""
MAX_DIGEST_OCTETS: Final = 64
"""One digest: SHA-512 has the most."""
MAX_EXTENSIONS: Final = 64
"""Items of extDatas; real seals have up to three."""
MAX_TEXT_OCTETS: Final = 4 * 1024
"""One text: names have up to 150 octets, a path in an OFD up to 300."""
MAX_SIGNATURE_VALUE: Final = 1024
"""A signature value: SM2 has 72 octets, RSA-8192 has 1,024."""
MAX_TIME_STAMP: Final = 1024 * 1024
"""A time-stamp token with certificates has about 4 kB; one that carries a revocation list is longer."""
MAX_NUMBER: Final = 2**31 - 1
"""Version, type, size: every implementation reads them as machine integers."""
