"""What changed after a signature (ISO 32000-2 §12.8.2.2): a white list per later revision, everything else is change.

Permitted are later signatures and their new fields, document time-stamps and validation data (DSS, metadata). A later
revision is compared object by object with the one before; only objects that its cross-reference section lists are
looked at. A new object number that the signed revision already refers to would bring something to life, so it counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from verify.errors import Finding
from verify.integrity import Change, Integrity, LaterRevision, RevisionKind
from verify.pdf.appended import Appended, appended, signed_start, stray_octets
from verify.pdf.buried import check_containers
from verify.pdf.covering import doubt_where_filled_in_covers
from verify.pdf.document import Document
from verify.pdf.extents import points_ahead, reaches_unprotected
from verify.pdf.fields import indexed
from verify.pdf.graph import Graph, graph_of
from verify.pdf.hybrid import DIFFERS, as_others_see
from verify.pdf.library import opens_strictly
from verify.pdf.misleading import misleading, misleading_as_it_is
from verify.pdf.pdf_values import Ref, Stream, same
from verify.pdf.permissions import NO_CHANGES, rules_of
from verify.pdf.permitted import allowed
from verify.pdf.plain.errors import NotPlain
from verify.pdf.respelled import cut_off, mistakable
from verify.pdf.revived import leads_astray, leaves_out
from verify.pdf.signature_value import SignatureValue
from verify.pdf.sizeless import check_sizes
from verify.pdf.source import Revision
from verify.pdf.step import Step, describe
from verify.pdf.trailers import MAX_APPENDED, compare_trailers
from verify.pdf.unused import check_kinds, check_reached
from verify.pdf.xfa import check_xfa
from verify.policy import MAX_CHANGED_OBJECTS, MAX_REVISIONS, Policy

MAX_CHANGED_IN_ALL: Final = 100_000
"""Objects that all revisions behind a signature define, five of the largest: beyond that nobody signs, archives or fills in."""
TOO_MANY: Final = ("签章后改动的对象过多", "too many objects were changed after signing")
_NOWHERE: Final = Change(
    "追加的内容引用了不存在的对象，部分阅读器因此自行修复文件，可能显示先前的内容",
    "what was appended refers to an object that is not there: some readers repair the file, and may show earlier content",
)

_LEFT_OUT: Final = Change(
    "文件先前的交叉引用有误，追加的内容重写了页面树，部分阅读器因此不再显示未重写的内容",
    "an earlier table is out, and what was appended writes the page tree anew: some readers then leave out what it does not bring",
)


_NO_CHANGES: Final = Change(
    "认证不允许任何改动，而文档属性在没有追加证据或时间戳的情况下被更新",
    "the certification lets nothing be changed; the document's description was, and no evidence or time-stamp came with it",
)


def assess(document: Document, value: SignatureValue, policy: Policy) -> Integrity:
    """Judge everything behind the octets that a signature covers; never raises on a strange file."""
    reaching = reaches_unprotected(document, (value.gap_start, value.gap_end), value.covered)
    if reaching is not None:
        return _modified(
            "有对象延伸到签章未保护的内容中",
            "an object reaches into octets that the signature does not protect",
            f"offset {reaching}",
        )
    rest = document.data[value.covered :]
    if not rest.strip(b"\x00\t\n\x0c\r "):
        return _untouched(document, value)
    try:
        return _assess(document, value, policy)
    except Finding:
        raise
    except Exception:  # noqa: BLE001 - what cannot be followed counts as a change, never as a crash
        return _modified("签章后追加的内容无法解析", "what was appended after signing cannot be parsed")


def _untouched(document: Document, value: SignatureValue) -> Integrity:
    """Report a signature that covers everything but blanks, and what its document's certification would let follow."""
    word = rules_of(document.last).word if "/Perms" in document.last.catalog else ""
    doubts = tuple(misleading_as_it_is(document.data, value.covered))
    whole = value.covered == len(document.data) or not doubts
    return Integrity(covers_whole_document=whole, modified=False, doubts=doubts, certification=word)


def _modified(zh: str, en: str, where: str = "") -> Integrity:
    return Integrity(covers_whole_document=False, modified=True, where=(Change(zh, en, object=where),))


def _assess(document: Document, value: SignatureValue, policy: Policy) -> Integrity:
    earlier = [r for r in document.revisions if max(r.start, r.end) <= value.covered]
    later = [r for r in document.revisions if r.start >= value.covered]
    misshapen = _misshapen(document, value, earlier, later)
    if misshapen is not None:
        return _modified(*misshapen)
    parts = appended(document, value.covered, later)
    stray = stray_octets(document, value.covered, parts)
    if stray is not None:
        return _modified(
            f"签章后有 {stray[1]} 字节不属于任何对象的内容",
            f"{stray[1]} octets after the signature belong to no object",
            f"offset {stray[0]}",
        )
    if any(revision.hybrid for revision in document.revisions) and not _same_to_all(
        document, value, policy, later
    ):
        return Integrity(covers_whole_document=False, modified=True, where=(DIFFERS,))
    return _compare(document, value, policy, parts)


def _misshapen(
    document: Document, value: SignatureValue, earlier: list[Revision], later: list[Revision]
) -> tuple[str, str] | None:
    """Say what is wrong with the revisions as such, before their objects are looked at."""
    if not earlier or [*earlier, *later] != list(document.revisions) or len(later) > MAX_REVISIONS:
        return (
            "文件的交叉引用结构在签章后被改写",
            "the file's cross-reference structure was rewritten after signing",
        )
    if not document.source.strict and opens_strictly(document.data[: value.covered]):
        return "签章后追加的内容不规范", "what was appended after signing is malformed"
    start = signed_start(document.data, value.covered)
    if start is None or start not in {earlier[-1].start, earlier[-1].declared}:
        return "签名没有覆盖一个完整的版本", "the signature does not cover a complete revision"
    astray = _astray(document, earlier, later, value.covered)
    if astray is not None:
        return astray
    if sum(len(document.explicit(one.index)) for one in later) > MAX_CHANGED_IN_ALL:
        return TOO_MANY
    return None


def _astray(
    document: Document, earlier: list[Revision], later: list[Revision], covered: int
) -> tuple[str, str] | None:
    """Say which table leads elsewhere: one that is out by some octets is found by the library, and by few readers besides."""
    stated = signed_start(document.data, covered)
    exact = earlier[-1].declared == stated or earlier[-1].is_exact(document.data)
    if not exact or not all(one.is_exact(document.data) for one in later):
        return (
            "签章后追加的内容所指的交叉引用不在所说的位置",
            "what was appended names a table that is not where it says",
        )
    if points_ahead(document, earlier, covered):
        return (
            "签章前的交叉引用指向签章后追加的内容",
            "a table of the signed part names what was appended after signing",
        )
    return None


def _same_to_all(document: Document, value: SignatureValue, policy: Policy, later: list[Revision]) -> bool:
    """Tell whether readers that miss what hybrid tables hide from them see what was signed, or less of what may follow."""
    for seen in as_others_see(document):
        try:
            alike = _seen_alike(document, seen, value, policy, later)
        except NotPlain:
            continue
        if seen.source.refused is None:  # or else the next reader takes it
            return alike
    return not any(revision.hybrid for revision in later)


def _seen_alike(
    document: Document, seen: Document, value: SignatureValue, policy: Policy, later: list[Revision]
) -> bool:
    """Tell whether later revisions bring another view of a document nothing but what may follow, or what others saw before."""
    for revision, step in zip(later, _steps(seen, policy, later), strict=True):
        step.partial = frozenset(indexed(document, document.view(step.old.revision)))
        for ref in seen.explicit(revision.index):
            _compare_object(step, revision, ref, value.covered)
        if step.changes or step.doubts:
            return False
    return True


def _steps(document: Document, policy: Policy, later: list[Revision]) -> Iterator[Step]:
    """Yield each later revision beside the one before it, nothing compared yet."""
    signed = graph_of(document, later[0].index - 1)
    rules, old = rules_of(signed.view), signed.view
    before = indexed(document, old)
    for revision in later:
        new = document.view(revision.index)
        after = indexed(document, new)
        yield Step(document, old, new, signed, policy, rules, before, after)
        old, before = new, after


def _compare(document: Document, value: SignatureValue, policy: Policy, parts: list[Appended]) -> Integrity:
    changes: list[Change] = []
    additions: list[Change] = []
    doubts: list[Change] = []
    revisions: list[LaterRevision] = []
    certification = ""
    for part, step in zip(parts, _steps(document, policy, [one.revision for one in parts]), strict=True):
        certification = step.rules.word
        _compare_revision(step, part.revision, value.covered)
        changes += step.changes
        additions += step.additions
        doubts += step.doubts
        revisions.append(_told(step, part))
    doubts += misleading(document, value.covered)
    return Integrity(
        covers_whole_document=False,
        modified=bool(changes),
        where=tuple(dict.fromkeys(changes)),
        additions=tuple(dict.fromkeys(additions)),
        doubts=tuple(dict.fromkeys(doubts)),
        certification=certification,
        revisions=tuple(revisions),
    )


def _told(step: Step, part: Appended) -> LaterRevision:
    touched = dict.fromkeys((*step.changes, *step.doubts, *step.additions, *step.described))
    return LaterRevision(part.revision.index + 1, *part.reach, step.kind, tuple(touched))


def _compare_revision(step: Step, revision: Revision, covered: int) -> None:
    compare_trailers(step)
    refs = step.document.explicit(revision.index)
    if revision.stream is not None:  # it need not list itself
        refs.add(revision.stream)
    if len(refs) > MAX_CHANGED_OBJECTS:
        step.changes.append(Change(*TOO_MANY))
        return
    ordered = sorted(refs, key=lambda item: (item.number, item.generation))
    if ordered and ordered[-1].number > MAX_APPENDED:
        step.changes.append(
            Change(
                "追加的对象编号超出上限",
                "an appended object's number is beyond the limit",
                object=str(ordered[-1]),
            )
        )
    for ref in ordered:
        _compare_object(step, revision, ref, covered)
    if RevisionKind.FORM_FILLING in step.kinds:
        doubt_where_filled_in_covers(step)
        if revision.hybrid:
            step.doubt(DIFFERS)
    if step.rules.permission == NO_CHANGES and step.kinds == {RevisionKind.PROPERTIES}:
        step.doubt(_NO_CHANGES)
    if leads_astray(step, refs):
        step.doubt(_NOWHERE)
    if leaves_out(step, refs):
        step.doubt(_LEFT_OUT)
    check_sizes(step, refs)
    check_xfa(step)
    check_containers(step, revision)
    check_kinds(step, revision, refs)
    check_reached(step, revision, refs)


def _compare_object(step: Step, revision: Revision, ref: Ref, covered: int) -> None:
    before = step.old.exists(ref)
    if not step.new.exists(ref):
        if before or _replaces_generation(step, ref):  # some readers free a number whatever the generation
            step.changes.append(describe(step, ref, "被删除", "was removed"))
        return
    if not _stands_behind(step.document, revision, ref, covered):
        step.changes.append(describe(step, ref, "指回已签内容", "was pointed back into the signed part"))
    elif not before:
        if (step.partial is None and _awaited(step, ref)) or _replaces_generation(step, ref):
            step.changes.append(describe(step, ref, "被补入已签内容", "was filled into the signed part"))
    elif not same(step.old.get(ref), step.new.get(ref)) and not allowed(step, ref):
        step.changes.append(describe(step, ref, "被改动", "was changed"))
    elif mistakable(step.document, ref, (step.old.revision, step.new.revision)):
        step.doubt(
            describe(
                step,
                ref,
                "被重写成各阅读器读法不一的样子",
                "was written anew in a way that readers read differently",
            )
        )
    if cut_off(step.document, ref, (step.old.revision, step.new.revision)):
        step.doubt(
            describe(
                step,
                ref,
                "里有过长的名称或数字，部分阅读器只取其开头",
                "holds a name or a number so long that some readers take its begin alone",
            )
        )


def _awaited(step: Step, ref: Ref) -> bool:
    """Tell whether the signed revision refers to a new object already, or the one before this: what it brought and left open was judged without.

    Under generation 0 too: most readers look at the number alone.
    """
    return any(
        graph.refers_to(one) and not _attached(step, graph, one, ref)
        for graph in dict.fromkeys((step.signed, step.previous))
        for one in {ref, Ref(ref.number)}
    )


def _attached(step: Step, graph: Graph, awaited: Ref, ref: Ref) -> bool:
    """Tell whether a trailer alone refers to a missing object, as to the source text that LibreOffice packs into a file.

    PDFBox writes that reference anew and not the stream, so that its number comes to another object. What is no stream is no text.
    """
    only = graph.users_of(awaited) == {(None, "/AdditionalStreams")}
    return only and not isinstance(step.new.get(ref), Stream)


def _replaces_generation(step: Step, ref: Ref) -> bool:
    """Tell whether another generation of the same object number is in use: readers differ about which one they show."""
    return any(other != ref for other in step.document.generations(ref.number) if step.old.exists(other))


def _stands_behind(document: Document, revision: Revision, ref: Ref, covered: int) -> bool:
    offset = document.location(ref, revision.index)
    if offset is not None:
        return offset >= covered
    container = document.container(ref, revision.index)
    inner = None if container is None else document.location(container, revision.index)
    return inner is not None and inner >= covered
