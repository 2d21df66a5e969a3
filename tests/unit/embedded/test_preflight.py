from typing import Any

import pytest

from homeroom.embedded import builds, preflight

BUILD = (builds.Command("kube-apiserver", "example.test/kube-apiserver", 300), builds.Command("kine", "x", 180))


def a_machine(**overrides: Any) -> preflight.Machine:
    """A machine on which everything fits, just."""
    enough = {
        "system": "Linux",
        "cores": 2,
        "memory_bytes": preflight.MEMORY_BYTES,
        "state_disk_bytes": preflight.DISK_BYTES,
        "cache_disk_bytes": preflight.BUILD_DISK_BYTES,
    }
    return preflight.Machine(**{**enough, **overrides})


@pytest.mark.parametrize("to_build", [(), BUILD], ids=["built", "to build"])
def test_machine_with_just_enough_has_no_problems(to_build: tuple[builds.Command, ...]) -> None:
    assert preflight.decide_report(a_machine(to_build=to_build)).problems == ()


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        pytest.param({"memory_bytes": preflight.MEMORY_BYTES - 1}, "of memory are available", id="memory"),
        pytest.param({"state_disk_bytes": preflight.DISK_BYTES - 1}, "for the state directory", id="state disk"),
        pytest.param(
            {"cache_disk_bytes": preflight.BUILD_DISK_BYTES - 1, "to_build": BUILD},
            "set HOMEROOM_CACHE",
            id="build disk",
        ),
        pytest.param({"system": "Darwin"}, "this is Darwin, the embedded parts need Linux", id="system"),
        pytest.param({"ports_taken": ("port 20000 is held: stop it",)}, "port 20000 is held", id="port"),
    ],
)
def test_each_shortage_is_one_sentence_that_says_what_to_do(overrides: dict[str, Any], words: str) -> None:
    (problem,) = preflight.decide_report(a_machine(**overrides)).problems
    assert words in problem
    assert ": " in problem


def test_small_cache_disk_is_fine_when_nothing_is_built() -> None:
    assert preflight.decide_report(a_machine(cache_disk_bytes=0)).problems == ()


def test_all_problems_are_told_together() -> None:
    worst = a_machine(system="Darwin", memory_bytes=0, state_disk_bytes=0, cache_disk_bytes=0, to_build=BUILD)
    assert len(preflight.decide_report(worst).problems) == 4


@pytest.mark.parametrize(("cores", "minutes"), [(1, 16), (2, 8), (8, 2), (64, 1)])
def test_build_time_is_told_for_the_cores_there_are(cores: int, minutes: int) -> None:
    assert preflight.decide_report(a_machine(cores=cores, to_build=BUILD)).build_minutes == minutes


def test_nothing_to_build_takes_no_time() -> None:
    assert preflight.decide_report(a_machine()).build_minutes == 0
