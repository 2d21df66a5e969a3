"""Who may do what: roles and admission policies, asked of the real API server as each person."""

import itertools
import secrets
from datetime import timedelta
from typing import Any

import pytest
from tests import polling

from homeroom.domain import errors
from homeroom.embedded import kubernetes
from homeroom.kube import admission, answers, client
from homeroom.resources import gatepolicies, kinds, modelreleases, releaseapprovals, rolloutwaves, schoolsites

pytestmark = pytest.mark.real

RELEASE, APPROVAL = modelreleases.KIND, releaseapprovals.KIND
LAG = timedelta(seconds=10)
"""The parameter cache of admission follows the datastore; usually within milliseconds."""


def unique(stem: str) -> str:
    return f"{stem}-{secrets.token_hex(4)}"


@pytest.fixture
def author(kube: client.Kubernetes) -> client.Kubernetes:
    return kube.as_user(client.Impersonation("mara.lee", ("homeroom:authors", "homeroom:approvers")))


@pytest.fixture
def approver(kube: client.Kubernetes) -> client.Kubernetes:
    return kube.as_user(client.Impersonation("ines.ortiz", ("homeroom:approvers",)))


@pytest.fixture
def operator(kube: client.Kubernetes) -> client.Kubernetes:
    return kube.as_user(client.Impersonation("homeroom:operator", ("homeroom:operators",)))


@pytest.fixture
async def release(example: Any, author: client.Kubernetes) -> str:
    """Name of a release by mara.lee."""
    name = unique("release")
    await author.create(RELEASE, {**example("ModelRelease"), "metadata": {"name": name}})
    return name


@pytest.fixture
def decision(example: Any, release: str) -> Any:
    """Builds an approval of that release: ``decision(approver="ines.ortiz")``."""

    def build(approver: str, names: str = release) -> dict[str, Any]:
        spec = example("ReleaseApproval")["spec"]
        kept = {key: value for key, value in spec.items() if key not in {"covers", "expires", "dataPlan"}}
        spec = {**kept, "decision": "Approve", "approver": approver, "releaseRef": {"name": names}}
        return {"metadata": {"name": unique("approval")}, "spec": spec}

    return build


async def test_author_of_a_release_is_whoever_creates_it(example: Any, author: client.Kubernetes) -> None:
    """A foreign name would let the real author approve."""
    body = {**example("ModelRelease"), "metadata": {"name": unique("foreign")}}
    body["spec"]["author"] = "sam.fox"
    with pytest.raises(errors.Refused, match=r"write author: mara\.lee") as refusal:
        await polled_refusal(author, body, RELEASE)
    assert refusal.value.reason == "Forbidden"


async def test_author_cannot_decide_on_their_own_release(decision: Any, author: client.Kubernetes) -> None:
    """Being an approver as well does not help."""
    with pytest.raises(errors.Refused, match=r"mara\.lee is an author of release .* ask somebody who had no hand"):
        await polled_refusal(author, decision("mara.lee"))


async def test_cluster_administrator_cannot_decide_on_their_own_release(decision: Any, kube: client.Kubernetes) -> None:
    """Admission judges the person, not the group."""
    mighty = kube.as_user(client.Impersonation("mara.lee", ("system:masters",)))
    with pytest.raises(errors.Refused, match=r"mara\.lee is an author of release"):
        await polled_refusal(mighty, decision("mara.lee"))


async def test_creator_in_the_registry_cannot_decide_either(
    decision: Any, release: str, operator: client.Kubernetes, approver: client.Kubernetes
) -> None:
    """The operator writes every author that it found into status.authors; admission reads it there."""
    found = await operator.get(RELEASE, release)
    assert found is not None
    status = {"authors": ["mara.lee", "ines.ortiz"]}
    await operator.write_status(RELEASE, release, status, found["metadata"]["resourceVersion"])
    with pytest.raises(errors.Refused, match=r"ines\.ortiz is an author of release"):
        await polled_refusal(approver, decision("ines.ortiz"))


async def test_nobody_decides_in_the_name_of_somebody_else(decision: Any, approver: client.Kubernetes) -> None:
    with pytest.raises(errors.Refused, match=r"write approver: ines\.ortiz"):
        await polled_refusal(approver, decision("lea.novak"))


COVERS = "full: boys against girls"


@pytest.fixture
async def judged(release: str, operator: client.Kubernetes) -> str:
    """That release, with one finding that lacks evidence and one that failed."""
    found = await operator.get(RELEASE, release)
    assert found is not None
    said = {"gate": "fairness", "sentence": "Too few boys to tell."}
    verdicts = [
        {**said, "subject": COVERS, "outcome": "NotEnoughEvidence"},
        {**said, "subject": "full: pupils with free lunch", "outcome": "Fail"},
    ]
    await operator.write_status(RELEASE, release, {"verdicts": verdicts}, found["metadata"]["resourceVersion"])
    return release


def covering(decision: dict[str, Any], choice: str, *subjects: str) -> dict[str, Any]:
    """That decision as a waiver or an override of these subjects."""
    plan = {"dataPlan": "All schools report outcomes in January."} if choice == "Waive" else {}
    more = {"decision": choice, "covers": list(subjects), "expires": "2027-06-30T16:00:00Z", **plan}
    return {**decision, "spec": {**decision["spec"], **more}}


@pytest.mark.parametrize(
    "subject", ["full: pupils with free lunch", "full: nobody at all"], ids=["a Fail", "no finding"]
)
async def test_waiver_of_what_lacks_no_evidence_is_refused(
    decision: Any, judged: str, approver: client.Kubernetes, subject: str
) -> None:
    """Whoever writes it with kubectl is told at once which words to use."""
    body = covering(decision("ines.ortiz"), "Waive", COVERS, subject)
    with pytest.raises(errors.HomeroomError, match=f"that lacks evidence is called {subject}: copy the subject from"):
        await until_called(approver, body, subject)


async def until_called(writer: client.Kubernetes, body: dict[str, Any], subject: str) -> None:
    """Raises the refusal once it is about that subject: before, admission had heard of no finding at all."""

    async def attempt() -> bool:
        body["metadata"]["name"] = unique("refused")
        try:
            await writer.create(APPROVAL, body)
        except errors.HomeroomError as exc:
            if f"is called {subject}:" in str(exc):
                raise
        return False

    await polling.until(attempt, LAG)


async def test_waiver_of_a_finding_that_was_written_this_moment_is_taken(
    decision: Any, release: str, operator: client.Kubernetes, approver: client.Kubernetes
) -> None:
    """A program that decides as soon as it reads the finding is not refused because admission is a moment behind."""
    for number in range(20):
        found = await operator.get(RELEASE, release)
        assert found is not None
        subject = f"full: finding {number}"
        finding = {"gate": "drift", "subject": subject, "outcome": "NotEnoughEvidence", "sentence": "Too few to tell."}
        await operator.write_status(RELEASE, release, {"verdicts": [finding]}, found["metadata"]["resourceVersion"])
        body = covering(decision("ines.ortiz"), "Waive", subject)
        made = await admission.create(approver, APPROVAL, body)
        assert made["spec"]["covers"] == [subject]


async def test_waiver_is_taken_and_overridden_by_a_second_person_only(
    decision: Any, judged: str, approver: client.Kubernetes, kube: client.Kubernetes
) -> None:
    """One person alone never lets a release with missing evidence go to all schools."""
    await admission.create(approver, APPROVAL, covering(decision("ines.ortiz"), "Waive", COVERS))
    with pytest.raises(errors.Refused, match=r"ines\.ortiz has waived this in .* ask somebody else"):
        await polled_refusal(approver, covering(decision("ines.ortiz"), "Override", COVERS))
    other = kube.as_user(client.Impersonation("lea.novak", ("homeroom:approvers",)))
    made = await admission.create(other, APPROVAL, covering(decision("lea.novak"), "Override", COVERS))
    assert made["spec"]["decision"] == "Override"


async def test_another_person_decides(decision: Any, release: str, approver: client.Kubernetes) -> None:
    created = await admission.create(approver, APPROVAL, decision("ines.ortiz"))
    assert created["spec"]["releaseRef"]["name"] == release


async def test_author_of_one_release_decides_on_that_of_a_colleague(
    example: Any, decision: Any, kube: client.Kubernetes, author: client.Kubernetes
) -> None:
    """Every release is a parameter; only the named one counts."""
    name = unique("colleague")
    sam = kube.as_user(client.Impersonation("sam.fox", ("homeroom:authors",)))
    body = {**example("ModelRelease"), "metadata": {"name": name}}
    body["spec"]["author"] = "sam.fox"
    await sam.create(RELEASE, body)
    created = await admission.create(author, APPROVAL, decision("mara.lee", names=name))
    assert created["spec"]["approver"] == "mara.lee"


async def test_decision_is_denied_while_there_is_no_release_at_all(
    decision: Any, control_plane: kubernetes.ControlPlane, fresh_namespace: str
) -> None:
    """A missing parameter denies."""
    path = control_plane.kubeconfig("test:admin", ["system:masters"])
    person = client.Impersonation("ines.ortiz", ("system:masters",))
    async with client.connect(path, fresh_namespace, field_manager="tests", impersonate=person) as empty:
        with pytest.raises(errors.SpecError, match=r"(author-never-approves|waiver-names-missing-ev).*no params found"):
            await empty.create(APPROVAL, decision("ines.ortiz", names="no-such-release"))


async def test_operator_never_creates_a_decision(decision: Any, operator: client.Kubernetes) -> None:
    """No role gives it that, by no verb."""
    body = decision("homeroom:operator")
    with pytest.raises(errors.Refused, match="cannot create resource"):
        await operator.create(APPROVAL, body)
    with pytest.raises(errors.Refused, match="cannot patch resource"):
        await operator.apply(APPROVAL, body)


async def test_operator_with_every_role_still_never_creates_a_decision(decision: Any, kube: client.Kubernetes) -> None:
    """Admission holds when somebody hands out a role by mistake."""
    mighty = kube.as_user(client.Impersonation("homeroom:operator", ("homeroom:operators", "system:masters")))
    with pytest.raises(errors.Refused, match="a program never decides on a release"):
        await polled_refusal(mighty, decision("homeroom:operator"))


async def test_operator_writes_no_spec(example: Any, kube: client.Kubernetes, operator: client.Kubernetes) -> None:
    """What is wanted, people say: no role gives it to the operator, and admission refuses when one does."""
    name = unique("policy")
    await kube.create(gatepolicies.KIND, {**example("GatePolicy"), "metadata": {"name": name}})
    with pytest.raises(errors.Refused, match="cannot patch resource"):
        await operator.patch_spec(gatepolicies.KIND, name, {"requiredApprovals": 5})
    mighty = kube.as_user(client.Impersonation("homeroom:operator", ("homeroom:operators", "system:masters")))

    other = itertools.cycle((2, 3))

    async def attempt() -> bool:  # admission may not have heard of its policies yet, so each try is another change
        await mighty.patch_spec(gatepolicies.KIND, name, {"requiredApprovals": next(other)})
        return False

    with pytest.raises(errors.Refused, match="an operator writes status only"):
        await polling.until(attempt, LAG)
    found = await kube.get(gatepolicies.KIND, name)
    assert found is not None
    annotated = {"metadata": {"name": name, "annotations": {"homeroom.dev/seen": "yes"}}}
    applied = await mighty.apply(gatepolicies.KIND, annotated)
    assert applied["metadata"]["generation"] == found["metadata"]["generation"]


ROLES = [
    ("homeroom:viewers", modelreleases.KIND, "create", "no"),
    ("homeroom:authors", modelreleases.KIND, "create", "yes"),
    ("homeroom:authors", releaseapprovals.KIND, "create", "no"),
    ("homeroom:authors", gatepolicies.KIND, "create", "no"),
    ("homeroom:authors", modelreleases.KIND, "delete", "no"),
    ("homeroom:approvers", modelreleases.KIND, "create", "no"),
    ("homeroom:approvers", releaseapprovals.KIND, "create", "yes"),
    ("homeroom:approvers", releaseapprovals.KIND, "delete", "no"),
    ("homeroom:it", schoolsites.KIND, "patch", "yes"),
    ("homeroom:it", rolloutwaves.KIND, "create", "yes"),
    ("homeroom:it", gatepolicies.KIND, "patch", "no"),
    ("homeroom:dpo", gatepolicies.KIND, "patch", "yes"),
    ("homeroom:dpo", rolloutwaves.KIND, "create", "no"),
    ("homeroom:admins", rolloutwaves.KIND, "create", "yes"),
    ("homeroom:admins", releaseapprovals.KIND, "create", "yes"),
    ("homeroom:operators", modelreleases.KIND, "create", "no"),
    ("homeroom:operators", rolloutwaves.KIND, "delete", "no"),
    ("homeroom:operators", releaseapprovals.KIND, "create", "no"),
    ("system:authenticated", schoolsites.KIND, "get", "no"),
]


@pytest.mark.parametrize(
    ("group", "kind", "verb", "allowed"), ROLES, ids=lambda value: getattr(value, "kind", str(value))
)
def test_role_allows_what_it_should_and_no_more(
    control_plane: kubernetes.ControlPlane, group: str, kind: Any, verb: str, allowed: str
) -> None:
    """Asked of the authorizer, which answers for the group alone."""
    resource = f"{kind.plural}.{kind.group}"
    asked = ["auth", "can-i", verb, resource, "-n", "homeroom", "--as", "somebody", "--as-group", group]
    try:
        answer = control_plane.admin.run(*asked).strip()
    except errors.SpecError:  # kubectl exits 1 for no
        answer = "no"
    assert answer == allowed


async def test_api_impersonates_people_in_groups_of_the_district_only(
    control_plane: kubernetes.ControlPlane, release: str
) -> None:
    """The API may be anybody, but in no group that is not ours."""
    path = control_plane.kubeconfig("homeroom:api")
    async with client.connect(path, field_manager="tests") as api:
        person = api.as_user(client.Impersonation("ines.ortiz", ("homeroom:approvers", "homeroom:viewers")))
        found = await person.get(RELEASE, release)
        assert found is not None
        for group in ("system:masters", "homeroom:operators"):
            with pytest.raises(errors.Refused, match="cannot impersonate"):
                await api.as_user(client.Impersonation("ines.ortiz", (group,))).list(RELEASE)
        with pytest.raises(errors.Refused, match="cannot create resource"):
            await api.create(RELEASE, {"metadata": {"name": "by-the-api-itself"}, "spec": {}})


async def polled_refusal(writer: client.Kubernetes, body: dict[str, Any], kind: kinds.Kind = APPROVAL) -> None:
    """Raises the refusal, once admission has heard of the policies, the release and its authors."""

    async def attempt() -> bool:
        body["metadata"]["name"] = unique("refused")
        await writer.create(kind, body)
        return False

    await polling.until(attempt, LAG)


def test_conflict_is_no_refusal() -> None:
    """A caller that retries on conflicts must not retry on a policy's no."""
    assert not issubclass(answers.Conflict, errors.Refused)
