"""What can be wrong with a scan of an imprint."""

from __future__ import annotations

from seals.errors import SealError


class ImprintError(SealError):
    """Something about an imprint is not as asked."""

    zh = "印模图片处理未完成，请重新扫描后上传。"
    en = "The picture of the imprint could not be processed; scan it again and upload it."


class ImprintUnreadable(ImprintError):
    """Foreign bytes are not a picture that can be read within the limits."""

    zh = "印模图片无法读取，请上传 PNG、JPEG、TIFF 或 BMP 格式的完整图片。"
    en = "The picture of the imprint cannot be read; upload a complete PNG, JPEG, TIFF or BMP."

    def __init__(self, zh: str = "", en: str = "") -> None:
        super().__init__(en)
        self.zh = zh or type(self).zh
        self.en = en or type(self).en


class ImprintTooLarge(ImprintUnreadable):
    """A picture has more octets, pixels or frames than the limits allow; nothing of it was decoded."""


class ImprintMissing(ImprintError):
    """A picture shows no imprint."""

    zh = "图片中没有找到印模：请在白纸上清晰盖印，印模完整、占画面的大部分，再拍照或扫描。"
    en = (
        "No imprint was found in the picture: make a clear imprint on white paper and "
        "let the whole of it fill most of the picture."
    )


class ImageWorkFailed(ImprintError):
    """The process for pictures hung, ran out of memory or stopped; the picture is to blame until shown otherwise."""

    zh = "图片处理超时或中止，请换一张较小、较清晰的图片重试。"
    en = "Working on the picture took too long or stopped; try again with a smaller, clearer one."


class UploadNotAllowed(ImprintError):
    """Who may upload a picture for a seal, and when: the rules of the filing officer's desk."""

    zh = "不能为该印章上传图样。"
    en = "No picture can be uploaded for this seal."

    def __init__(self, zh: str = "", en: str = "") -> None:
        super().__init__(en)
        self.zh = zh or type(self).zh
        self.en = en or type(self).en
