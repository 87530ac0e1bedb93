"""Which readers can check a signature: said of every result, so that nobody takes another reader's silence for a verdict."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from verify.report import Reason
from verify.signatures.containers import Container
from verify.wording import GM_READERS


class Place(StrEnum):
    """Where a signature stands."""

    PDF = "pdf"
    OFD = "ofd"
    FILE = "file"
    """In a file of its own beside the one it is over."""
    AROUND = "around"
    """In a file of its own that holds what it is over."""


def readers(container: Container, place: Place, *, national: bool) -> Reason:
    """Say who can check a signature in ``container``; ``national``: its algorithms are SM2 and SM3."""
    key = Container.CMS if container is Container.TIME_STAMP else container
    return _SENTENCES[key, place, national or key is not Container.CMS]


_PDF_CMS: Final = Reason(
    "通用 PDF 阅读器（Adobe Acrobat 等）、pdfsig、pyHanko 和印信均可核验；须先信任签发根证书。",
    "Common PDF readers (Adobe Acrobat and others), pdfsig, pyHanko and Yinxin can check it once they trust the root.",
)
_PDF_GBT: Final = Reason(
    "印信和支持 GB/T 35275 的国密阅读器可以核验；Adobe 等国际通用阅读器不支持，会显示“无法验证”，这不表示签名有误。",
    "Yinxin and readers that know GB/T 35275 can check it; Adobe-class readers do not and will say that they cannot, "
    "which is no word against the signature.",
)
_PDF_SES: Final = Reason(
    "印信和支持电子签章数据（GB/T 38540、GM/T 0031）的阅读器可以核验；Adobe 等国际通用阅读器及 pyHanko、pdfsig 不识别，"
    "会略过或显示“未知签名”。GM/T 0112 规定的名称未公开，个别阅读器可能需要调整名称设置。",
    "Yinxin and readers that know seal signatures (GB/T 38540, GM/T 0031) can check it; Adobe-class readers, pyHanko and pdfsig "
    "do not and will pass it over or call it unknown. The names that GM/T 0112 has for it are not public, so a reader "
    "may need other names in the settings.",
)
_OFD_SES: Final = Reason(
    "支持电子签章的 OFD 阅读器和印信可以核验。",
    "OFD readers that know electronic seals, and Yinxin, can check it.",
)
_OFD_CMS: Final = Reason(
    "支持数字签名的 OFD 阅读器和印信可以核验。",
    "OFD readers that know digital signatures, and Yinxin, can check it.",
)
_FILE_CMS: Final = Reason(
    "openssl cms、欧盟 DSS 等支持 CMS/CAdES 的工具和印信可以核验；核验时须同时提供原文件。",
    "Tools that know CMS or CAdES (openssl cms, DSS) and Yinxin can check it, given the file that it is over.",
)
_FILE_CMS_GM: Final = Reason(
    "印信和支持国密 SM2/SM3 的 CMS 工具可以核验；核验时须同时提供原文件。",
    "Yinxin and CMS tools that know SM2 and SM3 can check it, given the file that it is over.",
)
_FILE_GBT: Final = Reason(
    "印信和支持 GB/T 35275 的国密工具可以核验；核验时须同时提供原文件。",
    "Yinxin and tools that know GB/T 35275 can check it, given the file that it is over.",
)
_FILE_SES: Final = Reason(
    "印信和支持电子签章数据的工具可以核验；核验时须同时提供原文件。",
    "Yinxin and tools that know seal signatures can check it, given the file that it is over.",
)
_AROUND_CMS: Final = Reason(
    "openssl cms、欧盟 DSS 等支持 CMS/CAdES 的工具和印信可以核验；原文在签名文件内。",
    "Tools that know CMS or CAdES (openssl cms, DSS) and Yinxin can check it; what it is over stands in it.",
)
_AROUND_CMS_GM: Final = Reason(
    "印信和支持国密 SM2/SM3 的 CMS 工具可以核验；原文在签名文件内。",
    "Yinxin and CMS tools that know SM2 and SM3 can check it; what it is over stands in it.",
)
_AROUND_GBT: Final = Reason(
    "印信和支持 GB/T 35275 的国密工具可以核验；原文在签名文件内。",
    "Yinxin and tools that know GB/T 35275 can check it; what it is over stands in it.",
)
_SENTENCES: Final = {
    (Container.CMS, Place.PDF, False): _PDF_CMS,
    (Container.CMS, Place.PDF, True): GM_READERS,
    (Container.GBT35275, Place.PDF, True): _PDF_GBT,
    (Container.SES, Place.PDF, True): _PDF_SES,
    (Container.CMS, Place.OFD, False): _OFD_CMS,
    (Container.CMS, Place.OFD, True): _OFD_CMS,
    (Container.GBT35275, Place.OFD, True): _OFD_CMS,
    (Container.SES, Place.OFD, True): _OFD_SES,
    (Container.CMS, Place.FILE, False): _FILE_CMS,
    (Container.CMS, Place.FILE, True): _FILE_CMS_GM,
    (Container.GBT35275, Place.FILE, True): _FILE_GBT,
    (Container.SES, Place.FILE, True): _FILE_SES,
    (Container.CMS, Place.AROUND, False): _AROUND_CMS,
    (Container.CMS, Place.AROUND, True): _AROUND_CMS_GM,
    (Container.GBT35275, Place.AROUND, True): _AROUND_GBT,
    (Container.SES, Place.AROUND, True): _FILE_SES,  # which holds nothing
}
