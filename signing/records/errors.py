"""What can be wrong with an evidence record. Each error says in both languages what to do."""

from __future__ import annotations

from signing.errors import SigningError


class RecordError(SigningError):
    """No evidence record can be given; nothing was changed."""

    zh = "无法出具制度证据记录，未作任何改动。"
    en = "No evidence record can be given; nothing was changed."


class RecordOfNothing(RecordError):
    """No finished sealing is meant."""

    zh = "没有这次用印，或用印尚未完成；请核对用印编号或文件摘要（须为签章后的文件）。"
    en = "There is no such sealing, or it is not finished; check its id or the digest of the sealed document."


class RecordWithoutCase(RecordError):
    """The sealing is of before there were cases, or its digest is of another kind."""

    zh = "这次用印没有对应的用印事项，无法出具制度证据记录。"
    en = "This sealing has no case behind it, so no evidence record can be given."


class RecordBroken(RecordError):
    """The registry's own record contradicts itself."""

    zh = "登记的用印记录前后不一致，不能据此出具证据；请停止用印并联系审计员。"
    en = "The registry's record of this use contradicts itself; stop and call the auditor."


class RecordUnsigned(RecordError):
    """There is no seal maker yet, or its key does not answer."""

    zh = "制章者密钥暂不可用，无法签署制度证据记录；请稍后再试。"
    en = "The seal maker's key does not answer, so the record cannot be signed; try again later."


class RecordMoved(RecordError):
    """Another request for the same record was faster."""

    zh = "同一制度证据记录正由另一请求签署，请稍后再取。"
    en = "Another request is signing the same record; ask for it again in a moment."
