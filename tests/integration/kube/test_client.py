"""The client against the real API server."""

from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.kube import conftest as parts

from homeroom.domain import conditions as domain_conditions
from homeroom.domain import errors
from homeroom.kube import answers, client, conditions
from homeroom.resources import kinds, objects, regionalhubs

pytestmark = pytest.mark.real

HUB = regionalhubs.KIND


def a_hub(name: str, cache_mib: int = 100) -> dict[str, Any]:
    spec = regionalhubs.Spec(
        region="west",
        endpoints=regionalhubs.Endpoints(control="https://hub:1", bulk="https://hub:2"),
        cache_mib=cache_mib,
    )
    return objects.build(HUB, name, spec, labels={"half": str(cache_mib % 2)})


async def test_object_is_created_read_and_deleted(kube: client.Kubernetes) -> None:
    assert await kube.get(HUB, "west") is None
    await kube.create(HUB, a_hub("west"))
    found = await kube.get(HUB, "west")
    assert found is not None
    assert regionalhubs.parse(found).spec.cache_mib == 100
    await kube.delete(HUB, "west")
    await kube.delete(HUB, "west")
    assert await kube.get(HUB, "west") is None


async def test_creating_twice_says_so(kube: client.Kubernetes) -> None:
    await kube.create(HUB, a_hub("west"))
    with pytest.raises(answers.AlreadyExists, match=r'regionalhubs\.homeroom\.dev "west" already exists'):
        await kube.create(HUB, a_hub("west"))


async def test_apply_makes_it_so_and_again_changes_nothing(kube: client.Kubernetes) -> None:
    """Server-side apply: the second pass over an unchanged world writes nothing."""
    first = await kube.apply(HUB, a_hub("west"))
    second = await kube.apply(HUB, a_hub("west"))
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    changed = await kube.apply(HUB, a_hub("west", cache_mib=7))
    assert (changed["spec"]["cacheMiB"], changed["metadata"]["generation"]) == (7, 2)
    assert {entry["manager"] for entry in changed["metadata"]["managedFields"]} == {"tests"}


async def test_patch_changes_only_what_it_names(kube: client.Kubernetes) -> None:
    await kube.create(HUB, a_hub("west"))
    patched = await kube.patch_spec(HUB, "west", {"cacheMiB": 5})
    assert (patched["spec"]["cacheMiB"], patched["spec"]["region"]) == (5, "west")
    with pytest.raises(answers.Missing, match='"east" not found'):
        await kube.patch_spec(HUB, "east", {"cacheMiB": 5})


async def test_patch_for_an_older_version_changes_nothing(kube: client.Kubernetes) -> None:
    created = await kube.create(HUB, a_hub("west"))
    version = created["metadata"]["resourceVersion"]
    patched = await kube.patch_spec(HUB, "west", {"cacheMiB": 5}, version)
    assert patched["spec"]["cacheMiB"] == 5
    with pytest.raises(answers.Conflict, match="the object has been modified"):
        await kube.patch_spec(HUB, "west", {"cacheMiB": 6}, version)
    found = await kube.get(HUB, "west")
    assert found is not None
    assert found["spec"]["cacheMiB"] == 5


async def test_status_is_replaced_as_a_whole_and_the_spec_left_alone(kube: client.Kubernetes) -> None:
    """What the operator no longer says disappears."""
    created = await kube.create(HUB, a_hub("west"))
    first = await kube.write_status(
        HUB, "west", {"message": "full", "queuedReports": 3}, created["metadata"]["resourceVersion"]
    )
    second = await kube.write_status(HUB, "west", {"queuedReports": 0}, first["metadata"]["resourceVersion"])
    assert second["status"] == {"queuedReports": 0}
    assert (second["spec"], second["metadata"]["generation"]) == (created["spec"], 1)


async def test_status_is_not_written_over_somebody_elses_change(kube: client.Kubernetes) -> None:
    """A decision about an older object is thrown away and made again."""
    created = await kube.create(HUB, a_hub("west"))
    await kube.patch_spec(HUB, "west", {"cacheMiB": 5})
    with pytest.raises(answers.Conflict, match="the object has been modified"):
        await kube.write_status(HUB, "west", {"message": "old news"}, created["metadata"]["resourceVersion"])
    found = await kube.get(HUB, "west")
    assert found is not None
    assert "status" not in found


async def test_conditions_come_back_as_they_were_written(kube: client.Kubernetes) -> None:
    now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    said = (
        domain_conditions.Condition(
            "Connected", domain_conditions.Status.TRUE, regionalhubs.ConnectedReason.CONNECTED, "", 1, now
        ),
        domain_conditions.Condition(
            "Ready", domain_conditions.Status.FALSE, regionalhubs.ReadyReason.CACHE_FULL, "x" * 9999, 1, now
        ),
    )
    created = await kube.create(HUB, a_hub("west"))
    status = {"conditions": conditions.to_json(said)}
    written = await kube.write_status(HUB, "west", status, created["metadata"]["resourceVersion"])
    first, second = conditions.parse(written)
    assert first == said[0]
    assert second.message == "x" * 4095 + "…"


async def test_list_reads_every_page_and_honours_labels(
    kube: client.Kubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE_SIZE", 3)
    for number in range(8):
        await kube.create(HUB, a_hub(f"hub-{number}", cache_mib=number + 1))
    assert [item["metadata"]["name"] for item in await kube.list(HUB)] == [f"hub-{n}" for n in range(8)]
    assert len(await kube.list(HUB, {"half": "0"})) == 4


async def test_invalid_object_is_the_authors_to_mend(kube: client.Kubernetes) -> None:
    with pytest.raises(errors.SpecError, match="should be greater than or equal to 1"):
        await kube.create(HUB, a_hub("west") | {"spec": {**a_hub("west")["spec"], "cacheMiB": 0}})


async def test_unknown_kind_says_that_it_is_missing(kube: client.Kubernetes) -> None:
    unknown = kinds.homeroom("Nonsense", "nonsenses")
    with pytest.raises(answers.Missing):
        await kube.list(unknown)


async def test_impersonated_person_is_who_the_api_server_sees(kube: client.Kubernetes) -> None:
    """Both the user and each of several groups arrive."""
    review = kinds.Kind("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False)
    person = client.Impersonation("ines.ortiz", ("homeroom:approvers", "homeroom:viewers"))
    seen = (await kube.as_user(person).create(review, {"metadata": {}}))["status"]["userInfo"]
    assert seen["username"] == "ines.ortiz"
    assert {"homeroom:approvers", "homeroom:viewers"} <= set(seen["groups"])


async def test_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.SpecError, match=r"nowhere\.yaml is no usable kubeconfig"):
        async with client.connect(tmp_path / "nowhere.yaml", field_manager="tests"):
            pass


async def test_dead_api_server_is_unavailable(far_kube: client.Kubernetes, line: Any) -> None:
    line[0].refuses = True
    with pytest.raises(errors.Unavailable, match="Kubernetes API: GET"):
        await far_kube.list(HUB)


async def test_closed_client_leaves_no_socket_to_an_api_server_that_says_no_goodbye(
    far_kubeconfig: Path, kube: client.Kubernetes, line: tuple[parts.Line, int]
) -> None:
    """A watch is given up in the middle of its answer, and the loop may end right after the client."""
    carrier, port = line
    await kube.create(HUB, a_hub("west"))
    async with client.connect(far_kubeconfig, kube.namespace, field_manager="far") as far:
        async with aclosing(far.watch(HUB)) as events:
            assert (await anext(events)).name == "west"
            carrier.hang()
        assert parts.sockets_to(port)
    assert parts.sockets_to(port) == []
