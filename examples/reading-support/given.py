"""A person's own ONNX file as the stage ``full``: looked at as the district will, and scored as it is."""

import pathlib
from dataclasses import dataclass

import pydantic
from dataset import FEATURES, Dataset
from stages import Floats

from homeroom.domain import digests, errors
from homeroom.gates import scoring
from homeroom.packaging import onnxfiles, refusals
from homeroom.resources import fields

INPUT, OUTPUT = "features", "score"
WANTED = (
    f"the release needs one input '{INPUT}', float32 of shape [N, {len(FEATURES)}], "
    f"and an output '{OUTPUT}', float32 of shape [N]"
)


@dataclass(frozen=True)
class Given:
    """An ONNX file that was not trained here.

    Attributes:
        content: bytes of the file, shipped as they are.
        source: its file name, without the directories of whoever gave it.
        scores: its answers for the evaluation rows; shape (n,).
    """

    content: bytes
    source: str
    scores: Floats

    @property
    def evaluated(self) -> str:
        """What a reader of the numbers must know first."""
        return (
            f"full is the file {self.source} ({digests.of_bytes(self.content)}), evaluated as it was given and not "
            "cross-fitted: if it has seen these pupils in training, its numbers are too good"
        )


def read(path: pathlib.Path, data: Dataset) -> Given:
    """Reads the file and scores every row with it.

    Raises:
        SystemExit: the file cannot be a stage; the text says what to change.
    """
    try:
        content = path.read_bytes()
        onnxfiles.refuse(content, columns=len(FEATURES), output=OUTPUT)
        scores = scoring.run_onnx(scoring.open_session(content), OUTPUT, data.features)
    except OSError as exc:
        raise SystemExit(f"{path}: cannot be read: {exc.strerror}") from exc
    except (refusals.NotTaken, errors.SpecError) as exc:
        raise SystemExit(f"{path}: {exc}; {WANTED}") from exc
    return Given(content=content, source=path.name, scores=scores)


def may_be_named(name: str) -> bool:
    """Whether a ModelRelease may name a model so."""
    try:
        pydantic.TypeAdapter(fields.ModelName).validate_python(name)
    except pydantic.ValidationError:
        return False
    return True
