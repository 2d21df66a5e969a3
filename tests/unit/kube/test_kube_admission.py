"""A decision on what was just read is taken as soon as the API server's admission has heard of it too."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from homeroom.domain import errors
from homeroom.kube import admission, answers
from homeroom.resources import kinds, manifests, releaseapprovals

KIND = releaseapprovals.KIND
BEHIND = errors.SpecError(f"ValidatingAdmissionPolicy '{admission.WAIVER_POLICY}' with binding … denied request: no …")
UNHEARD = errors.SpecError("policy … denied request: failed to configure binding: no params found for policy binding")


class Refusing:
    """Refuses with each of these in turn, then creates."""

    def __init__(self, *refusals: errors.HomeroomError) -> None:
        self.refusals = list(refusals)

    async def create(self, kind: kinds.Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        if self.refusals:
            raise self.refusals.pop(0)
        return {"kind": kind.kind, **body}


async def test_refusal_by_older_parameters_is_tried_again() -> None:
    made = await admission.create(Refusing(UNHEARD, BEHIND), KIND, {"spec": 1})
    assert made == {"kind": "ReleaseApproval", "spec": 1}


@pytest.mark.parametrize(
    "other",
    [
        errors.Refused("Forbidden", "author-never-approves: ada is an author"),
        errors.SpecError("spec.reason: Required value"),
        answers.AlreadyExists("there already"),
    ],
    ids=["another policy", "bad spec", "exists"],
)
async def test_every_other_refusal_is_final(other: errors.HomeroomError) -> None:
    cluster = Refusing(other, other)
    with pytest.raises(type(other)) as refusal:
        await admission.create(cluster, KIND, {})
    assert refusal.value is other
    assert cluster.refusals == [other]


async def test_policy_that_does_not_come_round_has_the_last_word() -> None:
    """Its sentence, which says what to change, reaches the caller when the time is over."""
    with pytest.raises(errors.SpecError) as refusal:
        await admission.create(Refusing(*[BEHIND] * 1000), KIND, {}, lag=timedelta(milliseconds=100))
    assert refusal.value is BEHIND


def test_the_policy_has_the_name_that_its_refusals_are_known_by() -> None:
    found = {i["metadata"]["name"] for i in manifests.load("district") if i["kind"] == "ValidatingAdmissionPolicy"}
    assert admission.WAIVER_POLICY in found
