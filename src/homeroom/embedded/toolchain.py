"""The pinned tools - kube-apiserver, kine, kubectl, registry - built once into a cache outside the checkout."""

import hashlib
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from homeroom.domain import errors
from homeroom.embedded import builds, files, go, places

KUBERNETES_VERSION = "1.37.2"
BUILD_FLAGS = ("-mod=readonly", "-trimpath")
# Without the stamp clients see v0.0.0 and switch features off.
_KUBERNETES_LDFLAGS = "-s -w " + " ".join(
    f"-X k8s.io/component-base/version.{name}={value}"
    for name, value in (("gitVersion", f"v{KUBERNETES_VERSION}"), ("gitMajor", "1"), ("gitMinor", "37"))
)


@dataclass(frozen=True, slots=True)
class Tools:
    """Paths of the built commands."""

    kube_apiserver: Path
    kine: Path
    kubectl: Path
    registry: Path


@dataclass(frozen=True, slots=True)
class Module:
    """One Go module of ``tools/`` and the commands built from it.

    Attributes:
        directory: holds go.mod and go.sum.
        ldflags: linker flags of all its commands.
        commands: built from it, in this order.
    """

    directory: Path
    ldflags: str
    commands: tuple[builds.Command, ...]

    @property
    def key(self) -> str:
        """Names what the build depends on: module, checksums, flags, platform."""
        content = hashlib.sha256()
        for part in ("go.mod", "go.sum"):
            content.update((self.directory / part).read_bytes())
        packages = [command.package for command in self.commands]
        content.update(repr((BUILD_FLAGS, self.ldflags, packages, platform.system(), platform.machine())).encode())
        return f"{self.directory.name}-{content.hexdigest()[:16]}"


def modules(source: Path) -> tuple[Module, ...]:
    """What is built from a ``tools/`` directory. The seconds were measured on two cores with empty caches."""
    return (
        Module(
            source / "kube",
            _KUBERNETES_LDFLAGS,
            (
                builds.Command("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver", 300),
                builds.Command("kine", "github.com/k3s-io/kine", 70),
                builds.Command("kubectl", "k8s.io/kubernetes/cmd/kubectl", 25),
            ),
        ),
        Module(
            source / "registry",
            "-s -w",
            (builds.Command("registry", "github.com/distribution/distribution/v3/cmd/registry", 90),),
        ),
    )


def find_source() -> Path:
    """The ``tools/`` directory: $HOMEROOM_TOOLS_SOURCE, or that of the checkout this package runs from.

    Raises:
        SpecError: there is none.
    """
    source = places.tools_source() or Path(__file__).parents[3] / "tools"
    if not (source / "kube" / "go.mod").is_file():
        raise errors.SpecError(
            f"no Go modules to build the Kubernetes API from in {source}: run from a checkout (pip install -e .), "
            "or set HOMEROOM_TOOLS_SOURCE to the tools directory of one"
        )
    return source


def missing(source: Path, cache: Path) -> tuple[Module, ...]:
    """The modules that are still to be built; empty if everything is in the cache."""
    return tuple(module for module in modules(source) if not (cache / "tools" / module.key).is_dir())


def ensure_tools(progress: go.Progress, *, source: Path | None = None, cache: Path | None = None) -> Tools:
    """The built tools; builds what is missing first, telling ``progress`` a line every few seconds.

    Two processes that ask at once build once: the second waits.

    Raises:
        SpecError: there is nothing to build from, or it does not compile.
        Unavailable: Go or a module could not be fetched.
    """
    source, cache = source or find_source(), cache or places.cache_directory()
    if missing(source, cache):
        with builds.build_lock(cache / "tools", progress):
            # Asked again under the lock: whoever had it before us may have built everything.
            _build(missing(source, cache), source, cache, progress)
    return _locate(source, cache)


def _build(todo: tuple[Module, ...], source: Path, cache: Path, progress: go.Progress) -> None:
    if not todo:
        return
    needed = go.needed_version([module.directory / "go.mod" for module in todo])
    toolchain = go.ensure(needed, source / "go" / "requirements.txt", cache / "go", progress)
    tracker = builds.Tracker([command for module in todo for command in module.commands], progress)
    for leftover in (cache / "tools").glob(
        ".building-*"
    ):  # of a build that was killed; the lock says it is not running
        shutil.rmtree(leftover)
    for module in todo:
        final = cache / "tools" / module.key
        temporary = final.with_name(f".building-{module.key}")
        temporary.mkdir()
        for command in module.commands:
            argv = [str(toolchain.path), "build", *BUILD_FLAGS, "-ldflags", module.ldflags]
            builds.build(command, [*argv, "-o", f"{temporary}/", command.package], module.directory, tracker)
        files.replace(temporary / "go-version", f"{toolchain.version}\n".encode())
        temporary.rename(final)


def _locate(source: Path, cache: Path) -> Tools:
    found = {
        command.name: cache / "tools" / module.key / command.name
        for module in modules(source)
        for command in module.commands
    }
    return Tools(
        kube_apiserver=found["kube-apiserver"], kine=found["kine"], kubectl=found["kubectl"], registry=found["registry"]
    )


def remove_cache(cache: Path | None = None) -> None:
    """Remove the built tools and the Go that was installed for them; Go's own caches stay, others use them too."""
    cache = cache or places.cache_directory()
    for name in ("tools", "go"):
        shutil.rmtree(cache / name, ignore_errors=True)


if __name__ == "__main__":
    ensure_tools(print)
