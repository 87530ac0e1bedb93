"""Certifications, locks and names of containers as text: read what is written, refuse the rest in words."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.sealing.container_choice import Detached, certification_of, lock_of
from signing.containers.certification import MAX_LOCKED_FIELDS, Certification, FieldLock, LockAction
from signing.containers.cms import ContainerForm
from signing.containers.envelope import CMS_NAMES, ContainerKind, PdfNames
from signing.errors import CertificationUnreadable, LockUnreadable
from signing.level import Level


@pytest.mark.parametrize("level", list(Certification))
def test_a_certification_has_a_number_and_a_word(level: Certification):
    assert Certification.parse(str(level)) is Certification.parse(str(level.value)) is level
    assert Certification.parse(f" {str(level).upper()} ") is level


@pytest.mark.parametrize("text", ["", "0", "4", "none", "no changes", "1;p=2", "1" * 100])
def test_any_other_certification_is_refused(text: str):
    with pytest.raises(CertificationUnreadable):
        Certification.parse(text)


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@example(LockAction.INCLUDE, ["0 ", " "], None)
@given(
    action=st.sampled_from(LockAction),
    fields=st.lists(names, min_size=1, max_size=5),
    permission=st.none() | st.sampled_from(Certification),
)
def test_a_lock_reads_back_what_it_writes(
    action: LockAction, fields: list[str], permission: Certification | None
):
    """Commas, semicolons and backslashes in names included."""
    lock = FieldLock(action, () if action is LockAction.ALL else tuple(fields), permission)
    assert FieldLock.parse(str(lock)) == lock


@pytest.mark.parametrize(
    "text",
    [
        "",
        "all:a",
        "include",
        "include:",
        "exclude:a,,b",
        "include:a;p=0",
        "include:a;p=4",
        "some:a",
        "include:a\\",
        "x" * 9000,
    ],
)
def test_any_other_lock_is_refused(text: str):
    with pytest.raises(LockUnreadable):
        FieldLock.parse(text)
    with pytest.raises(LockUnreadable):
        FieldLock(LockAction.INCLUDE, ("a",) * (MAX_LOCKED_FIELDS + 1))


def test_a_name_locks_the_fields_below_it():
    include, exclude = FieldLock.parse("include:a.b"), FieldLock.parse("exclude:a.b")
    for field, below in (("a.b", True), ("a.b.c", True), ("a", False), ("a.bc", False)):
        assert include.takes(field) is below
        assert exclude.takes(field) is not below
        assert FieldLock.parse("all").takes(field)


@pytest.mark.parametrize("text", ["", "a", "/a/b", "a/b/c", "a b/c", "a/b\n", "é/b", "a" * 65 + "/b"])
def test_names_in_a_pdf_are_two_plain_words(text: str):
    with pytest.raises(ValueError, match="two names"):
        PdfNames.parse(text)


def test_the_names_of_cms_are_the_usual_ones():
    assert {form: str(names) for form, names in CMS_NAMES.items()} == {
        ContainerForm.RFC5652: "Adobe.PPKLite/ETSI.CAdES.detached",
        ContainerForm.GBT35275: "Adobe.PPKLite/adbe.pkcs7.detached",
    }
    assert PdfNames.parse("GM.PKILite/GM.SM2").sub_filter == "/GM.SM2"


def test_what_callers_say():
    assert (certification_of(""), lock_of("")) == (None, None)
    assert certification_of("2") is Certification.FORM_FILLING
    assert lock_of("all") == FieldLock(LockAction.ALL)
    assert (Detached.CADES.kind, Detached.CADES.level) == (ContainerKind.CMS, Level.B_LT)
    assert (Detached.GBT35275.kind, Detached.GBT35275.level) == (ContainerKind.GBT35275, Level.B_T)
