"""What can be wrong with our own trusted list or with a foreign one. Each error says in both languages what to do."""

from __future__ import annotations

from signing.errors import SigningError
from signing.recognition.states import ForeignAct, ForeignStatus


class RecognitionError(SigningError):
    """A list is not taken as asked; nothing was changed."""

    zh = "信任清单无法按此处理，未作任何改动。"
    en = "The trust list cannot be dealt with as asked; nothing was changed."


class OwnListMissing(RecognitionError):
    """There is no list of our own: no key ceremony was held here."""

    zh = "本系统尚无信任清单：请先完成密钥仪式（yinxin ca ceremony 或 yinxin demo）。"
    en = "There is no trust list of this installation yet: hold the key ceremony first (yinxin ca ceremony, yinxin demo)."


class OwnListUnusable(RecognitionError):
    """Our own reader refuses the list that was just signed; it was withheld."""

    zh = "新签发的信任清单未通过本系统自身核验，已扣留，未发布；请查看日志并联系维护人员。"
    en = "The new trust list did not pass our own check; it was withheld and not published. Look at the log."


class ForeignListError(RecognitionError):
    """A foreign list is the matter."""


class ListAddressInvalid(ForeignListError):
    """An address that is not fetched from: another scheme than HTTP(S), a user name in it, or a net that is closed."""

    def __init__(self, url: str, zh: str, en: str) -> None:
        super().__init__(f"{url[:200]}: {en}")
        self.zh = f"地址 {url[:200]} 不可用：{zh}"
        self.en = f"The address {url[:200]} is not used: {en}"


class ListUnreachable(ForeignListError):
    """The address does not answer, or not with a list."""

    def __init__(self, url: str, zh: str, en: str) -> None:
        super().__init__(f"{url[:200]}: {en}")
        self.zh = f"无法取得 {url[:200]}：{zh}。请确认对方服务已启动、地址与网络可达，然后重试。"
        self.en = (
            f"{url[:200]} cannot be fetched: {en}. Make sure that it runs and is reachable, then try again."
        )


class FingerprintInvalid(ForeignListError):
    """A fingerprint is 64 hexadecimal digits."""

    zh = "指纹应为 64 位十六进制的 SHA-256（可带冒号或空格），请从对方管理员处取得并核对。"
    en = (
        "A fingerprint is a SHA-256 of 64 hexadecimal digits (colons and blanks may stand between); "
        "get it from the other administrator."
    )


class FingerprintDiffers(ForeignListError):
    """The list is signed by another certificate than the one whose fingerprint was given: an impostor, or a typing error."""

    zh = (
        "指纹不一致：该清单不是由您给出指纹的证书签发的。请勿信任；"
        "请通过电话等另一渠道向对方管理员重新核对指纹（对方运行 yinxin trust list --show）。"
    )
    en = (
        "The fingerprints differ: the list is not signed by the certificate whose fingerprint you gave. Do not trust it; "
        "compare again with the other administrator over another channel (yinxin trust list --show tells it there)."
    )


class ForeignListRefused(ForeignListError):
    """The list itself is not to be used: unreadable, badly signed, expired or rolled back (I30)."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class OwnListOffered(ForeignListError):
    """The list is this installation's own."""

    zh = "这是本系统自己的信任清单，无需导入；请填写对方的地址。"
    en = "This is the trust list of this very installation; give the address of the other one."


class ListUnknown(ForeignListError):
    """There is no such foreign list."""

    zh = "没有这份外部信任清单，请核对编号（yinxin federation list）。"
    en = "There is no such foreign trust list; check its number (yinxin federation list)."


class ListTaken(ForeignListError):
    """The same list is proposed or trusted already."""

    def __init__(self, known: str, status: ForeignStatus) -> None:
        super().__init__(f"{known} {status}")
        self.known = known
        self.zh = f"该清单已在列（编号 {known}，{status.zh}），请在该条目上办理。"
        self.en = f"The list is here already (number {known}, {status}); go on with that one."


class ListActRefused(ForeignListError):
    """The state of a foreign list does not allow the act."""

    def __init__(self, act: ForeignAct, status: ForeignStatus) -> None:
        super().__init__(f"{act} while {status}")
        self.zh = f"清单{status.zh}，不能进行此操作；请刷新后再看。"
        self.en = f"The list is {status}: {act} is not possible; look at it again."


class ListMoved(ForeignListError):
    """Somebody else acted on the list at the same moment."""

    zh = "该清单刚被他人处理，请刷新后再看。"
    en = "Somebody else acted on this list just now; look at it again."


class ListSecondPerson(ForeignListError):
    """Whoever proposed cannot confirm."""

    zh = "须由另一人办理：提出人与确认人不能是同一人。"
    en = "Another person is needed: whoever asked for this cannot confirm it."


class ListReasonNeeded(ForeignListError):
    """A removal is on record with its reason."""

    zh = "请填写原因（1 至 200 个可见字符）。"
    en = "Give a reason of 1 to 200 printable characters."
