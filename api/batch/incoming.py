"""What a batch is made of: a folder, a zip archive, or a manifest (CSV) that names files with their places and reasons."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.batch.errors import BatchInputInvalid
from signing.batch.batch import MAX_DOCUMENTS, Incoming

SUFFIXES: Final = frozenset({".pdf", ".ofd"})
"""What is taken from a folder or an archive; other files are left alone and named."""
MAX_FILE: Final = 500 * 2**20
"""Octets of one document; a scanned volume of a thousand pages has two hundred megabytes."""
MAX_WHOLE: Final = 50 * 2**30
"""Octets of an archive once unpacked: ten thousand documents of five megabytes."""
MAX_RATIO: Final = 200
"""How much larger a file may be than what it is packed in (after the first megabyte): text shrinks to a fiftieth, bombs to a
thousandth."""
MAX_MANIFEST: Final = 32 * 2**20
"""Octets of a manifest: a hundred thousand lines of three hundred."""
COLUMNS: Final = ("file", "placement", "reason", "idempotency")
_ZH: Final = {"文件": "file", "位置": "placement", "事由": "reason", "编号": "idempotency"}


@dataclass(frozen=True, slots=True)
class Found:
    """Documents found, in order of their names or of the manifest; ``left`` names files that are no documents."""

    documents: tuple[Incoming, ...]
    left: tuple[str, ...] = ()


def from_folder(folder: Path) -> Found:
    """Take every document in a folder and those below it, in order of their paths."""
    documents, left = [], []
    for path in sorted(one for one in folder.rglob("*") if one.is_file() and not one.is_symlink()):
        name = str(path.relative_to(folder))
        if path.suffix.lower() not in SUFFIXES:
            left.append(name)
            continue
        documents.append(Incoming(_sized(path, name), name, mark=_mark(name)))
    return _counted(Found(tuple(documents), tuple(left)))


def from_zip(archive: Path, into: Path) -> Found:
    """Unpack a zip archive into the folder ``into`` and take its documents; no name in it is used as a path."""
    documents, left, whole = [], [], 0
    try:
        with zipfile.ZipFile(archive) as packed:
            for number, entry in enumerate(_entries(packed)):
                if Path(entry.filename).suffix.lower() not in SUFFIXES:
                    left.append(entry.filename)
                    continue
                target = into / f"{number:06}"
                whole += _unpack(packed, entry, target)
                if whole > MAX_WHOLE:
                    raise BatchInputInvalid(
                        f"压缩包解开后超过 {MAX_WHOLE // 2**30} GiB。",
                        f"The archive has over {MAX_WHOLE // 2**30} GiB.",
                    )
                documents.append(Incoming(target, entry.filename, mark=_mark(entry.filename)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as wrong:
        raise BatchInputInvalid(
            "压缩包无法解开：不是 zip、已损坏或已加密。",
            "The archive cannot be read: no zip, damaged, or encrypted.",
        ) from wrong
    return _counted(Found(tuple(documents), tuple(left)))


def from_manifest(manifest: Path, folder: Path) -> Found:
    """Take the files that a manifest names, below ``folder``; each line may say where, why, and the sender's own number."""
    if manifest.stat().st_size > MAX_MANIFEST:
        raise BatchInputInvalid("清单文件过大。", "The manifest is too large.")
    try:
        text = manifest.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BatchInputInvalid("清单文件须为 UTF-8 编码。", "The manifest is not UTF-8.") from wrong
    root = folder.resolve()
    return _counted(Found(tuple(_line(root, number, row) for number, row in _lines(text))))


def _lines(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        reader = csv.reader(io.StringIO(text), strict=True)
        heading = [_ZH.get(one.strip(), one.strip().lower()) for one in next(reader, [])]
        if "file" not in heading or not set(heading) <= set(COLUMNS) or len(set(heading)) != len(heading):
            raise BatchInputInvalid(
                "清单第 1 行须为列名：file（文件），可加 placement（位置）、reason（事由）、idempotency（编号）。",
                "Line 1 of the manifest names its columns: file, and as wanted placement, reason, idempotency.",
            )
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, dict(zip(heading, (cell.strip() for cell in row), strict=False))
    except csv.Error as wrong:
        raise BatchInputInvalid(f"清单不是正确的 CSV：{wrong}", f"The manifest is no CSV: {wrong}") from wrong


def _line(root: Path, number: int, row: dict[str, str]) -> Incoming:
    name = row.get("file", "")
    path = (root / name).resolve()
    if not name or not path.is_relative_to(root):
        raise BatchInputInvalid(
            f"清单第 {number} 行：文件须在清单所在文件夹之内。",
            f"Line {number} of the manifest: the file is not in its folder.",
        )
    if not path.is_file():
        raise BatchInputInvalid(
            f"清单第 {number} 行：没有文件 {name}。",
            f"Line {number} of the manifest: there is no file {name}.",
        )
    mark = row.get("idempotency", "") or _mark(name)
    return Incoming(_sized(path, name), name, row.get("placement", ""), row.get("reason", ""), mark)


def _entries(packed: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    found = [one for one in packed.infolist() if not one.is_dir()]
    if len(found) > MAX_DOCUMENTS:
        raise BatchInputInvalid(
            f"压缩包中超过 {MAX_DOCUMENTS} 个文件。", f"The archive has over {MAX_DOCUMENTS} files."
        )
    yield from sorted(found, key=lambda one: one.filename)


def _unpack(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> int:
    if entry.file_size > MAX_FILE or entry.file_size > 2**20 + MAX_RATIO * max(entry.compress_size, 1):
        raise BatchInputInvalid(
            f"压缩包中的 {entry.filename[:100]} 过大或压缩比异常。",
            f"{entry.filename[:100]} in the archive is too large, or suspiciously well packed.",
        )
    with packed.open(entry) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
    return entry.file_size


def _sized(path: Path, name: str) -> Path:
    if path.stat().st_size > MAX_FILE:
        raise BatchInputInvalid(
            f"{name} 超过 {MAX_FILE // 2**20} MiB。", f"{name} is over {MAX_FILE // 2**20} MiB."
        )
    return path


def _mark(name: str) -> str:
    """Return a name as a document's mark: the same folder handed in again adds nothing. A long one has none."""
    return name if len(name) <= 100 and name.isprintable() and not name.startswith("#") else ""


def _counted(found: Found) -> Found:
    if not found.documents:
        raise BatchInputInvalid("没有找到 PDF 或 OFD 文件。", "There is no PDF or OFD document.")
    if len(found.documents) > MAX_DOCUMENTS:
        raise BatchInputInvalid(
            f"文件超过 {MAX_DOCUMENTS} 份，请分成多个批次。",
            f"There are over {MAX_DOCUMENTS} documents; make several batches.",
        )
    return found
