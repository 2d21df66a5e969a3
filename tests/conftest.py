"""What every test shares: nothing outside the test decides how it ends."""

import os

import pytest

_OURS = "HOMEROOM_"
# Where built tools are cached and built from: part of the machine, not of the test.
_KEPT = frozenset({"HOMEROOM_CACHE", "HOMEROOM_TOOLS_SOURCE"})


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's own settings and kubeconfig are not read by any test."""
    for name in os.environ:
        if name == "KUBECONFIG" or (name.startswith(_OURS) and name not in _KEPT):
            monkeypatch.delenv(name)
