from pathlib import Path

import pytest
from tests.unit.embedded import fake_go

from homeroom.domain import errors
from homeroom.embedded import go


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go1.26.8", (1, 26, 8)),
        ("1.26.5", (1, 26, 5)),
        ("1.27", (1, 27, 0)),
        ("go1.28rc1", (1, 28, 0)),
        ("go1.26.8 X:nocoverageredesign", (1, 26, 8)),
    ],
)
def test_version_is_read_as_numbers(text: str, version: go.Version) -> None:
    assert go.parse_version(text, "test") == version


def test_text_without_a_version_is_refused() -> None:
    with pytest.raises(errors.SpecError, match=r"no Go version in 'devel' \(from here\)"):
        go.parse_version("devel", "here")


def test_newest_go_line_counts(tmp_path: Path) -> None:
    source = fake_go.sources(tmp_path)
    assert go.needed_version([source / "kube" / "go.mod", source / "registry" / "go.mod"]) == (1, 26, 5)


@pytest.mark.parametrize(
    ("version", "found"),
    [
        pytest.param("go1.26.4", False, id="one patch too old"),
        pytest.param("go1.26.5", True, id="just new enough"),
        pytest.param("go1.27.0", True, id="newer"),
        pytest.param("", False, id="broken"),
    ],
)
def test_go_on_path_is_used_when_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, version: str, found: bool
) -> None:
    fake_go.write(tmp_path / "bin" / "go", version=version)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    assert (go.find((1, 26, 5)) is not None) == found


def test_go_that_was_installed_before_is_used_without_installing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = fake_go.write(tmp_path / "go" / "lib" / "python3.11" / "site-packages" / "go" / "bin" / "go")
    lines: list[str] = []
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    found = go.ensure((1, 27, 0), tmp_path / "none.txt", tmp_path / "go", lines.append)
    assert found.path == installed
    assert lines == []


def test_pinned_go_that_is_too_old_for_go_mod_is_a_mistake_in_the_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go.write(tmp_path / "go" / "lib" / "python3.11" / "site-packages" / "go" / "bin" / "go", version="go1.27.3")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(errors.SpecError, match="raise the pin"):
        go.ensure((1, 99, 0), tmp_path / "requirements.txt", tmp_path / "go", lambda _: None)
