"""A school's own box: asks it for a ranked offer, over the Open Inference Protocol v2."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from homeroom.domain import errors

Rows = Sequence[Mapping[str, str]]
"""One mapping per pupil: column name to number."""

TIMEOUT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the school said.

    Attributes:
        document: the whole response.
        ranked: (place, row number in the file, score) of the rows that an offer is suggested for, first place first.
        sentence: where the answer came from and how long it may be used.
    """

    document: dict[str, Any]
    ranked: list[tuple[int, int, str]]
    sentence: str

    @property
    def release(self) -> str:
        """Digest of the release that answered."""
        return str(self.document["parameters"]["releaseDigest"])

    @property
    def level(self) -> str:
        """The rung that answered: full, core, previous, fallback or none."""
        return str(self.document["parameters"]["level"])


def ask(url: str, purpose: str, rows: Rows) -> Answer:
    """Send ``rows`` to the model that serves ``purpose``.

    Raises:
        SpecError: a column that the model needs is missing or holds no number; the school said what is wrong.
        Unavailable: the school's service does not answer.
    """
    with httpx.Client(base_url=url, timeout=TIMEOUT.total_seconds()) as http:
        question = build_question(_call(http, "GET", f"/v2/models/{purpose}"), rows)
        return _read(_call(http, "POST", f"/v2/models/{purpose}/infer", json=question))


def build_question(metadata: dict[str, Any], rows: Rows) -> dict[str, Any]:
    """The inference request for ``rows``, with the columns in the order that the model's metadata gives.

    Raises:
        SpecError: a column is missing or holds no number.
    """
    features = [str(name) for name in metadata["inputs"][0]["parameters"]["features"]]
    data = [_number(row, feature, line) for line, row in enumerate(rows, start=1) for feature in features]
    return {"inputs": [{"name": "features", "shape": [len(rows), len(features)], "datatype": "FP32", "data": data}]}


def read_rows(path: Path) -> Rows:
    """The rows of a CSV file whose heading names the model's inputs.

    Raises:
        SpecError: the file cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except OSError as exc:
        raise errors.SpecError(f"cannot read {path}: {exc.strerror}") from exc


def metadata(url: str, purpose: str) -> dict[str, Any]:
    """What the model of ``purpose`` takes and gives.

    Raises:
        SpecError: the school serves nothing for it.
        Unavailable: the school's service does not answer.
    """
    with httpx.Client(base_url=url, timeout=TIMEOUT.total_seconds()) as http:
        return _call(http, "GET", f"/v2/models/{purpose}")


def _number(row: Mapping[str, str], feature: str, line: int) -> float:
    try:
        return float(row[feature])
    except KeyError:
        raise errors.SpecError(f"the file has no column {feature!r}: the model needs it") from None
    except ValueError:
        raise errors.SpecError(f"row {line}, column {feature!r}: write a number") from None


def _call(http: httpx.Client, method: str, path: str, **request: Any) -> dict[str, Any]:
    try:
        response = http.request(method, path, **request)
    except httpx.HTTPError as exc:
        raise errors.Unavailable(f"the school's service at {http.base_url} does not answer: {exc}") from exc
    if response.is_success:
        return dict(response.json())
    try:
        message = str(response.json()["error"])
    except (ValueError, KeyError):
        message = response.text[:200]
    raise errors.SpecError(f"the school answered {response.status_code}: {message}")


def _read(document: dict[str, Any]) -> Answer:
    outputs = {output["name"]: output["data"] for output in document["outputs"]}
    parameters = document["parameters"]
    if not outputs:
        return Answer(document, [], str(parameters["sentence"]))
    places = zip(outputs["rank"], outputs["score"], outputs["offered"], strict=True)
    ranked = sorted(
        (place, row, f"{score:.2f}") for row, (place, score, offered) in enumerate(places, start=1) if offered
    )
    sentence = (
        f"From {parameters['level']} of release {parameters['releaseDigest'][:19]}; an offer made from this list ends "
        f"on {parameters['expires']}. It is a suggestion for staff, and the decision stays with them."
    )
    return Answer(document, ranked, sentence)
