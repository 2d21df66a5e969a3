"""Runs a stage over rows, as a school would: ONNX Runtime with one thread, or a look-up of group rates."""

import functools
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from homeroom.domain import errors, releases
from homeroom.gates import evaluationtables
from homeroom.stats import clusters

INPUT = "features"
BATCH_ROWS = 65_536
"""Rows of one call, so that what a network holds in between stays small; a school asks for a class at a time."""


@functools.lru_cache(maxsize=len(releases.Stage))
def score(
    release: releases.ReleaseConfig, file: releases.StageFile, content: bytes, table: evaluationtables.EvaluationTable
) -> clusters.FloatArray:
    """Scores of a stage for every row of the table; shape (n,), read-only.

    Remembered for the stages of one run: several gates and tables ask for the same.

    Raises:
        SpecError: the stage cannot be run on these features.
    """
    if file.format is releases.Format.ONNX:
        scores = run_onnx(open_session(content), release.output, table.features)
    else:
        scores = look_up(content, release.features, table.features, table.sites, table.site)
    scores.setflags(write=False)
    return scores


def open_session(content: bytes) -> onnxruntime.InferenceSession:
    """A session with one thread and no spinning, as at a school.

    Raises:
        SpecError: ONNX Runtime refuses the model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # ONNX Runtime raises many types of its own without a common base
        raise errors.SpecError(f"ONNX Runtime refuses the model: {exc!s:.200}") from exc


def run_onnx(
    session: onnxruntime.InferenceSession, output: str, features: npt.NDArray[np.float32] | evaluationtables.Features
) -> clusters.FloatArray:
    """Scores of ``features``; shape (n,).

    Raises:
        SpecError: the model does not take these features, or its answer is not one finite score in [0, 1] per row.
    """
    batches = [features[start : start + BATCH_ROWS] for start in range(0, max(1, len(features)), BATCH_ROWS)]
    return np.concatenate([_run_batch(session, output, batch) for batch in batches])


def _run_batch(
    session: onnxruntime.InferenceSession, output: str, features: npt.NDArray[np.float32]
) -> clusters.FloatArray:
    try:
        answer = np.asarray(session.run([output], {INPUT: features})[0], dtype=np.float64)
    except Exception as exc:  # as above
        raise errors.SpecError(f"the model does not run on the release's features: {exc!s:.200}") from exc
    if answer.shape != (len(features),):
        raise errors.SpecError(f"output {output!r} must be one finite number between 0 and 1 for each row")
    if not (np.isfinite(answer) & (answer >= 0) & (answer <= 1)).all():
        raise errors.SpecError(f"output {output!r} must be one finite number between 0 and 1 for each row")
    return answer


def look_up(
    content: bytes,
    names: Sequence[str],
    features: evaluationtables.Features,
    sites: Sequence[str],
    site: clusters.IntArray,
) -> clusters.FloatArray:
    """Group rates for every row: the school's own where it has one, else the default of the group.

    Args:
        content: bytes of the stage.
        names: columns of ``features``.
        features: of the rows.
        sites: ids of the schools.
        site: shape (n,); index of each row's school.

    Raises:
        SpecError: the file is no table of group rates, or a row belongs to none of its groups.
    """
    try:
        stage: dict[str, Any] = json.loads(content)
        keys = [name.partition("_")[2] for name in stage["by"]]
        member = np.column_stack([features.are_one(list(names).index(name)) for name in stage["by"]])
        if not (member.sum(axis=1) == 1).all():
            raise errors.SpecError("the group rates do not cover every row: each needs exactly one of its groups")
        rates: dict[str, dict[str, float]] = stage["rates"]
        default: dict[str, float] = stage["default"]
        table = np.array([[float(rates.get(id_, {}).get(key, default[key])) for key in keys] for id_ in sites])
        return np.asarray(table[site, member.argmax(axis=1)])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as exc:
        raise errors.SpecError(f"the fallback is not a table of group rates: {exc!s:.200}") from exc
