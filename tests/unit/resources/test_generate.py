"""The generated files are those of the models."""

from pathlib import Path

import pytest
import yaml

from homeroom.domain import errors
from homeroom.resources import catalog, generate

REPOSITORY = Path(__file__).parents[3]


def test_generated_files_in_the_repository_are_those_of_the_models() -> None:
    """`make generate` was run after the last change."""
    assert generate.differing(REPOSITORY) == []


def test_write_makes_everything_right_and_then_changes_nothing(tmp_path: Path) -> None:
    assert set(generate.write(tmp_path)) == set(generate.files())
    assert generate.write(tmp_path) == []


def test_check_names_what_differs_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed file, a missing one, and one of a kind that is no more."""
    generate.write(tmp_path)
    (tmp_path / "crds" / "schoolsites.homeroom.dev.yaml").write_text("kind: Nothing\n")
    (tmp_path / "crds" / "regionalhubs.homeroom.dev.yaml").unlink()
    (tmp_path / "crds" / "lunchmenus.homeroom.dev.yaml").write_text("")
    assert generate.main(["--check", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "differs: crds/lunchmenus.homeroom.dev.yaml",
        "differs: crds/regionalhubs.homeroom.dev.yaml",
        "differs: crds/schoolsites.homeroom.dev.yaml",
    ]
    assert generate.main(["--root", str(tmp_path)]) == 0
    assert generate.main(["--check", "--root", str(tmp_path)]) == 0


def test_each_tier_gets_its_own_kinds() -> None:
    names = {tier: {crd["spec"]["names"]["kind"] for crd in generate.crds(tier)} for tier in catalog.TIERS}
    assert names["hub"] == {"RegionalHub"}
    assert names["school"] == {"SiteAssignment"}
    assert names["district"] == {
        "AcademicCalendar", "GatePolicy", "ModelRelease", "RegionalHub", "ReleaseApproval", "RolloutWave", "SchoolSite",
    }  # fmt: skip
    assert len(generate.crds()) == len(names["district"]) + len(names["school"])


def test_unknown_tier_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="choose one of district, hub, school"):
        generate.crds("galaxy")


def test_reference_names_every_field_condition_and_reason() -> None:
    """Documentation that lacks something that programs rely on is wrong."""
    page = generate.files()["docs/reference/resources.md"]
    for definition in catalog.ALL:
        assert f"## {definition.kind.kind}\n" in page
        for condition in definition.conditions:
            assert f"**{condition.name}**" in page
            for reason in condition.reasons:
                assert f"| `{reason.value}` | {reason.__doc__} |" in page


def test_yaml_reads_back_as_the_manifest() -> None:
    for crd in generate.crds():
        content = generate.files()[f"crds/{crd['metadata']['name']}.yaml"]
        assert yaml.safe_load(content) == crd


def test_no_rule_holds_a_backslash() -> None:
    r"""CEL reads one as an escape of its own, and the API server then refuses the whole kind: write [.], not \."""
    assert [path for path, content in generate.files().items() if path.startswith("crds/") and "\\" in content] == []
