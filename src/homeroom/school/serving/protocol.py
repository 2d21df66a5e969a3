"""The JSON of the Open Inference Protocol v2 (REST), as far as one tensor of features needs it."""

import json
from typing import Any

import numpy as np

from homeroom.domain import errors, ladder, releases
from homeroom.school.serving import models, runners

INPUT = "features"
DATATYPE = "FP32"
MAX_ROWS = 10_000
"""A whole district's year group; larger requests are lists that no staff room reads."""

PLATFORM = "homeroom_ladder"


def server_metadata(version: str) -> dict[str, Any]:
    """``GET /v2``. No extension: tensors travel as JSON, not binary."""
    return {"name": "homeroom", "version": version, "extensions": []}


def model_metadata(purpose: str, bands: tuple[str, ...], config: releases.ReleaseConfig) -> dict[str, Any]:
    """``GET /v2/models/{purpose}``; versions are the year-group bands."""
    return {
        "name": purpose,
        "versions": list(bands),
        "platform": PLATFORM,
        "inputs": [
            {
                "name": INPUT,
                "datatype": DATATYPE,
                "shape": [-1, len(config.features)],
                "parameters": {"features": list(config.features)},
            }
        ],
        "outputs": [
            {"name": "score", "datatype": "FP32", "shape": [-1]},
            {"name": "rank", "datatype": "INT64", "shape": [-1]},
            {"name": "offered", "datatype": "BOOL", "shape": [-1]},
        ],
    }


def parse_request(body: bytes) -> dict[str, Any]:
    """The request's JSON object.

    Raises:
        SpecError: it is none; the text says what to send.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise errors.SpecError("the body is not JSON: send an Open Inference Protocol v2 inference request") from exc
    if not isinstance(value, dict) or not isinstance(value.get("inputs"), list):
        raise errors.SpecError("the request has no list `inputs`")
    return value


def parse_features(request: dict[str, Any], config: releases.ReleaseConfig) -> runners.Floats:
    """The tensor ``features``, shape (n, k), for that release.

    Raises:
        SpecError: a tensor, its shape, its datatype or a value does not fit; feature and row are named, values never.
    """
    tensor = _find_tensor(request["inputs"])
    if "binary_data_size" in (tensor.get("parameters") or {}):
        raise errors.SpecError(f"tensor `{INPUT}` is binary: send `data` as JSON, the binary extension is not offered")
    if tensor.get("datatype") != DATATYPE:
        raise errors.SpecError(
            f"tensor `{INPUT}` must have datatype {DATATYPE}, not {str(tensor.get('datatype'))[:20]}"
        )
    rows = _rows(tensor.get("shape"), config)
    values = _values(tensor.get("data"), rows * len(config.features), config)
    features = values.reshape(rows, len(config.features))
    _refuse_not_finite(features, config)
    return features


def build_response(answer: models.Answer, request: dict[str, Any]) -> dict[str, Any]:
    """The answer as JSON; without a suggestion there are no outputs, and the sentence says what to do."""
    response: dict[str, Any] = {
        "model_name": answer.purpose,
        "model_version": answer.release,
        "parameters": {
            "releaseDigest": answer.release,
            "level": answer.level.value,
            "reason": answer.reason,
            "expires": answer.expires.isoformat(timespec="seconds"),
            "band": answer.band,
        },
        "outputs": _outputs(answer, _wanted(request)),
    }
    if isinstance(request.get("id"), str):
        response["id"] = request["id"]
    if answer.scores is None:
        response["parameters"]["sentence"] = ladder.NO_SUGGESTION
    return response


def _outputs(answer: models.Answer, wanted: list[str] | None) -> list[dict[str, Any]]:
    if answer.scores is None:
        return []
    rows = [len(answer.scores)]
    outputs = [
        {"name": "score", "datatype": "FP32", "shape": rows, "data": answer.scores.tolist()},
        {"name": "rank", "datatype": "INT64", "shape": rows, "data": answer.ranks.tolist()},
        {"name": "offered", "datatype": "BOOL", "shape": rows, "data": answer.offered.tolist()},
    ]
    return [output for output in outputs if wanted is None or output["name"] in wanted]


def _wanted(request: dict[str, Any]) -> list[str] | None:
    outputs = request.get("outputs")
    if not outputs:
        return None
    try:
        wanted = [str(output["name"]) for output in outputs]
    except (TypeError, KeyError) as exc:
        raise errors.SpecError("each item of `outputs` must have a `name`") from exc
    unknown = sorted(set(wanted) - {"score", "rank", "offered"})
    if unknown:
        raise errors.SpecError(f"there is no output {unknown[0][:40]!r}: ask for score, rank or offered")
    return wanted


def _find_tensor(inputs: list[Any]) -> dict[str, Any]:
    found = [tensor for tensor in inputs if isinstance(tensor, dict) and tensor.get("name") == INPUT]
    if len(inputs) != 1 or not found:
        raise errors.SpecError(f"send exactly one input tensor, called `{INPUT}`")
    tensor: dict[str, Any] = found[0]
    return tensor


def _rows(shape: Any, config: releases.ReleaseConfig) -> int:
    expected = f"[n, {len(config.features)}], one column for each of {', '.join(config.features)}"
    if not isinstance(shape, list) or len(shape) != 2 or not all(type(size) is int for size in shape):  # noqa: PLR2004
        raise errors.SpecError(f"tensor `{INPUT}` must have shape {expected}")
    rows, columns = shape
    if columns != len(config.features):
        raise errors.SpecError(f"tensor `{INPUT}` has shape {shape}: it must be {expected}")
    if not 1 <= rows <= MAX_ROWS:
        raise errors.SpecError(f"tensor `{INPUT}` has {rows} rows: send 1 to {MAX_ROWS}")
    return int(rows)


def _values(data: Any, count: int, config: releases.ReleaseConfig) -> runners.Floats:
    if not isinstance(data, list):
        raise errors.SpecError(f"tensor `{INPUT}` has no list `data`")
    nested = bool(data) and isinstance(data[0], list)
    flat: list[Any] = (
        [value for row in data for value in (row if isinstance(row, list) else [None])] if nested else data
    )
    if len(flat) != count:
        raise errors.SpecError(f"tensor `{INPUT}` has {len(flat)} values in `data`: its shape says {count}")
    for position, value in enumerate(flat):
        if type(value) not in (int, float):
            raise errors.SpecError(f"{_place(position, config)} is no number")
    # JSON has numbers of any size: those that no float32 holds become infinite here and are named after this.
    limit = float(np.finfo(np.float32).max)
    return np.array([value if -limit <= value <= limit else np.inf for value in flat], dtype=np.float32)


def _refuse_not_finite(features: runners.Floats, config: releases.ReleaseConfig) -> None:
    wrong = np.flatnonzero(~np.isfinite(features))
    if len(wrong):
        raise errors.SpecError(
            f"{_place(int(wrong[0]), config)} is missing or infinite: leave the row out or fill it in"
        )


def _place(position: int, config: releases.ReleaseConfig) -> str:
    row, column = divmod(position, len(config.features))
    return f"row {row + 1}, feature {config.features[column]}"
