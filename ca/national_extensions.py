"""Chinese certificate extensions (GB/T 20518-2018, GM/T 0015): which codes of a holder a suite writes, and how. Pure.

They are data: a row for each code of a suite. None is critical, so that software that does not know them passes over
them. The sources for these identifiers disagree in places; what is not certain stands in a constant of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ca import der
from ca.certificate import CertificateRequest, NationalCodes
from ca.errors import RequestInvalid
from hsm.suite import Suite

_PRINTABLE_STRING: Final = 0x13
_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]+")
"""X.680 §41.4."""
MAX_CODE: Final = 64
"""Characters of a code; the longest in use, a USCC, has 18."""

ARC: Final = "1.2.156.10260.4.1"
IDENTIFY_CODE: Final = f"{ARC}.1"
"""GM/T 0015-2012; the edition of 2023 is reported to give each kind of document an identifier of its own below it."""
SOCIAL_INSURANCE: Final = f"{ARC}.2"
BUSINESS_REGISTRATION: Final = f"{ARC}.3"
ORGANISATION_CODE: Final = f"{ARC}.4"
"""Of an organisation; carries the USCC (GB 32100-2015), which replaced the organisation code in 2015. The edition of
2023 is reported to have an identifier for the USCC alone, with conflicting values."""
TAXPAYER: Final = f"{ARC}.5"
IDENTIFY_CODE_TAG: Final = 0xA0
"""``residenterCardNumber [0]`` of ``IdentifyCode``: the standard does not say whether the tag is explicit; software in
use writes it so."""
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _printable(code: str) -> bytes:
    return der.tlv(_PRINTABLE_STRING, code.encode("ascii"))


def _resident(code: str) -> bytes:
    return der.tlv(IDENTIFY_CODE_TAG, _printable(code))


@dataclass(frozen=True, slots=True)
class NationalExtension:
    """One code: ``field`` of :class:`ca.certificate.NationalCodes`, or ``uscc`` of the subject's name."""

    oid: str
    field: str
    title: str
    encode: Callable[[str], bytes] = _printable


NATIONAL_EXTENSIONS: Final[Mapping[Suite, tuple[NationalExtension, ...]]] = MappingProxyType(
    {
        Suite.INTERNATIONAL: (),
        Suite.GM: (
            NationalExtension(ORGANISATION_CODE, "uscc", "统一社会信用代码 / USCC"),
            NationalExtension(BUSINESS_REGISTRATION, "business_registration", "工商注册号 / registration"),
            NationalExtension(TAXPAYER, "taxpayer", "纳税人识别号 / taxpayer"),
            NationalExtension(SOCIAL_INSURANCE, "social_insurance", "社会保险号 / social insurance"),
            NationalExtension(IDENTIFY_CODE, "resident_id", "居民身份证号 / resident identity", _resident),
        ),
    }
)


def national_values(suite: Suite, request: CertificateRequest) -> tuple[tuple[str, bytes], ...]:
    """Return identifier and encoded value of each code that a certificate of ``suite`` carries for ``request``.

    A code that cannot be written, or that the suite has no place for, raises :class:`RequestInvalid`.
    """
    codes = {"uscc": request.subject.uscc, **_codes(request.national)}
    rows = NATIONAL_EXTENSIONS[suite]
    homeless = {field for field, code in codes.items() if code} - {row.field for row in rows} - {"uscc"}
    if homeless:
        raise RequestInvalid(f"certificates of suite {suite} have no place for {', '.join(sorted(homeless))}")
    return tuple((row.oid, row.encode(_checked(row, codes[row.field]))) for row in rows if codes[row.field])


def _codes(given: NationalCodes | None) -> dict[str, str]:
    codes = given or NationalCodes()
    return {
        "business_registration": codes.business_registration,
        "taxpayer": codes.taxpayer,
        "social_insurance": codes.social_insurance,
        "resident_id": codes.resident_id,
    }


def _checked(row: NationalExtension, code: str) -> str:
    if len(code) > MAX_CODE or not _PRINTABLE.fullmatch(code):
        raise RequestInvalid(f"{row.title}: 1 to {MAX_CODE} characters of a PrintableString")
    if row.oid == IDENTIFY_CODE and not _is_resident_id(code):
        raise RequestInvalid(f"{row.title}: the number or its check character is wrong (GB 11643)")
    return code


def _is_resident_id(code: str) -> bool:
    """GB 11643-1999: 17 digits and a check character (ISO 7064, MOD 11-2)."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", code):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code[:17], _ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == code[17]
