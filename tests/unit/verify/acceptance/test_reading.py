"""A department's policy is read strictly: what is not known is refused, by place and by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from verify.acceptance.errors import DepartmentAmbiguous, DepartmentPolicyInvalid, DepartmentUnknown
from verify.acceptance.policy import Demands
from verify.acceptance.reading import read_policy
from verify.acceptance.shelf import (
    SHIPPED,
    check_names,
    choose,
    example_text,
    find,
    in_folder,
    shipped,
    with_own,
)

LEAST = 'schema = 1\nid = "x"\nzh = "某局"\nen = "X"\nversion = "1"\n[[list]]\nscheme = "decree"\n[[act]]\nid = "a"\nzh = "事"\nen = "A"\n'


def test_seven_departments_ship_and_differ() -> None:
    """D4: 工商 / 公安 / 财政 / 税务 / 银行 / 社保 / 公积金, each with acts of its own."""
    found = shipped()
    assert [
        find(found, name).id for name in ("工商", "公安", "财政", "税务", "银行", "社保", "公积金")
    ] == list(SHIPPED)
    assert len({policy.sha256 for policy in found}) == 7
    assert len({(policy.demands, policy.acts[0].demands) for policy in found}) == 7
    assert all(policy.example and len(policy.acts) >= 3 for policy in found)
    assert all(act.zh and act.en for policy in found for act in policy.acts)


def test_an_act_only_adds() -> None:
    policy = find(shipped(), "taxation")
    act = policy.act("出口退税")
    assert act is not None
    assert policy.demands_of(act) == Demands(
        seal=True, same_owner=True, time_stamp=True, seal_kinds=("01", "02"), level="LT", ofd_level="T",
        age_days=180, good_now=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda text: text.replace("schema = 1", "schema = 2"), "file, schema"),
        (lambda text: text + "surprise = 1\n", "act 1, surprise"),
        (lambda text: "unknown = 1\n" + text, "file, unknown"),
        (lambda text: text.replace('"decree"', '""'), "list 1, scheme"),
        (lambda text: text.replace('[[list]]\nscheme = "decree"\n', ""), "list"),
        (lambda text: text[: text.index("[[act]]")], "act"),
        (lambda text: text + '[act.demand]\nlevel = "B-LT"\n', "act 1, demand, level"),
        (lambda text: text + "[act.demand]\ntime_stamp = 1\n", "act 1, demand, time_stamp"),
        (lambda text: text + '[act.demand]\nassurance = "gold"\n', "act 1, demand, assurance"),
        (lambda text: text + '[act.demand]\npolicies = ["1.2.x"]\n', "act 1, demand"),
        (lambda text: text + '[act.demand]\nkeys = ["ROT13"]\n', "act 1, demand, keys"),
        (lambda text: text + "[act.demand]\nage_days = -1\n", "act 1, demand, age_days"),
        (lambda text: text + "[act.demand]\nseal_kinds = []\n", "act 1, demand, seal_kinds"),
        (lambda text: text + '[[equivalence]]\nid = "e"\nscheme = "y"\n', "equivalence 1"),
        (lambda text: text.replace('"decree"', '"Decree"'), "list 1"),
        (lambda text: text.replace("[[act]]", "since = 2026-02-01\nuntil = 2026-01-31\n[[act]]"), "list 1"),
        (lambda text: text + '[[act]]\nid = "b"\nzh = "a"\nen = "B"\n', "file, act"),
        (lambda text: text.replace("[[act]]", 'kinds = ["evidence"]\n[[act]]'), "list 1, kinds"),
        (lambda text: text + '[cites]\nR99 = "nothing"\n', "cites, R99"),
        (lambda text: text + "# " + "x" * 300_000, "file"),
    ],
)
def test_what_is_wrong_is_named(change: object, place: str) -> None:
    assert callable(change)
    with pytest.raises(DepartmentPolicyInvalid) as caught:
        read_policy(change(LEAST).encode())
    assert str(caught.value).startswith(f"{place}:")
    assert place in caught.value.zh
    assert place in caught.value.en


def test_the_least_policy_reads_and_examples_are_drafts() -> None:
    assert read_policy(LEAST.encode()).acts[0].zh == "事"
    for name in SHIPPED:
        assert read_policy(example_text(name).encode()).id == name


def test_unknown_department_tells_which_there_are() -> None:
    with pytest.raises(DepartmentUnknown) as caught:
        find(shipped(), "海关")
    assert "税务" in caught.value.zh


def test_a_folder_gives_its_policies_and_a_damaged_one_stops(tmp_path: object) -> None:
    folder = Path(str(tmp_path))
    (folder / "x.department.toml").write_text(LEAST, "utf-8")
    assert [policy.id for policy in in_folder(folder)] == ["x"]
    (folder / "y.department.toml").write_bytes(b"\xff")
    with pytest.raises(DepartmentPolicyInvalid):
        in_folder(folder)


def test_the_policy_in_the_documentation_reads() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[4] / "docs" / "recognition.md").read_text("utf-8")
    policy = read_policy(text.partition("```toml\n")[2].partition("```")[0].encode())
    assert policy.equivalences[0].own_kind("01") == "01"
    assert policy.acts[0].conditions[0].unless.institutional_proof


def own(policy_id: str, zh: str, tail: str = "") -> str:
    return (
        LEAST.replace('id = "x"', f'id = "{policy_id}"', 1).replace('zh = "某局"', f'zh = "{zh}"', 1) + tail
    )


def test_a_name_that_several_have_is_no_answer(tmp_path: Path) -> None:
    """Whoever asks 某行 and gets the laxer of two would not know."""
    made = [read_policy(own(name, "某行").encode()) for name in ("lax", "strict")]
    with pytest.raises(DepartmentAmbiguous) as caught:
        find(made, "某行")
    assert "lax、strict" in caught.value.zh
    assert find(made, "strict") is made[1]
    with pytest.raises(DepartmentPolicyInvalid, match="某行"):
        check_names(made[0], made)
    check_names(made[0], made[:1])
    for name in ("a", "b"):
        (tmp_path / f"{name}.department.toml").write_text(own("one", name), "utf-8")
    with pytest.raises(DepartmentPolicyInvalid, match="several files have the id one"):
        in_folder(tmp_path)


def test_an_own_policy_is_asked_before_an_example_of_its_name() -> None:
    mine = read_policy(own("zj-finance", "财政").encode())
    assert find(with_own([mine]), "财政") is mine
    assert find(with_own([mine]), "finance").example


def test_the_bundle_keeps_its_policies_beside_a_trust_folder(tmp_path: Path) -> None:
    folders = [tmp_path / "trust", tmp_path / "bundle"]
    for folder in folders:
        folder.mkdir()
    bundled = folders[1] / "finance.department.toml"
    bundled.write_text(own("finance", "财政"), "utf-8")
    assert not choose("财政", folders).example
    (folders[0] / "f.department.toml").write_text(bundled.read_text("utf-8"), "utf-8")
    assert not choose("财政", folders).example, "the same in both is one"
    (folders[0] / "f.department.toml").write_text(own("finance", "财政") + "# other\n", "utf-8")
    with pytest.raises(DepartmentPolicyInvalid, match="different ones"):
        choose("财政", folders)


@pytest.mark.parametrize("number", ["1" * 5000, "-" + "9" * 5000])
def test_a_number_of_thousands_of_digits_is_refused(number: str) -> None:
    """Python reads no such number and says so in its own way: whoever imports the file is told what is wrong."""
    with pytest.raises(DepartmentPolicyInvalid):
        read_policy(LEAST.encode() + f"[act.demand]\nrsa_bits = {number}\n".encode())
