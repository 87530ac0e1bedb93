"""What is asked of a key elsewhere, and what comes back."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class AskedModel(BaseModel):
    """A prepared document: the octets to be signed, their digest as the key signs it, with which certificate's key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0f3c…",
                    "state": "waiting",
                    "seal_code": "33010600000017",
                    "name": "合同.pdf",
                    "document": "sha256:9f…",
                    "certificate": "MIIC…",
                    "certificate_sha256": "5e…",
                    "algorithm": "ecdsa-sha256",
                    "to_sign": "MYIB…",
                    "digest_algorithm": "sha256",
                    "digest": "3c…",
                    "deadline": "2026-01-01T00:15:00Z",
                }
            ]
        }
    )

    id: str
    state: str = Field(description="waiting, returned, expired or withdrawn")
    seal_code: str
    name: str
    document: str = Field(description="Digest of the document as it came, with its algorithm")
    certificate: str = Field(description="The seal's certificate, DER in base64: its key signs")
    certificate_sha256: str
    algorithm: str
    to_sign: str = Field(description="The octets to be signed, base64")
    digest_algorithm: str
    digest: str = Field(description="Their digest as the key signs it, hexadecimal; for SM2 e = SM3(Z ‖ M)")
    deadline: datetime


class SignatureModel(BaseModel):
    """The signature that was made elsewhere: RSASSA-PKCS1-v1_5 octets, or DER for ECDSA and SM2, in base64."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"signature": "MEUCIQ…"}]})

    signature: str = Field(min_length=4, max_length=1400)
    password: SecretStr | None = Field(default=None, description="Password of an encrypted PDF")
