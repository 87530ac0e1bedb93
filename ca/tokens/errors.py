"""What can be wrong with a token, its life, its PIN letters or a range of chip numbers.

Every error carries a Chinese and an English sentence that says what to do; neither ever holds a secret.
"""

from __future__ import annotations

from ca.errors import CaError


class TokenError(CaError):
    """Something about a token is not as asked."""

    zh = "令牌操作未完成。"
    en = "The token operation was not carried out."


class TokenUnknown(TokenError):
    """No token of this serial number is in the inventory."""

    zh = "库存中没有这个序列号的令牌，请核对序列号或先登记入库。"
    en = "The inventory has no token of this serial number; check it, or register the token first."


class TokenRegistered(TokenError):
    """The serial number is in the inventory already, with other particulars."""

    zh = "该令牌序列号已登记入库且内容不同，请核对序列号。"
    en = "This serial number is in the inventory already with other particulars; check the number."


class TokenFieldInvalid(TokenError):
    """A particular of a token, plan or range is missing or malformed; ``field`` names it."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{field}: {en}")
        self.field = field
        self.zh = f"{field}：{zh}"
        self.en = f"{field}: {en}"


class TokenActRefused(TokenError):
    """The act is not possible in the token's present state."""

    zh = "令牌当前状态不允许此操作。"
    en = "The token's present state does not allow this."

    def __init__(self, serial: str, act: str, state: str) -> None:
        super().__init__(f"token {serial} is {state}: {act} is not possible")


class TokenMoved(TokenError):
    """Somebody else moved the token meanwhile."""

    zh = "该令牌刚被他人操作，请刷新后重试。"
    en = "Somebody else acted on this token just now; look at it again, then retry."


class TokenReasonNeeded(TokenError):
    """A stop states its reason, in at most 200 characters."""

    zh = "reason：请填写原因（不超过 200 个字符）。"
    en = "reason: state the reason, in at most 200 characters."


class TokenSecondPersonNeeded(TokenError):
    """Another person than the one who asked for it, or who stopped the token, must do this."""

    zh = "须由另一人办理：申请人、停用人不能自行确认。"
    en = "Another person must do this: neither the one who asked nor the one who stopped the token may."


class TokenResumeNotRequested(TokenError):
    """Nobody asked that the token come back."""

    zh = "尚未申请恢复，请先由一人提出恢复申请。"
    en = "Nobody has asked for this token to come back; one person asks first, another confirms."


class TokenClockBehind(TokenError):
    """The clock stands before the token's last act."""

    zh = "系统时钟早于该令牌上一次操作的时间，请先校准时钟。"
    en = "The clock stands before the token's last act; set it right first."


class TokenNotUsable(TokenError):
    """The token's state does not let its keys sign."""

    zh = "该令牌当前不可使用（未发放、已停用、已挂失、已损坏或已终止），签名被拒绝。"
    en = "The token cannot be used now (not issued, suspended, lost, damaged or terminated); nothing was signed."


class ContainerUnknown(TokenError):
    """The token has no such application, container or key."""

    zh = "该令牌中没有这个应用、容器或密钥，请先查看令牌的容器清单。"
    en = "The token has no such application, container or key; look at its list of containers."


class ContainerCertificateBad(TokenError):
    """The certificate of this container is held, revoked or expired; the others of the chip are not concerned."""

    zh = "该容器的证书已停用、吊销或过期，签名被拒绝；芯片上的其他证书不受影响。"
    en = "This container's certificate is held, revoked or expired, so nothing was signed; the chip's others go on."


class ProcedureRefused(TokenError):
    """A personalisation cannot be begun or taken up as asked."""

    zh = "个人化流程无法进行：计划与已开始的流程不一致，或流程已结束。"
    en = "The personalisation cannot go on: the plan differs from the one begun, or the procedure has ended."


class PersonalisationUnasked(TokenError):
    """Nobody has asked for this chip to be personalised."""

    zh = "该令牌没有个人化申请；请先提交计划（yinxin token personalise 序列号 --standard 或 --plan 文件）。"
    en = "Nobody asked for this chip to be personalised; hand in a plan first (personalise with --standard or --plan)."


class PersonalisationNotApproved(TokenError):
    """The plan of a personalisation waits for its approvals, or was turned down."""

    def __init__(self, serial: str, zh: str, en: str) -> None:
        super().__init__(f"token {serial}: the plan is {en}")
        self.zh = f"该令牌的个人化计划尚不可执行（{zh}）：须由申请人以外的人批准。"
        self.en = f"The plan of this chip cannot be carried out yet ({en}): others than the requester must approve it."


class RequestActRefused(TokenError):
    """A request for personalisation is past the point where this can be done."""

    def __init__(self, serial: str, zh: str, en: str) -> None:
        super().__init__(f"token {serial}: the request is {en}")
        self.zh = f"该个人化申请当前为“{zh}”，不能再审批或驳回。"
        self.en = f"This request for personalisation is {en}: it can be approved or rejected no more."


class StepFailed(TokenError):
    """A step of the personalisation failed; the record says which, and the token is in a known state."""

    def __init__(self, serial: str, step: tuple[str, str], why: tuple[str, str]) -> None:
        """Name the step and the reason, each in Chinese and English."""
        super().__init__(f"token {serial}, step {step[1]}: {why[1]}")
        self.step = step[0]
        self.zh = f"个人化在步骤“{step[0]}”中断（{why[0]}），已记录；可重新执行以继续，或将芯片报损。"
        self.en = (
            f"Personalisation stopped at step {step[1]} ({why[1]}); that is on record. Run it again to go on, "
            "or record the chip as damaged."
        )


class ChipAbsent(TokenError):
    """The chip is not in a reader of this machine."""

    zh = "本机读卡器中没有这枚芯片，请插入后重试。"
    en = "This chip is not in a reader of this machine; insert it and try again."


class LetterUnavailable(TokenError):
    """The PIN letter was printed already, is void, or does not exist."""

    zh = "该密码信已打印、已作废或不存在；如需重新打印，请申请解锁并由另一人批准，将生成新 PIN。"
    en = (
        "This PIN letter was printed already, is void or does not exist; to have another one, ask for unblocking: "
        "once another person approves, a new PIN is made."
    )


class LetterNotYours(TokenError):
    """A PIN letter goes to the printer, or to the person who received the token; to nobody else who works here."""

    zh = "密码信只能由领取令牌的本人取得，或由打印机直接打印；经办人不能查看。"
    en = "A PIN letter is given to the person who received the token, or straight to the printer; no operator sees it."


class LetterUnreadable(TokenError):
    """The stored letter was altered, or is for another key."""

    zh = "密码信的密文校验失败，已拒绝打印；请申请解锁以生成新 PIN。"
    en = "The stored PIN letter does not verify and was not printed; ask for unblocking, which makes a new PIN."


class UnblockUnknown(TokenError):
    """There is no such unblocking task."""

    zh = "没有这项解锁任务，请核对编号。"
    en = "There is no such unblocking task; check its number."


class UnblockRefused(TokenError):
    """The unblocking task is not in a state for this, or one is open already for this part of the token."""

    zh = "解锁任务的当前状态不允许此操作，或该应用已有未完成的解锁任务。"
    en = "The unblocking task's state does not allow this, or one is open already for this part of the token."


class SoPinUnavailable(TokenError):
    """The master key from which SO PINs are derived cannot be used."""

    zh = "无法派生 SO PIN：主密钥不可用，请检查服务令牌。"
    en = "The SO PIN cannot be derived: the master key cannot be used; examine the service token."


class RangeOverlaps(TokenError):
    """Numbers of this range were granted already."""

    zh = "该号段与已发放的号段重叠，请调整起止号。"
    en = "This range overlaps one that was granted already; change its first or last number."


class RangeUnknown(TokenError):
    """There is no such range."""

    zh = "没有这个号段，请核对编号。"
    en = "There is no such range; check its number."


class ChipNumberNotGranted(TokenError):
    """The chip number is in no range that was granted."""

    zh = "该芯片号不在任何已发放的号段内，请核对芯片号。"
    en = "This chip number is in no range that was granted; check the number."


class ChipNumberUsed(TokenError):
    """The chip number was consumed, spoilt or returned already."""

    zh = "该芯片号已使用、报废或退回，不能再次使用。"
    en = "This chip number was consumed, spoilt or returned already and cannot be used again."
