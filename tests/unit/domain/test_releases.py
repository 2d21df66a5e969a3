"""The release config that travels inside the artifact."""

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
