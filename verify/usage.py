"""Wrong use of the command: options that would do nothing, name what is not there, or destroy what is read. Nothing is judged before."""

from __future__ import annotations

import argparse
import math
import stat
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from verify.document_file import mode_of
from verify.reports.writing import UsageRefused
from verify.targets import EVIDENCE_SUFFIX, expand

_LISTS_BEGIN: Final = (b"<", b"{", b"ey")
"""How trust lists begin: XML, JSON, JWS in its compact form."""
_HEAD: Final = 4096


def check_usage(asked: argparse.Namespace) -> None:
    """Refuse what contradicts itself; :class:`UsageRefused` names the option and says what to do."""
    _check_companions(asked)
    _check_beside(asked)
    if not 0 < asked.seconds < math.inf:
        raise UsageRefused(
            "--seconds 须为大于 0 的秒数，例如 --seconds 60。",
            "--seconds is a number over 0, like --seconds 60.",
        )


def check_written(option: str, path: Path, asked: argparse.Namespace) -> None:
    """Refuse to write over what is read, under whatever name: links to the same file are the same file."""
    for read in _read_files(asked):
        if _is_same(path, read):
            raise UsageRefused(
                f"{option} 不能写到 {path}：它就是本次要读取的 {read}，写入会毁掉该文件；请换一个文件名。",
                f"{option} does not write to {path}: it is {read}, which is read here and would be destroyed; "
                "choose another name.",
            )
    if asked.trust is not None and lies_in(path, asked.trust):
        raise UsageRefused(
            f"{option} 不能写到信任库文件夹 {asked.trust} 之内；请换一个位置。",
            f"{option} does not write into the trust folder {asked.trust}; choose another place.",
        )


def state_of(out: Path) -> Path:
    """Return where a run keeps what is judged beside its table."""
    from verify.many.journal import SUFFIX  # noqa: PLC0415 - not for one document

    return out.with_name(out.name + SUFFIX)


def _check_companions(asked: argparse.Namespace) -> None:
    """Refuse options that do nothing without another one."""
    alone = (
        ("--bundle-signer", asked.bundle_signer is not None and asked.bundle is None, "--bundle"),
        ("--bundle-memory", asked.bundle_memory is not None and asked.bundle is None, "--bundle"),
        ("--workers", asked.workers != 0 and asked.out is None, "--out"),
        ("--signer", bool(asked.signer) and not asked.list and not _names_a_list(asked.files), "--list"),
    )
    for option, useless, other in alone:
        if useless:
            raise UsageRefused(
                f"{option} 须与 {other} 一起使用，否则不起作用；请补上 {other}，或去掉 {option}。",
                f"{option} goes with {other} and does nothing without it; add {other} or leave {option} out.",
            )
    for option, given in (("--evidence", asked.evidence), ("--password", asked.password)):
        if asked.proof is not None and given is not None:
            raise UsageRefused(
                f"{option} 不能与 --proof 一起使用：凭证明核验的是批次的合并签名，不读取文件内容。",
                f"{option} does not go with --proof: by a proof the one signature of its batch is judged, the file is not opened.",
            )


def _check_beside(asked: argparse.Namespace) -> None:
    """Refuse what is handed along and is not there, and records that nobody could tell whose they are."""
    for option, path in (("--content", asked.content), ("--evidence", asked.evidence)):
        mode = 0 if path is None else mode_of(path)
        if path is not None and (not mode or stat.S_ISDIR(mode)):
            raise UsageRefused(
                f"{option} 指定的文件 {path} 不存在；请检查路径。",
                f"There is no file {path}, which {option} names; check its path.",
            )
    if asked.evidence is not None and len(list(islice(expand(asked.files), 2))) > 1:
        raise UsageRefused(
            f"--evidence 只用于一个文件；多个文件请把记录放在各自文件旁（文件名{EVIDENCE_SUFFIX}），或逐个核验。",
            f"--evidence is about one file; lay the records of several beside each (NAME{EVIDENCE_SUFFIX}), or verify one by one.",
        )


def _names_a_list(files: Iterable[Path]) -> bool:
    """Tell whether one of the files may itself be a trust list, which --signer is asked about then."""
    return any(_head(path).startswith(_LISTS_BEGIN) for path in files)


def _head(path: Path) -> bytes:
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as stream:
            return stream.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return b""


def _read_files(asked: argparse.Namespace) -> Iterator[Path]:
    """Yield every file that the command reads and that somebody named."""
    for path in asked.files if asked.out is not None else expand(asked.files):
        yield path
        yield path.with_name(path.name + EVIDENCE_SUFFIX)
    named = (asked.content, asked.evidence, asked.proof, asked.bundle, asked.department)
    yield from (Path(one) for one in (*named, *asked.list, *asked.signer, *asked.pivot) if one is not None)


def _is_same(path: Path, read: Path) -> bool:
    try:
        return path.samefile(read)
    except (OSError, ValueError):
        return False


def lies_in(path: Path, folder: Path) -> bool:
    """Tell whether a file lies in a folder: by its place, or as another name of a file there."""
    try:
        if path.resolve().is_relative_to(folder.resolve()):
            return True
        linked = path.is_file() and path.stat().st_nlink > 1
        return linked and any(_is_same(path, one) for one in folder.rglob("*"))
    except (OSError, RuntimeError):
        return False
