"""A stand-in for the go command: answers its version and "builds" by writing a file, counting how often."""

import textwrap
from pathlib import Path

KUBE_MOD = "module example.test/kube\n\ngo 1.26.5\n"
REGISTRY_MOD = "module example.test/registry\n\ngo 1.26.0\n"


def write(path: Path, *, version: str = "go1.27.3", build: str = "true") -> Path:
    """Write an executable ``go`` to ``path``; ``build`` is shell code that runs first in ``go build``."""
    script = f"""\
        #!/bin/sh
        if [ "$1" = env ]; then echo {version}; exit; fi
        test "$GOTOOLCHAIN" = local || exit 9
        {build} || exit 1
        for word in "$@"; do
          if [ "$previous" = -o ]; then out=$word; fi
          previous=$word
        done
        echo "$previous" >> "$(dirname "$0")/built"
        echo "$@" > "$out/$(basename "$previous")"
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(script))
    path.chmod(0o755)
    return path


def sources(directory: Path) -> Path:
    """A ``tools/`` directory with two modules that need no network."""
    for name, text in (("kube", KUBE_MOD), ("registry", REGISTRY_MOD)):
        (directory / name).mkdir(parents=True)
        (directory / name / "go.mod").write_text(text)
        (directory / name / "go.sum").write_text("")
    return directory
