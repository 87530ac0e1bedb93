"""What can be wrong in the certification room: bad input, wrong use, and a world that does not answer.

Every error carries a Chinese and an English sentence that says what to do; neither ever holds a secret.
"""

from __future__ import annotations

from collections.abc import Sequence

from hsm.spoken import SpokenError


class CaError(SpokenError):
    """A request to the certification authority cannot be granted."""

    zh = "证书服务无法完成请求。"
    en = "The certification authority cannot do this."


class ActorIdInvalid(CaError):
    """An id of a person or an application is not written as one, or has a character that is not allowed in it."""

    def __init__(self, text: str, character: str = "") -> None:
        shown = "".join(one if one.isprintable() else f"<U+{ord(one):04X}>" for one in text[:80])
        super().__init__(shown)
        named = f"U+{ord(character):04X}" if character else ""
        self.zh = (
            f"“{shown}”不能作为人员或应用的标识{f'（含有 {named}）' if named else ''}："
            "写作 person:li.wei 或 app:oa，冒号之后只可含文字、数字和 . - _ @，不含空格和不可见字符。"
        )
        self.en = (
            f"'{shown}' is no id of a person or an application{f' (it has {named})' if named else ''}: write person:li.wei or "
            "app:oa, behind the colon letters, digits and . - _ @ alone, no blanks and nothing unseen."
        )


class UsccInvalid(CaError):
    """A unified social credit code is not one (GB 32100-2015)."""

    zh = "统一社会信用代码不正确，请核对 18 位代码及校验位。"
    en = "The unified social credit code is wrong; check its 18 characters and the check character."


class EnterpriseUnknown(CaError):
    """No enterprise is registered under the code."""

    zh = "该统一社会信用代码尚未登记：请核对代码，无误则先登记企业。"
    en = "No enterprise is registered under this unified social credit code; check it, or register it first."


class EnterpriseExists(CaError):
    """The enterprise is registered already, under another name."""

    zh = "该统一社会信用代码已登记，名称不同；变更名称请办理更名。"
    en = "This code is registered already under another name; use the change of name."


class NameInvalid(CaError):
    """A name is empty, too long or has characters that no certificate can carry."""

    zh = "名称不正确：不能为空、不能超过 64 个字符，也不能含控制字符。"
    en = "The name is wrong: it must have 1 to 64 characters and no control characters."


class NameDiffers(CaError):
    """The certificate asked for names the enterprise otherwise than the register does."""

    zh = "申请中的企业名称与登记名称不一致，请按登记名称申请或先办理更名。"
    en = "The name asked for differs from the registered one; use that, or change the name first."


class ProfileUnknown(CaError):
    """No such certificate profile, or not one for this environment or issuer."""

    zh = "没有这种证书模板，或该签发者不能使用此模板。"
    en = "There is no such certificate profile, or this issuer may not use it."


class IssuerUnknown(CaError):
    """No such issuer, or it does not issue any more."""

    zh = "没有这个签发者，或其已停止签发；请先完成密钥仪式。"
    en = "There is no such issuer, or it no longer issues; perform the key ceremony first."


class RequestInvalid(CaError):
    """The request asks for something that its profile does not give."""

    zh = "证书申请不符合模板要求，请按提示修改后重新申请。"
    en = "The request does not fit its profile; correct what is named and apply again."


class RequestFileUnreadable(RequestInvalid):
    """A file is no PKCS#10 request, or one over a key or by an algorithm that we do not use."""

    zh = "证书请求文件无法读取：请用 SM2、RSA 或 ECDSA 密钥重新生成 PKCS#10 请求（PEM 或 DER 格式）。"
    en = "The request file cannot be read; make a PKCS#10 request, in PEM or DER, with an SM2, RSA or ECDSA key."


class RequestFileForged(RequestInvalid):
    """The signature in a PKCS#10 request was not made with the key that it asks to have certified."""

    zh = "证书请求的签名与其公钥不符，请用持有的私钥重新生成请求。"
    en = "The request is not signed by its own key; make it again with the private key that you hold."


class KeyWeak(RequestInvalid):
    """The key is too short, of a kind that we do not certify, or its private half can be found."""

    zh = "该公钥强度不足或可被推算，不予签发；请在合格的设备中重新生成密钥。"
    en = "This key is too weak or can be derived; make a new key in a sound device."


class PairUnfit(RequestInvalid):
    """A signing and an encryption request do not make a pair of certificates."""

    zh = "签名证书与加密证书的申请不匹配：主体、签发者和有效期须一致，公钥须不同。"
    en = "The signing and encryption requests do not match: same subject, issuer and length, different keys."


class ValidityInvalid(RequestInvalid):
    """The validity asked for is empty, too long for the profile or outside its issuer's."""

    zh = "有效期不正确：超出模板上限或签发者的有效期。"
    en = "The validity is wrong: beyond the profile's limit or outside the issuer's own."


class LintFailed(RequestInvalid):
    """The certificate that would have been signed breaks a rule; nothing was signed."""

    zh = "证书未通过签发前检查，未签发。"
    en = "The certificate failed the checks before signing; nothing was signed."

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("; ".join(findings))
        self.findings = tuple(findings)


class KeyCompromised(CaError):
    """The key was reported compromised; no issuer certifies it again."""

    zh = "该密钥已被报告泄露，不再签发证书；请生成新密钥。"
    en = "This key was reported compromised and is never certified again; make a new key."


class ClockWentBack(CaError):
    """The clock stands before the last certificate issued."""

    zh = "系统时钟早于上一张证书的签发时间，已停止签发；请先校准时钟。"
    en = "The clock stands before the last certificate issued; set the clock right first."


class RequestKeyReused(CaError):
    """The request key belongs to another request."""

    zh = "该请求编号已用于另一份申请，请使用新的编号。"
    en = "This request key belongs to a different request; use a new one."


class RequestSpent(CaError):
    """The request under this key ended without a certificate; its serial is burned."""

    zh = "该请求已终止且未签发证书，请使用新的请求编号重新申请。"
    en = "This request ended without a certificate; apply again under a new request key."


class IssuanceUnfinished(CaError):
    """The request under this key is still being worked on, or was cut off."""

    zh = "该请求正在处理或曾中断；请稍后重试，或运行 yinxin reconcile。"
    en = "This request is in progress or was cut off; retry shortly, or run: yinxin reconcile."


class SignatureWithheld(CaError):
    """The key's signature does not verify, or is over other bytes; the certificate was withheld."""

    zh = "签名自检未通过，证书已扣留；请检查令牌。"
    en = "The signature failed our own check and was withheld; examine the token."


class PinnedChanged(CaError):
    """The profile or the configuration changed in the middle of an issuance."""

    zh = "签发过程中模板或配置发生变化，已停止；请重新申请。"
    en = "The profile or the configuration changed during issuance; nothing was issued. Apply again."


class TicketSpent(CaError):
    """A single-use signing ticket was used twice."""

    zh = "签发许可只能使用一次。"
    en = "A signing ticket can be used only once."


class CertificateUnknown(CaError):
    """No certificate has this serial number."""

    zh = "没有这个序列号的证书。"
    en = "No certificate has this serial number."


class AlreadyRevoked(CaError):
    """Revocation is final."""

    zh = "该证书已吊销，吊销不可撤回。"
    en = "The certificate is revoked already; a revocation is final."


class ReasonInapplicable(CaError):
    """The reason does not apply to this certificate or act (RFC 5280 §5.3.1)."""

    zh = "该吊销原因不适用于此证书。"
    en = "This reason for revocation does not apply to this certificate."


class HoldNotReleasable(CaError):
    """Only a hold returns, once, and by another person than the one who asked for it."""

    zh = "只有暂停状态可由另一人恢复一次；当前不可恢复。"
    en = "Only a hold can be lifted, once, and by another person than the one who set it."


class CursorInvalid(CaError):
    """A page cursor was not given out by this service."""

    zh = "翻页标记无效，请从第一页重新查询。"
    en = "The page cursor is not valid; start again from the first page."


class CeremonyRefused(CaError):
    """The key ceremony cannot be performed as planned."""

    zh = "密钥仪式无法执行：已有同名体系，或计划不符合要求。"
    en = "The key ceremony cannot be performed: a hierarchy exists already, or the plan is wrong."


class AuditBroken(CaError):
    """The audit trail was changed: a row is dropped, edited, reordered or cut off."""

    zh = "审计日志校验失败：记录被改动、删除、重排或截断，请立即封存现场。"
    en = "The audit trail does not verify: rows were changed, dropped, reordered or cut off. Secure the system."

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"record {number}: {why}")
        self.number = number
        self.why = why


class CrlUnavailable(CaError):
    """No list in force can be served: there is none, it is about to expire, or a new one cannot be signed."""

    zh = "当前没有可用的证书吊销列表：请检查签发者密钥所在的令牌，然后运行 yinxin ca crl。"
    en = "No revocation list in force can be served: examine the issuer's token, then run: yinxin ca crl."


class ListForeign(CaError):
    """A published list that is to be merged was not signed by an issuer of this installation."""

    zh = "该吊销列表不是本系统签发的，或签名不符；请核对来源。"
    en = "This revocation list was not signed by this installation; check where it comes from."


class CrlRegressed(CaError):
    """The next list would lack a revocation that the last one has; it was not signed."""

    zh = "新的吊销列表缺少上一份中的条目，已停止发布；请检查数据库是否被回退。"
    en = (
        "The new revocation list lacks entries of the last one and was not signed; was the database set back?"
    )


class ShardUnknown(CaError):
    """The issuer's revocation list has no such shard, or no delta list."""

    zh = "该签发者没有这个吊销列表分片；请使用证书中 CRL 分发点给出的地址。"
    en = "This issuer's revocation list has no such shard; use the address in the certificate's CRL distribution point."


class ShardCapacityInvalid(CaError):
    """A shard of a revocation list cannot take that many certificates."""

    zh = "吊销列表每个分片的证书数量（capacity）不在允许范围内；请填写 10 至 18000，或填 0 表示不分片。"
    en = "The number of certificates of a list's shard (capacity) is out of range; give 10 to 18000, or 0 for no shards."


class OcspUnavailable(CaError):
    """The issuer has no responder, or the responder's certificate is not in force."""

    zh = "该签发者没有可用的 OCSP 响应者证书；请先为其签发 OCSP 响应者证书。"
    en = "This issuer has no OCSP responder with a certificate in force; issue one first."


class TsaUnavailable(CaError):
    """The time-stamp authority has no active unit, or its certificate is not in force."""

    zh = "时间戳服务尚未就绪：没有启用的时间戳证书，或证书已过期；请先完成密钥仪式。"
    en = "The time-stamp authority is not ready: no unit with a certificate in force; perform the key ceremony first."


class TimeNotTrusted(CaError):
    """The clock stepped back, drifts by more than a second, or nothing vouches for it: no time is stamped."""

    zh = "系统时钟不可信（回拨、偏差超过 1 秒或无法核对），已停止签发时间戳；请校准时钟后再试。"
    en = "The clock cannot be trusted (set back, off by over a second, or unchecked); set it right, then try again."
