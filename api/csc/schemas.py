"""Requests of the CSC API, versions 2.0 and 1.0.4. Names are the specification's; unknown members are passed over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

CredentialId = Annotated[str, Field(alias="credentialID", min_length=1, max_length=64)]
Sad = Annotated[SecretStr, Field(alias="SAD", max_length=200)]
Hashes = Annotated[list[str], Field(min_length=1, max_length=100)]
ClientData = Annotated[str | None, Field(alias="clientData", max_length=2000)]
Text = Annotated[str, Field(max_length=255)]
EXAMPLE_HASH = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
EXAMPLE_SEAL = "33010600000017"


class _Csc(BaseModel):
    model_config = ConfigDict(populate_by_name=True, extra="ignore")


class InfoRequest(_Csc):
    """``info``."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lang": "zh-CN"}]})

    lang: str = Field(default="zh-CN", max_length=35)


class ListRequest(_Csc):
    """``credentials/list``."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"credentialInfo": True, "certificates": "chain"}]}
    )

    credential_info: bool = Field(default=False, alias="credentialInfo")
    certificates: Literal["none", "single", "chain"] = "single"
    cert_info: bool = Field(default=False, alias="certInfo")
    auth_info: bool = Field(default=False, alias="authInfo")
    only_valid: bool = Field(default=False, alias="onlyValid")
    max_results: int | None = Field(default=None, alias="maxResults", ge=1)
    page_token: str = Field(default="", alias="pageToken", max_length=64)


class CredentialRequest(_Csc):
    """``credentials/info``."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"credentialID": EXAMPLE_SEAL, "certificates": "chain"}]}
    )

    credential_id: CredentialId
    certificates: Literal["none", "single", "chain"] = "single"
    cert_info: bool = Field(default=False, alias="certInfo")
    auth_info: bool = Field(default=False, alias="authInfo")


class AuthDatum(_Csc):
    """One piece of what a person types."""

    id: Text
    value: SecretStr = Field(max_length=64)


class AuthoriseV2(_Csc):
    """``credentials/authorize`` of version 2."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "credentialID": EXAMPLE_SEAL,
                    "numSignatures": 1,
                    "hashes": [EXAMPLE_HASH],
                    "hashAlgorithmOID": "2.16.840.1.101.3.4.2.1",
                    "authData": [{"id": "PIN", "value": "******"}],
                }
            ]
        }
    )

    credential_id: CredentialId
    num_signatures: int = Field(default=1, alias="numSignatures", ge=1, le=100)
    hashes: Hashes
    hash_oid: str | None = Field(default=None, alias="hashAlgorithmOID", max_length=64)
    auth_data: list[AuthDatum] = Field(default_factory=list, alias="authData", max_length=4)
    description: Text = ""
    client_data: ClientData = None

    def pin(self) -> str | None:
        """Return the PIN, where one was given."""
        return next((one.value.get_secret_value() for one in self.auth_data if one.id == "PIN"), None)


class AuthoriseV1(_Csc):
    """``credentials/authorize`` of version 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"credentialID": EXAMPLE_SEAL, "numSignatures": 1, "hash": [EXAMPLE_HASH], "PIN": "******"}
            ]
        }
    )

    credential_id: CredentialId
    num_signatures: int = Field(default=1, alias="numSignatures", ge=1, le=100)
    hashes: Hashes = Field(alias="hash")
    secret: SecretStr | None = Field(default=None, alias="PIN", max_length=64)
    description: Text = ""
    client_data: ClientData = None

    @property
    def hash_oid(self) -> str | None:
        """Version 1 names no digest when it authorises: the key's own is meant."""
        return None

    def pin(self) -> str | None:
        """Return the PIN, where one was given."""
        return None if self.secret is None else self.secret.get_secret_value()


class SignHashV2(_Csc):
    """``signatures/signHash`` of version 2."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "credentialID": EXAMPLE_SEAL,
                    "SAD": "…",
                    "hashes": [EXAMPLE_HASH],
                    "hashAlgorithmOID": "2.16.840.1.101.3.4.2.1",
                    "signAlgo": "1.2.840.10045.4.3.2",
                }
            ]
        }
    )

    credential_id: CredentialId
    sad: Sad
    hashes: Hashes
    hash_oid: str | None = Field(default=None, alias="hashAlgorithmOID", max_length=64)
    sign_algo: str = Field(alias="signAlgo", max_length=64)
    operation_mode: Literal["S", "A"] = Field(default="S", alias="operationMode")


class SignHashV1(_Csc):
    """``signatures/signHash`` of version 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "credentialID": EXAMPLE_SEAL,
                    "SAD": "…",
                    "hash": [EXAMPLE_HASH],
                    "hashAlgo": "2.16.840.1.101.3.4.2.1",
                    "signAlgo": "1.2.840.10045.4.3.2",
                }
            ]
        }
    )

    credential_id: CredentialId
    sad: Sad
    hashes: Hashes = Field(alias="hash")
    hash_oid: str | None = Field(default=None, alias="hashAlgo", max_length=64)
    sign_algo: str = Field(alias="signAlgo", max_length=64)

    @property
    def operation_mode(self) -> str:
        """Version 1 knows no other."""
        return "S"


class DocumentIn(_Csc):
    """A document to be sealed: base64, the format (P: PAdES) and the level."""

    document: str = Field(max_length=140 * 2**20)
    signature_format: Literal["P"] = "P"
    conformance_level: str = Field(default="AdES-B-B", max_length=20)
    sign_algo: str | None = Field(default=None, alias="signAlgo", max_length=64)


class DigestsIn(_Csc):
    """Digests of documents that the client keeps: a detached container comes back for each."""

    hashes: Hashes
    hash_oid: str | None = Field(default=None, alias="hashAlgorithmOID", max_length=64)
    signature_format: Literal["P", "C"] = "P"
    conformance_level: str = Field(default="AdES-B-B", max_length=20)
    sign_algo: str | None = Field(default=None, alias="signAlgo", max_length=64)


class SignDocRequest(_Csc):
    """``signatures/signDoc``: documents, or digests of documents. At most one document in one request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "credentialID": EXAMPLE_SEAL,
                    "SAD": "…",
                    "documents": [
                        {"document": "JVBERi0…", "signature_format": "P", "conformance_level": "AdES-B-LT"}
                    ],
                    "clientData": '{"name": "合同.pdf", "at": "1:120,200"}',
                }
            ]
        }
    )

    credential_id: CredentialId
    sad: Sad
    documents: list[DocumentIn] = Field(default_factory=list, max_length=1)
    digests: list[DigestsIn] = Field(default_factory=list, alias="documentDigests", max_length=1)
    operation_mode: Literal["S", "A"] = Field(default="S", alias="operationMode")
    client_data: ClientData = None


class CscError(BaseModel):
    """How errors are told (CSC API v2.0 §10.1)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"error": "invalid_request", "error_description": "… / …"}]}
    )

    error: str
    error_description: str


class Authorised(BaseModel):
    """Activation data and the seconds that they live."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"SAD": "…", "expiresIn": 300}]})

    SAD: str
    expires_in: int = Field(serialization_alias="expiresIn")


class Signatures(BaseModel):
    """Signature values in base64, in the order of the digests: ECDSA and SM2 in DER."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"signatures": ["MEUC…"]}]})

    signatures: list[str]


class SignedDocuments(BaseModel):
    """Sealed documents, or detached containers for digests, in base64."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"DocumentWithSignature": ["JVBERi0…"], "SignatureObject": []}]}
    )

    documents: list[str] = Field(default_factory=list, serialization_alias="DocumentWithSignature")
    signatures: list[str] = Field(default_factory=list, serialization_alias="SignatureObject")


class Described(BaseModel):
    """Members as the specification lists them."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"credentialIDs": [EXAMPLE_SEAL]}]}
    )

    def __init__(self, **members: Any) -> None:
        super().__init__(**members)
