"""Over HTTP: certified and locked documents, and signatures beside the files that they are over (C1, C6, D1)."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from api.access.scopes import Scope
from api.demo.main_job import KEEPER
from tests.e2e.conftest import CONTRACT, Demo, Site
from tests.e2e.test_http import order, refused

CONTENT = "名称,数量\n".encode() * 200
JSON = {"Accept": "application/json"}


@pytest.fixture
def keeper(site: Site) -> httpx.Client:
    return site.client(site.key(KEEPER, Scope.SEAL_USE, Scope.SEAL_READ))


def file_order(demo: Demo, content: bytes = CONTENT, **changes: Any) -> dict[str, Any]:
    form = {"seal_code": demo.told["seal_code"], "pin": demo.pin}
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    return {"data": form | changes, "files": {"file": ("数据.csv", content)}, "headers": headers}


def judged(site: Site, signature: bytes, content: bytes | None) -> dict[str, Any]:
    files = {"file": ("数据.csv.p7s", signature)}
    if content is not None:
        files["content"] = ("数据.csv", content)
    answer = site.client().post("/api/v1/verifications", files=files)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def test_a_file_and_its_signature(site: Site, demo: Demo, keeper: httpx.Client) -> None:
    answer = keeper.post("/api/v1/sealings/detached", **file_order(demo))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pkcs7-signature"
    assert answer.headers["yinxin-container"] == "cms"
    assert "openssl cms" in answer.headers["yinxin-readers"]
    assert "csv.p7s" in answer.headers["content-disposition"]
    told = judged(site, answer.content, CONTENT)
    assert (told["verdict"], told["signatures"][0]["level"]) == ("passed", "B-LT")
    alone = judged(site, answer.content, None)
    assert (alone["verdict"], alone["sub_indication"]) == ("indeterminate", "SIGNED_DATA_NOT_FOUND")
    assert "原文件" in alone["reason_zh"]
    assert judged(site, answer.content, CONTENT + b"!")["verdict"] == "failed"


def test_a_signature_is_described_and_fetched_later(demo: Demo, keeper: httpx.Client) -> None:
    wanted = file_order(demo, b"")
    wanted["headers"] |= JSON
    told = keeper.post("/api/v1/sealings/detached", **wanted).json()
    assert (told["verdict"], told["container"]) == ("passed", "cms")
    assert told["readers"] and told["readers_zh"]  # noqa: PT018 - one demand
    fetched = keeper.get(told["document"])
    assert fetched.headers["content-type"] == "application/pkcs7-signature"
    assert len(fetched.content) == told["size"]


def test_what_does_not_go_together_is_refused(demo: Demo, keeper: httpx.Client) -> None:
    national = keeper.post("/api/v1/sealings/detached", **file_order(demo, container="gbt35275"))
    refused(national, 422, "container-unfit")
    refused(keeper.post("/api/v1/sealings", **order(demo, container="ses")), 422, "container-unfit")
    refused(keeper.post("/api/v1/sealings", **order(demo, certify="perhaps")), 422, "certification-invalid")
    refused(keeper.post("/api/v1/sealings", **order(demo, lock="some:x")), 422, "lock-invalid")
    long = keeper.post("/api/v1/sealings/detached", **file_order(demo, level="B-LTA"))
    refused(long, 422, "level-unavailable")


def test_C6_a_certified_document_is_told_and_takes_no_new_field(
    site: Site, demo: Demo, keeper: httpx.Client
) -> None:
    promise = {"certify": "form-filling", "lock": "include:amount;p=2"}
    sealed = keeper.post("/api/v1/sealings", **order(demo, document=CONTRACT.read_bytes(), **promise))
    assert sealed.status_code == 200, sealed.text
    assert sealed.headers["yinxin-container"] == "cms"
    told = site.client().post("/api/v1/verifications", files={"file": ("a.pdf", sealed.content)}).json()
    integrity = told["signatures"][0]["integrity"]
    assert (told["verdict"], integrity["certification"]) == ("passed", "form-filling")
    assert "pdfsig" in told["signatures"][0]["readers"]
    again = order(demo, document=sealed.content, at="1:20,20")
    refused(keeper.post("/api/v1/sealings", **again), 409, "changes-forbidden")
