import threading
from pathlib import Path

import pytest
from tests.unit.embedded import fake_go

from homeroom.domain import errors
from homeroom.embedded import places, preflight, toolchain


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return fake_go.sources(tmp_path / "tools")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def use_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, build: str = "true") -> Path:
    """Put a fake Go first on PATH; the file that counts its builds."""
    fake_go.write(tmp_path / "bin" / "go", build=build)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    return tmp_path / "bin" / "built"


def test_tools_are_built_once_with_the_version_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Path, cache: Path
) -> None:
    built = use_go(tmp_path, monkeypatch)
    tools = toolchain.ensure_tools(lambda _: None, source=source, cache=cache)
    assert toolchain.ensure_tools(lambda _: None, source=source, cache=cache) == tools
    assert len(built.read_text().splitlines()) == 4
    assert "version.gitVersion=v1.37.2" in tools.kube_apiserver.read_text()
    assert "-trimpath" in tools.registry.read_text()


def test_two_at_once_build_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Path, cache: Path) -> None:
    built = use_go(tmp_path, monkeypatch, build="sleep 0.1")
    threads = [
        threading.Thread(
            target=toolchain.ensure_tools, args=(lambda _: None,), kwargs={"source": source, "cache": cache}
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(built.read_text().splitlines()) == 4


def test_build_that_fails_leaves_nothing_behind_that_looks_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Path, cache: Path
) -> None:
    use_go(tmp_path, monkeypatch, build="echo 'main.go:1: syntax error'; false")
    with pytest.raises(errors.SpecError, match="kube-apiserver does not build") as failure:
        toolchain.ensure_tools(lambda _: None, source=source, cache=cache)
    assert "syntax error" in str(failure.value)
    assert len(toolchain.missing(source, cache)) == 2

    use_go(tmp_path, monkeypatch)
    toolchain.ensure_tools(lambda _: None, source=source, cache=cache)
    assert toolchain.missing(source, cache) == ()
    assert not list((cache / "tools").glob(".building-*"))


def test_module_that_cannot_be_fetched_is_a_matter_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Path, cache: Path
) -> None:
    use_go(tmp_path, monkeypatch, build="echo 'dial tcp: lookup proxy.example.test: no such host'; false")
    with pytest.raises(errors.Unavailable, match="check the network"):
        toolchain.ensure_tools(lambda _: None, source=source, cache=cache)


def test_progress_names_the_command_its_place_and_the_time_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Path, cache: Path
) -> None:
    use_go(tmp_path, monkeypatch)
    lines: list[str] = []
    toolchain.ensure_tools(lines.append, source=source, cache=cache)
    assert lines[0].startswith("building kube-apiserver (1 of 4), 0 s so far, about ")


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_changed_module_is_built_anew_and_the_other_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Path, cache: Path, file: str
) -> None:
    built = use_go(tmp_path, monkeypatch)
    toolchain.ensure_tools(lambda _: None, source=source, cache=cache)
    with (source / "registry" / file).open("a") as text:
        text.write("// changed\n")
    toolchain.ensure_tools(lambda _: None, source=source, cache=cache)
    assert built.read_text().splitlines()[4:] == ["github.com/distribution/distribution/v3/cmd/registry"]


def test_nothing_to_build_from_names_the_variable_that_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_TOOLS_SOURCE", str(tmp_path / "nowhere"))
    with pytest.raises(errors.SpecError, match="set HOMEROOM_TOOLS_SOURCE"):
        toolchain.find_source()


def test_source_is_found_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOMEROOM_TOOLS_SOURCE", raising=False)
    source = toolchain.find_source()
    assert (source / "registry" / "go.mod").is_file()
    assert (source / "go" / "requirements.txt").is_file()


def test_stamp_is_the_version_that_go_mod_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stamp is written by hand: it must follow the pin."""
    monkeypatch.delenv("HOMEROOM_TOOLS_SOURCE", raising=False)
    pinned = (toolchain.find_source() / "kube" / "go.mod").read_text()
    assert f"k8s.io/kubernetes v{toolchain.KUBERNETES_VERSION} " in pinned


def test_removing_the_cache_removes_only_what_we_put_there(cache: Path) -> None:
    for name in ("tools", "go", "somebody-else"):
        (cache / name).mkdir(parents=True)
    toolchain.remove_cache(cache)
    assert [entry.name for entry in cache.iterdir()] == ["somebody-else"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HOMEROOM_CACHE": "/chosen"}, "/chosen"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/homeroom"),
        ({"HOME": "/home/ada"}, "/home/ada/.cache/homeroom"),
        ({"HOMEROOM_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/home/ada"}, "/home/ada/.cache/homeroom"),
    ],
    ids=["ours", "xdg", "home", "empty counts as unset"],
)
def test_cache_lies_where_the_person_wants_it(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("HOMEROOM_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert places.cache_directory() == Path(expected)


def test_preflight_knows_what_is_still_to_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Path, cache: Path
) -> None:
    before = preflight.gather_machine(tmp_path / "state", source, cache)
    assert [command.name for command in before.to_build] == ["kube-apiserver", "kine", "kubectl", "registry"]
    use_go(tmp_path, monkeypatch)
    toolchain.ensure_tools(lambda _: None, source=source, cache=cache)
    assert preflight.gather_machine(tmp_path / "state", source, cache).to_build == ()
