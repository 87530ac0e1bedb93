"""Any place over HTTP and by command: looked at first, then sealed, then judged by our verifier (C2, C3, C4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.access.scopes import Scope
from api.cli.main import app
from api.cli.placing import PlaceOptions, where_of
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, enrol_keeper, keeper_pin
from api.services import Services
from seals.seal import SealApplication, SealKind
from signing.errors import PlacementError
from signing.placing.errors import PlaceAmbiguous
from tests.interop.sealing_world import blank_pdf
from tests.unit.api.conftest import OPERATOR
from tests.unit.api.test_cases_routes import PIN, Town
from tests.unit.api.test_imprint_routes import Client
from tests.unit.signing.papers import PICTURE, Sheet, Text, paper, with_field

CONTRACT = paper(
    Sheet((Text(100, 700, "采购合同"),)),
    Sheet((Text(100, 600, "本页由甲方（盖 章）确认"),)),
    Sheet((Text(100, 300, "甲方(盖章)：测试公司"),)),
)
Ask = Callable[..., Any]


@pytest.fixture
def keeper(services: Services) -> Client:
    """Return the keeper of an enterprise, who may seal with its legal name seal alone."""
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    enrolled = enrol_keeper(services)
    code = services.seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT).code
    services.seals.approve(code, actor=APPROVER, certificate=enrolled.certificate)
    client = Client(services, KEEPER, Scope.SEAL_READ, Scope.SEAL_USE)
    client.code, client.services = code, services  # type: ignore[attr-defined]
    return client


def asked(keeper: Any, address: str, document: bytes, **form: str) -> Any:
    files = {"file": ("合同.pdf", document)}
    return keeper.ask("POST", f"/sealings/{address}", data={"seal_code": keeper.code} | form, files=files)


def sealed(keeper: Any, document: bytes, at: str, **form: str) -> Any:
    """Seal and get the description; ``content`` is fetched as a second request gives the same file."""
    given = {"seal_code": keeper.code, "at": at, "pin": keeper_pin(keeper.services).reveal(), **form}
    key = hashlib.sha256(repr((at, sorted(form))).encode() + document).hexdigest()
    return keeper.ask(
        "POST",
        "/sealings",
        data=given,
        files={"file": ("合同.pdf", document)},
        headers={"Idempotency-Key": key, "Accept": "application/json"},
    )


def fetched(keeper: Any, answer: Any) -> bytes:
    assert answer.status_code == 200, answer.text
    content: bytes = keeper.ask("GET", answer.json()["document"].removeprefix("/api/v1")).content
    return content


def test_matches_and_places_are_listed_before_sealing(keeper: Any, tmp_path: Path) -> None:
    """C2: pages and boxes of every match, and what would be drawn, with no use of the seal."""
    found = asked(keeper, "matches", CONTRACT, text="甲方(盖章)").json()
    assert [(one["number"], one["page"]) for one in found] == [(1, 2), (2, 3)]
    shown = asked(keeper, "places", CONTRACT, at="keyword=甲方(盖章);which=all;offset=0,-10").json()
    assert (shown["pages"], shown["field"], [spot["page"] for spot in shown["spots"]]) == (3, None, [2, 3])
    middle = [spot["box"][0] + spot["box"][2] / 2 for spot in shown["spots"]]
    assert middle == pytest.approx([one["box"][0] + one["box"][2] / 2 for one in found], abs=0.02)
    assert not asked(keeper, "places", CONTRACT, at="unseen").json()["spots"]
    look_by_command(keeper, tmp_path)
    refuse_in_words(keeper)


REFUSED = (
    (CONTRACT, "keyword=乙方盖章", "keyword-missing", "乙方盖章"),
    (CONTRACT, "keyword=甲方;which=9", "keyword-too-seldom", "甲方"),
    (paper(Sheet(content=PICTURE)), "keyword=甲方盖章", "keyword-missing", "only pictures"),
    (CONTRACT, "pages=2-4;at=10,10", "page-missing", "There is no page 4"),
    (CONTRACT, "pages=all;at=190,10", "outside-page", "page 1"),
    (CONTRACT, "seam=right;pages=2", "seam-needs-pages", "single page"),
    (CONTRACT, "field=甲方签章", "field-missing", "甲方签章"),
    (CONTRACT, "beside the point", "placement-invalid", "PAGE:X,Y"),
    (CONTRACT, "seam=right;seam=left", "placement-unknown", "seam"),
)


def refuse_in_words(keeper: Any) -> None:
    """Hold the preview and the sealing to the same refusal, in words; no file is made (C2, C3, C4)."""
    for document, at, slug, word in REFUSED:
        for answer in (asked(keeper, "places", document, at=at), sealed(keeper, document, at)):
            assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}"), answer.text
            assert word in answer.json()["detail"]
            assert answer.json()["zh"]
    assert not list(keeper.services.settings.archive.rglob("*.pdf"))


def test_a_seam_seal_is_one_signature_and_a_second_seal_leaves_it_valid(keeper: Any) -> None:
    """C3: over an unsigned file slices stand in the content; over a signed one in fields that share the one value."""
    first = sealed(keeper, CONTRACT, "seam=right")
    (alone,) = first.json()["report"]["signatures"]
    assert first.json()["verdict"] == "passed"
    assert alone["integrity"]["covers_whole_document"]
    second = sealed(keeper, fetched(keeper, first), "seam=left")
    assert second.json()["verdict"] == "passed", second.text
    one, other = second.json()["report"]["signatures"]
    assert [one["verdict"], other["verdict"]] == ["passed", "passed"]
    assert [place["page"] for place in other["placements"]] == [1, 2, 3]
    assert len(other["fields"]) == 3
    again = sealed(keeper, fetched(keeper, second), "seam=right")
    assert again.json()["type"] == "/problems/covers-signature", (
        "its slices lie on the first seal's own slice"
    )
    allowed = sealed(keeper, fetched(keeper, second), "seam=right;offset=200")
    assert [entry["verdict"] for entry in allowed.json()["report"]["signatures"]] == ["passed"] * 3
    fill_a_field(keeper)


def fill_a_field(keeper: Any) -> None:
    """Sign an empty field of the document's own; a second seal there is refused, elsewhere it may cover if told to."""
    form = with_field(Sheet(), (100, 300, 300, 420))
    shown = asked(keeper, "places", form, at="field=甲方签章").json()
    assert (shown["field"], len(shown["spots"])) == ("甲方签章", 1)
    answer = sealed(keeper, form, "field=甲方签章")
    (entry,) = answer.json()["report"]["signatures"]
    assert entry["field"] == "甲方签章"
    signed = fetched(keeper, answer)
    refused = sealed(keeper, signed, "field=甲方签章")
    assert refused.json()["type"] == "/problems/field-signed"
    box = entry["placement"]["box"]
    over = f"1:{box[0] + 45:.1f},{box[1]:.1f}"  # over a third of it: what hides half leaves doubt
    assert sealed(keeper, signed, over).json()["type"] == "/problems/covers-signature"
    assert sealed(keeper, signed, over, may_cover="true").json()["verdict"] == "passed"


def test_a_page_count_changed_after_approval_voids_it(services: Services) -> None:
    """C5, bad input: two pages were approved; the same order for a file of three is refused in words."""
    town = Town(services)
    town.enlist()
    case = town.open()
    path = f"/cases/{case['id']}"
    assert town.applicant.ask("POST", f"{path}/submission").json()["status"] == "approving"
    approval = {"content": case["content"], "pin": PIN}
    assert town.anne.ask("POST", f"{path}/approvals", json=approval).json()["status"] == "approved"
    refused = town.seal_it(blank_pdf(3), case=case["id"], at="seam=right")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/use-document-differs"), (
        refused.text
    )
    assert "文件与审批时的不一致" in refused.json()["zh"]
    assert town.seal_it(case=case["id"], at="seam=right").json()["type"] == "/problems/use-case-not-ready"


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def look_by_command(keeper: Any, tmp_path: Path) -> None:
    """Run ``find`` and ``seal-pdf --preview``: they list places and write nothing."""
    home = ["--home", str(keeper.services.settings.home)]
    source = tmp_path / "合同.pdf"
    source.write_bytes(CONTRACT)
    found = run("find", "甲方（盖章）", str(source), "--json", *home)
    assert [one["page"] for one in json.loads(found.stdout)] == [2, 3]
    shown = run(
        "seal-pdf", str(source), "--seal", keeper.code, "--preview", "--seam", "bottom", "--facing", *home
    )
    assert "将出现 4 处，一个签名覆盖整份文件（3 页）" in shown.stdout
    assert run("seal-pdf", str(source), "--seal", keeper.code, "--unseen", *home).exit_code != 0, (
        "no output file"
    )
    assert [path.name for path in tmp_path.glob("*.pdf")] == ["合同.pdf"]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (PlaceOptions(at="2:120,200"), "2:120,200"),
        (PlaceOptions(at="120,200", pages="odd"), "pages=odd;at=120,200"),
        (
            PlaceOptions(keyword="甲;方", match="2", offset="1,-2"),
            "keyword=甲%3B方;which=2;offset=1,-2;pages=all",
        ),
        (PlaceOptions(field="甲方", fit="true"), "field=甲方;fit=true"),
        (
            PlaceOptions(seam="top", every="5", facing=True, inset="2", offset="9", pages="2-9"),
            "seam=top;every=5;pages=2-9;offset=9;inset=2;facing=yes",
        ),
        (PlaceOptions(unseen=True), "unseen"),
        (
            PlaceOptions(where="seam=left;every=3"),
            "seam=left;every=3;pages=all;offset=centre;inset=0;facing=no",
        ),
        (PlaceOptions(), PlaceAmbiguous),
        (PlaceOptions(at="1:10,10", seam="left"), PlaceAmbiguous),
        (PlaceOptions(at="1:10,10", every="2"), PlacementError),
        (PlaceOptions(at="10,10"), PlacementError),
        (PlaceOptions(unseen=True, pages="1"), PlacementError),
        (PlaceOptions(field="甲方", match="2"), PlacementError),
        (PlaceOptions(where="nowhere"), PlacementError),
    ],
)
def test_options_name_exactly_one_place(given: PlaceOptions, where: str | type[PlacementError]) -> None:
    """An option that does not belong to the place asked for is refused, not left out."""
    if isinstance(where, str):
        assert str(where_of(given)) == where
    else:
        with pytest.raises(where):
            where_of(given)
