"""A small district in memory for the tests of a school: it signs, stores blobs, takes reports, and fails on demand."""
# ruff: noqa: ARG002, ASYNC240 - fakes keep the signatures of the ports that they stand for

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from homeroom.domain import assignments, digests, errors, releases, reports
from homeroom.packaging import artifacts
from homeroom.school import plans
from homeroom.school.agent import ports
from homeroom.trust import bundles, director, district, enrolment, envelopes

SITE = "6f1c2a54-0d5e-4d38-9b0e-2f0d5f6f7a01"
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
FEATURES = ("year_K", "year_1", "score")
REPOSITORY = "releases/reading-support"
HUB = assignments.Endpoint("hub", "https://hub.test", "https://hub.test/bulk")
DISTRICT = assignments.Endpoint("district", "https://district.test", "https://district.test/bulk")
PURPOSE, BAND = "support-offer", "K-2"


def a_model(weight: float) -> bytes:
    """ONNX: sigmoid(weight * score), reading only the third feature."""
    weights = numpy_helper.from_array(np.array([[0.0], [0.0], [weight]], dtype=np.float32), "w")
    shape = numpy_helper.from_array(np.array([-1], dtype=np.int64), "flat")
    nodes = [
        helper.make_node("MatMul", ["features", "w"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["p"]),
        helper.make_node("Reshape", ["p", "flat"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(FEATURES)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
        [weights, shape],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    proto.ir_version = 9
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString(deterministic=True))


RATES = digests.canonical_json(
    {
        "kind": "group-rates",
        "by": ["year_K", "year_1"],
        "rates": {SITE: {"K": 0.21}},
        "default": {"K": 0.25, "1": 0.3},
    }
)


def a_release(
    weight: float = 1.0, *, full: bytes | None = None, purpose: str = PURPOSE, bands: tuple[str, ...] = (BAND,)
) -> artifacts.Artifact:
    """A release with all three stages; another weight is another release."""
    stages = {
        releases.Stage.FALLBACK: RATES,
        releases.Stage.CORE: a_model(weight + 100),
        releases.Stage.FULL: full or a_model(weight),
    }
    formats = {releases.Stage.FALLBACK: releases.Format.GROUP_RATES}
    config = releases.ReleaseConfig(
        name="reading-support",
        purpose=purpose,
        bands=bands,
        features=FEATURES,
        output="score",
        offer_days=30,
        parameters=(releases.ParameterBounds("threshold", 0.25, 0.2, 0.35),),
        stages=tuple(
            releases.StageFile(stage, formats.get(stage, releases.Format.ONNX), digests.of_bytes(content), len(content))
            for stage, content in stages.items()
        ),
    )
    return artifacts.build(config, stages, {"model_card.md": b"# tiny"})


def an_entry(release: artifacts.Artifact, **changes: Any) -> assignments.Entry:
    """An entry that tells a school to run ``release``."""
    values: dict[str, Any] = {
        "purpose": PURPOSE,
        "band": BAND,
        "release": release.digest,
        "repository": REPOSITORY,
        "start_by": NOW + timedelta(days=1),
        "wave": "pilot",
        "parameters": (assignments.Parameter("threshold", 0.25, 0.2, 0.35),),
    }
    return assignments.Entry(**{**values, **changes})


@dataclass
class District:
    """Signs for one site and applies its reports, each once.

    ``before`` is called with the name of each call that a school makes; a test raises from it to cut the line there.
    """

    trust: district.DistrictTrust
    school: enrolment.Enrolment
    bundle: bundles.Bundle | None = None
    blobs: dict[digests.Digest, bytes] = field(default_factory=dict)
    applied: dict[reports.ReportKey, reports.Report] = field(default_factory=dict)
    duplicates: int = 0
    before: Callable[[str], None] = lambda _: None
    gives_receipts: bool = True

    def publish(self, release: artifacts.Artifact) -> None:
        """Put every blob of a release into the registry."""
        self.blobs[release.digest] = release.manifest
        for content in release.blobs:
            self.blobs[digests.of_bytes(content)] = content

    def assign(
        self,
        *entries: assignments.Entry,
        version: int = 1,
        min_agent: str = "0.1.0",
        endpoints: tuple[assignments.Endpoint, ...] = (HUB, DISTRICT),
        expires: datetime = NOW + timedelta(days=30),
    ) -> None:
        """Sign this as the site's newest assignment."""
        assignment = assignments.Assignment(self.school.site_id, version, entries, endpoints, min_agent)
        self.bundle = director.sign_assignment(self.trust.director, assignment, expires)

    def take(self, records: Sequence[envelopes.Envelope]) -> tuple[envelopes.SignedAck, ...]:
        """Apply reports and give receipts without holes."""
        for record in records:
            report = envelopes.open_envelope(
                record, site_public_key=self.school.signing_key.public, seal_key=self.trust.seal_key
            )
            self.duplicates += report.key in self.applied
            self.applied.setdefault(report.key, report)
        return tuple(self._ack(class_) for class_ in reports.ReportClass) if self.gives_receipts else ()

    def payloads(self, class_: reports.ReportClass) -> list[dict[str, Any]]:
        """What was applied of one class, in order."""
        return [self.applied[key].payload for key in sorted(self.applied) if key.report_class == class_.value]

    def events(self) -> list[str]:
        """Names of the audit events that were applied."""
        return [str(payload.get("event", payload)) for payload in self.payloads(reports.ReportClass.AUDIT)]

    def _ack(self, class_: reports.ReportClass) -> envelopes.SignedAck:
        through = 0
        epoch = self.school.epoch
        while reports.ReportKey(self.school.site_id, epoch, class_.value, through + 1) in self.applied:
            through += 1
        return envelopes.sign_ack(
            reports.Acknowledgement(self.school.site_id, epoch, class_, through), self.trust.ack_key
        )


@dataclass(frozen=True)
class Receipt:
    """Fits ``ports.Receipt``."""

    stored: Mapping[str, int] = field(default_factory=dict)
    acks: tuple[envelopes.SignedAck, ...] = ()
    refused: tuple[ports.Refusal, ...] = ()


class Control:
    """Fits ``ports.ControlPort``."""

    def __init__(self, world: District, endpoint: assignments.Endpoint) -> None:
        self._world = world
        self._name = endpoint.name

    async def assignment(self, site_id: assignments.SiteId, have: int) -> bundles.Bundle | None:
        self._world.before(f"{self._name}.assignment")
        bundle = self._world.bundle
        return bundle if bundle is not None and bundle.version > have else None

    async def send_reports(self, site_id: assignments.SiteId, records: Sequence[envelopes.Envelope]) -> Receipt:
        self._world.before(f"{self._name}.send")
        acks = self._world.take(records)
        self._world.before(f"{self._name}.sent")
        return Receipt(acks=acks)

    async def aclose(self) -> None:
        pass


class Bulk:
    """Fits ``ports.BulkPort``."""

    def __init__(self, world: District, endpoint: assignments.Endpoint) -> None:
        self._world = world
        self._name = endpoint.name

    async def pull_manifest(self, repository: str, digest: digests.Digest) -> bytes:
        self._world.before(f"{self._name}.manifest")
        return self._find(digest)

    async def pull_blob(self, repository: str, digest: digests.Digest, size_bytes: int, destination: Path) -> None:
        self._world.before(f"{self._name}.blob")
        destination.write_bytes(self._find(digest))
        self._world.before(f"{self._name}.pulled")

    async def aclose(self) -> None:
        pass

    def _find(self, digest: digests.Digest) -> bytes:
        if digest not in self._world.blobs:
            raise errors.NotReady(f"the registry has no {digest}")
        return self._world.blobs[digest]


class Links:
    """Fits ``ports.Links``."""

    def __init__(self, world: District) -> None:
        self._world = world

    def control(self, endpoint: assignments.Endpoint) -> Control:
        return Control(self._world, endpoint)

    def bulk(self, endpoint: assignments.Endpoint) -> Bulk:
        return Bulk(self._world, endpoint)


def served(serving: plans.Serving | None) -> tuple[digests.Digest | None, str]:
    """Release and level of the only entry."""
    assert serving is not None
    (entry,) = serving.served
    return entry.release, entry.level.value


def a_request(*scores: float, **changes: Any) -> dict[str, Any]:
    """An inference request with one kindergarten row for each score."""
    data = [value for score in scores for value in (1.0, 0.0, score)]
    tensor: dict[str, Any] = {"name": "features", "datatype": "FP32", "shape": [len(scores), 3], "data": data}
    return {"inputs": [{**tensor, **changes}]}
