"""The Open Inference Protocol as a school speaks it."""
# ruff: noqa: ARG002 - fakes keep the signatures of the ports that they stand for

import asyncio
import json
from typing import Any

import httpx
import numpy as np
import pytest
from tests import schoolyard

from homeroom.domain import digests, errors, releases
from homeroom.packaging import artifacts
from homeroom.school import plans
from homeroom.school.serving import app, models, routes, runners


def planned(release: artifacts.Artifact, *installed: releases.Stage) -> plans.PlannedRelease:
    config = artifacts.parse_config(release.layers[0].content)
    return plans.PlannedRelease(release.digest, config, installed or tuple(releases.Stage))


def a_plan(
    current: plans.PlannedRelease | None, previous: plans.PlannedRelease | None = None, **more: Any
) -> plans.Plan:
    assigned = current or previous
    assert assigned is not None
    bands = more.get("bands", ("K-2",))
    return plans.Plan(
        schoolyard.SITE,
        tuple(
            plans.PlannedEntry("support-offer", band, assigned.digest, current, previous, (("threshold", 0.25),))
            for band in bands
        ),
    )


def reader(*made: artifacts.Artifact) -> plans.ReadBlob:
    content = {digests.of_bytes(blob): blob for release in made for blob in release.blobs}

    def read(digest: digests.Digest) -> bytes:
        if digest not in content:
            raise errors.NotReady("not here")
        return content[digest]

    return read


class Client:
    def __init__(self, answers: models.Models) -> None:
        self.noted: list[str] = []
        inference = app.InferenceApp(answers, lambda answer: self.noted.append(answer.level.value))
        self._routes = routes.Routes(inference, {"school-1": inference})

    async def __call__(self, method: str, path: str, body: Any = None, **request: Any) -> tuple[int, dict[str, Any]]:
        transport = httpx.ASGITransport(app=self._routes)
        async with httpx.AsyncClient(transport=transport, base_url="http://school") as http:
            response = await http.request(method, path, json=body, **request)
        return response.status_code, response.json()


@pytest.fixture
def client(answers: models.Models) -> Client:
    return Client(answers)


INFER = "/v2/models/support-offer/infer"


async def test_an_answer_ranks_and_names_where_it_came_from(answers: models.Models, client: Client) -> None:
    release = schoolyard.a_release()
    answers.load(a_plan(planned(release)), reader(release))
    status, answer = await client("POST", INFER, {**schoolyard.a_request(-2.0, 3.0, 0.0), "id": "q1"})
    assert status == 200
    assert answer["id"] == "q1"
    assert answer["model_name"] == "support-offer"
    assert answer["model_version"] == release.digest
    assert answer["parameters"] == {
        "releaseDigest": release.digest,
        "level": "full",
        "reason": "AsAssigned",
        "expires": "2027-03-31T09:00:00+00:00",
        "band": "K-2",
    }
    outputs = {output["name"]: output for output in answer["outputs"]}
    assert outputs["score"]["data"] == pytest.approx([0.1192, 0.9526, 0.5], abs=1e-4)
    assert outputs["rank"] == {"name": "rank", "datatype": "INT64", "shape": [3], "data": [3, 1, 2]}
    assert outputs["offered"]["data"] == [False, True, True]
    assert client.noted == ["full"]
    assert not {"label", "colour", "color", "risk"} & set(json.dumps(answer).split('"'))


async def test_equal_scores_keep_the_order_of_the_request(answers: models.Models, client: Client) -> None:
    release = schoolyard.a_release()
    answers.load(a_plan(planned(release, releases.Stage.FALLBACK)), reader(release))
    _, answer = await client("POST", INFER, schoolyard.a_request(1.0, 2.0, 3.0))
    outputs = {output["name"]: output["data"] for output in answer["outputs"]}
    assert outputs["rank"] == [1, 2, 3]
    assert outputs["score"] == pytest.approx([0.21] * 3), "the rate of this school's kindergarten"


async def test_nested_data_and_chosen_outputs(answers: models.Models, client: Client) -> None:
    release = schoolyard.a_release()
    answers.load(a_plan(planned(release)), reader(release))
    request = schoolyard.a_request(1.0, shape=[2, 3], data=[[1, 0, 0.5], [0, 1, 0.1]])
    status, answer = await client("POST", INFER, {**request, "outputs": [{"name": "rank"}]})
    assert status == 200
    assert [output["name"] for output in answer["outputs"]] == ["rank"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        pytest.param({}, "inputs", id="empty"),
        pytest.param({"inputs": []}, "exactly one input tensor", id="no-tensor"),
        pytest.param(schoolyard.a_request(1.0, name="x"), "called `features`", id="other-name"),
        pytest.param(schoolyard.a_request(1.0, datatype="FP64"), "datatype FP32", id="datatype"),
        pytest.param(schoolyard.a_request(1.0, shape=[1, 2]), "[n, 3]", id="columns"),
        pytest.param(schoolyard.a_request(1.0, shape=[3]), "must have shape [n, 3]", id="one-dimension"),
        pytest.param(schoolyard.a_request(1.0, shape=[True, 3]), "must have shape", id="bool-in-shape"),
        pytest.param(schoolyard.a_request(1.0, shape=[2, 3]), "3 values", id="too-few-values"),
        pytest.param(schoolyard.a_request(1.0, shape=[0, 3], data=[]), "send 1 to", id="no-rows"),
        pytest.param(schoolyard.a_request(1.0, shape=[99999, 3]), "send 1 to", id="too-many-rows"),
        pytest.param(schoolyard.a_request(1.0, data=[1, 0, "x"]), "row 1, feature score", id="text"),
        pytest.param(schoolyard.a_request(1.0, data=[1, None, 0]), "row 1, feature year_1", id="null"),
        pytest.param(schoolyard.a_request(1.0, data=[1, 0, 1e60]), "row 1, feature score", id="overflow"),
        pytest.param(schoolyard.a_request(1.0, data=[1, 0, 10**400]), "row 1, feature score", id="huge-integer"),
        pytest.param(schoolyard.a_request(1.0, data=None), "no list `data`", id="no-data"),
        pytest.param(schoolyard.a_request(1.0, data=[[1, 0], 2]), "no number", id="ragged"),
        pytest.param(schoolyard.a_request(1.0, parameters={"binary_data_size": 12}), "binary", id="binary"),
        pytest.param({**schoolyard.a_request(1.0), "outputs": [{"name": "label"}]}, "no output 'label'", id="output"),
    ],
)
async def test_bad_input_is_named(answers: models.Models, client: Client, request_: Any, words: str) -> None:
    """A clear 400 that names feature and shape; never a value of a row, never a stack trace."""
    release = schoolyard.a_release()
    answers.load(a_plan(planned(release)), reader(release))
    status, answer = await client("POST", INFER, request_)
    assert status == 400
    assert words in answer["error"]
    assert client.noted == []


async def test_binary_and_broken_bodies_are_refused(answers: models.Models, client: Client) -> None:
    release = schoolyard.a_release()
    answers.load(a_plan(planned(release)), reader(release))
    status, answer = await client("POST", INFER, content=b"{}xx", headers={"Inference-Header-Content-Length": "2"})
    assert (status, "binary" in answer["error"]) == (400, True)
    for content in (b"", b"{", b"[" * 100_000, b"\xff"):
        status, answer = await client("POST", INFER, content=content)
        assert (status, "JSON" in answer["error"]) == (400, True)
    status, _ = await client("POST", INFER, content=b" " * (app.MAX_BODY_BYTES + 1))
    assert status == 413


async def test_nothing_installed_says_so(client: Client) -> None:
    status, answer = await client("POST", INFER, schoolyard.a_request(1.0))
    assert status == 503
    assert "no suggestion, use your usual way" in answer["error"]
    assert (await client("GET", "/v2/health/ready"))[0] == 503
    assert (await client("GET", "/v2/health/live")) == (200, {"live": True})


async def test_metadata_and_readiness(answers: models.Models, client: Client) -> None:
    release = schoolyard.a_release()
    answers.load(a_plan(planned(release), bands=("3-5", "K-2")), reader(release))
    _, metadata = await client("GET", "/v2/models/support-offer")
    assert metadata["versions"] == ["3-5", "K-2"]
    assert metadata["inputs"][0]["parameters"]["features"] == ["year_K", "year_1", "score"]
    assert (await client("GET", "/v2/models/support-offer/versions/K-2"))[1]["versions"] == ["K-2"]
    assert (await client("GET", "/v2/models/support-offer/versions/K-2/ready"))[1]["ready"] is True
    assert (await client("GET", "/v2/models/support-offer/ready"))[0] == 200
    assert (await client("GET", "/v2/models/other"))[0] == 404
    assert (await client("GET", "/v2/models/support-offer/versions/9-12"))[0] == 404
    assert (await client("GET", "/v2"))[1]["name"] == "homeroom"
    assert (await client("DELETE", "/v2"))[0] == 405
    status, answer = await client("POST", INFER, schoolyard.a_request(1.0))
    assert (status, "say which" in answer["error"]) == (400, True)
    status, answer = await client("POST", "/v2/models/support-offer/versions/3-5/infer", schoolyard.a_request(1.0))
    assert (status, answer["parameters"]["band"]) == (200, "3-5")
    assert (
        await client(
            "POST", "/schools/school-1" + INFER.replace("infer", "versions/K-2/infer"), schoolyard.a_request(1.0)
        )
    )[0] == 200
    assert (await client("GET", "/schools/school-2/v2"))[0] == 404
    assert (await client("GET", "/healthz"))[0] == 200


async def test_a_model_that_cannot_be_loaded_leaves_the_others(answers: models.Models, client: Client) -> None:
    release = schoolyard.a_release(full=b"this is no model")
    answers.load(a_plan(planned(release)), reader(release))
    _, answer = await client("POST", INFER, schoolyard.a_request(1.0))
    assert (answer["parameters"]["level"], answer["parameters"]["reason"]) == ("core", "LoadFailed")


async def test_a_rung_that_fails_is_passed_over_within_the_request(answers: models.Models, client: Client) -> None:
    class Failing:
        def run(self, features: runners.Floats) -> runners.Floats:
            raise errors.Unavailable("out of order")

    release = schoolyard.a_release()
    answers.load(a_plan(planned(release)), reader(release))
    answers._table.entries[("support-offer", "K-2")].rungs[0].runner = Failing()
    _, answer = await client("POST", INFER, schoolyard.a_request(1.0))
    assert (answer["parameters"]["level"], answer["parameters"]["reason"]) == ("core", "RunFailed")
    for rung in answers._table.entries[("support-offer", "K-2")].rungs:
        rung.runner = Failing()
    status, answer = await client("POST", INFER, schoolyard.a_request(1.0))
    assert (status, answer["parameters"]["level"], answer["outputs"]) == (200, "none", [])
    assert answer["parameters"]["sentence"] == "no suggestion, use your usual way"


async def test_a_swap_drops_no_request_and_never_mixes(answers: models.Models, client: Client) -> None:
    """Answers before, during and after the swap: each from exactly one release, with that release's scores."""
    first, second = schoolyard.a_release(1.0), schoolyard.a_release(2.0)
    read = reader(first, second)
    answers.load(a_plan(planned(first)), read)

    def swap_often() -> None:
        for release in (second, first) * 10:
            answers.load(a_plan(planned(release)), read)

    swap = asyncio.create_task(asyncio.to_thread(swap_often))
    expected = {first.digest: 1 / (1 + np.exp(-1.0)), second.digest: 1 / (1 + np.exp(-2.0))}
    seen = set()
    while not swap.done():
        status, answer = await client("POST", INFER, schoolyard.a_request(1.0))
        assert status == 200
        assert answer["outputs"][0]["data"][0] == pytest.approx(expected[answer["model_version"]], abs=1e-5)
        seen.add(answer["model_version"])
        await asyncio.sleep(0)  # the ASGI transport never yields by itself
    await swap
    assert seen


def test_sessions_are_shared_but_each_school_opens_its_own_copy() -> None:
    release = schoolyard.a_release()
    pool, opened = runners.Pool(), []

    def read(digest: digests.Digest) -> bytes:
        opened.append(digest)
        return reader(release)(digest)

    first, second = models.Models(pool, reserve_mib=0), models.Models(pool, reserve_mib=0)
    for school in (first, second):
        school.load(a_plan(planned(release)), read)
    rungs = [school._table.entries[("support-offer", "K-2")].rungs[0].runner for school in (first, second)]
    assert rungs[0] is rungs[1]
    assert len(opened) == 6


def test_a_stage_without_memory_is_not_loaded() -> None:
    release = schoolyard.a_release()
    school = models.Models(runners.Pool(), reserve_mib=1e9)
    school.load(a_plan(planned(release)), reader(release))
    assert schoolyard.served(school.state()) == (release.digest, "fallback")
    assert school.state().served[0].reason == "MemoryPressure"
