"""Rows of the problem table: signing digests for remote clients, and sealing in two steps."""

from __future__ import annotations

from typing import Final

from api.agent import errors as agent
from api.csc.errors import CscParameterInvalid
from api.problems.kind import Kind
from hsm import csc_errors as csc
from signing.hashes import errors as hashes
from signing.two_step import errors as two_step

REMOTE: Final[dict[type[Exception], Kind]] = {
    csc.RemoteServiceError: Kind("remote-service", 502, "远程签名服务不可用", "Remote service unusable"),
    csc.RemoteServicesInvalid: Kind(
        "remote-services-invalid", 500, "远程服务设置有误", "Services misconfigured"
    ),
    csc.RemoteServiceUnavailable: Kind("remote-service-unavailable", 504, "远程服务未应答", "No answer"),
    csc.RemoteAnswerInvalid: Kind("remote-answer-invalid", 502, "远程服务应答有误", "Remote answer invalid"),
    csc.RemoteServiceRefused: Kind("remote-service-refused", 502, "远程服务拒绝", "Remote service refused"),
    csc.RemoteServiceFailed: Kind("remote-service-failed", 502, "远程服务故障", "Remote service failed"),
    csc.RemotePinRefused: Kind("remote-pin-refused", 403, "远程凭证 PIN 码有误", "Remote PIN refused"),
    csc.RemoteSignatureUncertain: Kind(
        "remote-signature-uncertain", 504, "远程签名结果不明", "Outcome unknown"
    ),
    CscParameterInvalid: Kind("csc-parameter-invalid", 400, "参数不正确", "Invalid parameter"),
    agent.AgentError: Kind("agent-refused", 409, "本机签名助手拒绝", "Refused by the desk agent"),
    agent.BindRefused: Kind("agent-bind", 400, "只能监听本机", "This machine alone"),
    agent.NothingToServe: Kind("agent-nothing", 400, "未指定令牌或网站", "No token or site named"),
    agent.OriginInvalid: Kind("agent-origin", 400, "网站地址不正确", "Not an origin"),
    agent.PortTaken: Kind("agent-port", 409, "端口被占用", "Port taken"),
    agent.NobodyToAsk: Kind("agent-nobody", 400, "无法向本人确认", "Nobody to ask"),
    agent.PairingRefused: Kind("agent-pairing", 403, "配对码不正确", "Pairing refused"),
    agent.NotPaired: Kind("agent-not-paired", 403, "尚未配对", "Not paired"),
    agent.RequestMalformed: Kind("agent-malformed", 400, "请求格式不正确", "Request malformed"),
    agent.RequestRepeated: Kind("agent-repeated", 409, "请求重复", "Request repeated"),
    agent.CertificateAbsent: Kind("agent-absent", 404, "本机没有该证书", "Certificate absent"),
    agent.RefusedByPerson: Kind("agent-declined", 403, "本人未确认", "Declined"),
    agent.AgentBusy: Kind("agent-busy", 409, "等待确认中", "Waiting for an answer"),
    hashes.HashSigningError: Kind("digest-refused", 409, "不能对摘要签名", "Digest refused"),
    hashes.CredentialUnknown: Kind("credential-unknown", 404, "没有该凭证", "No such credential"),
    hashes.ActivationInvalid: Kind("activation-invalid", 403, "签名授权无效", "Activation invalid"),
    hashes.DigestNotAuthorised: Kind("digest-not-authorised", 403, "摘要未经授权", "Digest not authorised"),
    hashes.DigestsInvalid: Kind("digests-invalid", 422, "摘要列表不正确", "Digests invalid"),
    two_step.TwoStepError: Kind("two-step-refused", 409, "两步用印被拒绝", "Two-step sealing refused"),
    two_step.RemoteSealingUnknown: Kind("remote-sealing-unknown", 404, "没有这笔用印", "No such sealing"),
    two_step.RemoteSealingOver: Kind("remote-sealing-over", 409, "用印已结束", "Sealing over"),
    two_step.RemoteSignatureInvalid: Kind("remote-signature-invalid", 422, "签名不符", "Signature wrong"),
    two_step.NotInTwoSteps: Kind("not-in-two-steps", 422, "不支持两步用印", "Not in two steps"),
}
