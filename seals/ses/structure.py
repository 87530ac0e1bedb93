"""Reading electronic seal data of all three versions: SESeal and SES_Signature.

Strict DER but for what real seals were seen to do, which is read and noted. Whatever was signed keeps its octets; nothing
is encoded a second time. No trust decision, no clock. Anything else raises :class:`seals.ses.errors.SealDataInvalid`
with the member's name. No recursion: the depth is that of the structure.
"""

from __future__ import annotations

from ca import der
from ca.der import DerError
from seals.ses import limits
from seals.ses.cursor import IA5_STRING, PRINTABLE_STRING, Cursor
from seals.ses.errors import SealDataInvalid, SealDataTooLarge
from seals.ses.extensions import TAGGED, read_extensions
from seals.ses.parts import (
    CertDigest,
    CertListType,
    Deviation,
    SesHeader,
    SesPicture,
    SesProperty,
    SesSeal,
    SesSignature,
    SesVersion,
    SignerList,
    TimeInfo,
)
from seals.ses.pixels import look
from seals.ses.times import read_time, text_time

MARK = "ES"
_V1_MEMBERS = 2
_SHAPES = {SesVersion.V4: (4,), SesVersion.V5: (4, 5)}
"""Members of SESeal; the fifth is the time-stamp of GM/T 0031-2025."""
_PICTURES = frozenset({"GIF", "BMP", "JPG", "PNG", "SVG", "OFD"})


def is_seal_data(data: bytes) -> bool:
    """Tell from the first octets whether this can be a SESeal or an SES_Signature at all."""
    try:
        inner = der.Reader(data).enter(der.SEQUENCE).enter(der.SEQUENCE)
        if inner.peek() == der.INTEGER:
            inner.element()
            return inner.peek() == der.SEQUENCE
        return inner.enter(der.SEQUENCE).peek() == IA5_STRING
    except DerError:
        return False


def is_signature(data: bytes) -> bool:
    """Tell an SES_Signature from a SESeal: what is signed begins with a number, not with a head."""
    try:
        return der.Reader(data).enter(der.SEQUENCE).enter(der.SEQUENCE).peek() == der.INTEGER
    except DerError:
        return False


def read_seal(data: bytes) -> SesSeal:
    """Read a SESeal, alone and whole."""
    _check_size("SESeal", data, limits.MAX_SEAL_OCTETS)
    notes: list[Deviation] = []
    around = Cursor.over(data, "", notes)
    seal = around.enter("SESeal")
    around.finish("SESeal")
    return _seal(seal, data, notes)


def read_signature(data: bytes) -> SesSignature:
    """Read an SES_Signature, alone and whole."""
    _check_size("SES_Signature", data, limits.MAX_SIGNATURE_OCTETS)
    notes: list[Deviation] = []
    around = Cursor.over(data, "", notes)
    signature = around.enter("SES_Signature")
    around.finish("SES_Signature")
    if signature.count(5) == _V1_MEMBERS:
        return _signature_v1(signature, data, notes)
    return _signature_v4(signature, data, notes)


def _check_size(name: str, data: bytes, most: int) -> None:
    if len(data) > most:
        size = len(data)
        raise SealDataTooLarge(
            name, f"有 {size} 字节，上限为 {most} 字节", f"{size} octets, the limit is {most}"
        )


def _seal(seal: Cursor, octets: bytes, notes: list[Deviation]) -> SesSeal:
    members = seal.count(5)
    info_octets = seal.element("eSealInfo")
    info = Cursor.over(info_octets, seal.path, notes).enter("eSealInfo")
    header = _header(info.enter("header"), notes)
    version = _version(members, header)
    code = info.text("esID", IA5_STRING)
    fields = _property(info.enter("property"), version)
    picture = _picture(info.enter("picture"))
    extensions = read_extensions(info, tagged=False) if info.more else ()
    info.finish()
    part = seal.enter("signInfo") if version is SesVersion.V1 else seal
    certificate_octets = part.element("cert")
    certificate = Cursor.over(certificate_octets, part.path).octets(
        "cert", der.OCTET_STRING, limits.MAX_CERTIFICATE_OCTETS
    )
    algorithm_octets = part.element("signAlgID")
    signature = part.bits("signedValue", limits.MAX_SIGNATURE_VALUE)
    stamp = _time_stamp(part)
    part.finish()
    seal.finish()
    v1 = version is SesVersion.V1
    return SesSeal(
        version=version,
        octets=octets,
        info=info_octets,
        header=header,
        id=code,
        property=fields,
        picture=picture,
        extensions=extensions,
        maker_certificate=certificate,
        algorithm=Cursor.over(algorithm_octets, part.path).oid("signAlgID"),
        signature=signature,
        signed=der.sequence(info_octets, certificate_octets, algorithm_octets) if v1 else info_octets,
        time_stamp=stamp,
        deviations=tuple(notes),
    )


def _header(header: Cursor, notes: list[Deviation]) -> SesHeader:
    found = SesHeader(header.text("ID", IA5_STRING), header.number("version"), header.text("Vid", IA5_STRING))
    header.finish()
    if found.mark != MARK:
        notes.append(Deviation(f"头标识为“{found.mark}”而非 ES", f"the mark is {found.mark!r}, not ES"))
    return found


def _version(members: int, header: SesHeader) -> SesVersion:
    """Tell the layout by the number of members first: the version numbers of v1 are arbitrary."""
    if members == _V1_MEMBERS:
        return SesVersion.V1
    version = SesVersion.V5 if header.version == SesVersion.V5.number else SesVersion.V4
    if members not in _SHAPES[version]:
        raise SealDataInvalid(
            "SESeal",
            f"有 {members} 个成员，与版本号 {header.version} 不符",
            f"{members} members do not go with the version {header.version}",
        )
    return version


def _property(fields: Cursor, version: SesVersion) -> SesProperty:
    v1 = version is SesVersion.V1
    kind = fields.number("type")
    name = fields.text("name", der.UTF8_STRING)
    listed = None if v1 else _list_type(fields)
    signers = _signers(fields.enter("certList"), listed)
    times = [read_time(fields, member, utc_time=v1) for member in ("createDate", "validStart", "validEnd")]
    fields.finish()
    return SesProperty(kind, name, listed, signers, *times)


def _list_type(fields: Cursor) -> CertListType:
    number = fields.number("certListType")
    try:
        return CertListType(number)
    except ValueError as bad:
        raise fields.wrong(
            "certListType", f"为 {number}，只能是 1 或 2", f"it is {number}, neither 1 nor 2"
        ) from bad


def _signers(items: Cursor, listed: CertListType | None) -> SignerList:
    if items.count(limits.MAX_LISTED) > limits.MAX_LISTED:
        raise SealDataTooLarge(
            items.path, f"超过 {limits.MAX_LISTED} 项", f"more than {limits.MAX_LISTED} items"
        )
    certificates: list[bytes] = []
    digests: list[CertDigest] = []
    texts: list[str] = []
    for place in range(limits.MAX_LISTED):
        if not items.more:
            break
        member = f"[{place}]"
        if listed is CertListType.DIGESTS:
            digests.append(_digest(items.enter(member)))
        elif listed is None and items.tag == IA5_STRING:
            items.note(member, "是文字而不是证书", "a text instead of a certificate")
            texts.append(items.text(member, IA5_STRING))
        else:
            certificates.append(items.octets(member, der.OCTET_STRING, limits.MAX_CERTIFICATE_OCTETS))
    return SignerList(tuple(certificates), tuple(digests), tuple(texts))


def _digest(item: Cursor) -> CertDigest:
    kind = item.text("type", PRINTABLE_STRING, IA5_STRING, der.UTF8_STRING)
    found = CertDigest(kind, item.octets("value", der.OCTET_STRING, limits.MAX_DIGEST_OCTETS))
    item.finish()
    return found


def _picture(picture: Cursor) -> SesPicture:
    kind = picture.text("type", IA5_STRING)
    data = picture.octets("data", der.OCTET_STRING, limits.MAX_PICTURE_OCTETS)
    width, height = picture.number("width"), picture.number("height")
    picture.finish()
    for member, size in (("width", width), ("height", height)):
        if not 0 < size <= limits.MAX_PICTURE_MM:
            raise picture.wrong(member, f"为 {size}，不是合理的毫米数", f"{size} is no size in mm")
    looked = look(data)
    pixels = looked.pixels
    if pixels is not None and pixels[0] * pixels[1] > limits.MAX_PICTURE_PIXELS:
        raise SealDataTooLarge(
            picture.named("data"),
            f"为 {pixels[0]}×{pixels[1]} 像素，过大",
            f"{pixels[0]} x {pixels[1]} pixels, too many",
        )
    if kind.upper() not in _PICTURES or looked.kind != kind.upper():
        picture.note(
            "type",
            f"为“{kind}”，与图片内容不一致",
            f"it says {kind!r}, the octets are {looked.kind or 'unknown'}",
        )
    return SesPicture(kind, data, width, height, pixels)


def _time_stamp(part: Cursor) -> bytes | None:
    """Read ``timeStamp [0]``: explicit, as public writers have it; implicit is read too."""
    if part.tag == TAGGED:
        inner = part.enter("timeStamp", TAGGED)
        stamp = inner.bits("token", limits.MAX_TIME_STAMP)
        inner.finish()
        return stamp
    if part.tag == _IMPLICIT:
        part.note("timeStamp", "的标签为隐式", "its tag is implicit")
        return part.bits("timeStamp", limits.MAX_TIME_STAMP, _IMPLICIT)
    return None


_IMPLICIT = 0x80


def _nested_seal(signed: Cursor, notes: list[Deviation]) -> SesSeal:
    octets = signed.element("eseal")
    _check_size(signed.named("eseal"), octets, limits.MAX_SEAL_OCTETS)
    return _seal(Cursor.over(octets, signed.path, notes).enter("eseal"), octets, notes)


def _signature_v1(signature: Cursor, octets: bytes, notes: list[Deviation]) -> SesSignature:
    """GM/T 0031-2014 §6.2.1: the signer's certificate and the algorithm are among what is signed."""
    tbs = signature.element("toSign")
    signed = Cursor.over(tbs, signature.path, notes).enter("toSign")
    stated, seal = signed.number("version"), _nested_seal(signed, notes)
    time = signed.bits("timeInfo", limits.MAX_TIME_STAMP)
    data_hash = signed.bits("dataHash", limits.MAX_DIGEST_OCTETS)
    scope = signed.text("propertyInfo", IA5_STRING, der.UTF8_STRING)
    certificate = signed.octets("cert", der.OCTET_STRING, limits.MAX_CERTIFICATE_OCTETS)
    algorithm = signed.oid("signatureAlgorithm")
    signed.finish()
    value = signature.bits("signature", limits.MAX_SIGNATURE_VALUE)
    signature.finish()
    return SesSignature(
        version=SesVersion.V1,
        octets=octets,
        signed=tbs,
        stated_version=stated,
        seal=seal,
        time=TimeInfo(time, text_time(time)),
        data_hash=data_hash,
        scope=scope,
        extensions=(),
        certificate=certificate,
        algorithm=algorithm,
        signature=value,
        deviations=tuple(notes),
    )


def _signature_v4(signature: Cursor, octets: bytes, notes: list[Deviation]) -> SesSignature:
    """GB/T 38540-2020 and GM/T 0031-2025: four members, five with a time-stamp."""
    tbs = signature.element("toSign")
    signed = Cursor.over(tbs, signature.path, notes).enter("toSign")
    stated, seal = signed.number("version"), _nested_seal(signed, notes)
    moment = read_time(signed, "timeInfo", utc_time=False)
    data_hash = signed.bits("dataHash", limits.MAX_DIGEST_OCTETS)
    scope = signed.text("propertyInfo", IA5_STRING, der.UTF8_STRING)
    extensions = read_extensions(signed, tagged=True) if signed.more else ()
    signed.finish()
    certificate = signature.octets("cert", der.OCTET_STRING, limits.MAX_CERTIFICATE_OCTETS)
    algorithm = signature.oid("signatureAlgID")
    value = signature.bits("signature", limits.MAX_SIGNATURE_VALUE)
    stamp = _time_stamp(signature)
    signature.finish()
    return SesSignature(
        version=SesVersion.V5 if stated == SesVersion.V5.number else SesVersion.V4,
        octets=octets,
        signed=tbs,
        stated_version=stated,
        seal=seal,
        time=TimeInfo(b"", moment),
        data_hash=data_hash,
        scope=scope,
        extensions=extensions,
        certificate=certificate,
        algorithm=algorithm,
        signature=value,
        time_stamp=stamp,
        deviations=tuple(notes),
    )
