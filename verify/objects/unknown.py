"""What a file that nothing here can judge looks like, so that its owner knows what to bring instead."""

from __future__ import annotations

from typing import Final

from ca import der
from verify.sentence import Reason

_START: Final = (
    (b"\x89PNG\r\n\x1a\n", "PNG 图片", "a PNG picture"),
    (b"\xff\xd8\xff", "JPEG 图片", "a JPEG picture"),
    (b"GIF8", "GIF 图片", "a GIF picture"),
    (b"BM", "BMP 图片", "a BMP picture"),
    (b"II*\x00", "TIFF 图片", "a TIFF picture"),
    (b"MM\x00*", "TIFF 图片", "a TIFF picture"),
    (
        b"\xd0\xcf\x11\xe0",
        "旧版 Office 文件（doc、xls、ppt）或 WPS 文件",
        "an old Office file (doc, xls, ppt)",
    ),
    (b"Rar!", "RAR 压缩包", "a RAR archive"),
    (b"7z\xbc\xaf", "7z 压缩包", "a 7z archive"),
    (b"\x1f\x8b", "gzip 压缩文件", "a gzip file"),
    (b"{\\rtf", "RTF 文档", "an RTF document"),
    (b"MZ", "Windows 程序", "a Windows program"),
    (b"\x7fELF", "Linux 程序", "a Linux program"),
    (b"%!PS", "PostScript 文件", "a PostScript file"),
)
_ZIPPED: Final = (
    (b"word/document.xml", "Word 文档（docx）", "a Word document (docx)"),
    (b"xl/workbook.xml", "Excel 表格（xlsx）", "an Excel workbook (xlsx)"),
    (b"ppt/presentation.xml", "PowerPoint 演示（pptx）", "a PowerPoint presentation (pptx)"),
    (b"META-INF/container.xml", "电子书（epub）", "an e-book (epub)"),
    (b"AndroidManifest.xml", "安卓应用（apk）", "an Android app (apk)"),
)
_BEGIN: Final = (
    (b"PRIVATE KEY", "私钥", "a private key"),
    (b"CERTIFICATE REQUEST", "证书申请（CSR）", "a certificate request (CSR)"),
    (b"PUBLIC KEY", "公钥", "a public key"),
    (b"CMS", "加密或不含签名的 CMS", "an encrypted CMS, or one without signatures"),
    (b"PKCS7", "加密或不含签名的 PKCS#7", "an encrypted PKCS#7, or one without signatures"),
)
_MARKUP: Final = (
    (b"<html", "网页（HTML）", "a web page (HTML)"),
    (b"<!DOCTYPE html", "网页（HTML）", "a web page (HTML)"),
    (b"<Signature", "XML 签名", "an XML signature"),
    (b"<svg", "SVG 图片", "an SVG picture"),
)
_VERSION: Final = 0xA0
LOOKED_AT: Final = 4096
"""Octets at the beginning that are looked at."""
_PRIVATE: Final = "私钥"


def looks_like(data: bytes) -> tuple[str, str] | None:
    """Name what a file looks like by its first octets, Chinese and English; ``None`` where nothing is known of it."""
    head = data[:LOOKED_AT]
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        return "空文件", "an empty file"
    for mark, zh, en in _START:
        if head.startswith(mark):
            return zh, en
    if head.startswith(b"PK\x03\x04"):
        return next(((zh, en) for mark, zh, en in _ZIPPED if mark in data), ("ZIP 压缩包", "a ZIP archive"))
    return _written(head) or _der(data) or _plain(head)


def _written(head: bytes) -> tuple[str, str] | None:
    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if bare.startswith(b"-----BEGIN"):
        label = bare[10:60].split(b"-----")[0]
        return next(((zh, en) for mark, zh, en in _BEGIN if mark in label), ("PEM 文件", "a PEM file"))
    if bare.startswith(b"<"):
        return next(((zh, en) for mark, zh, en in _MARKUP if mark in head), ("XML 文件", "an XML file"))
    return ("JSON 文件", "a JSON file") if bare.startswith((b"{", b"[")) else None


def _plain(head: bytes) -> tuple[str, str] | None:
    if b"\0" in head:
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            head[:1024].decode(encoding)
        except UnicodeDecodeError as wrong:
            if wrong.start < len(head[:1024]) - 4:
                continue
        return "纯文本文件", "plain text"
    return None


def _der(data: bytes) -> tuple[str, str] | None:
    """Tell by the first members: a key, a request, a bundle with a password."""
    try:
        outer = der.Reader(data).enter(der.SEQUENCE)
        if outer.peek() == der.OID:
            return "加密或不含签名的 CMS", "an encrypted CMS, or one without signatures"
        if outer.peek() == der.INTEGER:
            outer.element()
            inner = outer.enter(der.SEQUENCE)
            bundle = ("带口令的证书文件（PKCS#12）", "a bundle with a password (PKCS#12)")
            return bundle if inner.peek() == der.OID and outer.more is False else (_PRIVATE, "a private key")
        inner = outer.enter(der.SEQUENCE)
        if inner.peek() == der.INTEGER:
            return "证书申请（CSR）", "a certificate request (CSR)"
        if inner.peek() == der.OID:
            return "公钥或加密的私钥", "a public key, or an encrypted private key"
    except der.DerError:
        return None
    return "ASN.1 数据（DER）", "ASN.1 data (DER)"


def _apart(name: str) -> str:
    """Set a Latin name off from the Chinese before it."""
    return f" {name}" if name[0].isascii() else name


def unknown_reason(data: bytes) -> Reason:
    """Say that it cannot be judged, what it looks like, and what can."""
    found = looks_like(data)
    zh, en = ("无法识别这是什么文件", "This kind of file is not known") if found is None else (
        f"这看起来是{_apart(found[0])}，不是可以核验的文件", f"This looks like {found[1]}, which cannot be verified"
    )  # fmt: skip
    if found is not None and found[0] == _PRIVATE:
        return Reason(
            "这看起来是一把私钥。私钥不得外传：请立即从上传处删除，并视为已泄露，尽快更换。",
            "This looks like a private key. Never hand one out: delete it, take it for compromised and replace it.",
        )
    return Reason(
        f"{zh}。请选择盖章后的 PDF、OFD 原件，或印章、签名、时间戳、证书、吊销列表等文件。",
        f"{en}. Choose the sealed PDF or OFD itself, or a seal, a signature, a time-stamp, a certificate or a CRL.",
    )
