"""The numbered rules by which a department accepts a document, in the order in which they are asked."""

from __future__ import annotations

from enum import StrEnum


class RuleId(StrEnum):
    """One rule each; a number keeps its meaning for ever, since reports carry it."""

    IN_FORCE = "R01-policy-in-force"
    SIGNED = "R02-signed-document"
    VALID = "R03-valid"
    NOT_VOIDED = "R04-not-voided"
    LIST = "R05-accepted-list"
    SEAL = "R06-seal"
    SEAL_KIND = "R07-seal-kind"
    SAME_OWNER = "R08-same-owner"
    GENUINE = "R09-genuine"
    CONTAINER = "R10-container"
    LEVEL = "R11-level"
    TIME_STAMP = "R12-time-stamp"
    POLICIES = "R13-certificate-policy"
    ASSURANCE = "R14-assurance"
    CUSTODY = "R15-custody"
    ALGORITHM = "R16-algorithm"
    STRONG_NOW = "R17-strong-now"
    GOOD_NOW = "R18-good-now"
    STATEMENT = "R19-seal-statement"
    INSTITUTION = "R20-institutional-proof"
    AGE = "R21-age"
    EVIDENCE_AGE = "R22-evidence-age"
    NOTHING_ADDED = "R23-nothing-added"
    CONDITIONS = "R24-conditions"
    APPROVED = "R25-approved"


CITES = {
    RuleId.IN_FORCE: "部门政策的施行日期 / the policy's own dates",
    RuleId.SIGNED: "ETSI EN 319 102-1 §5.1",
    RuleId.VALID: "ETSI EN 319 102-1 §5.1.3",
    RuleId.NOT_VOIDED: "作废清单 / list of voided documents",
    RuleId.LIST: "ETSI TS 119 612 §5.5; 《电子印章管理办法》第二十七条",
    RuleId.SEAL: "《电子印章管理办法》",
    RuleId.SEAL_KIND: "印章种类代码 / codes of seal kinds (GA 241)",
    RuleId.SAME_OWNER: "GB 32100-2015",
    RuleId.GENUINE: "演示证书，不具法律效力 / demonstration certificates, without legal effect",
    RuleId.CONTAINER: "GB/T 38540; GB/T 35275; RFC 5652",
    RuleId.LEVEL: "ETSI EN 319 142-1 §6",
    RuleId.TIME_STAMP: "RFC 3161; ETSI EN 319 102-1 §5.5.4",
    RuleId.POLICIES: "RFC 5280 §4.2.1.4",
    RuleId.ASSURANCE: "RFC 5280 §4.2.1.4",
    RuleId.CUSTODY: "RFC 5280 §4.2.1.4",
    RuleId.ALGORITHM: "ETSI TS 119 312; GM/T 0003, GM/T 0004",
    RuleId.STRONG_NOW: "ETSI EN 319 102-1 §5.2.8; ETSI TS 119 312",
    RuleId.GOOD_NOW: "ETSI EN 319 102-1 §5.2.6",
    RuleId.STATEMENT: "制度证据：制章单位声明 / the seal maker's statement",
    RuleId.INSTITUTION: "制度证据记录 / signed evidence record",
    RuleId.AGE: "部门政策 / the department's policy",
    RuleId.EVIDENCE_AGE: "部门政策 / the department's policy",
    RuleId.NOTHING_ADDED: "ISO 32000-2 §12.8.2",
    RuleId.CONDITIONS: "部门政策 / the department's policy",
    RuleId.APPROVED: "制度证据：用印审批 / approval of this use",
}
"""What each rule rests on, where a policy does not say it itself."""
