"""What a rig says about a number: its range, its goal, and whether it was met."""

import json
import pathlib
import sys

import numpy as np
import pytest
from bench import figures, frames, pictures, processes, schoolyears


@pytest.mark.parametrize(
    ("value", "goal", "met"),
    [
        (100.0, ">= 100", True),
        (99.9, ">= 100", False),
        (0.05, "<= 0.05", True),
        (0.051, "<= 0.05", False),
        (1.0, "", None),
    ],
    ids=["at least, reached", "at least, missed", "at most, kept", "at most, missed", "only told"],
)
def test_goal_is_met_on_its_boundary_and_not_past_it(value: float, goal: str, met: bool | None) -> None:  # noqa: FBT001
    assert figures.keeps(value, goal) is met


def test_figure_of_passes_is_the_median_with_the_range() -> None:
    found = figures.of_passes("time", [3.0, 1.0, 2.0], "s", "<= 1.5")

    assert (found.value, found.low, found.high, found.met) == (2.0, 1.0, 3.0, False)
    assert found.line() == "time: 2 s [1, 3]  goal <= 1.5: MISSED"


def test_share_of_trials_carries_its_interval() -> None:
    found = figures.of_trials("alarm", 0, 100, "<= 0.05")

    assert (found.value, found.low, found.met) == (0.0, 0.0, True)
    assert found.high == pytest.approx(0.037, abs=0.0005)


def test_document_names_machine_commit_and_every_figure(tmp_path: pathlib.Path) -> None:
    found = [figures.of_passes("ratio <&>", [120.0], "x", ">= 100"), figures.of_trials("alarm", 1, 20)]

    figures.write(tmp_path / "gates.json", found, {"quick": True})
    pictures.draw(tmp_path / "gates.svg", found)

    document = json.loads((tmp_path / "gates.json").read_text())
    assert set(document) == {"machine", "commit", "quick", "figures"}
    assert [set(figure) for figure in document["figures"]] == [
        {"name", "value", "low", "high", "unit", "goal", "met"}
    ] * 2
    assert "ratio &lt;&amp;&gt;" in (tmp_path / "gates.svg").read_text()


def test_pass_that_fails_is_an_error_and_no_figure() -> None:
    with pytest.raises(processes.PassError, match="ended with 1"):
        processes.run(pathlib.Path(sys.executable), "bench.passes.no_such_pass")


def test_pass_measures_its_own_work() -> None:
    done = processes.run(pathlib.Path(sys.executable), "bench.passes.scipy_drift", "500")

    assert done.seconds > 0
    assert done.peak_mib > 20
    assert done.checksum == frames.checksum(frames.numeric(frames.CURRENT, frames.SHIFTED, 500))


def test_simulated_classes_are_as_alike_as_they_say() -> None:
    window = schoolyears.draw(np.random.default_rng(1), schoolyears.World(season=0.0), np.zeros(40_000, dtype=np.int64))
    column = window.numeric[frames.NUMERIC[1]].reshape(-1, schoolyears.CLASS_ROWS)

    assert column.mean(axis=1).var() == pytest.approx(0.15 + 0.85 / 20, abs=0.01)
