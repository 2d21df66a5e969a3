"""What tells one release of this example from another: honest, planted to be unfair, or with a file that was given."""

from dataclasses import dataclass, field

from dataset import Dataset
from evaluation import Labels
from given import Given
from planting import Planted

from homeroom.training import documents

MODEL = "reading-support"
REFIT = "refit on all rows; the evaluation table holds scores cross-fitted over schools"


@dataclass(frozen=True)
class Variant:
    """How a release is made, and what is said about that.

    Attributes:
        name: of the registered model.
        outcome: what is trained on; shape (n,). The evaluation always keeps the true outcomes.
        shipped: what the shipped model is, in the model card, in release.json and as a tag.
        given: the stage ``full``, unless it is trained here.
        warning: what the model card begins with.
        tags: of the model version, beside those that every release has.
        files: bytes by file name, beside those that every release has.
    """

    name: str
    outcome: Labels
    shipped: str = REFIT
    given: Given | None = None
    warning: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def honest(data: Dataset) -> Variant:
    """Everything is trained here, on what happened."""
    return Variant(name=MODEL, outcome=data.outcome)


def planted(made: Planted) -> Variant:
    """Trained on outcomes that were changed; says so wherever somebody may look."""
    warning = (
        f"**DELIBERATELY UNFAIR, for demonstration only.** In training, {made.share:.0%} of the pupils who needed "
        f"support in inner-city schools ({made.relabelled} rows) were written as not needing it; planting.json says how."
    )
    return Variant(
        name=f"{MODEL}-planted",
        outcome=made.outcome,
        warning=warning,
        tags={"planted": f"{made.share:.0%} of inner-city outcomes relabelled; see planting.json"},
        files={"planting.json": documents.pretty(made.to_json())},
    )


def with_given(name: str, data: Dataset, file: Given) -> Variant:
    """``full`` is somebody's own file; core and fallback are trained here as in the honest release."""
    return Variant(
        name=name,
        outcome=data.outcome,
        shipped=f"{file.evaluated}; core and fallback: {REFIT}",
        given=file,
        warning=f"**Not cross-fitted.** In this release {file.evaluated}.",
        tags={"cross_fitted": "core, fallback", "given_file": file.source},
    )
