"""The OpenAPI description is complete, and every route states whom it serves."""

from __future__ import annotations

from typing import Any

import pytest

from api.access.scopes import Power, Scope
from api.app import create_app
from tests.unit.api.conftest import Install

METHODS = {"get", "post", "put", "patch", "delete"}
PUBLIC = {
    "/api/v1/verifications",
    "/api/v1/public/seals/{code}",
    "/api/v1/public/copies/{code}",
    "/api/v1/public/copies/{code}/page-1.png",
    "/api/v1/public/voided-documents",
    "/api/v1/stamps/{serial}/events",
    "/api/v1/stamps/{serial}/commands",
    "/api/v1/stamps/{serial}/pictures/{digest}",
    "/api/v1/stamps/{serial}/time",
    "/csc/v1/info",
    "/csc/v2/info",
    "/healthz",
    "/metrics",
    "/problems/{slug}",
    "/session",
    "/api/v1/verifications/reports",
    "/api/v1/verifications/reports/{number}",
    "/api/v1/verifications/reports/{number}/report.{form}",
    "/trust.zip",
    "/trust.bundle",
    "/pki/issuers/{issuer}.cer",
    "/pki/crl/{issuer}.crl",
    "/pki/crl/{issuer}/{shard}.crl",
    "/pki/crl/{issuer}/{shard}.delta.crl",
    "/pki/ocsp/{issuer}",
    "/pki/ocsp/{issuer}/{request}",
    "/pki/tsa",
    "/pki/seals.jws",
    "/pki/voided.jws",
    "/trust/list.json",
    "/trust/list.xml",
}
"""No API key, each for a reason: verification, published evidence, the service's own state, logging in; and the line of
smart stamps, which prove each request by their chip's signature."""


@pytest.fixture
def document(install: Install) -> dict[str, Any]:
    found: dict[str, Any] = create_app(install()).openapi()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def scopes(operation: dict[str, Any]) -> set[str]:
    return {
        scope for scheme in operation.get("security", []) for granted in scheme.values() for scope in granted
    }


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    found = operations(document)
    assert len(found) > 30
    ids = [operation["operationId"] for _, _, operation in found]
    assert len(ids) == len(set(ids))
    for path, method, operation in found:
        where = f"{method} {path}"
        assert "/" in operation["summary"], f"{where}: a summary in Chinese / English"
        assert operation.get("description"), where
        assert operation.get("tags"), where


def test_every_operation_names_its_problems(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        told = {
            status: answer
            for status, answer in operation["responses"].items()
            if int(status) >= 400 and path != "/healthz"
        }
        assert told or path == "/healthz", f"{method} {path}"
        for status, answer in told.items():
            form = "application/json" if path.startswith("/csc/") else "application/problem+json"
            assert list(answer["content"]) == [form], f"{method} {path} {status}"


def test_every_answer_has_a_shape(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status == "204":
                continue
            assert answer.get("content"), f"{method} {path} {status}"
            for media, body in answer["content"].items():
                assert body.get("schema"), f"{method} {path} {status} {media}"


def test_every_model_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    used = {
        body["schema"]["$ref"].rsplit("/", 1)[1]
        for _, _, operation in operations(document)
        for answer in [*operation["responses"].values(), operation.get("requestBody", {})]
        for media, body in answer.get("content", {}).items()
        if "$ref" in body.get("schema", {}) and not media.startswith(("multipart", "application/x-www"))
    }
    assert len(used) > 15
    assert sorted(name for name in used if not schemas[name].get("examples")) == []


def test_a_route_is_public_or_asks_for_one_scope(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if path in PUBLIC:
            assert not scopes(operation), f"{method} {path}"
        else:
            assert len(scopes(operation)) == 1, f"{method} {path} asks for {scopes(operation)}"


def test_I23_each_route_belongs_to_one_power_and_auditors_only_read(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for name in scopes(operation):
            if Scope(name).power is Power.AUDITOR:
                assert method == "get", f"{method} {path}"


def test_state_changes_are_never_get(document: dict[str, Any]) -> None:
    writing = {"ca:issue", "ca:revoke", "seal:apply", "seal:approve", "seal:freeze", "seal:revoke"}
    for path, method, operation in operations(document):
        if scopes(operation) & writing:
            assert method != "get", path
