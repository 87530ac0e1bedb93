"""The third answer (D4): numbered rules, the first refusal decides, and what would slip through without each rule."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.certificate import SubjectName
from seals.leave import Leave
from signing.mark import Evidence
from tests.container_world import Wish, national
from tests.pki import make_uscc
from verify.acceptance.accept import accept
from verify.acceptance.answers import AcceptanceStatus
from verify.acceptance.errors import ActUnknown
from verify.acceptance.policy import (
    LISTED,
    TRUTHS,
    AcceptedList,
    Act,
    Assurance,
    Condition,
    Demands,
    DepartmentPolicy,
    Equivalence,
    joined,
)
from verify.acceptance.shelf import find, shipped
from verify.institution.proofs import RECORD, PartState, ProofPart
from verify.integrity import Change, LaterRevision, RevisionKind
from verify.ofd.report import OfdReport, OfdSignature
from verify.report import DocumentReport, SignatureReport, SigningTime, StatusReport, TimeSource
from verify.reports.reported import Reported
from verify.sentence import Reason
from verify.strength import Soundness, Strength
from verify.trusted_lists.decision import ListedStatus, ListEntry, TrustDecision
from verify.verdict import Indication, SubIndication, Verdict
from verify.verifier import Verifier
from verify.voided.report import VoidedReport

OK, IF, NO = AcceptanceStatus.ACCEPTED, AcceptanceStatus.CONDITIONS, AcceptanceStatus.REFUSED
ORIGINAL = Reason("出示原件", "show the original")
LEVELS = (Assurance("high", ("1.2.3",)), Assurance("low", ("1.2.4",)))
FOREIGN = "https://lists.example/province"


def policy(demands: Demands | None = None, **changes: Any) -> DepartmentPolicy:
    made = DepartmentPolicy(
        id="office",
        zh="某局",
        en="Office",
        version="1",
        sha256="00" * 32,
        demands=demands or Demands(),
        lists=(AcceptedList(""),),
        acts=(Act("a", "事", "A"),),
        assurances=LEVELS,
    )
    return replace(made, **changes)


def only(report: DocumentReport, **changes: Any) -> DocumentReport:
    """Change the one signature of a report."""
    return replace(report, signatures=(replace(report.signatures[0], **changes),))


def answer(report: DocumentReport, made: DepartmentPolicy) -> tuple[str, AcceptanceStatus]:
    found = accept(report, made, "a")
    return found.rule.partition("-")[0], found.status


def listed(
    status: str = "granted", scheme: str = FOREIGN, kind: str = "ca", now: str = "granted"
) -> TrustDecision:
    at = datetime.now(UTC)
    entry = ListEntry(
        scheme, sequence=7, kind=kind, certificate_sha256="aa" * 32,
        then=ListedStatus(status, since=at), now=ListedStatus(now, since=at),
    )  # fmt: skip
    return TrustDecision(True, at, entry)


def test_one_department_accepts_what_another_refuses_with_the_reason(report: DocumentReport) -> None:
    """D4: the same document; the answer names the rule, the policy's digest and the entry that decided."""
    yes = accept(report, find(shipped(), "市场监管"), "企业变更登记")
    no = accept(report, find(shipped(), "财政"), "财政票据报销")
    assert (yes.status, no.status) == (OK, NO)
    assert no.rule == "R07-seal-kind"
    assert "02" in no.sentence.zh
    assert "财政不予接受" in no.sentence.zh
    assert no.policy_sha256 == find(shipped(), "财政").sha256
    assert no.entry.startswith("list 1 (decree)")
    assert no.cites.startswith("示例第六条")
    assert yes.passed[:4] == ("R01-policy-in-force", "R02-signed-document", "R03-valid", "R04-not-voided")


def test_an_unknown_act_is_an_error_and_no_answer(report: DocumentReport) -> None:
    with pytest.raises(ActUnknown) as caught:
        accept(report, find(shipped(), "税务"), "养老")
    assert "出口退税" in caught.value.zh


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INDETERMINATE, Verdict.UNREADABLE])
def test_nothing_but_a_valid_document_is_accepted(report: DocumentReport, verdict: Verdict) -> None:
    assert answer(replace(report, verdict=verdict), policy()) == ("R03", NO)


def test_no_signature_no_acceptance(report: DocumentReport) -> None:
    """A bare seal or a certificate is valid and is no document: without R02 a copied seal would be accepted."""
    assert answer(replace(report, signatures=()), policy()) == ("R02", NO)


def test_a_voided_document_is_not_accepted(report: DocumentReport) -> None:
    at = datetime.now(UTC)
    voided = VoidedReport(at, "错", "ab" * 16, "maker", at, stale=False, whole=True, sha256="00" * 32)
    assert answer(replace(report, voided=voided), policy()) == ("R04", NO)


def test_a_policy_counts_in_its_own_time(report: DocumentReport) -> None:
    at = report.verified_at
    assert at is not None
    assert answer(report, policy(since=at + timedelta(days=1))) == ("R01", NO)
    assert answer(report, policy(until=at - timedelta(days=1))) == ("R01", NO)
    assert answer(replace(report, verified_at=None), policy()) == ("R01", NO)


def test_lists_that_count(report: DocumentReport) -> None:
    """TS 119 612: which scheme, which kind of service, which entries, which kinds of seal, since when."""
    foreign = only(report, trust=listed())
    assert answer(foreign, policy()) == ("R05", NO)
    assert answer(foreign, policy(lists=(AcceptedList("*"),)))[1] is OK
    assert answer(foreign, policy(lists=(AcceptedList(FOREIGN),)))[1] is OK
    assert answer(report, policy(lists=(AcceptedList("*"),))) == ("R05", NO)
    assert answer(only(report, trust=listed(kind="tsa")), policy(lists=(AcceptedList(FOREIGN),))) == (
        "R05",
        NO,
    )
    for wrong in (
        {"services": ("bb" * 32,)},
        {"seal_kinds": ("02",)},
        {"since": datetime(2999, 1, 1, tzinfo=UTC)},
    ):
        assert answer(foreign, policy(lists=(AcceptedList(FOREIGN, **wrong),))) == ("R05", NO)
    assert accept(foreign, policy(lists=(AcceptedList(FOREIGN),)), "a").entry.startswith(
        f"list 1 ({FOREIGN}) · no. 7"
    )


def from_makers_list(report: DocumentReport, kind: str = "seal-maker") -> DocumentReport:
    """Let the seal's maker be vouched for by a list, and nothing else."""
    seal = report.signatures[0].seal
    assert seal is not None
    return only(report, seal=replace(seal, trust=listed(kind=kind)))


def test_a_seal_counts_on_the_word_of_a_maker_that_is_accepted(report: DocumentReport) -> None:
    """The certificate's authority says nothing about seals: kind, owner, approvals and records are the maker's word."""
    foreign = from_makers_list(report)
    for asked, rule in (
        (Demands(seal=True), "R06"),
        (Demands(seal_kinds=("01",)), "R07"),
        (Demands(same_owner=True), "R08"),
        (Demands(seal_statement=True), "R19"),
        (Demands(approved=True), "R25"),
        (Demands(institutional_proof=True), "R20"),
    ):
        found = accept(foreign, policy(asked), "a")
        assert (found.rule.partition("-")[0], found.status) == (rule, NO), asked
        assert "制章单位" in found.sentence.zh
        assert not found.maker_entry
    assert answer(foreign, policy())[1] is OK, "no seal is asked for, and none is relied on"
    both = (AcceptedList(""), AcceptedList(FOREIGN))
    wanted = policy(Demands(seal=True, seal_kinds=("01",), approved=True), lists=both)
    accepted = accept(foreign, wanted, "a")
    assert accepted.status is OK
    assert accepted.maker_entry.startswith(f"list 2 ({FOREIGN}) · no. 7")
    only_authorities = (AcceptedList(""), AcceptedList(FOREIGN, kinds=("ca",)))
    assert answer(foreign, replace(wanted, lists=only_authorities)) == ("R06", NO)
    assert answer(from_makers_list(report, "ca"), wanted) == ("R06", NO), "an authority states no seals"


def test_a_time_counts_on_the_word_of_an_authority_that_is_accepted(report: DocumentReport) -> None:
    foreign = only(report, time=replace(report.signatures[0].time, trust=listed(kind="tsa")))
    for asked, rule in (
        (Demands(time_stamp=True), "R12"),
        (Demands(level="T"), "R11"),
        (Demands(age_days=30), "R21"),
    ):
        found = accept(foreign, policy(asked), "a")
        assert (found.rule.partition("-")[0], found.status) == (rule, NO), asked
        assert "时间戳" in found.sentence.zh
    assert answer(foreign, policy())[1] is OK
    ended = replace(report.signatures[0].certificate_now, status="expired")
    assert answer(only(foreign, certificate_now=ended), policy()) == ("R05", NO), "valid by that clock alone"
    assert answer(only(report, certificate_now=ended), policy())[1] is OK
    wanted = policy(Demands(time_stamp=True, level="LT"), lists=(AcceptedList(""), AcceptedList(FOREIGN)))
    accepted = accept(foreign, wanted, "a")
    assert accepted.status is OK
    assert accepted.time_entry.startswith(f"list 2 ({FOREIGN}) · no. 7")


def test_a_foreign_list_is_taken_with_its_makers(report: DocumentReport) -> None:
    """What kind a seal is, its maker says in its own scheme's words."""
    equal = Equivalence("mra", FOREIGN, "ca", (("01", "77"),), since=datetime(2020, 1, 1, tzinfo=UTC))
    foreign = from_makers_list(report)
    assert answer(foreign, policy(Demands(seal_kinds=("77",)), equivalences=(equal,)))[1] is OK
    assert answer(foreign, policy(Demands(seal_kinds=("01",)), equivalences=(equal,))) == ("R07", NO)


def test_an_entry_withdrawn_does_not_vouch_beside_the_one_that_decided(report: DocumentReport) -> None:
    decided = replace(listed(scheme="other"), others=(listed("withdrawn").entry,))
    assert answer(only(report, trust=decided), policy(lists=(AcceptedList(FOREIGN),))) == ("R05", NO)
    expired = replace(listed().entry, vouches=False)  # granted then, by a list that counts no longer (I30)
    decided = replace(listed(scheme="other"), others=(expired,))
    assert answer(only(report, trust=decided), policy(lists=(AcceptedList(FOREIGN),))) == ("R05", NO)
    decided = replace(listed(scheme="other"), others=(listed().entry,))
    assert answer(only(report, trust=decided), policy(lists=(AcceptedList(FOREIGN),)))[1] is OK
    distrusted = replace(listed(), trusted=False)
    assert answer(only(report, trust=distrusted), policy(lists=(AcceptedList(FOREIGN),))) == ("R05", NO)


def test_every_seal_must_be_vouched_for_even_where_one_would_do(report: DocumentReport) -> None:
    """Without this a seal of an unrecognised authority would ride along on an accepted one."""
    twice = replace(report, signatures=(*report.signatures, replace(report.signatures[0], trust=listed())))
    assert answer(twice, policy()) == ("R05", NO)


SEAL = Demands(seal=True)
CASES: list[tuple[str, Demands, dict[str, Any]]] = [
    ("R06", SEAL, {"seal": None}),
    ("R07", Demands(seal_kinds=("01",)), {"seal": None}),
    ("R12", Demands(time_stamp=True), {"time": SigningTime(datetime.now(UTC), TimeSource.CLAIMED)}),
    ("R11", Demands(level="LT"), {"level": "B-T"}),
    ("R11", Demands(level="T"), {"level": "", "time": SigningTime(None, TimeSource.NONE)}),
    ("R10", Demands(containers=("ses",)), {"container": "cms"}),
    ("R15", Demands(custody=("token",)), {"custody": ""}),
    ("R15", Demands(custody=("token",)), {"custody": "soft"}),
    ("R16", Demands(keys=("SM2",)), {"algorithm": "RSA-2048 / SHA-256"}),
    ("R16", Demands(rsa_bits=3072), {"algorithm": "RSA-2048 / SHA-256"}),
    ("R16", Demands(digests=("SM3",)), {"algorithm": ""}),
    (
        "R17",
        Demands(strong_now=True),
        {"strength": Strength(Soundness.SOUND, Soundness.WEAK, None, proved=True)},
    ),
    ("R17", Demands(strong_now=True), {"strength": None}),
    ("R18", Demands(good_now=True), {"certificate_now": StatusReport("revoked")}),
    ("R18", Demands(good_now=True), {"seal_now": StatusReport("unknown")}),
    ("R09", Demands(genuine=True), {"notice": "演示"}),
    ("R20", Demands(institutional_proof=True), {"proofs": None}),
    ("R21", Demands(age_days=1), {"time": SigningTime(datetime(2020, 1, 1, tzinfo=UTC), TimeSource.TSA)}),
    ("R21", Demands(age_days=3650), {"time": SigningTime(datetime.now(UTC), TimeSource.CLAIMED)}),
]


@pytest.mark.parametrize(("rule", "demands", "changes"), CASES)
def test_each_demand_has_what_it_refuses(
    report: DocumentReport, rule: str, demands: Demands, changes: dict[str, Any]
) -> None:
    wrong = only(report, **changes)
    assert answer(wrong, policy()) == ("R05", OK)
    assert answer(wrong, policy(demands)) == (rule, NO)


def test_a_seal_that_its_maker_does_not_vouch_for_is_none(report: DocumentReport) -> None:
    seal = report.signatures[0].seal
    assert seal is not None
    forged = only(report, seal=replace(seal, trusted=False))
    assert answer(forged, policy(SEAL)) == ("R06", NO)
    assert answer(forged, policy(Demands(seal_kinds=("01",)))) == ("R07", NO)
    assert answer(only(report, seal=replace(seal, owner_uscc="")), policy(Demands(same_owner=True))) == (
        "R08",
        NO,
    )
    assert answer(only(report, seal=replace(seal, leave=None)), policy(Demands(seal_statement=True))) == (
        "R19",
        NO,
    )
    keeper = Leave("keeper", "ab" * 16, "alone", "1", "cd" * 32, "")
    assert answer(only(report, seal=replace(seal, leave=keeper)), policy(Demands(approved=True))) == (
        "R25",
        NO,
    )
    assert answer(report, policy(Demands(approved=True)))[1] is OK


def test_a_statement_in_a_package_counts_beside_its_record_alone(report: DocumentReport) -> None:
    """Attack: the statement on an approved use, moved by its keeper into a package of another content."""
    found = report.signatures[0]
    assert found.proofs is not None
    kept = {one.name: getattr(report, one.name) for one in fields(DocumentReport)}
    coverage = (OfdSignature("1", "/S.xml", "Seal", "SM3", "", "", 1, locked=False),)
    package = OfdReport(**kept, coverage=coverage)
    record = ProofPart(RECORD, PartState.PRESENT, ORIGINAL)
    with_record = only(package, proofs=replace(found.proofs, institutional=(record,)))
    for demands, rule in ((Demands(seal_statement=True), "R19"), (Demands(approved=True), "R25")):
        assert answer(report, policy(demands))[1] is OK
        assert answer(package, policy(demands)) == (rule, NO)
        assert answer(with_record, policy(demands))[1] is OK


def test_policies_and_assurance(report: DocumentReport) -> None:
    signer = report.signatures[0].signer
    assert signer is not None
    low = only(report, signer=replace(signer, policies=("1.2.4",)))
    assert answer(low, policy(Demands(policies=("1.2.3",)))) == ("R13", NO)
    assert answer(low, policy(Demands(assurance="high"))) == ("R14", NO)
    assert answer(low, policy(Demands(assurance="low")))[1] is OK
    high = only(report, signer=replace(signer, policies=("1.2.3",)))
    assert answer(high, policy(Demands(assurance="low")))[1] is OK


def test_a_new_time_stamp_makes_no_old_paper_young(report: DocumentReport) -> None:
    """A document time-stamp, which anybody may add, proves by when it existed; since when its signer says."""
    asked, now = policy(Demands(age_days=30)), report.verified_at
    assert now is not None
    time = report.signatures[0].time
    assert time.trusted
    assert answer(report, asked)[1] is OK
    for days, expected in ((300, NO), (31, NO), (29, OK)):
        made = replace(time, claimed=now - timedelta(days=days))
        assert answer(only(report, time=made), asked)[1] is expected
    nobody_says = only(report, time=replace(time, claimed=None))
    assert answer(nobody_says, asked) == ("R21", NO), "a time-stamp, of whatever kind, says by when"


def test_whose_certificates_a_seal_lists_is_its_owner_where_it_is_one_alone() -> None:
    """GB/T 38540 seal data names no owner: that an agent's certificate is listed too makes the agent none."""
    here = national()
    agent = here.pki.party(
        subject=SubjectName("上海乙方代理有限公司", "上海乙方代理有限公司", make_uscc("91310000MA1K3BBBB"))
    )
    asked = policy(Demands(seal=True, same_owner=True))
    for listed, keeper, expected in (
        ((here.keeper.der,), here.keeper, OK),
        ((here.keeper.der, here.keeper.der), here.keeper, OK),
        ((here.keeper.der, agent.der), here.keeper, NO),
        ((here.keeper.der, agent.der), agent, NO),
    ):
        wish = Wish(stated=False, esl=here.esl(signers=listed), keeper=keeper)
        pdf = here.put(wish=wish, evidence=Evidence(here.evidence(keeper).certificates))
        found = Verifier(here.trust()).verify(pdf, at=here.now + timedelta(hours=1), name="x.pdf")
        assert found.verdict is Verdict.PASSED, found.reason
        seal, signer = found.signatures[0].seal, found.signatures[0].signer
        assert seal is not None
        assert signer is not None
        assert seal.owner_uscc == (signer.uscc if expected is OK else "")
        assert answer(found, asked) == (("R08", NO) if expected is NO else answer(found, asked))


def test_whose_certificates_without_credit_codes_are_is_told_by_their_organisation() -> None:
    here = national()
    own, second, agent, nobody = (
        here.pki.party(subject=SubjectName(*names))
        for names in (
            ("甲一", "北京甲公司"),
            ("甲二", "北京甲公司"),
            ("乙", "上海乙方代理有限公司"),
            ("张三",),
        )
    )
    for listed, keeper, expected in (
        ((own.der, second.der), second, "北京甲公司"),
        ((agent.der,), agent, "上海乙方代理有限公司"),
        ((own.der, agent.der), agent, ""),
        ((own.der, agent.der), own, ""),
        ((own.der, here.keeper.der), own, ""),
        ((nobody.der, own.der), own, ""),
    ):
        pdf = here.put(wish=Wish(stated=False, esl=here.esl(signers=listed), keeper=keeper))
        found = Verifier(here.trust()).verify(pdf, at=here.now + timedelta(hours=1), name="x.pdf")
        seal = found.signatures[0].seal
        assert seal is not None
        assert (seal.owner, seal.owner_uscc) == (expected, "")


def test_old_evidence_and_additions(report: DocumentReport) -> None:
    asked, last, now = (
        policy(Demands(evidence_hours=1)),
        report.signatures[0].certificate_now,
        report.verified_at,
    )
    assert now is not None
    for known in (None, now - timedelta(hours=2)):  # whatever else is at hand that is of today
        old = only(report, certificate_now=replace(last, as_of=known))
        assert answer(replace(old, evidence_as_of=now), asked) == ("R22", NO)
    assert answer(report, policy(Demands(evidence_hours=2)))[1] is OK
    for hours, expected in ((1, OK), (3, NO)):  # the seal's state is news too
        state = StatusReport("active", "list", as_of=now - timedelta(hours=hours))
        assert answer(only(report, seal_now=state), policy(Demands(evidence_hours=2)))[1] is expected
    asked = policy(Demands(nothing_added=True))
    assert answer(report, asked)[1] is OK  # evidence was added after sealing, and leaves what was sealed
    for kind in RevisionKind:
        whole = replace(report.signatures[0].integrity, revisions=(LaterRevision(2, 0, 1, kind),))
        follows = {"signature", "time-stamp", "validation-data", "properties", "nothing"}
        assert (answer(only(report, integrity=whole), asked)[1] is OK) is (kind.value in follows), kind
    doubted = replace(report.signatures[0].integrity, doubts=(Change("疑", "doubt"),))
    assert answer(only(report, integrity=doubted), asked) == ("R23", NO)


ASKED_BESIDES = {"R07", "R14", "R20"}
"""Another kind of seal, a certificate's policies, an evidence record: what the document of this test has not."""


def test_evidence_behind_a_seal_keeps_no_shipped_department_from_it(report: DocumentReport) -> None:
    """Most products add evidence for level LT behind the signature; who demands that level takes it so."""
    genuine = replace(only(report, notice="", custody="token", level="B-LT"), notice="")
    for shelf in shipped():
        for act in shelf.acts:
            found = accept(genuine, shelf, act.id)
            named = found.rule.partition("-")[0]
            assert found.status is not NO or named in ASKED_BESIDES, (shelf.id, act.id, found.rule)


def test_a_foreign_list_counts_by_equivalence_in_its_time(report: DocumentReport) -> None:
    """Like the trust schemes of mutual recognition: foreign kind and policy stand for own ones, from, until."""
    signer = report.signatures[0].signer
    assert signer is not None
    foreign = only(report, trust=listed(), signer=replace(signer, policies=("9.9",)))
    equal = Equivalence(
        "mra", FOREIGN, "ca", (("01", "77"),), ("9.9",), "high", datetime(2020, 1, 1, tzinfo=UTC)
    )
    made = policy(Demands(seal_kinds=("77",), assurance="high"), equivalences=(equal,))
    assert answer(foreign, made)[1] is OK
    assert accept(foreign, made, "a").entry.startswith("equivalence mra")
    assert answer(foreign, replace(made, equivalences=(replace(equal, kind="tsa"),))) == ("R05", NO)
    assert answer(foreign, replace(made, equivalences=(replace(equal, until=equal.since),))) == ("R05", NO)
    assert answer(foreign, replace(made, equivalences=(replace(equal, seal_kinds=()),))) == ("R07", NO)
    assert answer(foreign, replace(made, equivalences=(replace(equal, policies=("8.8",)),))) == ("R14", NO)
    own = policy(Demands(seal_kinds=("01",)), equivalences=(equal,))
    assert answer(foreign, own) == ("R07", NO)  # the foreign 01 is a 77 here, no 01


def test_conditions_fall_away_where_the_document_meets_them(report: DocumentReport) -> None:
    always = Condition("always", ORIGINAL)
    unless = Condition("unless", ORIGINAL, Demands(time_stamp=True))
    assert answer(report, policy(conditions=(always,))) == ("R24", IF)
    assert answer(report, policy(conditions=(unless,)))[1] is OK
    claimed = only(report, time=SigningTime(datetime.now(UTC), TimeSource.CLAIMED))
    found = accept(claimed, policy(conditions=(unless,)), "a")
    assert (found.status, found.conditions) == (IF, (ORIGINAL,))
    assert "出示原件" in found.sentence.zh


def test_every_seal_or_one(report: DocumentReport) -> None:
    worse = replace(report.signatures[0], custody="soft", field="Second")
    two = replace(report, signatures=(replace(report.signatures[0], custody="token"), worse))
    assert answer(two, policy(Demands(custody=("token",))))[1] is OK
    assert answer(two, policy(Demands(custody=("token",), every_seal=True))) == ("R15", NO)


# -- adding a demand -----------------------------------------------------------------------------------------------------

_WORDS = {
    "seal_kinds": ("01", "02"),
    "containers": ("cms", "ses"),
    "policies": ("1.2.3", "1.2.4"),
    "custody": ("token", "soft"),
    "keys": ("P-256", "SM2"),
    "digests": ("SHA-256", "SM3"),
}
DEMANDS = st.builds(
    Demands,
    **{name: st.booleans() for name in TRUTHS},
    **{
        name: st.one_of(st.none(), st.lists(st.sampled_from(_WORDS[name]), unique=True).map(tuple))
        for name in LISTED
    },
    level=st.sampled_from(("", "B", "T", "LT", "LTA")),
    ofd_level=st.sampled_from(("", "B", "LTA")),
    assurance=st.sampled_from(("", "low", "high")),
    rsa_bits=st.sampled_from((0, 4096)),
    age_days=st.sampled_from((0, 1, 3650)),
    evidence_hours=st.sampled_from((0, 1, 48)),
)
RANK = {NO: 0, IF: 1, OK: 2}


@settings(max_examples=150, deadline=None)
@given(one=DEMANDS, more=DEMANDS, unless=DEMANDS, data=st.data())
def test_adding_a_demand_never_makes_an_answer_better(
    report: DocumentReport, one: Demands, more: Demands, unless: Demands, data: Any
) -> None:
    """Property: refused stays refused, and what was accepted on a condition is never accepted without one."""
    variants: list[SignatureReport] = [
        replace(
            report.signatures[0],
            custody=data.draw(st.sampled_from(("token", "soft", ""))),
            level=data.draw(st.sampled_from(("B-B", "B-T", "B-LT", "B-LTA"))),
            field=f"Seal{number}",
        )
        for number in range(2)
    ]
    two = replace(report, signatures=tuple(variants))
    waived = (Condition("c", ORIGINAL, unless),)
    names = tuple(level.name for level in LEVELS)
    before = accept(two, policy(one, conditions=waived), "a").status
    after = accept(two, policy(joined(one, more, names), conditions=waived), "a").status
    in_act = accept(two, policy(one, conditions=waived, acts=(Act("a", "事", "A", more),)), "a").status
    assert RANK[after] <= RANK[before]
    assert after is in_act


def test_a_broken_document_stays_broken_whatever_the_policy_leaves_out(report: DocumentReport) -> None:
    broken = replace(
        only(report, indication=Indication.TOTAL_FAILED, sub_indication=SubIndication.HASH_FAILURE),
        verdict=Verdict.FAILED,
    )
    assert answer(broken, policy()) == ("R03", NO)


def test_attack_the_words_of_the_operators_anchors_that_a_policy_leaves_out(report: DocumentReport) -> None:
    """``kinds`` counts for the anchors as for every list: who vouches for certificates there vouches for no maker and no clock."""

    def takes(*kinds: str) -> dict[str, Any]:
        return {"lists": (AcceptedList("", kinds=kinds),)}

    assert answer(report, policy(Demands(seal=True), **takes("ca"))) == ("R06", NO)
    assert answer(report, policy(Demands(time_stamp=True), **takes("ca", "seal-maker"))) == ("R12", NO)
    assert answer(report, policy(**takes("tsa"))) == ("R05", NO)
    assert answer(report, policy(**takes("ca")))[1] is OK
    every = policy(Demands(seal=True, time_stamp=True), **takes("ca", "seal-maker", "tsa"))
    assert answer(report, every)[1] is OK


def test_attack_a_kind_of_seal_that_nobody_who_counts_states(report: DocumentReport) -> None:
    """A list that counts for one kind of seal is not opened by a maker whose word does not count."""
    seal = report.signatures[0].seal
    assert seal is not None
    one_kind = policy(lists=(AcceptedList("", seal_kinds=(seal.kind,)),))
    stranger = only(
        report, seal=replace(seal, trust=listed(kind="seal-maker", scheme="https://other.example"))
    )
    assert answer(stranger, one_kind) == ("R05", NO)
    assert answer(report, one_kind)[1] is OK
    assert answer(report, policy(lists=(AcceptedList("", seal_kinds=("77",)),))) == ("R05", NO)


def test_attack_a_condition_that_every_seal_would_spare(report: DocumentReport) -> None:
    """It was spared by the one seal that was looked at, whatever the others were."""
    one = report.signatures[0]
    two = replace(report, signatures=(one, replace(one, seal=None)))
    spared = Condition("original", ORIGINAL, Demands(every_seal=True, seal=True))
    assert answer(two, policy(conditions=(spared,))) == ("R24", IF)
    assert answer(report, policy(conditions=(spared,)))[1] is OK
    both = replace(report, signatures=(one, one))
    assert answer(both, policy(conditions=(spared,)))[1] is OK


def test_attack_a_verification_report_in_the_place_of_the_document(report: DocumentReport) -> None:
    """Its seal is the verification service's and holds; what it says of the document may be that it is forged."""
    told = Reported(Verdict.PASSED, Reason("", ""), says=Verdict.FAILED)
    assert answer(replace(report, reported=told), policy()) == ("R02", NO)
    assert answer(replace(report, reported=replace(told, says=Verdict.PASSED)), policy()) == ("R02", NO)
