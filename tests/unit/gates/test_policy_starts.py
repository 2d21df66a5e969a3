"""A starting policy holds together in every region, invents nothing, and says what is still to be filled in."""

import io
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from homeroom.cli import app, output
from homeroom.cli import policies as commands
from homeroom.domain import errors
from homeroom.gates.policies import explanations, starts
from homeroom.resources import fields, gatepolicies

RUNNER = CliRunner()
EXAMPLE = Path(__file__).parents[3] / "examples" / "reading-support" / "policy.yaml"
REGISTER: dict[str, Any] = {
    "columns": ("read_z", "math_z"),
    "basis": "public task",
    "owner": "the data office",
    "expires": "2027-07-31",
    "retention_days": 365,
}


def some_answers(region: str = "us", **overrides: Any) -> starts.Answers:
    """One group of the first attribute that the region's packs name."""
    first = next((a.name for a in starts.attributes(region)), None)
    group = starts.Group(first, "some_column", "Y") if first else starts.Group("boys", "sex", "M", "boys", "girls")
    values = {"name": "reading", "purpose": "support-offer", "bands": ("K-2",), "groups": (group,), **overrides}
    return starts.Answers(region=region, **values)


@pytest.mark.parametrize("purpose", ["support-offer", "risk-label", "selection", "content-level"])
@pytest.mark.parametrize("region", starts.REGIONS)
def test_policy_of_every_region_and_purpose_holds_together(region: str, purpose: str) -> None:
    answers = some_answers(region, purpose=purpose, bands=("9-12",), **REGISTER)
    spec = starts.build(answers)
    written = yaml.safe_load(starts.to_yaml(answers, spec))
    assert gatepolicies.parse(written).spec == spec
    explanation = explanations.explain(spec, bands=("9-12",))
    assert explanation.lines
    assert spec.harm.value == ("Missed" if purpose == "support-offer" else "WronglyFlagged")


def test_france_is_not_asked_about_what_it_may_not_record() -> None:
    assert "race-ethnicity" not in {attribute.name for attribute in starts.attributes("fr")}
    assert "priority-network" in {attribute.name for attribute in starts.attributes("fr")}


def test_values_of_one_attribute_are_groups_of_their_own() -> None:
    groups = tuple(starts.parse_group(f"race-ethnicity=ethnicity:{value}") for value in ("B", "H"))
    spec = starts.build(some_answers(groups=groups))
    assert [group.name for group in spec.fairness.protect] == ["race-ethnicity-b", "race-ethnicity-h"]
    assert {group.attribute for group in spec.fairness.protect} == {"race-ethnicity"}


def test_letters_that_kubectl_takes_for_booleans_are_quoted() -> None:
    answers = some_answers("uk")
    assert "group: 'Y'" in starts.to_yaml(answers, starts.build(answers))


def test_what_is_not_known_is_left_out_and_named_on_top() -> None:
    answers = some_answers("uk")
    text = starts.to_yaml(answers, starts.build(answers))
    assert "# privacy.purposes is empty: add what the data may be used for" in text
    assert "# Packs ask to compare language, disability, race-ethnicity too" in text
    assert "# To do: pack uk: needs a local reviewer: none yet" in text
    assert "purposes" not in yaml.safe_load(text)["spec"].get("privacy", {})


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        pytest.param({"purpose": "grading"}, "there is no purpose 'grading': choose one of support-offer", id="purpose"),
        pytest.param({"bands": ("K-3",)}, "there is no band 'K-3'", id="band"),
        pytest.param({"groups": ()}, "name at least one group to protect, such as --group income=", id="no group"),
        pytest.param({"groups": (starts.Group("tall", "height", "1"),)}, "has an attribute 'tall': choose one of", id="group"),
        pytest.param({"columns": ("read_z",)}, "needs basis, owner, expires, retentionDays beside columns", id="register"),
        pytest.param({"groups": (starts.Group("sex", "Sex Of Child", "M"),)}, "fairness.protect.0.column", id="column"),
        pytest.param({**REGISTER, "expires": "soon"}, "privacy.purposes.0.expires", id="date"),
    ],
)  # fmt: skip
def test_answer_that_does_not_fit_is_named(overrides: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.SpecError) as refusal:
        starts.build(some_answers(**overrides))
    assert said in str(refusal.value)


@pytest.mark.parametrize("text", ["income", "income=fsm", "=fsm:Y", "income=fsm:", "income=fsm:Y:only words"])
def test_group_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(errors.SpecError, match="write language=ell:Y"):
        starts.parse_group(text)


def test_commands_start_a_policy_and_explain_it(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    asked = ["gate", "init", "--region", "uk", "--purpose", "support-offer", "--band", "K-2", "--group", "income=fsm:Y"]
    made = RUNNER.invoke(app, [*asked, "--write", str(path)])
    assert made.exit_code == 0, made.output
    again = RUNNER.invoke(app, [*asked, "--write", str(path)])
    assert (again.exit_code, "is there already" in again.output) == (2, True)
    explained = RUNNER.invoke(app, ["gate", "explain", str(path), "--output", "json"])
    assert explained.exit_code == 0, explained.output
    document = yaml.safe_load(explained.stdout)
    cell = next(line for line in document["limits"] if line["limit"] == "fairness.minimumCell")
    assert (cell["value"], cell["layer"], cell["place"]) == (10, "pack base", "limits[0]")
    assert {pack["name"] for pack in document["packs"]} == {"base", "uk"}
    assert {"attribute": "income", "group": "income"} in document["groups"]
    assert {"attribute": "language", "group": None} in document["groups"]
    assert "uk.childrensCode" in {rule["rule"] for rule in document["rules"]}


def test_explanation_reads_standard_input_and_speaks_in_rows() -> None:
    done = RUNNER.invoke(app, ["gate", "explain", "-", "--band", "K-2"], input=EXAMPLE.read_text())
    assert done.exit_code == 0, done.output
    assert "fairness.excessLimit\t0.1\tevery band\tdefault\tspec.fairness.excessLimit" in done.output
    assert "not limited, reported only: fairness.oppositeLimit" in done.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("spec: [", "is no YAML", id="no YAML"),
        pytest.param("[" * 5000, "is no YAML", id="endless nesting"),
        pytest.param("- a", "holds no GatePolicy", id="no manifest"),
        pytest.param("kind: ModelRelease\nspec: {}", "found homeroom.dev/v1alpha1 ModelRelease", id="another kind"),
        pytest.param("spec: {harm: Both}", "spec.harm", id="wrong field"),
    ],
)
def test_file_that_is_no_policy_is_named(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(content)
    done = RUNNER.invoke(app, ["gate", "explain", str(path)])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def _asked(answers: str, *arguments: str) -> tuple[int, str, str]:
    """`homeroom gate init` at a real terminal: exit code, standard output, and what stood on the screen."""
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "homeroom", "gate", "init", *arguments]
    with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal) as process:
        os.close(terminal)
        os.write(screen, answers.encode())
        try:
            made, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    shown = os.read(screen, 1 << 16).decode()
    os.close(screen)
    return process.returncode, made.decode(), shown


def test_questions_at_a_terminal_lead_to_the_policy_that_options_give() -> None:
    """Asked are region, purpose, bands, and each attribute of the region's packs; an empty answer leaves one out."""
    asked = [attribute.name for attribute in starts.attributes("uk")]
    said = {"income": "fsm\nY\n", "sex": "gender\nM\n"}

    code, made, shown = _asked("uk\nsupport-offer\nK-2 3-5\n" + "".join(said.get(name, "\n") for name in asked))

    options = ["--region", "uk", "--purpose", "support-offer", "--band", "K-2", "--band", "3-5"]
    groups = ["--group", "income=fsm:Y", "--group", "sex=gender:M"]
    assert (code, made) == (0, RUNNER.invoke(app, ["gate", "init", *options, *groups]).stdout), shown
    assert "Where are your schools?" in shown
    assert "Which column of the table tells pupils who get free school meals?" in shown
    assert "Which value of fsm means that a child is one of them?" in shown


def test_answer_at_a_terminal_that_does_not_fit_is_named() -> None:
    code, made, shown = _asked("atlantis\nsupport-offer\nK-2\n")

    assert (code, made) == (2, "")
    assert "there is no region 'atlantis': choose one of us, us-ny" in " ".join(shown.split())


def test_question_that_nobody_can_answer_names_its_option() -> None:
    done = RUNNER.invoke(app, ["gate", "init", "--region", "uk"])
    assert (done.exit_code, "Answer with --purpose" in done.output) == (2, True)


def test_names_in_brackets_stand_in_the_table_of_a_terminal_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rich takes plain strings for markup: the school in spec.schools[lincoln] was gone, and [/x] was a stack trace."""
    shown = io.StringIO()
    monkeypatch.setattr(output, "console", Console(file=shown, force_terminal=True, width=120, color_system=None))
    output.print_rows(
        "where", ("line",), [("spec.schools[lincoln].excessLimit",), ("a[/x]b",), ("c\x1b]0;own\x07\nd",)]
    )
    found = shown.getvalue()
    assert "spec.schools[lincoln].excessLimit" in found
    assert "a[/x]b" in found
    assert "c\ufffd]0;own\ufffd d" in found


def test_cell_on_a_pipe_starts_no_line_and_no_column_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows("where", ("a", "b"), [("x\ty\nz", "w")])
    assert capsys.readouterr().out == "a\tb\nx y z\tw\n"


def test_init_says_in_one_sentence_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    asked = ["gate", "init", "--region", "uk", "--purpose", "support-offer", "--band", "K-2", "--group", "income=fsm:Y"]
    done = RUNNER.invoke(app, [*asked, "--write", str(tmp_path / "file" / "policy.yaml")])
    assert (done.exit_code, "cannot write" in done.stderr) == (2, True), done.output


def test_help_of_init_names_every_answer_that_there_is() -> None:
    said = RUNNER.invoke(app, ["gate", "init", "--help"], env={"COLUMNS": "300"}).output
    answers = [*starts.REGIONS, *(p.value for p in fields.Purpose), *(b.value for b in fields.Band)]
    assert [answer for answer in answers if answer not in said] == []


@pytest.mark.parametrize(
    ("day", "said"),
    [
        pytest.param(datetime(2027, 11, 22, tzinfo=UTC), "", id="last day"),
        pytest.param(datetime(2027, 11, 23, tzinfo=UTC), "new approvals stop on 2027-12-23", id="a day late"),
        pytest.param(
            datetime(2027, 12, 23, tzinfo=UTC), "new approvals do not count since 2027-12-23", id="a month late"
        ),
    ],
)
def test_explanation_says_what_the_operator_will_say_of_an_old_pack(day: datetime, said: str) -> None:
    answers = some_answers("uk")
    found = explanations.explain(starts.build(answers), bands=answers.bands)
    told = " ".join(commands.overdue(found, day))
    assert (said in told, bool(told)) == (True, bool(said))
