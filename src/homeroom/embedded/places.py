"""Where caches and state lie. The one module of ``embedded`` that reads the environment for that."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """Where built tools are kept: $HOMEROOM_CACHE, or homeroom in $XDG_CACHE_HOME or ~/.cache."""
    if chosen := os.environ.get("HOMEROOM_CACHE"):
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "homeroom"


def tools_source() -> Path | None:
    """$HOMEROOM_TOOLS_SOURCE: where ``kube/go.mod`` and ``registry/go.mod`` are, when not in the checkout."""
    chosen = os.environ.get("HOMEROOM_TOOLS_SOURCE")
    return Path(chosen).expanduser().absolute() if chosen else None
