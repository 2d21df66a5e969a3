"""The release config that travels inside the artifact."""

from dataclasses import replace
from typing import Any

import pytest

from homeroom.domain import digests, releases

CONFIG = releases.ReleaseConfig(
    name="reading-support",
    purpose="support-offer",
    bands=("K-2",),
    features=("read_z", "year_K"),
    output="score",
    offer_days=120,
    parameters=(releases.ParameterBounds("threshold", 0.25, 0.2, 0.3),),
    stages=(
        releases.StageFile(releases.Stage.FALLBACK, releases.Format.GROUP_RATES, digests.of_bytes(b"{}"), 2),
        releases.StageFile(releases.Stage.CORE, releases.Format.ONNX, digests.of_bytes(b"core"), 4),
    ),
)


def test_a_config_reads_back() -> None:
    assert releases.parse_config(CONFIG.to_json()) == CONFIG


def test_a_stage_that_the_release_lacks_is_none() -> None:
    assert CONFIG.stage(releases.Stage.CORE) == CONFIG.stages[1]
    assert CONFIG.stage(releases.Stage.FULL) is None


RECORD = {"purpose": "support-offer", "unit": "student-year", "mechanism": "gaussian-sgd", "delta": 1e-6}
LEDGER: dict[str, Any] = {**RECORD, "epsilonBefore": 0.5, "epsilonAfter": 1.5}
STATEMENT: dict[str, Any] = {"unit": "student-year", "epsilon": 1.0, "delta": 1e-6, "mechanism": "gaussian-sgd"}


@pytest.mark.parametrize(
    "stated", [STATEMENT, {**STATEMENT, "ledger": LEDGER}], ids=["alone", "with the ledger's record"]
)
def test_a_privacy_statement_reads_back(stated: dict[str, Any]) -> None:
    config = replace(CONFIG, privacy=releases.parse_statement(stated))
    assert config.to_json()["privacy"] == stated
    assert releases.parse_config(config.to_json()) == config


def test_a_release_without_a_statement_has_the_digest_that_it_always_had() -> None:
    assert "privacy" not in CONFIG.to_json()


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"epsilon": 0}, id="spent nothing"),
        pytest.param({"epsilon": float("nan")}, id="no number"),
        pytest.param({"epsilon": float("inf")}, id="without bound"),
        pytest.param({"delta": 0}, id="no chance at all"),
        pytest.param({"delta": 1}, id="certain to fail"),
        pytest.param({"unit": None, "mechanism": None, "epsilon": None}, id="nothing"),
        pytest.param({"ledger": {**LEDGER, "epsilonAfter": 0.4}}, id="a ledger that runs backwards"),
        pytest.param({"ledger": RECORD}, id="a ledger without amounts"),
        pytest.param({"ledger": []}, id="no ledger"),
    ],
)
def test_what_is_no_statement_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        releases.parse_statement({**STATEMENT, **wrong})
