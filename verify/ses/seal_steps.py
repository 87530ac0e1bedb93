"""The steps of verifying an electronic seal, one function each; :mod:`verify.ses.steps` says which version asks for which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from seals.ses.parts import SesSeal
from verify.certificates.paths import name
from verify.certificates.purpose import check_confines, check_seal_maker, check_signer, extended
from verify.civil_time import civil_day
from verify.digests import digest_of
from verify.errors import Finding
from verify.makers import NOBODY, MakerIdentity
from verify.policy import Policy
from verify.report import Reason
from verify.ses import values
from verify.ses.certificates import CertificateSteps, Looked, Made, Proof
from verify.ses.form_steps import MOST_OF_ZONES, critical_and_unknown, making_time, picture_form
from verify.ses.report import SealDataStep, StepState
from verify.ses.steps import SEAL_DEMANDS, Demand, Outcome, Step, doubtful, failed, found, passed, skipped
from verify.signatures.loaded import load_certificate
from verify.signatures.timestamp import TimeStamp, TokenCheck, quiet
from verify.trusted_lists.decision import BY_DECREE, TrustDecision
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication

_NO_CERTIFICATE: Final = failed(
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    "制章者证书无法读取，无效。",
    "The maker's certificate cannot be read: invalid.",
)
_THE_SEAL: Final = Made("印章制作", "the seal", "制章者证书", "The maker's certificate")
_NOT_ASKED: Final = skipped("此版本标准不要求。", "This version of the standard does not ask for it.")


@dataclass(slots=True)
class SealCase:
    """A seal at work. ``when`` is the moment that matters: now for a seal alone, the time of signing for one in use."""

    seal: SesSeal
    when: datetime
    now: datetime
    certificates: CertificateSteps
    policy: Policy
    used: Proof | None = None
    """What proves when the signature was made that the seal stands in: the seal is older than its use."""
    stamped: datetime | None = None
    """The time that the signature's own time-stamp proves, where it has one that counts."""
    maker: x509.Certificate | None = None
    looked: Looked | None = None
    stamp: TimeStamp | None = None
    stamp_finding: Finding | None = None
    notes: list[Reason] = field(default_factory=list)
    known_as: MakerIdentity = NOBODY
    """As whom its maker is known: when the seal was made, at the moment that matters, and now."""

    def __post_init__(self) -> None:
        seal = self.seal
        self.maker = load_certificate(seal.maker_certificate)
        if seal.time_stamp is not None:
            token, judge = seal.time_stamp, self.certificates.judge
            check = TokenCheck(judge, self.certificates.extra, self.policy)
            self.stamp, self.stamp_finding = quiet(
                lambda: check.check(token, lambda algorithm: digest_of(algorithm, seal.signature), self.now)
            )
        if self.maker is not None:
            self.looked = self.certificates.look(
                self.maker, seal.property.created, ServiceKind.SEAL_MAKER, self.stamp, self.used
            )
            if self.looked.trusted:
                moments = (seal.property.created, self.when, self.now)
                self.known_as = self.certificates.judge.known_as(
                    self.maker, self.certificates.extra, *moments
                )

    def at_hand(self, demand: Demand) -> datetime:
        """Return by when what the maker has to be valid for is known to have been there, two clocks apart at most.

        The date that matters is the word of whoever has the key of seal or maker; a time-stamp of its own is put on when it is made.
        """
        if demand is Demand.STRICT:
            return max(self.when, self.stamped or self.when)
        created, stamp = self.seal.property.created, self.stamp
        if stamp is None or not stamp.trusted:
            return created
        return max(created, stamp.time - self.policy.clock_skew)


def seal_steps(case: SealCase) -> tuple[SealDataStep, ...]:
    """Run every step that the table has for this version, in the standard's order."""
    done = []
    for step, demands in SEAL_DEMANDS.items():
        demand = demands[case.seal.version]
        outcome = _NOT_ASKED if demand is Demand.NOT_ASKED else _STEPS[step](case, demand)
        done.append(outcome.at(step))
    _note_maker_in_list(case)
    return tuple(done)


def _format(case: SealCase, _: Demand) -> Outcome:
    """Step a: it was read, so the format holds, but for a mark or a version that the standard fixes."""
    seal = case.seal
    if seal.header.mark != "ES":
        return failed(SubIndication.FORMAT_FAILURE, "头标识不是 ES，无效。", "The mark is not ES: invalid.")
    if seal.property.valid_from > seal.property.valid_to:
        return failed(
            SubIndication.FORMAT_FAILURE,
            "印章有效期的起始晚于终止，无效。",
            "The seal's validity ends before it starts: invalid.",
        )
    strange = critical_and_unknown(seal.extensions) or picture_form(seal.picture)
    if strange is not None:
        return strange
    text = seal.version.standard
    return passed(f"符合 {text}。", f"As {text} has it.")


def _maker_signature(case: SealCase, _: Demand) -> Outcome:
    """Step b: the maker's signature over the original octets."""
    seal = case.seal
    if case.maker is None:
        return _NO_CERTIFICATE
    if values.is_raw(seal.signature):
        case.notes.append(
            Reason(
                "制章者签名为 r‖s 裸值而非 DER，按惯例接受。",
                "The maker's signature is bare r and s instead of DER; accepted, as is usual.",
            )
        )
    return values.check(case.maker, seal.algorithm, seal.signed, seal.signature, seal.version)


def _making_time(case: SealCase, demand: Demand) -> Outcome:
    """Step c: see :func:`verify.ses.form_steps.making_time`."""
    return making_time(case.seal.property, min(case.when, case.now), case.policy.clock_skew, demand)


def _maker_chain(case: SealCase, _: Demand) -> Outcome:
    """Step d, the chain: unknown issuers leave doubt, a chain that breaks a rule is invalid."""
    return _NO_CERTIFICATE if case.looked is None else case.looked.outcome


def _maker_use(case: SealCase, _: Demand) -> Outcome:
    """Step d, key usage: a signing certificate of an organisation.

    The standards speak of the key usage alone. One with extended purposes that are not a seal maker's, or below an authority that is
    confined to others, leaves doubt all the same: otherwise whoever may sign documents under a trusted root could make seals.
    """
    certificate = case.maker
    if certificate is None:
        return _NO_CERTIFICATE
    try:
        check_signer(certificate)
    except Finding as finding:
        return found(finding, fatal=True)
    if not certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME):
        return failed(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "制章者证书不是单位证书，无效。",
            "The maker's certificate names no organisation: invalid.",
        )
    named = extended(certificate) is not None
    try:
        if named:
            check_seal_maker(certificate)
        if case.looked is not None:
            check_confines(case.looked.chain, check_seal_maker, case.looked.trust)
    except Finding as finding:
        return found(finding)
    if not named:
        _note_unnamed_maker(case, certificate)
        return passed("可用于签名。", "Meant for signing.")
    return passed("可用于制作电子印章。", "Meant for making seals.")


def _note_unnamed_maker(case: SealCase, certificate: x509.Certificate) -> None:
    """Tell that nothing says that this certificate may make seals: no purpose in it, no list of makers, no anchor of its own."""
    looked = case.looked
    if (
        looked is None
        or len(looked.chain) == 1
        or (looked.trust is not None and _listed_as_maker(looked.trust))
    ):
        return
    who = name(certificate.subject)
    case.notes.append(
        Reason(
            f"制章者“{who}”的证书没有写明可以制作印章，也没有信任清单认定其为制章机构；同一颁发机构的任何单位证书都能制作同样的印章。"
            "请确认该单位确为制章机构，或改用登记制章机构的信任清单核验。",
            f"Nothing says that {who} may make seals: its certificate names no purpose, and no trust list has it as a maker; any organisation "
            "with a certificate of the same authority could have made this seal. Make sure that it is a maker, or verify with a trust "
            "list of makers.",
        )
    )


def _listed_as_maker(trust: TrustDecision) -> bool:
    entries = (trust.entry, *trust.others)
    makers = [one for one in entries if one.kind == ServiceKind.SEAL_MAKER.value]
    return any(one.vouches and one.scheme_id != BY_DECREE for one in makers)


def _maker_validity(case: SealCase, demand: Demand) -> Outcome:
    """Step d, validity: v1 and v4 at the moment that matters; v5 when the seal was made, an end since then is noted."""
    if case.looked is None:
        return _NO_CERTIFICATE
    strict = demand is Demand.STRICT
    then = case.certificates.validity(case.looked, case.when if strict else case.seal.property.created)
    if then.state is not StepState.PASSED:
        return then
    if case.certificates.validity(case.looked, case.at_hand(demand)).state is not StepState.PASSED:
        return _only_later(case, demand, SubIndication.OUT_OF_BOUNDS_NO_POE, _ENDED)
    now = case.certificates.validity(case.looked, case.when)
    return then if now.state is StepState.PASSED else _noted(case, "有效", "Valid", now)


def _maker_revocation(case: SealCase, demand: Demand) -> Outcome:
    """Step d, revocation: like the validity. After a compromise only a time-stamp proves that the seal came before."""
    if case.looked is None:
        return _NO_CERTIFICATE
    outcome = _maker_standing(case, case.looked, demand)
    if outcome.state is not StepState.PASSED:
        return outcome
    proofs = (case.stamp, case.used)
    doubt = case.certificates.unsound(
        case.looked, case.now, _THE_SEAL, *proofs
    ) or case.certificates.until_proved(case.looked, case.now, *proofs)
    if doubt is not None:
        return doubt
    if case.certificates.revocation(case.looked, case.at_hand(demand)).state is StepState.FAILED:
        return _only_later(case, demand, SubIndication.REVOKED_NO_POE, _REVOKED)
    return outcome


def _maker_standing(case: SealCase, looked: Looked, demand: Demand) -> Outcome:
    now = case.certificates.revocation(looked, case.when)
    if demand is Demand.STRICT or now.state is StepState.PASSED or not looked.trusted:
        return now
    then = case.certificates.revocation(looked, case.seal.property.created)
    if then.state is not StepState.PASSED or now.state is not StepState.FAILED:
        return then
    return _noted(case, "未被吊销", "Not revoked", now)


def _noted(case: SealCase, zh: str, en: str, now: Outcome) -> Outcome:
    """Go on with a seal whose maker has ended since, as GM/T 0031-2025 has it, and tell of it beside the verdict."""
    told = passed(
        f"制作印章时{zh}；{now.reason.zh}按 GM/T 0031-2025 仅作提示。",
        f"{en} when the seal was made. {now.reason.en} GM/T 0031-2025 asks to note that and go on.",
    )
    case.notes.append(Reason(f"制章者证书：{told.reason.zh}", f"The maker's certificate: {told.reason.en}"))
    return told


_ENDED: Final = Reason("到期", "ended")
_REVOKED: Final = Reason("吊销或暂停", "was revoked or suspended")


def _only_later(case: SealCase, demand: Demand, sub: SubIndication, end: Reason) -> Outcome:
    """Doubt what is dated before its maker's end and was stamped only after it, as EN 319 102-1 §5.5.4 has it of signatures."""
    day = civil_day(case.at_hand(demand))
    zh, en = ("签章", "the signature") if demand is Demand.STRICT else ("印章", "the seal")
    return doubtful(
        sub,
        f"{zh}所带时间戳（{day}）在制章者证书{end.zh}之后，不能证明{zh}在其之前已有；请向制章单位核实，或要求用重新制作的印章签章。",
        f"The time-stamp in {en} ({day}) is from after the maker's certificate {end.en}, and does not prove {en} to be older; ask the "
        "maker, or have the document sealed with a seal that was made anew.",
    )


def _seal_validity(case: SealCase, _: Demand) -> Outcome:
    """Step e: the moment that matters lies inside the seal's validity, both ends included.

    A beginning some hours away may be a local time, or a day, written as UTC, as the date of making may.
    """
    fields, at = case.seal.property, case.when.replace(microsecond=0)
    if timedelta(0) < fields.valid_from - at <= MOST_OF_ZONES:
        return doubtful(
            SubIndication.NOT_YET_VALID,
            f"印章自 {fields.valid_from:%Y-%m-%d %H:%M}Z 起有效，使用或核验的时间为 {at:%Y-%m-%d %H:%M}Z，前者可能误写为当地时间；"
            "请向制章单位核实，或过后重新核验。",
            f"The seal is valid from {fields.valid_from:%Y-%m-%d %H:%M}Z and was used or verified at {at:%Y-%m-%d %H:%M}Z: perhaps a local "
            "time; ask its maker, or verify again later.",
        )
    if at < fields.valid_from:
        return failed(
            SubIndication.NOT_YET_VALID,
            f"印章自 {civil_day(fields.valid_from)} 起有效，{civil_day(at)} 时尚未生效。",
            f"The seal is valid from {civil_day(fields.valid_from)}; on {civil_day(at)} it was not yet.",
        )
    if at > fields.valid_to:
        return failed(
            SubIndication.EXPIRED,
            f"印章已于 {civil_day(fields.valid_to)} 到期；请向持有人索取续期后的印章。",
            f"The seal ended on {civil_day(fields.valid_to)}; ask its holder for the renewed one.",
        )
    return passed(
        f"在有效期内（至 {civil_day(fields.valid_to)}）。",
        f"Inside its validity (to {civil_day(fields.valid_to)}).",
    )


def _seal_time_stamp(case: SealCase, _: Demand) -> Outcome:
    """Step f (v5): a time-stamp that is there holds over the signature, and the seal was made before it."""
    if case.seal.time_stamp is None:
        return skipped("没有时间戳（可选）。", "There is no time-stamp; it is optional.")
    if case.stamp is None:
        finding = case.stamp_finding
        return _NO_STAMP if finding is None else found(finding, fatal=True)
    if case.seal.property.created > case.stamp.time + case.policy.clock_skew:
        return failed(
            SubIndication.TIMESTAMP_ORDER_FAILURE,
            "制作日期晚于时间戳，无效。",
            "The date of making is later than the time-stamp: invalid.",
        )
    if case.stamp.judged.finding is not None:
        return found(case.stamp.judged.finding)
    day = civil_day(case.stamp.time)
    return passed(f"{day}，由“{case.stamp.authority}”签发。", f"{day}, by {case.stamp.authority}.")


_NO_STAMP: Final = failed(
    SubIndication.FORMAT_FAILURE, "时间戳无法读取，无效。", "The time-stamp cannot be read: invalid."
)

_STEPS: Final[dict[Step, Callable[[SealCase, Demand], Outcome]]] = {
    Step.FORMAT: _format,
    Step.MAKER_SIGNATURE: _maker_signature,
    Step.MAKING_TIME: _making_time,
    Step.MAKER_CHAIN: _maker_chain,
    Step.MAKER_USE: _maker_use,
    Step.MAKER_VALIDITY: _maker_validity,
    Step.MAKER_REVOCATION: _maker_revocation,
    Step.SEAL_VALIDITY: _seal_validity,
    Step.SEAL_TIME_STAMP: _seal_time_stamp,
}


def _note_maker_in_list(case: SealCase) -> None:
    if case.seal.maker_certificate in case.seal.property.signers.certificates:
        case.notes.append(
            Reason(
                "制章者证书同时列为签章人证书：该印章由使用人自行制作。",
                "The maker's certificate is also in the list of signers: the user made this seal itself.",
            )
        )
