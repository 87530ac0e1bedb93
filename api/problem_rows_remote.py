"""Rows of the problem table: signing digests for remote clients, and sealing in two steps."""

from __future__ import annotations

from typing import Final

from api.csc.errors import CscParameterInvalid
from api.problem_kind import Kind
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
