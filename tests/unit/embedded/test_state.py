import os
import subprocess
from pathlib import Path

import pytest

from homeroom.domain import errors
from homeroom.embedded import processes, records, state


def test_entering_makes_a_private_directory_of_the_current_version(tmp_path: Path) -> None:
    with state.StateDirectory(tmp_path / "new" / "demo") as directory:
        assert directory.path.stat().st_mode & 0o777 == 0o700
        assert (directory.path / "version").read_text() == f"{state.STATE_VERSION}\n"


def test_second_start_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with (
        state.StateDirectory(tmp_path / "demo"),
        pytest.raises(errors.SpecError, match=f"in use by another Homeroom .pid {os.getpid()}."),
        state.StateDirectory(tmp_path / "demo"),
    ):
        pass


def test_directory_can_be_entered_again_after_it_was_left(tmp_path: Path) -> None:
    with state.StateDirectory(tmp_path / "demo"):
        pass
    with state.StateDirectory(tmp_path / "demo"):
        pass


@pytest.mark.parametrize(
    ("version", "words"),
    [
        pytest.param(str(state.STATE_VERSION + 1), "made by a newer Homeroom", id="newer"),
        pytest.param(str(state.STATE_VERSION - 1), "made by an older Homeroom", id="older"),
        pytest.param("", "made by an older Homeroom", id="empty"),
        pytest.param("what", "made by an older Homeroom", id="no number"),
    ],
)
def test_other_version_is_refused_and_says_what_to_do(tmp_path: Path, version: str, words: str) -> None:
    (tmp_path / "version").write_text(version)
    with pytest.raises(errors.SpecError, match=words) as refusal, state.StateDirectory(tmp_path):
        pass
    assert "--reset" in str(refusal.value)


def test_refused_version_leaves_the_directory_unlocked(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("99")
    with pytest.raises(errors.SpecError), state.StateDirectory(tmp_path):
        pass
    assert state.remove(tmp_path)


def test_directory_with_files_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(errors.SpecError, match="files that Homeroom did not make"), state.StateDirectory(tmp_path):
        pass
    with pytest.raises(errors.SpecError, match="files that Homeroom did not make"):
        state.remove(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_remove_takes_a_directory_of_any_version(tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    directory.mkdir()
    (directory / "version").write_text("99")
    (directory / "data").write_text("x")
    assert state.remove(directory)
    assert not directory.exists()


def test_remove_ends_what_an_earlier_run_left_alive(tmp_path: Path) -> None:
    with state.StateDirectory(tmp_path / "demo") as directory:
        run = directory.path / state.RUN
    mark = records.RunRecords(run).mark
    with subprocess.Popen(["/bin/sleep", "60"], env={processes.MARK: mark}) as orphan:
        assert state.remove(tmp_path / "demo")
        assert orphan.wait(timeout=5) == -9


def test_remove_of_nothing_says_so(tmp_path: Path) -> None:
    assert not state.remove(tmp_path / "never")


def test_directory_in_use_is_not_removed(tmp_path: Path) -> None:
    with state.StateDirectory(tmp_path / "demo") as directory:
        with pytest.raises(errors.SpecError, match="in use"):
            state.remove(directory.path)
        assert (directory.path / "version").exists()
