"""The list of signatures and one signature's description, as they are written (GB/T 33190 §18, GM/T 0099)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from verify.ofd import limits
from verify.ofd.locations import Around, folder, readings
from verify.ofd.names import URI, spellings
from verify.ofd.package import Package
from verify.ofd.places import check_places
from verify.ofd.structure import NOWHERE, Box, numbers4
from verify.ofd.xml import Element
from verify.ofd.zip_records import refused

_PROVIDER: Final = ("ProviderName", "Company", "Version")


class SignatureType(StrEnum):
    """``Signature@Type``."""

    SEAL = "Seal"
    """An electronic seal (SES); the default."""
    SIGN = "Sign"
    """A signature without a seal."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list. ``relative`` is the id of a signature that must be verified with it."""

    id: str
    type: SignatureType
    path: str
    relative: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A protected file by its path, and its digest as written (base64)."""

    path: str
    value: str


@dataclass(frozen=True, slots=True)
class StampAnnot:
    """Where the seal shows on a page, in mm; ``clip`` is relative to the boundary's corner.

    Either is :data:`verify.ofd.structure.NOWHERE` if it cannot be read.
    """

    id: str
    page: str
    boundary: Box
    clip: Box | None


@dataclass(frozen=True, slots=True)
class Description:
    """A ``Signature.xml``: what it protects and by which digest, where it shows, where its parts stand."""

    path: str
    method: str
    """``CheckMethod`` as written; empty where it is absent, which the schema takes for MD5."""
    references: tuple[Reference, ...]
    stamps: tuple[StampAnnot, ...]
    value: str | None
    """Path of the signed value; ``None`` where none is named or the file is not there."""
    shows: bool
    """Whether it has an element ``Seal``, whatever that names."""
    seal: str | None
    """Path of the copy of the seal, if one is named."""
    picture: str | None
    """Path of a picture of the seal, if one is named (``ImageLoc``)."""
    algorithm: str
    provider: str
    stated_time: str
    twofold: tuple[str, ...] = ()
    """Locations by which readers open different files, as written."""
    relative: bool = False
    """Whether some location depends on the place of the description."""


_PLACES: Final = {
    "Signature": (),
    "SignedInfo": ("Signature",),
    "SignedValue": ("Signature",),
    **dict.fromkeys(("References", "StampAnnot", "Seal", "SignatureMethod"), ("Signature", "SignedInfo")),
    "Reference": ("Signature", "SignedInfo", "References"),
    "CheckValue": ("Signature", "SignedInfo", "References", "Reference"),
    **dict.fromkeys(("BaseLoc", "ImageLoc"), ("Signature", "SignedInfo", "Seal")),
}
"""Where the elements of a description stand that are judged, or that readers show by (GB/T 33190 §18.2)."""


def read_list(package: Package, path: str) -> tuple[Listed, ...]:
    """Read ``Signatures.xml``; raises ``Unreadable``."""
    tree = package.tree(path)
    items = tree.all("Signature")
    if tree.name != "Signatures" or len(items) > limits.MAX_SIGNATURES:
        raise refused(
            f"的签名列表 {path} 不符合标准，或超过 {limits.MAX_SIGNATURES} 处",
            f"has a list of signatures, {path}, that is not as the standard has it or has over {limits.MAX_SIGNATURES}",
        )
    check_places(tree, path, {"Signature": ("Signatures",)})
    found = tuple(_listed(package, item, path) for item in items)
    if len({item.id for item in found}) != len(found) or len({item.path for item in found}) != len(found):
        raise refused(f"的签名列表 {path} 有重复的签名", f"has a signature twice in {path}")
    return found


def _listed(package: Package, item: Element, near: str) -> Listed:
    kind = item.attributes.get("Type", SignatureType.SEAL.value).strip()
    type_ = next((one for one in SignatureType if one.value.casefold() == kind.casefold()), None)
    if type_ is None:
        raise refused(
            f"的签名类型“{kind[:40]}”无法识别", f"has a signature of the unknown type {kind[:40]!r}"
        )
    locations = _Locations(package, near)
    path = locations.found(item.attributes.get("BaseLoc", ""))
    if locations.twofold:
        shown = locations.twofold[0]
        raise refused(
            f"的签名列表 {near} 中的路径“{shown}”可指不同的文件，不同阅读器会读出不同的签名",
            f"has a location in its list of signatures, {shown!r}, that may mean several files: readers open different ones",
        )
    return Listed(item.attributes.get("ID", ""), type_, path, item.attributes.get("Relative", "").strip())


def read_description(package: Package, path: str) -> Description:
    """Read one ``Signature.xml``; raises ``Unreadable``."""
    tree = package.tree(path)
    info = tree.only("SignedInfo", path)
    tree.only("SignedValue", path)
    if tree.name != "Signature" or info is None:
        raise refused(
            f"的签名描述 {path} 不符合标准", f"has a description of a signature, {path}, that is none"
        )
    protected = info.only("References", path)
    listed = protected.all("Reference") if protected is not None else []
    stamps = info.all("StampAnnot")
    if len(listed) > limits.MAX_REFERENCES or len(stamps) > limits.MAX_STAMPS:
        raise refused(f"的签名描述 {path} 过大", f"has too large a description of a signature, {path}")
    check_places(tree, path, _PLACES)
    locations = _Locations(package, path)
    references = tuple(
        Reference(locations.found(item.attributes.get("FileRef", "")), item.plain("CheckValue", path))
        for item in listed
    )
    if len({item.path for item in references}) != len(references):
        raise refused(
            f"的签名描述 {path} 有重复的引用", f"has a description, {path}, that names a file twice"
        )
    seal = info.only("Seal", path)
    provider = info.only("Provider", path)
    places = {
        name: locations.found(written)
        for name, written in (
            ("value", tree.plain("SignedValue", path)),
            ("seal", "" if seal is None else seal.plain("BaseLoc", path)),
            ("picture", "" if seal is None else seal.plain("ImageLoc", path)),
        )
        if written
    }
    return Description(
        path=path,
        method="" if protected is None else protected.attributes.get("CheckMethod", "").strip(),
        references=references,
        stamps=tuple(map(_stamp, stamps)),
        value=places.get("value"),
        shows=seal is not None,
        seal=places.get("seal"),
        picture=places.get("picture"),
        algorithm=info.plain("SignatureMethod", path),
        provider="" if provider is None else _provider(provider),
        stated_time=info.plain("SignatureDateTime", path),
        twofold=tuple(locations.twofold),
        relative=locations.relative,
    )


def _provider(element: Element) -> str:
    """Name the program that signed: attributes by the standard, child elements in the wild."""
    words = [element.attributes.get(name) or element.value(name) for name in _PROVIDER]
    return " ".join(word for word in words if word)[:200]


def _stamp(item: Element) -> StampAnnot:
    clip = item.attributes.get("Clip", "")
    return StampAnnot(
        item.attributes.get("ID", ""),
        item.attributes.get("PageRef", ""),
        numbers4(item.attributes.get("Boundary", "")) or NOWHERE,
        (numbers4(clip) or NOWHERE) if clip.strip() else None,
    )


@dataclass(slots=True)
class _Locations:
    """Finds the files that one file names, and keeps what readers may take otherwise."""

    package: Package
    near: str
    twofold: list[str] = field(default_factory=list)
    """As written, those by which some reader opens another file, or one where others find none."""
    relative: bool = False
    _around: Around = field(init=False)

    def __post_init__(self) -> None:
        self._around = Around(self.near)

    def found(self, location: str) -> str:
        """Return the file that a location names, else the one that some reader finds by it; where there is none, its first reading."""
        plain = not URI.search(location)
        if plain and location in self.package:  # as nearly all are written: absolute, with nothing to resolve
            return location
        self.package.follow(location)
        possible = readings(location, self.near)
        self.relative = self.relative or not location.strip().replace("\\", "/").startswith("/")
        others = (other for one in spellings(location) for other in self._around.elsewhere(one))
        opened = {file for other in others for file in self.package.called(other)}
        path = next((path for path in possible if path in self.package), None)
        if opened - {path}:
            self.twofold.append(location.strip()[:200])
        if path is None:
            return next(iter(opened)) if len(opened) == 1 else possible[0]
        return path


EVIDENCE: Final = "Evidence.p7c"
"""Name of the file of evidence that our own packages have in the folder of a signature."""


def proved(description: Description) -> frozenset[str]:
    """Return the files of a signature that prove themselves: description, value, seal."""
    parts = (description.path, description.value, description.seal)
    return frozenset(part for part in parts if part is not None)


def own_parts(description: Description) -> frozenset[str]:
    """Return the files that belong to a signature itself: those that prove themselves, and the evidence if it is protected."""
    evidence = f"{folder(description.path)}{EVIDENCE}"
    protected = any(item.path == evidence for item in description.references)
    return proved(description) | ({evidence} if protected else frozenset())
