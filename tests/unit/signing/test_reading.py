"""What can be told before anything is touched: each refusal names its cause (A5, B4)."""

from __future__ import annotations

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.crypt.permissions import StandardPermissions
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from signing.errors import (
    ChangesForbidden,
    DocumentDamaged,
    DocumentTooLarge,
    EncryptionUnsupported,
    NotAPdf,
    OwnerPasswordRequired,
    PageMissing,
    PasswordRequired,
    PasswordWrong,
    SigningError,
    XfaForm,
)
from signing.formats import Formats, PdfFormat
from signing.level import Level
from signing.order import SealOrder
from signing.pdf import reading
from signing.pdf.reading import Readable, open_stream
from signing.placing.placement import Placement
from tests.interop.sealing_world import blank_pdf, mark, seal, world


def read(document: bytes, password: str | None = None) -> Readable:
    return Readable(io.BytesIO(document), password)


@pytest.mark.parametrize(
    "document", [b"", b"plain text", b"\x89PNG" + bytes(2000), bytes(1024) + blank_pdf()]
)
def test_what_has_no_header_is_not_a_pdf(document: bytes):
    with pytest.raises(NotAPdf), open_stream(document) as stream:
        Formats().of(order(document), stream)


def test_a_header_within_the_first_kilobyte_is_enough():
    document = b"garbage\n" + blank_pdf()
    with open_stream(document) as stream:
        assert isinstance(Formats().of(order(document), stream), PdfFormat)
        assert stream.tell() == 0


def order(document: bytes) -> SealOrder:
    return SealOrder(document, "合同.pdf", "33010600000001", Placement(1, 20, 20), Level.B_T, "key")


def test_the_limit_of_size_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "MAX_DOCUMENT_OCTETS", 1024 * 1024)
    with pytest.raises(DocumentTooLarge) as refused:
        open_stream(blank_pdf() + bytes(1024 * 1024))
    assert "1 MB" in refused.value.zh
    assert "1 MB" in refused.value.en


@pytest.mark.parametrize("keep", [0.05, 0.3, 0.6, 0.9])
def test_a_truncated_file_is_damaged(keep: float):
    document = blank_pdf(5)
    with pytest.raises(DocumentDamaged):
        read(document[: int(len(document) * keep)]).page(1)


def test_a_page_that_does_not_exist_names_the_count():
    with pytest.raises(PageMissing) as refused:
        read(blank_pdf(3)).page(4)
    assert refused.value.count == 3


def test_an_xfa_form_is_refused():
    document = blank_pdf(catalog="/AcroForm << /Fields [] /XFA (x) >>")
    with pytest.raises(XfaForm):
        read(document)


def encrypted(user: str, *, permissions: StandardPermissions | None = None, coded: bool = False) -> bytes:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(blank_pdf())))
    chosen = {} if permissions is None else {"perms": permissions}
    handler = StandardSecurityHandler.build_from_pw(
        "owner", user, encrypt_metadata=True, pdf_mac=coded, **chosen
    )
    writer._assign_security_handler(handler)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def test_an_encrypted_document_asks_for_its_password():
    with pytest.raises(PasswordRequired):
        read(encrypted("user"))
    with pytest.raises(PasswordWrong):
        read(encrypted("user"), "guess")
    assert read(encrypted("user"), "user").page(1)


def test_an_empty_user_password_opens_by_itself():
    assert read(encrypted("")).page(1)


def test_an_author_may_forbid_signing():
    locked = encrypted(
        "", permissions=StandardPermissions.ALLOW_PRINTING | StandardPermissions.TOLERATE_MISSING_PDF_MAC
    )
    with pytest.raises(OwnerPasswordRequired):
        read(locked)
    assert read(locked, "owner").page(1)


def signed_by_another(*, permission: MDPPerm | None = None, lock: FieldMDPSpec | None = None) -> bytes:
    """Sign with pyHanko itself, as another maker would."""
    here = world()
    from asn1crypto import keys
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    leaf = here.leaves["rsa-2048"]
    private = leaf.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(leaf.asn1, keys.PrivateKeyInfo.load(private), SimpleCertificateStore())
    writer = IncrementalPdfFileWriter(io.BytesIO(blank_pdf()))
    spec = SigFieldSpec(
        "Other", field_mdp_spec=lock, doc_mdp_update_value=None if lock is None else permission
    )
    fields.append_signature_field(writer, spec)
    meta = signers.PdfSignatureMetadata(
        field_name="Other",
        md_algorithm="sha256",
        certify=permission is not None and lock is None,
        docmdp_permissions=permission or MDPPerm.FILL_FORMS,
    )
    output = io.BytesIO()
    signers.PdfSigner(meta, signer).sign_pdf(writer, output=output, bytes_reserved=16384)
    return output.getvalue()


@pytest.mark.parametrize("permission", [MDPPerm.NO_CHANGES, MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
def test_a_certified_document_is_refused(permission: MDPPerm):
    """A new field on a page breaks a certification, whatever it lets others fill in."""
    with pytest.raises(ChangesForbidden):
        read(signed_by_another(permission=permission))


LOCKS = {
    "all": FieldMDPSpec(FieldMDPAction.ALL),
    "all but one": FieldMDPSpec(FieldMDPAction.EXCLUDE, fields=["Name"]),
}


@pytest.mark.parametrize("permission", [None, MDPPerm.NO_CHANGES])
@pytest.mark.parametrize("lock", LOCKS)
def test_a_signature_that_locks_new_fields_is_left_alone(lock: str, permission: MDPPerm | None):
    with pytest.raises(ChangesForbidden):
        read(signed_by_another(permission=permission, lock=LOCKS[lock]))


@pytest.mark.parametrize(
    "lock", [None, FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["Name"])], ids=["none", "one"]
)
def test_somebody_elses_signature_still_holds_after_the_seal(lock: FieldMDPSpec | None):
    """C2: the judge is pyHanko, with its own rules on later changes."""
    sealed = seal(signed_by_another(lock=lock), mark())
    found = list(PdfFileReader(io.BytesIO(sealed)).embedded_signatures)
    assert len(found) == 2
    for signature in found:
        context = ValidationContext(trust_roots=[world().root.asn1], allow_fetching=False)
        assert validate_pdf_signature(signature, context).bottom_line, signature.field_name


def test_an_encrypted_document_with_an_integrity_code_is_refused():
    """ISO/TS 32004: the code over the whole file would have to be made anew."""
    with pytest.raises(EncryptionUnsupported):
        read(encrypted("user", coded=True), "user")


def test_every_refusal_speaks_both_languages():
    def families(error: type[SigningError]) -> list[type[SigningError]]:
        return [error, *(below for child in error.__subclasses__() for below in families(child))]

    from signing import archive, evidence, ledger, service  # noqa: F401 - all errors are defined

    for error in families(SigningError):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in error.zh), error
        assert error.en.endswith("."), error


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_anywhere_ends_in_a_plain_refusal_or_a_sealed_file(data: st.DataObject):
    """Flip, cut or repeat octets: never another exception."""
    document = bytearray(blank_pdf(2))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(document) - 1))
        how = data.draw(st.sampled_from(["flip", "cut", "repeat", "digit"]))
        if how == "flip":
            document[at] ^= data.draw(st.integers(1, 255))
        elif how == "cut":
            del document[at : at + data.draw(st.integers(1, 40))]
        elif how == "repeat":
            document[at:at] = document[at : at + data.draw(st.integers(1, 40))]
        else:
            document[at : at + 1] = b"9"
        if not document:
            break
    try:
        with open_stream(bytes(document)) as stream:
            Readable(stream).page(1)
        seal(bytes(document), mark("1:10,10"))
    except SigningError:
        return
