"""Pictures and imprints over HTTP: forms and sizes, previews, comparison, cleaning, uploads and who may do what."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.access.scopes import Scope
from api.app import create_app
from api.errors import SettingsInvalid
from api.services import Services
from api.settings import load_settings
from ca.actor import Actor
from seals.seal import SealApplication, SealKind
from tests.imprint_world import Paper, blank, photograph, seal, with_emblem
from tests.unit.api.conftest import Install

USCC, OTHER = "11330105002500287C", "11320500014150050B"
NAME = "杭州测试云印科技有限公司"
APPLICANT = Actor("person:zhang.min", "张敏", USCC)
OFFICER = Actor("person:zhou", "周警官")


class Client:
    """Asks the application itself, without a socket, with a key of some scopes."""

    def __init__(self, services: Services, actor: Actor, *scopes: Scope) -> None:
        self._transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
        made = services.api_keys.create(actor, scopes, timedelta(days=1), actor=OFFICER)
        self._headers = {"Authorization": f"Bearer {made.text}", "Accept-Language": "en"}

    def ask(self, method: str, address: str, **given: Any) -> httpx.Response:
        return asyncio.run(self._ask(method, address, given))

    async def _ask(self, method: str, address: str, given: dict[str, Any]) -> httpx.Response:
        base = "http://127.0.0.1:8080/api/v1"
        async with httpx.AsyncClient(transport=self._transport, headers=self._headers) as client:
            return await client.request(method, base + address, timeout=60, **given)


@pytest.fixture
def made(services: Services) -> Services:
    services.enterprises.register(USCC, NAME, actor=APPLICANT)
    return services


@pytest.fixture
def applicant(made: Services) -> Client:
    return Client(made, APPLICANT, Scope.SEAL_READ, Scope.SEAL_APPLY)


@pytest.fixture
def officer(made: Services) -> Client:
    return Client(made, OFFICER, Scope.SEAL_READ, Scope.SEAL_FILE)


def _upload(photo: bytes) -> dict[str, Any]:
    return {"files": {"file": ("imprint.jpg", photo, "image/jpeg")}}


def test_a_picture_comes_in_three_forms_at_true_size(made: Services, applicant: Client) -> None:
    code = made.seals.apply(SealApplication(USCC, SealKind.INVOICE, "person:li.wei"), actor=APPLICANT).code
    svg = applicant.ask("GET", f"/seals/{code}/picture.svg")
    assert 'width="40mm" height="30mm"' in svg.text
    pdf = applicant.ask("GET", f"/seals/{code}/picture.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    png = applicant.ask("GET", f"/seals/{code}/picture.png", params={"dpi": 300})
    assert png.headers["content-type"] == "image/png"
    assert int.from_bytes(png.content[16:20], "big") == 473
    assert applicant.ask("GET", f"/seals/{code}/picture.png", params={"dpi": 9000}).status_code == 422
    stranger = Client(made, Actor("person:x", "某", OTHER), Scope.SEAL_READ)
    assert stranger.ask("GET", f"/seals/{code}/picture.png").status_code == 403


def test_B1_B7_a_preview_has_the_name_on_record_and_the_mark_of_the_unfiled(applicant: Client) -> None:
    asked = {"uscc": USCC, "kind": "01", "template": "round-40"}
    shown = applicant.ask("POST", "/seals/preview", json=asked)
    assert shown.headers["content-type"].startswith("image/svg+xml")
    assert 'width="40mm"' in shown.text
    assert f"<title>{NAME}法定名称章</title>" in shown.text
    assert shown.text.count('fill="#fff"') == 3, "the three letters of the mark have their halos"
    wrong = applicant.ask("POST", "/seals/preview", json={**asked, "template": "round-99"})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/text-unfit")
    assert applicant.ask("POST", "/seals/preview", json={**asked, "uscc": OTHER}).status_code == 403


def test_every_shape_and_size_is_listed(applicant: Client) -> None:
    found = applicant.ask("GET", "/seal-templates").json()["items"]
    assert {
        "key": "oval-40x30",
        "kind": "03",
        "width_mm": 40,
        "height_mm": 30,
        "star": False,
    }.items() <= next(one for one in found if one["kind"] == "03").items()
    assert [one["key"] for one in found if one["kind"] == "01" and one["default"]] == ["round-42"]


def test_B2_an_imprint_is_compared_for_the_officer(
    made: Services, officer: Client, applicant: Client
) -> None:
    record = made.seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, "person:li.wei"), actor=APPLICANT)
    scan = photograph(seal(name=NAME, code=record.physical.code), Paper(turn=30))
    found = officer.ask("POST", f"/seals/{record.code}/imprint-comparison", **_upload(scan)).json()
    assert found["overlap"] > 0.99
    assert found["advice"] == "agrees"
    assert base64.b64decode(found["overlay_png"]).startswith(b"\x89PNG")
    assert (
        applicant.ask("POST", f"/seals/{record.code}/imprint-comparison", **_upload(scan)).status_code == 403
    )
    nothing = officer.ask("POST", f"/seals/{record.code}/imprint-comparison", **_upload(blank()))
    assert (nothing.status_code, nothing.json()["type"]) == (422, "/problems/imprint-missing")
    no_picture = officer.ask("POST", f"/seals/{record.code}/imprint-comparison", **_upload(b"%PDF-1.7"))
    assert (no_picture.status_code, no_picture.json()["type"]) == (422, "/problems/imprint-unreadable")


def test_a_photograph_is_cleaned_and_kept_for_a_seal(
    made: Services, applicant: Client, officer: Client
) -> None:
    photo = photograph(seal(name=NAME), Paper(said_dpi=False))
    unsaid = applicant.ask("POST", "/imprints/cleaned", **_upload(photo))
    assert (unsaid.status_code, "millimetres" in unsaid.json()["detail"]) == (422, True)
    png = applicant.ask("POST", "/imprints/cleaned", data={"width_mm": "42"}, **_upload(photo))
    assert png.content.startswith(b"\x89PNG")
    svg = applicant.ask("POST", "/imprints/cleaned", data={"width_mm": "42", "form": "svg"}, **_upload(photo))
    assert 'width="42mm" height="42mm"' in svg.text

    told = applicant.ask("POST", "/seal-pictures", data={"uscc": USCC, "width_mm": "42"}, **_upload(photo))
    assert told.status_code == 201
    sha256 = told.json()["sha256"]
    shown = applicant.ask("GET", f"/seal-pictures/{sha256}/picture.svg", params={"uscc": USCC})
    assert shown.text.count('fill="#fff"') == 3
    body = {"uscc": USCC, "kind": "01", "keeper": "person:li.wei", "picture_sha256": sha256}
    record = applicant.ask("POST", "/seals", json=body).json()
    assert record["picture_sha256"] == sha256
    listed = applicant.ask("GET", "/seal-pictures", params={"uscc": USCC}).json()["items"]
    assert [one["code"] for one in listed] == [record["code"]]


def test_B7_an_emblem_is_the_officers_to_upload(made: Services, applicant: Client, officer: Client) -> None:
    photo = _upload(photograph(with_emblem(seal(name=NAME)), Paper()))
    refused = applicant.ask("POST", "/seal-pictures", data={"uscc": USCC}, **photo)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/picture-upload-refused")
    official = {"uscc": USCC, "emblem": "true", "reason": "批文〔2026〕5号"}
    assert applicant.ask("POST", "/seal-pictures/official", data=official, **photo).status_code == 403
    bound = Client(made, Actor("person:y", "某", USCC), Scope.SEAL_FILE)
    assert bound.ask("POST", "/seal-pictures/official", data=official, **photo).status_code == 403
    assert officer.ask("POST", "/seal-pictures/official", data={"uscc": USCC}, **photo).status_code == 422
    told = officer.ask("POST", "/seal-pictures/official", data=official, **photo)
    assert (told.status_code, told.json()["emblem"], told.json()["centre"]) == (201, True, "other")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{division}{serial:08d}", "not 13 digits"),
        ("{place}{serial:07d}", "other fields"),
        ("{division:.4}{serial:09d}", "twice"),
        ("3301060000001", "twice"),
        ("{division", "other fields"),
    ],
)
def test_a_code_pattern_that_cannot_serve_stops_the_start(pattern: str, said: str) -> None:
    with pytest.raises(SettingsInvalid) as told:
        load_settings(physical_code_pattern=pattern)
    assert "YINXIN_PHYSICAL_CODE_PATTERN" in told.value.en
    assert said in told.value.en


def test_codes_follow_the_pattern_of_the_settings(founded: Install) -> None:
    services = founded(physical_code_pattern="{division}001{serial:04d}")
    services.enterprises.register(USCC, NAME, actor=APPLICANT)
    record = services.seals.apply(SealApplication(USCC, SealKind.FINANCE, "person:li.wei"), actor=APPLICANT)
    assert record.physical.code == "3301050010001"
